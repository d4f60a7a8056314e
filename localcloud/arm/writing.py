"""PUT and PATCH of a resource: refused as Azure refuses, or stored and carried through."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from localcloud.arm import operations
from localcloud.arm.catalogue.model import ResourceType, Writing
from localcloud.arm.errors import ArmError, bad_request, conflict, method_not_allowed
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.locations import canonical, check_location
from localcloud.arm.placing import Place, check_name, check_writable
from localcloud.arm.preconditions import (
    check_etag,
    check_host_free,
    check_name_free,
    check_references,
    check_unlocked,
    host_of,
)
from localcloud.arm.rendering import render, weak
from localcloud.arm.schemas.from_models import shape_of
from localcloud.arm.schemas.shapes import faults
from localcloud.arm.state.bodies import fill
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store
from localcloud.arm.tags import check_tags
from localcloud.arm.world import Cloud

_ENVELOPE = ("id", "name", "type", "etag")


@dataclass(slots=True)
class Write:
    """A write on its way; hooks look at it and complete its body.

    Attributes:
        store: What is there.
        directory: The directory's id.
        type: The resource's type.
        id: Its canonical id.
        body: What will be stored.
        existing: What is there under the id.
        location: The region of the resource, or of its parent.
        caller: Object id of the caller.
        now: Seconds since the epoch.
        replication: Seconds until the whole directory knows a new identity, scaled.
        parent: The write of the parent, when this one is a part of it.
        children: Embedded children by the list's name; a list that the body left out is missing.
        dropped: Existing embedded children that the body no longer has.
    """

    store: Store
    directory: str
    type: ResourceType
    id: str
    body: dict[str, Any]
    existing: Record | None
    location: str
    caller: str
    now: float
    replication: float = 0.0
    parent: "Write | None" = None
    children: dict[str, list["Write"]] = field(default_factory=dict)
    dropped: list[Record] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.id.rpartition("/")[2]

    @property
    def properties(self) -> dict[str, Any]:
        """The properties, to be completed."""
        properties: dict[str, Any] = self.body.setdefault("properties", {})
        return properties


def put(cloud: Cloud, call: Call, where: Place) -> Answer:
    """Create or replace a resource.

    Raises:
        ArmError: Azure would refuse it.
    """
    if not where.type.model:
        raise method_not_allowed("PUT", where.type.name)
    check_name(where)
    check_writable(cloud, where)
    body = call.body()
    check_shape(where.type.model, body)
    write = _write_of(cloud, call, where, _without_nulls(body))
    check_etag(call, where.existing)
    check_unlocked(cloud, where.id, deleting=False)
    check_name_free(cloud, where.type, where.id)
    host = host_of(where.id, where.type)
    check_host_free(cloud, call, where.type, host)
    _check_whole(cloud, write)
    failure = call.effect.failure
    if failure and not where.type.shows_failure:
        emit_for(
            cloud, call, "Write", where.id, f"{where.type.name}/write",
            succeeded=False, creates=where.existing is None,
        )  # fmt: skip
        raise ArmError(call.effect.status, failure["code"], failure["message"])
    with cloud.store.transaction():
        records = _store(write)
        return _answer(cloud, call, write, records, host)


def check_shape(model: str, body: dict[str, Any]) -> None:
    """Refuse a body that the type's schema refuses; every fault is named.

    Raises:
        ArmError: 400 InvalidRequestContent.
    """
    found = list(faults(shape_of(model), body))
    if not found:
        return
    details = [
        {"code": "InvalidRequestContent", "message": fault.message, "target": fault.path}
        for fault in found
    ]
    first = found[0]
    message = (
        "The request content was invalid and could not be deserialized:"
        f" '{first.message}. Path '{first.path}'.'"
    )
    raise bad_request("InvalidRequestContent", message, details)


def _without_nulls(value: Any) -> Any:
    """ARM takes a null for a property that is not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value


def _write_of(cloud: Cloud, call: Call, where: Place, body: dict[str, Any]) -> Write:
    _check_envelope(where, body)
    location = _location(cloud, where, body)
    if where.type.tracked:
        body["location"] = location
        check_tags(body.get("tags", {}))
    write = Write(
        store=cloud.store,
        directory=cloud.directory,
        type=where.type,
        id=where.id,
        body={name: value for name, value in body.items() if name not in _ENVELOPE},
        existing=where.existing,
        location=location,
        caller=call.principal,
        now=cloud.now(),
        replication=cloud.profile.replication,
    )
    fill(write.body, where.type.defaults)
    for embedded in where.type.embedded:
        _take_children(cloud, write, embedded.name, embedded.type, embedded.absent_keeps)
    return write


def _check_envelope(where: Place, body: dict[str, Any]) -> None:
    """An id, name or type that is sent along must be the resource's own."""
    own = {"id": where.id, "name": where.name, "type": where.type.name}
    for name, value in own.items():
        sent = body.get(name, value)
        if str(sent).lower() != value.lower():
            message = f"The '{name}' in the request body, '{sent}', is not the one in the URL."
            raise bad_request("InvalidRequestContent", message)


