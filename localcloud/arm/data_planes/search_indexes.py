"""What happens to the indexes of a search service."""

from copy import deepcopy
from http import HTTPStatus
from typing import Any

from localcloud.arm.data_planes.errors import DataPlaneError, refused
from localcloud.arm.data_planes.index_rules import check_change, check_definition
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

INDEX = "Microsoft.Search/searchServices/indexes"

# https://learn.microsoft.com/azure/search/search-limits-quotas-capacity: indexes of a service.
_QUOTA = {
    "free": 3,
    "basic": 15,
    "standard": 50,
    "standard2": 200,
    "standard3": 200,
    "storage_optimized_l1": 10,
    "storage_optimized_l2": 10,
}
_HIGH_DENSITY = 1_000  # for each partition of a standard3


def list_all(cloud: Cloud, service: Record) -> Answer:
    """Every index."""
    found = cloud.store.children(service.id, INDEX)
    return Answer(body={"value": [shown(one) for one in found]})


def create(cloud: Cloud, call: Call, service: Record) -> Answer:
    """Make an index that is not there.

    Raises:
        ArmError: It is there, or its definition is refused.
    """
    name = str(call.body().get("name", ""))
    if cloud.store.get(f"{service.id}/indexes/{name}") is not None:
        message = f"Cannot create index '{name}' because it already exists."
        raise refused(HTTPStatus.CONFLICT, "ResourceNameAlreadyInUse", message)
    return _write(cloud, service, name, call.body(), None)


def get(cloud: Cloud, service: Record, name: str) -> Answer:
    """One index.

    Raises:
        ArmError: It is not there.
    """
    record = _find(cloud, service, name)
    if record is None:
        raise _not_found(service, name)
    return Answer(body=shown(record), headers={"ETag": _etag(record)})


def put(cloud: Cloud, call: Call, service: Record, name: str) -> Answer:
    """Make an index, or change what can be changed of it.

    Raises:
        ArmError: Its definition is refused.
    """
    old = _find(cloud, service, name)
    _check_condition(call, old)
    body = call.body()
    if body.get("name", name) != name:
        message = f"The index name in the URL, '{name}', is not the one of the definition."
        raise refused(HTTPStatus.BAD_REQUEST, "InvalidRequestParameter", message)
    return _write(cloud, service, name, body, old)


def delete(cloud: Cloud, call: Call, service: Record, name: str) -> Answer:
    """Remove an index with all that is in it.

    Raises:
        ArmError: It is not there.
    """
    record = _find(cloud, service, name)
    _check_condition(call, record)
    if record is None:
        raise _not_found(service, name)
    cloud.store.remove(record)
    return Answer(HTTPStatus.NO_CONTENT)


def _find(cloud: Cloud, service: Record, name: str) -> Record | None:
    return cloud.store.get(f"{service.id}/indexes/{name}")


def _not_found(service: Record, name: str) -> DataPlaneError:
    message = f"No index with the name '{name}' was found in the service '{service.name}'."
    return refused(HTTPStatus.NOT_FOUND, "", message)


def _write(
    cloud: Cloud, service: Record, name: str, body: dict[str, Any], old: Record | None
) -> Answer:
    definition = check_definition(name, body)
    if old is None:
        _check_quota(cloud, service)
    else:
        check_change(old.properties, definition)
    now = cloud.now()
    made = Record(
        old.id if old else f"{service.id}/indexes/{name}",
        INDEX,
        {"properties": definition},
        created=old.created if old else now,
        changed=now,
    )
    cloud.store.put(made)
    status = HTTPStatus.OK if old else HTTPStatus.CREATED
    return Answer(status, shown(made), {"ETag": _etag(made)})


def _check_quota(cloud: Cloud, service: Record) -> None:
    sku = str(service.body["sku"]["name"]).lower()
    most = _QUOTA[sku]
    if service.properties.get("hostingMode", "").lower() == "highdensity":
        most = _HIGH_DENSITY * service.properties["partitionCount"]
    count = len(cloud.store.children(service.id, INDEX))
    if count >= most:
        message = (
            f"Index quota has been exceeded for this service. You currently have {count} indexes of"
            f" {most} max. You must delete unused indexes first, or use a service of a higher tier."
        )
        raise refused(HTTPStatus.FORBIDDEN, "QuotaExceeded", message)


def _check_condition(call: Call, record: Record | None) -> None:
    """`If-Match` and `If-None-Match`, as the SDKs send them when asked to."""
    wanted, unwanted = call.headers.get("if-match", ""), call.headers.get("if-none-match", "")
    present = _etag(record) if record is not None else ""
    if (wanted and (not present or wanted not in {"*", present})) or (unwanted == "*" and present):
        message = "The precondition given in one of the request headers evaluated to false."
        raise refused(HTTPStatus.PRECONDITION_FAILED, "", message)


def _etag(record: Record) -> str:
    return f'"0x{record.etag.replace("-", "")[:15].upper()}"'


def shown(record: Record) -> dict[str, Any]:
    """An index as it is answered."""
    return {"@odata.etag": _etag(record), **deepcopy(record.properties)}
