"""App Service authentication in front of the function app.

The platform's middleware checks the access token of each request, whatever its path, before the app
sees it, and puts the claims into headers that no caller can set (learn: app-service/overview-
authentication-authorization, and configure-authentication-user-identities). It is set up to let
requests without a token pass, as anonymous ones: webhooks have keys of their own, and the app
refuses the rest itself and notes it. What has a token that is not good is refused here: 401.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from localcloud.identity.principals import AUDIENCE
from localcloud.identity.tokens import InvalidTokenError, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.functions_host.triggers.http import HttpCall

_SCHEME: Final = "bearer "
_PRINCIPAL: Final = "x-ms-client-principal"
_RESERVED: Final = (_PRINCIPAL, "x-ms-token-")
"""How the headers begin that only the platform sets; others of Microsoft's are for extensions."""

_PROVIDER: Final = "aad"
_MICROSOFT: Final = "http://schemas.microsoft.com"
_SOAP: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_MAPPED: Final = {
    "oid": f"{_MICROSOFT}/identity/claims/objectidentifier",
    "tid": f"{_MICROSOFT}/identity/claims/tenantid",
    "scp": f"{_MICROSOFT}/identity/claims/scope",
    "sub": f"{_SOAP}/nameidentifier",
    "upn": f"{_SOAP}/upn",
}
"""Claims that the platform's mapping renames; it leaves `roles` as it is."""

_NAME_TYPE: Final = f"{_SOAP}/upn"
_ROLE_TYPE: Final = f"{_MICROSOFT}/ws/2008/06/identity/claims/role"


class NotAuthenticatedError(Exception):
    """A request has a token, and it is not good."""


@dataclass(frozen=True, slots=True)
class AppServiceAuthentication:
    """The middleware.

    Attributes:
        tokens: Knows the directory's signing key.
        directory_id: The directory that issues tokens.
    """

    tokens: Tokens
    directory_id: str

    def passed(self, call: HttpCall) -> HttpCall:
        """The request as the app gets it.

        Raises:
            NotAuthenticatedError: Its token is not good.
        """
        headers = {
            name: value for name, value in call.headers.items() if not name.startswith(_RESERVED)
        }
        given = headers.get("authorization")
        if given is not None:
            headers |= principal_headers(self._claims(given))
        return replace(call, headers=headers)

    def _claims(self, authorization: str) -> dict[str, Any]:
        if not authorization.lower().startswith(_SCHEME):
            raise NotAuthenticatedError("no bearer token")
        token = authorization[len(_SCHEME) :].strip()
        try:
            return self.tokens.verify(token, (AUDIENCE,), self.directory_id)
        except InvalidTokenError as error:
            raise NotAuthenticatedError(str(error)) from error


def principal_headers(claims: Mapping[str, Any]) -> dict[str, str]:
    """What App Service authentication tells the app of a token's claims."""
    document = {
        "auth_typ": _PROVIDER,
        "claims": [
            {"typ": _MAPPED.get(name, name), "val": str(value)}
            for name, values in claims.items()
            for value in (values if isinstance(values, list) else [values])
        ],
        "name_typ": _NAME_TYPE,
        "role_typ": _ROLE_TYPE,
    }
    name = claims.get("upn")
    return {
        _PRINCIPAL: base64.b64encode(json.dumps(document).encode()).decode(),
        f"{_PRINCIPAL}-id": str(claims["oid"]),
        f"{_PRINCIPAL}-idp": _PROVIDER,
        **({f"{_PRINCIPAL}-name": str(name)} if name else {}),
    }