def _location(cloud: Cloud, where: Place, body: dict[str, Any]) -> str:
    if not where.type.tracked:
        parent = cloud.store.get(where.id.rpartition("/")[0].rpartition("/")[0])
        return parent.location if parent else ""
    location = check_location(where.type, body.get("location"))
    if where.existing is not None and canonical(where.existing.location) != location:
        message = (
            f"The resource '{where.name}' already exists in location '{where.existing.location}'."
            f" A resource with the same name cannot be created in location '{location}'. Please"
            " select a new resource name."
        )
        raise conflict("InvalidResourceLocation", message)
    return location


def _take_children(cloud: Cloud, write: Write, name: str, child: str, absent_keeps: bool) -> None:
    items = write.properties.pop(name, None)
    if items is None and absent_keeps:
        return
    found = cloud.types[child.lower()]
    segment = found.name.rpartition("/")[2]
    writes = []
    for item in items or []:
        child_id = f"{write.id}/{segment}/{item.get('name', '')}"
        known = cloud.store.get(child_id)
        where = Place(found, known.id if known else child_id, write.id, known)
        check_name(where)
        _check_envelope(where, item)
        body = {key: value for key, value in item.items() if key not in _ENVELOPE}
        fill(body, found.defaults)
        writes.append(
            Write(
                cloud.store,
                write.directory,
                found,
                where.id,
                body,
                known,
                write.location,
                write.caller,
                write.now,
                parent=write,
            )
        )
    write.children[name] = writes
    kept = {one.id.lower() for one in writes}
    if len(kept) < len(writes):
        raise bad_request("InvalidRequestFormat", f"Two of '{name}' have the same name.")
    write.dropped += [
        record for record in cloud.store.children(write.id, child) if record.key not in kept
    ]


def _check_whole(cloud: Cloud, write: Write) -> None:
    """Every rule that looks at other resources, for the resource and what is within it."""
    for children in write.children.values():
        for child in children:
            check_references(cloud, child.type, child.id, child.body, child.location)
    check_references(cloud, write.type, write.id, write.body, write.location)
    for record in write.dropped:
        check_unused(cloud.store, record)
    write.type.hooks.check(write)


def check_unused(store: Store, record: Record) -> None:
    """Refuse to let go of what others refer to.

    Raises:
        ArmError: 400 with the type's own code.
    """
    users = [one for one in store.blocking_referrers(record.id) if one.parent != record.key]
    if users:
        found = store.type_of(record)
        kind = found.name.rpartition("/")[2]
        message = (
            f"{kind} {record.name} cannot be deleted because it is in use by the following"
            f" resources: {', '.join(one.id for one in users)}."
        )
        raise bad_request(found.in_use, message)


def _store(write: Write) -> list[Record]:
    """Store the write and its children; the first record is the resource itself."""
    records = [_record(write)]
    write.store.put(records[0])
    for record in write.dropped:
        write.store.remove(record)
        write.store.type_of(record).hooks.deleted(write.store, record)
    for children in write.children.values():
        for child in children:
            records.append(_record(child))
            write.store.put(records[-1])
    return records


def _record(write: Write) -> Record:
    old = write.existing
    if write.type.guid:
        guid = old.properties.get(write.type.guid) if old else None
        write.properties[write.type.guid] = guid or str(uuid.uuid4())
    if write.type.provisioning:
        slow = write.type.write is not Writing.SYNC
        busy = (write.type.changing if old else "") or write.type.busy
        write.properties["provisioningState"] = busy if slow else "Succeeded"
    write.type.hooks.prepare(write)
    record = Record(write.id, write.type.name, write.body)
    record.created = old.created if old else write.now
    record.changed = write.now
    record.notes = dict(old.notes) if old else {}
    put_secrets_away(write, record)
    return record


def put_secrets_away(write: Write, record: Record) -> None:
    """What is never answered is kept apart from the body."""
    for name in write.type.secrets:
        if name in write.properties:
            secrets = dict(record.notes.get("secrets", {}))
            record.notes["secrets"] = secrets | {name: write.properties.pop(name)}


def _answer(cloud: Cloud, call: Call, write: Write, records: list[Record], host: str) -> Answer:
    record, found = records[0], write.type
    seconds = cloud.profile.of(found.name).write
    status = found.updated if write.existing else found.created
    if call.effect.hidden_resource:
        record.notes["hiddenUntil"] = cloud.now() + call.effect.hidden_resource
        cloud.store.put(record)
    if found.write is Writing.SYNC:
        found.hooks.written(cloud.store, record)
        creates = write.existing is None
        emit_for(cloud, call, "Write", record.id, f"{found.name}/write", creates=creates)
        if host:
            operations.begin(cloud, call, "hold", record, seconds=seconds, host=host)
        return Answer(status, render(cloud.store, record), etag_header(found, record), seconds)
    also = tuple(one.key for one in records[1:])
    accepted = found.write is Writing.ACCEPTED
    operation = operations.begin(
        cloud,
        call,
        "write",
        record,
        seconds=seconds,
        host=host,
        also=also,
        accepted=accepted,
        creates=write.existing is None,
        awaits_proof=cloud.event_grid and found.proves(record.body),
    )
    if found.write is Writing.BODY:
        headers = operations.waiting_headers(operation)
    else:
        headers = operations.headers_of(call, operation, location=accepted)
    if accepted:
        return Answer(202, None, headers)
    body = render(cloud.store, record)
    return Answer(status, body, headers | etag_header(found, record))


def etag_header(found: ResourceType, record: Record) -> dict[str, str]:
    """The `ETag` header, for the types that have one."""
    return {"ETag": weak(record.etag)} if found.etag else {}
