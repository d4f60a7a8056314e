"""API Management's gateway, below `/gateway/{service}/`: what a tenant's key opens.

It knows callers by their subscription key alone, as learn: api-management/
api-management-subscriptions describes it, in the words of learn: api-management/
api-management-error-handling-policies. Where a call would go to a backend, it is answered with
what the backend would be sent.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from landing_zone.arm_ids import normalized
from localcloud.arm.behaviours.api_management import (
    API,
    KEYS,
    PRODUCT,
    SERVICE,
    SUBSCRIPTION,
    full_id,
    scope_of,
)
from localcloud.arm.data_planes.errors import nowhere
from localcloud.arm.data_planes.frame import DataCloud
from localcloud.arm.data_planes.gateway_policy import Caught, Inbound, run
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from localcloud.arm.gateway import call_of, check_size, content_of
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud
from localcloud.identity.tokens import InvalidTokenError, Tokens

_LOG = logging.getLogger("localcloud.data")

KEY_HEADER = "ocp-apim-subscription-key"
KEY_QUERY = "subscription-key"

MISSING = (
    "Access denied due to missing subscription key. Make sure to include subscription key when"
    " making requests to an API."
)
INVALID = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active"
    " subscription."
)
_NO_API = "Resource not found"
_BUG = "Internal server error"


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake
    """An answer of the gateway's own.

    Attributes:
        status: The HTTP status.
        message: What stands in its body.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def routes(world: DataCloud) -> Sequence[web.RouteDef]:
    """The routes of the gateways of all services."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return answered(world.cloud, world.tokens, call_of(request, await content_of(request)))

    return [web.route("*", "/gateway/{service}/{path:.*}", answer)]


def answered(cloud: Cloud, tokens: Tokens, call: Call) -> web.Response:
    """The answer to a call; what it says of a key is only that it is wrong."""
    try:
        check_size(call)
        cloud.settle()
        return _echo(*_through(cloud, tokens, call))
    except Refusal as refusal:
        document = {"statusCode": int(refusal.status), "message": refusal.message}
        return web.json_response(document, status=refusal.status)
    except Caught as caught:
        return web.Response(
            status=caught.status, body=caught.body.encode(), headers=dict(caught.headers)
        )
    except ArmError as error:
        return web.json_response(error.body(), status=error.status)
    except Exception as error:  # noqa: BLE001 - a bug of ours is a 500 to the caller
        # Without its message and its values, which may be secret.
        _LOG.error("%s on a gateway failed: %s", call.method, type(error).__name__)
        document = {"statusCode": 500, "message": _BUG}
        return web.json_response(document, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _through(cloud: Cloud, tokens: Tokens, call: Call) -> tuple[Record, Inbound]:
    """The API that a call reaches, and what would be sent to its backend.

    Raises:
        Refusal: The gateway answers in its place.
        Caught: The product's policy does.
        ArmError: There is no such service.
    """
    _, _, service_name, *path = call.path.split("/")
    service = _service(cloud, service_name)
    api, rest = _api(cloud, service, "/".join(path))
    product = _product(cloud, service, api, _key(call))
    inbound = Inbound(
        headers=dict(call.headers),
        deployment=_deployment(rest),
        claims=lambda audiences: _claims(cloud, tokens, call, audiences),
    )
    policy = cloud.store.get(f"{product.id}/policies/policy")
    if policy is not None:
        run(str(policy.properties["value"]), inbound)
    return api, inbound


def _service(cloud: Cloud, name: str) -> Record:
    for one in cloud.store.of_type(SERVICE):
        if one.name.lower() == name.lower():
            return one
    raise nowhere(f"{name}.azure-api.net")


def _api(cloud: Cloud, service: Record, path: str) -> tuple[Record, str]:
    """The API whose path begins the call's, the longest one, and the rest of the path.

    Raises:
        Refusal: There is none.
    """
    found: list[tuple[int, Record]] = []
    for one in cloud.store.children(service.id, API):
        prefix = str(one.properties["path"]).strip("/")
        if not prefix or path == prefix or path.startswith(f"{prefix}/"):
            found.append((len(prefix), one))
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, _NO_API)
    length, api = max(found, key=lambda one: one[0])
    return api, path[length:].strip("/")


def _key(call: Call) -> str:
    """The key that a call carries.

    Raises:
        Refusal: None.
    """
    key = call.headers.get(KEY_HEADER) or call.query.get(KEY_QUERY)
    if not key:
        raise Refusal(HTTPStatus.UNAUTHORIZED, MISSING)
    return key


def _product(cloud: Cloud, service: Record, api: Record, key: str) -> Record:
    """The product that a key opens, where that leads to the API.

    A key of a subscription that is not active, or of a product without this API, is as wrong as one
    that nobody has: the service knows no other reason than `SubscriptionKeyInvalid`.

    Raises:
        Refusal: The key does not open this API.
    """
    for subscription in cloud.store.children(service.id, SUBSCRIPTION):
        known: Mapping[str, Any] = subscription.notes.get("secrets", {})
        if key not in {known.get(name) for name in KEYS}:
            continue
        product = cloud.store.get(scope_of(subscription))
        active = subscription.properties["state"] == "active"
        if active and product is not None and _opens(cloud, product, api):
            return product
    raise Refusal(HTTPStatus.UNAUTHORIZED, INVALID)


def _opens(cloud: Cloud, product: Record, api: Record) -> bool:
    """Whether a published product leads to an API; scopes other than products open nothing here."""
    if product.type != PRODUCT or product.properties.get("state") != "published":
        return False
    links = cloud.store.children(product.id, f"{PRODUCT}/apiLinks")
    linked = {normalized(full_id(one.id, str(one.properties["apiId"]))) for one in links}
    return api.key in linked


def _deployment(path: str) -> str:
    """The model deployment of a path such as `deployments/{deployment-id}/chat/completions`."""
    match path.split("/"):
        case "deployments", name, *_:
            return name
        case _:
            return ""


def _claims(
    cloud: Cloud, tokens: Tokens, call: Call, audiences: tuple[str, ...]
) -> Mapping[str, Any] | None:
    """The claims of the call's token, or None where it has no valid one."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        return tokens.verify(token, audiences, cloud.directory)
    except InvalidTokenError:
        return None


def _echo(api: Record, inbound: Inbound) -> web.Response:
    """What the backend would be sent, of headers by which it could know the caller."""
    shown = ("x-tenant-id", "api-key", KEY_HEADER)
    headers = {name: inbound.headers[name] for name in shown if name in inbound.headers}
    document = {"api": api.name, "deployment": inbound.deployment or None, "headers": headers}
    return web.json_response(document)
