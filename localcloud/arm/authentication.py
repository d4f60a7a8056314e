"""Who is calling: a bearer token for Azure Resource Manager, or 401 as it answers."""

from http import HTTPStatus
from typing import Any

from localcloud.arm.errors import ArmError
from localcloud.identity.tokens import InvalidTokenError, Tokens

AUDIENCES = (
    "https://management.azure.com",
    "https://management.azure.com/",
    "https://management.core.windows.net",
    "https://management.core.windows.net/",
)

_MOST_REMEMBERED = 1000


class Authenticator:
    """Verifies tokens; the claims of one that is in use are remembered until it expires."""

    def __init__(self, tokens: Tokens, directory_id: str) -> None:
        self._tokens = tokens
        self._directory_id = directory_id
        self._known: dict[str, dict[str, Any]] = {}

    def claims(self, authorization: str, now: float) -> dict[str, Any]:
        """The claims of the caller's token.

        Raises:
            ArmError: 401 with the challenge that clients look for.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthorized(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            )
        known = self._known.get(token)
        if known is None or known["exp"] <= now:
            known = self._verified(token)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[token] = known
        return known

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            return self._tokens.verify(token, AUDIENCES, self._directory_id)
        except InvalidTokenError as error:
            code = "ExpiredAuthenticationToken" if error.expired else "InvalidAuthenticationToken"
            raise self._unauthorized(code, str(error), error="invalid_token") from error

    def _unauthorized(self, code: str, message: str, *, error: str = "") -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://login.microsoftonline.com/{self._directory_id}"'
        )
        if error:
            challenge += f', error="{error}", error_description="{message}"'
        headers = {"WWW-Authenticate": challenge}
        return ArmError(HTTPStatus.UNAUTHORIZED, code, message, headers=headers)
