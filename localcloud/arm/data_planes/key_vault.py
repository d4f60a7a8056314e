"""Key Vault's secrets, below `/vaults/{vault}/`.

As learn: rest/api/keyvault/secrets describes them: set, get, get a version, list, list versions,
delete to soft-deleted, and look at, list and recover what was deleted.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from localcloud.arm.data_planes import vault_secrets
from localcloud.arm.data_planes.access import check_connection, check_role, forbidden
from localcloud.arm.data_planes.errors import bad_parameter, nowhere, refused
from localcloud.arm.data_planes.frame import DataCloud, Plane, handler
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

AUDIENCE = "https://vault.azure.net"
VERSIONS = ("7.4", "7.5", "7.6", "2025-07-01", "2026-04-01")

_VAULT = "Microsoft.KeyVault/vaults"
_ZONE = "privatelink.vaultcore.azure.net"
_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
_USER = "4633458b-17de-408a-b874-0445c86b69e6"
_WRITERS = frozenset({_ADMINISTRATOR, _OFFICER})
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security: a Secrets
# User may get secrets and read their metadata, which is listing them.
_READERS = _WRITERS | {_USER}


class Route(NamedTuple):
    """One operation of a vault.

    Attributes:
        method: Of the request.
        path: Its segments within the vault; `*` is a name.
        operation: What answers, given the names too.
        writes: Whether it changes anything.
    """

    method: str
    path: tuple[str, ...]
    operation: Callable[..., Answer]
    writes: bool = False


_ROUTES = (
    Route("GET", ("secrets",), vault_secrets.list_all),
    Route("GET", ("secrets", "*"), vault_secrets.get),
    Route("GET", ("secrets", "*", "versions"), vault_secrets.versions),
    Route("GET", ("secrets", "*", "*"), vault_secrets.get),
    Route("PUT", ("secrets", "*"), vault_secrets.put, writes=True),
    Route("DELETE", ("secrets", "*"), vault_secrets.delete, writes=True),
    Route("GET", ("deletedsecrets",), vault_secrets.list_deleted),
    Route("GET", ("deletedsecrets", "*"), vault_secrets.get_deleted),
    Route("POST", ("deletedsecrets", "*", "recover"), vault_secrets.recover, writes=True),
)


def routes(world: DataCloud) -> Sequence[web.RouteDef]:
    """The routes of all vaults."""
    return [web.route("*", "/vaults/{path:.*}", handler(world, Plane(AUDIENCE, work)))]


def work(cloud: Cloud, call: Call) -> Answer:
    """Answer a call to a vault.

    Raises:
        ArmError: The vault would refuse it.
    """
    _, _, vault_name, *path = call.path.rstrip("/").split("/")
    vault = _vault(cloud, vault_name)
    check_connection(cloud, vault, _ZONE)
    if call.api_version not in VERSIONS:
        raise bad_parameter(f"The api-version '{call.api_version}' is not supported.")
    route = _route(call.method, path)
    _check_allowed(cloud, call, vault, path, writes=route.writes)
    names = [asked for own, asked in zip(route.path, path, strict=True) if own == "*"]
    return route.operation(cloud, call, vault, *names)


def _vault(cloud: Cloud, name: str) -> Record:
    """The vault of a name, once its name is known to the world."""
    for one in cloud.store.of_type(_VAULT):
        if one.name.lower() == name.lower() and one.state != "RegisteringDns":
            return one
    raise nowhere(f"{name}.vault.azure.net")


def _route(method: str, path: Sequence[str]) -> Route:
    """What a request asks for; the first route that fits."""
    for one in _ROUTES:
        fits = len(one.path) == len(path) and all(
            own in {"*", asked} for own, asked in zip(one.path, path, strict=True)
        )
        if one.method == method and fits:
            return one
    message = f"The method {method} is not supported on '/{'/'.join(path)}'."
    raise refused(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", message)


def _check_allowed(
    cloud: Cloud, call: Call, vault: Record, path: Sequence[str], *, writes: bool
) -> None:
    """Refuse whoever has no role; access policies, which we give nobody, open nothing."""
    verb = "set" if writes else "get"
    if not vault.properties["enableRbacAuthorization"]:
        message = (
            f"The user, group or application 'oid={call.principal}' does not have secrets {verb}"
            f" permission on key vault '{vault.name};location={vault.location}'."
        )
        raise forbidden(message, "AccessDenied")
    target = "/".join((vault.id, "secrets", *path[1:2]))
    roles = _WRITERS if writes else _READERS
    action = f"{_VAULT}/secrets/{verb}Secret/action"
    check_role(cloud, call, target if path[1:2] else vault.id, roles, action)
