"""DELETE of a resource, and of a resource group with all that is in it."""

from http import HTTPStatus

from localcloud.arm import operations
from localcloud.arm.catalogue.model import Writing
from localcloud.arm.errors import ArmError, conflict, method_not_allowed, resource_not_found
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.outcomes import remove
from localcloud.arm.paths import group_of
from localcloud.arm.placing import Place
from localcloud.arm.preconditions import check_etag, check_host_free, check_unlocked, host_of
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.state.store import Store
from localcloud.arm.world import Cloud
from localcloud.arm.writing import check_unused


def delete(cloud: Cloud, call: Call, where: Place) -> Answer:
    """Delete a resource; one that is not there is no error.

    Raises:
        ArmError: It is in use, locked, or being written.
    """
    record = where.existing
    if not where.type.model:
        raise method_not_allowed("DELETE", where.type.name)
    if record is None:
        if where.type.absent == HTTPStatus.NOT_FOUND:
            raise resource_not_found(where.type.name, where.name, group_of(where.id))
        return Answer(where.type.absent)
    check_etag(call, record)
    if where.type.key != "microsoft.authorization/locks":
        check_unlocked(cloud, where.id, deleting=True)
    host = host_of(where.id, where.type)
    check_host_free(cloud, call, where.type, host)
    check_deletable(cloud.store, record)
    latency = cloud.profile.of(where.type.name)
    with cloud.store.transaction():
        if where.type.delete is Writing.SYNC:
            remove(cloud, record)
            emit_for(cloud, call, "Delete", record.id, f"{where.type.name}/delete")
            return Answer(HTTPStatus.OK, hold=latency.delete)
        if where.type.provisioning:
            record.properties["provisioningState"] = "Deleting"
            cloud.store.put(record)
        operation = operations.begin(
            cloud, call, "delete", record, seconds=latency.delete, host=host, accepted=True
        )
    headers = operations.headers_of(call, operation, location=True)
    return Answer(HTTPStatus.ACCEPTED, None, headers)


def check_deletable(store: Store, record: Record) -> None:
    """Refuse a delete out of order.

    Raises:
        ArmError: Others refer to it, or something stands within it that must go first.
    """
    found = store.type_of(record)
    nested = [
        child.id
        for child in store.children(record.id)
        if child.type.lower() in {one.lower() for one in found.blocked_by}
    ]
    if nested:
        message = (
            f"Can not delete resource before nested resources are deleted: {', '.join(nested)}."
        )
        raise conflict("CannotDeleteResource", message)
    check_unused(store, record)
    found.hooks.check_delete(store, record)


def member_ended(cloud: Cloud, operation: Operation) -> None:
    """A resource of a group that is being deleted goes, unless something outside needs it."""
    record = cloud.store.get(operation.target)
    if record is not None:
        try:
            check_deletable(cloud.store, record)
        except ArmError as error:
            operations.end(cloud, operation, error.as_error())
            operations.tell(cloud, operation, operation.target, succeeded=False)
            return
        remove(cloud, record)
    operations.end(cloud, operation)
    operations.tell(cloud, operation, operation.target)
