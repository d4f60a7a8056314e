"""Resource groups: their deletion empties them first, in an order that Azure would allow."""

from http import HTTPStatus

from localcloud.arm import operations
from localcloud.arm.errors import group_not_found
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, parent_of, subscription_of
from localcloud.arm.placing import Place, place
from localcloud.arm.preconditions import check_unlocked, scope_locked
from localcloud.arm.routes import resources
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.state.store import Store
from localcloud.arm.world import Cloud


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for a resource group.

    Raises:
        ArmError: It is refused.
    """
    where = place(cloud, call, target)
    if where.existing is None and call.method not in {"PUT", "HEAD"}:
        raise group_not_found(where.name)
    if call.method == "DELETE" and where.existing is not None:
        return _delete(cloud, call, where, where.existing)
    return resources.handle_place(cloud, call, where)


def _delete(cloud: Cloud, call: Call, where: Place, record: Record) -> Answer:
    check_unlocked(cloud, where.id, deleting=True)
    locks = [one.id for one in cloud.store.within(record.id) if one.type.endswith("/locks")]
    if locks:
        raise scope_locked(where.id, locks, "delete")
    running = next((one for one in cloud.store.running() if one.target == record.id), None)
    if running is None or running.kind != "group":
        with cloud.store.transaction():
            running = _begin(cloud, call, record)
    return Answer(HTTPStatus.ACCEPTED, None, operations.headers_of(call, running, location=True))


def _begin(cloud: Cloud, call: Call, record: Record) -> Operation:
    """One delete for each resource, layer after layer, and the group's own at the end."""
    record.properties["provisioningState"] = "Deleting"
    cloud.store.put(record)
    elapsed = 0.0
    for layer in deletion_layers(cloud.store, record):
        elapsed += max(cloud.profile.of(one.type).delete for one in layer)
        for one_record in layer:
            operations.begin(cloud, call, "member", one_record, seconds=elapsed)
    elapsed += cloud.profile.of(record.type).delete
    return operations.begin(cloud, call, "group", record, seconds=elapsed, accepted=True)


def deletion_layers(store: Store, group: Record) -> list[list[Record]]:
    """The resources of a group, so that nothing goes before what depends on it.

    A resource that something outside the group depends on stands in no layer before the last; its
    deletion is then refused, as in Azure.
    """
    pending = {
        one.key: one
        for one in store.within(group.id)
        if not store.type_of(one).hidden and subscription_of(one.key)
    }
    layers: list[list[Record]] = []
    while pending:
        free = [one for one in pending.values() if not _needed(store, one, pending)]
        layers.append(free or list(pending.values()))
        for record in layers[-1]:
            del pending[record.key]
    return layers


def _needed(store: Store, record: Record, pending: dict[str, Record]) -> bool:
    """Whether something that is still there stands within a resource, or refers to it."""
    within = any(child.key in pending for child in store.children(record.id))
    users = store.blocking_referrers(record.id)
    return within or any(_goes_with(user.key, pending, record.key) for user in users)


def _goes_with(key: str, pending: dict[str, Record], needed: str) -> bool:
    """Whether a user, or what it stands in, is still to go; a part of its own parent is not."""
    while key and key != needed:
        if key in pending and not needed.startswith(key + "/"):
            return True
        key = parent_of(key)
    return False
