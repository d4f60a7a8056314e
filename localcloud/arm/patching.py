"""PATCH of a resource: its tags, and what else the type's PATCH may change."""

from copy import deepcopy

from localcloud.arm.errors import method_not_allowed
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.placing import Place, check_writable
from localcloud.arm.preconditions import (
    check_etag,
    check_host_free,
    check_references,
    check_unlocked,
    host_of,
)
from localcloud.arm.rendering import render
from localcloud.arm.state.bodies import merge
from localcloud.arm.state.records import Record
from localcloud.arm.tags import check_tags
from localcloud.arm.world import Cloud
from localcloud.arm.writing import Write, check_shape, etag_header, put_secrets_away


def patch(cloud: Cloud, call: Call, where: Place) -> Answer:
    """Change tags, and properties where the type's PATCH has them.

    Raises:
        ArmError: Azure would refuse it.
    """
    record = where.existing
    if not where.type.patch or record is None:
        raise method_not_allowed("PATCH", where.type.name)
    check_writable(cloud, where)
    body = call.body()
    check_shape(where.type.patch, body)
    check_etag(call, record)
    check_unlocked(cloud, where.id, deleting=False)
    check_host_free(cloud, call, where.type, host_of(where.id, where.type))
    if "tags" in body:
        check_tags(body["tags"] or {})
    changes = {name: value for name, value in body.items() if name != "tags"}
    with cloud.store.transaction():
        if changes:
            _change(cloud, call, record, changes)
        if "tags" in body:
            record.body["tags"] = body["tags"] or {}
        record.touch(cloud.now())
        cloud.store.put(record)
        if changes:
            where.type.hooks.written(cloud.store, record)
        emit_for(cloud, call, "Write", record.id, f"{where.type.name}/write")
    hold = min(1.0, cloud.profile.of(where.type.name).write)
    return Answer(200, render(cloud.store, record), etag_header(where.type, record), hold)


def _change(cloud: Cloud, call: Call, record: Record, changes: dict[str, object]) -> None:
    """Lay the changes over the body, under the rules that hold for a PUT."""
    found = cloud.store.type_of(record)
    write = Write(
        store=cloud.store,
        directory=cloud.directory,
        type=found,
        id=record.id,
        body=deepcopy(record.body),
        existing=record,
        location=record.location,
        caller=call.principal,
        now=cloud.now(),
        replication=cloud.profile.replication,
    )
    merge(write.body, changes)
    check_references(cloud, found, write.id, write.body, write.location)
    # What is embedded does not stand in the stored body, and a PATCH does not change it.
    if not found.embedded:
        found.hooks.check(write)
        found.hooks.prepare(write)
    put_secrets_away(write, record)
    record.body = write.body
