"""AI Search's index definitions, below `/search/{service}/`.

As learn: rest/api/searchservice/indexes describes them: create, create or update, get, list,
delete. Documents are not kept.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from localcloud.arm.data_planes import search_indexes
from localcloud.arm.data_planes.access import check_connection, has_role
from localcloud.arm.data_planes.errors import bad_parameter, nowhere, refused
from localcloud.arm.data_planes.frame import DataCloud, Plane, handler
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

AUDIENCE = "https://search.azure.com"
VERSIONS = ("2024-07-01", "2025-09-01", "2026-04-01")

_SERVICE = "Microsoft.Search/searchServices"
_ZONE = "privatelink.search.windows.net"
# https://learn.microsoft.com/azure/search/search-security-rbac: definitions are for contributors of
# the service; roles of index data open documents only.
_CONTRIBUTORS = frozenset(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  # Owner
        "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
        "7ca78c08-252a-4471-8644-bb5ff32d4ba0",  # Search Service Contributor
    }
)
# `indexes/name`, or `indexes('name')` as the SDKs write it.
_INDEX = re.compile(r"indexes(/(?P<plain>[^/']+)|\('(?P<quoted>[^/']+)'\))")


def routes(world: DataCloud) -> Sequence[web.RouteDef]:
    """The routes of all search services."""
    return [web.route("*", "/search/{path:.*}", handler(world, Plane(AUDIENCE, work)))]


def work(cloud: Cloud, call: Call) -> Answer:
    """Answer a call to a search service.

    Raises:
        ArmError: The service would refuse it.
    """
    _, _, service_name, *rest = call.path.rstrip("/").split("/", 3)
    service = _service(cloud, service_name)
    check_connection(cloud, service, _ZONE)
    name = _index_name("".join(rest))
    if call.api_version not in VERSIONS:
        message = f"The api-version '{call.api_version}' is not supported."
        raise bad_parameter(message, "UnsupportedApiVersion")
    _check_allowed(cloud, call, service, name)
    match call.method, bool(name):
        case "GET", False:
            return search_indexes.list_all(cloud, service)
        case "POST", False:
            return search_indexes.create(cloud, call, service)
        case "GET", True:
            return search_indexes.get(cloud, service, name)
        case "PUT", True:
            return search_indexes.put(cloud, call, service, name)
        case "DELETE", True:
            return search_indexes.delete(cloud, call, service, name)
        case _:
            message = f"The requested resource does not support http method '{call.method}'."
            raise refused(HTTPStatus.METHOD_NOT_ALLOWED, "", message)


def _service(cloud: Cloud, name: str) -> Record:
    """The service of a name, once its name is known to the world."""
    for one in cloud.store.of_type(_SERVICE):
        if one.name == name.lower() and one.properties["status"] == "running":
            return one
    raise nowhere(f"{name}.search.windows.net")


def _index_name(path: str) -> str:
    """The index that is asked for; empty for all of them."""
    if path == "indexes":
        return ""
    found = _INDEX.fullmatch(path)
    if found is None:
        message = f"Resource not found for the segment '{path.partition('/')[0]}'."
        raise refused(HTTPStatus.NOT_FOUND, "", message)
    return str(found["plain"] or found["quoted"])


def _check_allowed(cloud: Cloud, call: Call, service: Record, name: str) -> None:
    target = f"{service.id}/indexes/{name}" if name else service.id
    takes_tokens = service.properties["disableLocalAuth"] or "aadOrApiKey" in str(
        service.properties.get("authOptions")
    )
    if not takes_tokens or not has_role(cloud, call.principal, target, _CONTRIBUTORS):
        # Azure says no more than that.
        raise refused(HTTPStatus.FORBIDDEN, "", "Authorization failed.")
