"""The App Service managed-identity endpoint, protocol of 2019-08-01."""

import hmac
import time
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from localcloud.identity.tokens import ManagedIdentity, Tokens

_VERSION = "2019-08-01"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Hands out tokens to whoever knows the header's value.

    Attributes:
        tokens: Signs them.
        identity: Whose they are.
        header: What `X-IDENTITY-HEADER` must carry.
    """

    tokens: Tokens
    identity: ManagedIdentity
    header: str

    def application(self) -> web.Application:
        """The web application."""
        application = web.Application()
        application.router.add_get("/msi/token", self.token)
        application.router.add_get("/_local/health", self.health)
        return application

    async def health(self, _: web.Request) -> web.Response:
        """Ready."""
        return web.json_response({"status": "healthy"})

    async def token(self, request: web.Request) -> web.Response:
        """A token for the resource that is asked for."""
        if not hmac.compare_digest(request.headers.get("X-IDENTITY-HEADER", ""), self.header):
            return _refused(HTTPStatus.UNAUTHORIZED, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != _VERSION:
            return _refused(HTTPStatus.BAD_REQUEST, f"The api-version must be {_VERSION}.")
        resource = request.query.get("resource", "")
        if not resource:
            return _refused(HTTPStatus.BAD_REQUEST, "The resource parameter is missing.")
        known = (("client_id", self.identity.client_id), ("principal_id", self.identity.object_id))
        for name, own in known:
            if request.query.get(name, own).lower() != own:
                return _refused(HTTPStatus.BAD_REQUEST, f"No managed identity has this {name}.")
        if "mi_res_id" in request.query:
            return _refused(HTTPStatus.BAD_REQUEST, "No user-assigned identity is attached.")
        access_token, expires = self.tokens.issue(self.identity, resource, time.time())
        return web.json_response(
            {
                "access_token": access_token,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": self.identity.client_id,
            }
        )


def _refused(status: HTTPStatus, message: str) -> web.Response:
    return web.json_response({"statusCode": status.value, "message": message}, status=status.value)
