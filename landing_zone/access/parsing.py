"""The principal that App Service authentication names in a request's headers.

`X-MS-CLIENT-PRINCIPAL` is Base64 of a JSON object with `auth_typ` (the identity provider), `claims`
(objects of `typ` and `val`), `name_typ` and `role_typ`; `-ID`, `-NAME` and `-IDP` repeat parts of
it. Requests from outside cannot set these headers: they are there only if App Service set them
(learn: app-service/configure-authentication-user-identities). That holds only where App Service
authentication is on; whether it is, is not known here.

Claims go through a mapping, so that some have other names than in the token (same source): the
object id may be `oid` or a URI, and so on. Entra is `aad`.

The platform has checked the token's signature, audience and times; a session may outlive the
token that it began with, so that no time is looked at here. All the same nothing is taken on trust
that can be checked: what is too large, nests, is ambiguous or contradicts itself is no principal.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landing_zone.access.principal import Principal, PrincipalId, PrincipalKind
from landing_zone.access.refusals import Reason, unauthenticated
from landing_zone.request_parsing import InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.reading import decoded

PROVIDER: Final = "aad"
PRINCIPAL: Final = "x-ms-client-principal"
IDENTIFIER: Final = f"{PRINCIPAL}-id"
NAME: Final = f"{PRINCIPAL}-name"
IDP: Final = f"{PRINCIPAL}-idp"

MOST_CHARACTERS: Final = 64 * 1024
"""Of the header; the front ends of App Service refuse requests long before."""

MOST_CLAIMS: Final = 1_000
MOST_NAME: Final = 128

_MICROSOFT: Final = "http://schemas.microsoft.com"
_SOAP: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_OBJECT: Final = frozenset({"oid", f"{_MICROSOFT}/identity/claims/objectidentifier"})
_DIRECTORY: Final = frozenset({"tid", f"{_MICROSOFT}/identity/claims/tenantid"})
_SUBJECT: Final = frozenset({"sub", f"{_SOAP}/nameidentifier"})
_SCOPES: Final = frozenset({"scp", f"{_MICROSOFT}/identity/claims/scope"})
_TOKEN_KIND: Final = frozenset({"idtyp"})
_ROLES: Final = frozenset({"roles", f"{_MICROSOFT}/ws/2008/06/identity/claims/role"})
_NAMES: Final = ("name", f"{_SOAP}/name", "preferred_username", f"{_SOAP}/upn", "upn")
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS: Final[Mapping[str, PrincipalKind]] = {
    "app": PrincipalKind.APP,
    "user": PrincipalKind.PERSON,
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)


class _Claim(_Part):
    typ: Annotated[str, Field(min_length=1, max_length=256)]
    val: str


class _Document(_Part):
    auth_typ: Literal["aad"]
    claims: Annotated[list[_Claim], Field(min_length=1, max_length=MOST_CLAIMS)]
    role_typ: str | None = None


def parse_principal(headers: Mapping[str, str]) -> Principal:
    """The principal that the headers name, which the platform is known to have set.

    Args:
        headers: The request's headers, by names in lower case or in a mapping that knows no case.

    Raises:
        AccessRefused: They name none, or none that can be (`Unauthenticated`).
    """
    given = headers.get(PRINCIPAL)
    if given is None:
        forged = any(headers.get(name) is not None for name in (IDENTIFIER, NAME, IDP))
        raise unauthenticated(Reason.CONTRADICTORY if forged else Reason.NOT_SIGNED_IN)
    claims = _Claims(_document(given))
    principal = PrincipalId(directory=claims.guid(_DIRECTORY), object=claims.guid(_OBJECT))
    subject = claims.one(_SUBJECT)
    _require_agreement(headers, claims, {principal.object, subject} - {""})
    return Principal(
        id=principal,
        kind=_kind(claims, principal.object, subject),
        name=claims.name() or principal.object,
        roles=frozenset(claims.all(_ROLES)),
    )


def _document(given: str) -> _Document:
    if len(given) > MOST_CHARACTERS:
        raise unauthenticated(Reason.MALFORMED)
    try:
        reading = read_json(decoded(base64.b64decode(given, validate=True)))
        found = _Document.model_validate(reading.document)
    except (binascii.Error, ValueError, InvalidRequest, ValidationError):
        # Without its cause, which may tell what was sent.
        raise unauthenticated(Reason.MALFORMED) from None
    if reading.faults:
        raise unauthenticated(Reason.MALFORMED)
    if found.role_typ and found.role_typ not in _ROLES:
        raise unauthenticated(Reason.CONTRADICTORY)
    return found


class _Claims:
    """The claims, by what they mean."""

    def __init__(self, document: _Document) -> None:
        self._claims = [(claim.typ, claim.val) for claim in document.claims]

    def all(self, types: frozenset[str]) -> list[str]:
        """The values of all claims of some types."""
        return [value for kind, value in self._claims if kind in types]

    def values(self) -> frozenset[str]:
        """The values of all claims."""
        return frozenset(value for _, value in self._claims)

    def one(self, types: frozenset[str]) -> str:
        """The value of a claim that may be given once; empty where there is none.

        Raises:
            AccessRefused: There are several that differ.
        """
        found = set(self.all(types))
        if len(found) > 1:
            raise unauthenticated(Reason.CONTRADICTORY)
        return found.pop() if found else ""

    def guid(self, types: frozenset[str]) -> str:
        """A claim that has to be there and to be a GUID, in lower case.

        Raises:
            AccessRefused: It is not.
        """
        found = self.one(types).lower()
        if not _GUID.fullmatch(found) or not found.strip("0-"):
            raise unauthenticated(Reason.MALFORMED)
        return found

    def name(self) -> str:
        """The first name of those that a person can be known by, printable and not too long."""
        known = dict(reversed(self._claims))
        name = next((known[kind] for kind in _NAMES if known.get(kind)), "")
        return "".join(one if one.isprintable() else "?" for one in name[:MOST_NAME])


def _kind(claims: _Claims, object_id: str, subject: str) -> PrincipalKind:
    """Whether it is an application that acts for itself.

    `idtyp` says so where the application asks for that claim (learn: entra/identity-platform/
    optional-claims-reference); else an application's subject is its object id (learn: entra/
    identity-platform/scenario-protected-web-api-verification-scope-app-roles). Scopes are what a
    person delegates (same source), so that an application has none.
    """
    told = claims.one(_TOKEN_KIND)
    if told and told not in _KINDS:
        raise unauthenticated(Reason.MALFORMED)
    same = PrincipalKind.APP if subject.lower() == object_id else PrincipalKind.PERSON
    kind = _KINDS[told] if told else same
    if kind is PrincipalKind.APP and claims.all(_SCOPES):
        raise unauthenticated(Reason.CONTRADICTORY)
    return kind


def _require_agreement(headers: Mapping[str, str], claims: _Claims, ids: set[str]) -> None:
    """Hold the other headers to what the document says.

    A name with letters beyond ASCII is not compared: how it is written into a header is not
    documented.
    """
    identifier, idp, name = (headers.get(one) for one in (IDENTIFIER, IDP, NAME))
    agree = (
        (identifier is None or identifier.lower() in {one.lower() for one in ids})
        and (idp is None or idp == PROVIDER)
        and (not name or not name.isascii() or name in claims.values())
    )
    if not agree:
        raise unauthenticated(Reason.CONTRADICTORY)
