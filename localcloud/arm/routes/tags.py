"""The Tags API: the tags of a subscription, a group or a resource, apart from the rest of it."""

from http import HTTPStatus
from typing import Any

from localcloud.arm.errors import bad_request, method_not_allowed, not_found
from localcloud.arm.events import Verb, emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target
from localcloud.arm.placing import check_writable, place
from localcloud.arm.preconditions import check_unlocked
from localcloud.arm.state.records import Record
from localcloud.arm.tags import check_tags
from localcloud.arm.world import Cloud
from localcloud.arm.writing import check_shape

_TYPE = "Microsoft.Resources/tags"


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for the tags of a scope.

    Raises:
        ArmError: It is refused.
    """
    where = place(cloud, call, target)
    record = cloud.store.get(where.scope)
    if record is None or not _taggable(cloud, record):
        raise not_found("ResourceNotFound", f"'{where.scope}' cannot carry tags.")
    if call.method == "GET":
        return Answer(body=shown(record))
    check_writable(cloud, where)
    check_unlocked(cloud, where.scope, deleting=False)
    match call.method:
        case "PUT":
            tags = _asked(call, where.type.model)
        case "PATCH":
            tags = _patched(record, call, where.type.patch)
        case "DELETE":
            return _store(cloud, call, record, {}, HTTPStatus.OK)
        case method:
            raise method_not_allowed(method, _TYPE)
    return _store(cloud, call, record, tags, HTTPStatus.OK)


def _taggable(cloud: Cloud, record: Record) -> bool:
    return record.type == "Microsoft.Resources/subscriptions" or cloud.store.type_of(record).tracked


def _asked(call: Call, model: str) -> dict[str, str]:
    body = call.body()
    check_shape(model, body)
    tags: dict[str, str] = (body.get("properties") or {}).get("tags") or {}
    check_tags(tags)
    return tags


def _patched(record: Record, call: Call, model: str) -> dict[str, str]:
    asked = _asked(call, model)
    present: dict[str, str] = dict(record.body.get("tags", {}))
    match str(call.body().get("operation", "")).lower():
        case "merge":
            return merged(present, asked)
        case "replace":
            return asked
        case "delete":
            gone = {name.lower() for name in asked}
            return {name: value for name, value in present.items() if name.lower() not in gone}
        case _:
            raise bad_request("InvalidTagsOperation", "The operation is Merge, Replace or Delete.")


def merged(present: dict[str, str], asked: dict[str, str]) -> dict[str, str]:
    """Tags with others laid over them; a name keeps the case in which it was first written."""
    spelled = {name.lower(): name for name in present}
    return present | {spelled.get(name.lower(), name): value for name, value in asked.items()}


def _store(cloud: Cloud, call: Call, record: Record, tags: dict[str, str], status: int) -> Answer:
    check_tags(tags)
    with cloud.store.transaction():
        record.body["tags"] = tags
        record.touch(cloud.now())
        cloud.store.put(record)
        verb: Verb = "Delete" if call.method == "DELETE" else "Write"
        own = f"{record.id}/providers/{_TYPE}/default"
        emit_for(cloud, call, verb, own, f"{_TYPE}/{verb.lower()}")
    body = None if call.method == "DELETE" else shown(record)
    return Answer(status, body, hold=cloud.profile.of(_TYPE).write)


def shown(record: Record) -> dict[str, Any]:
    """The tags of a scope as they are answered."""
    return {
        "id": f"{record.id}/providers/{_TYPE}/default",
        "name": "default",
        "type": _TYPE,
        "properties": {"tags": dict(record.body.get("tags", {}))},
    }
