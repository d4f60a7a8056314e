"""What the end of an operation does to the resources."""

from landing_zone.arm_ids import normalized
from localcloud.arm import operations
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.world import Cloud


def write_ended(cloud: Cloud, operation: Operation) -> None:
    """A write has ended: what it wrote is provisioned, or has failed."""
    written = [cloud.store.get(key) for key in (operation.target, *operation.also)]
    present = [record for record in written if record is not None]
    for record in present:
        _show_end(cloud, record, failed=bool(operation.failure))
    operations.end(cloud, operation, operation.failure)
    if not operation.failure:
        for record in present:
            cloud.store.type_of(record).hooks.written(cloud.store, record)
        operations.let_settle(cloud, operation)
    operations.tell(cloud, operation, operation.target, succeeded=not operation.failure)


def _show_end(cloud: Cloud, record: Record, *, failed: bool) -> None:
    """Let a resource show that work on it has ended, where its type has a word for that."""
    if "provisioningState" in record.properties:
        broken = cloud.store.type_of(record).broken
        record.properties["provisioningState"] = broken if failed else "Succeeded"
    cloud.store.put(record)


def delete_ended(cloud: Cloud, operation: Operation) -> None:
    """A delete has ended: the resource and all within it are gone, or it has failed."""
    record = cloud.store.get(operation.target)
    if operation.failure and record is not None:
        _show_end(cloud, record, failed=True)
    elif record is not None:
        remove(cloud, record)
    operations.end(cloud, operation, operation.failure)
    operations.tell(cloud, operation, operation.target, succeeded=not operation.failure)


def remove(cloud: Cloud, record: Record) -> None:
    """Remove a resource with all that stands within it, innermost first."""
    for one in (*reversed(cloud.store.within(record.id)), record):
        one.changed = cloud.now()
        cloud.store.remove(one)
        cloud.store.type_of(one).hooks.deleted(cloud.store, one)


def hold_ended(cloud: Cloud, operation: Operation) -> None:
    """What a synchronous write held is free again."""
    operations.end(cloud, operation)


def registration_ended(cloud: Cloud, operation: Operation) -> None:
    """A provider is registered in a subscription, or no longer."""
    record = cloud.store.get(operation.target)
    if record is not None:
        states = {"Registering": "Registered", "Unregistering": "NotRegistered"}
        state = record.body["registrationState"]
        record.body["registrationState"] = states.get(state, state)
        cloud.store.put(record)
    operations.end(cloud, operation)


def group_ended(cloud: Cloud, operation: Operation) -> None:
    """A resource group is gone, or what could not be deleted keeps it."""
    group = cloud.store.get(operation.target)
    left = [
        record
        for record in cloud.store.children(operation.target)
        if not cloud.store.type_of(record).hidden
    ]
    error = operation.failure
    if left and error is None:
        names = ", ".join(f"'{record.id}'" for record in left)
        message = f"Deletion of resource group '{normalized(operation.target)}' failed as resources"
        message += f" with identifiers {names} could not be deleted."
        error = {"code": "ResourceGroupDeletionBlocked", "message": message}
    if group is not None and error is None:
        remove(cloud, group)
    elif group is not None:
        group.properties["provisioningState"] = "Succeeded"
        cloud.store.put(group)
    operations.end(cloud, operation, error)
    operations.tell(cloud, operation, operation.target, succeeded=error is None)


def settle_ended(cloud: Cloud, operation: Operation) -> None:
    """What went on by itself after a write has ended, unless it was written anew meanwhile."""
    record = cloud.store.get(operation.target)
    if record is not None and record.changed < operation.started:
        cloud.store.type_of(record).hooks.settled(cloud.store, record)
    operations.end(cloud, operation)
