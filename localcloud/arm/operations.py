"""Long-running operations: begun, polled, and ended when their time has come."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from localcloud.arm.errors import ArmError, not_found
from localcloud.arm.events import Origin, emit, origin_of
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import subscription_of
from localcloud.arm.profile import retry_headers
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.world import Cloud

_GROUPS = "Microsoft.Resources/resourceGroups"
_MOST_OPERATIONS = 5_000
_KEPT = 3_600.0  # seconds that an ended operation can at least be polled


def begin(
    cloud: Cloud,
    call: Call,
    kind: str,
    record: Record,
    *,
    seconds: float,
    host: str = "",
    also: tuple[str, ...] = (),
    accepted: bool = False,
    creates: bool = False,
    awaits_proof: bool = False,
) -> Operation:
    """Store an operation that ends after a while.

    Args:
        cloud: Where it is stored.
        call: The request that begins it; its effect says what a fault does to it.
        kind: Which outcome it has.
        record: What it is about.
        seconds: How long it takes, scaled.
        host: The resource that it keeps others from writing.
        also: Keys of what ends together with the target.
        accepted: Whether its Location answers 202 until it has ended.
        creates: Whether the resource was not there before.
        awaits_proof: Whether it cannot end before a webhook has proved itself.
    """
    now = cloud.now()
    effect = call.effect
    origin = origin_of(call)
    operation = Operation(
        id=str(uuid.uuid4()),
        kind=kind,
        target=record.id,
        type=record.type,
        started=now,
        due=now + seconds + effect.delay,
        poll=cloud.profile.of(record.type).poll,
        host=host,
        also=list(also),
        accepted=accepted,
        failure=effect.failure,
        stuck=effect.fault if effect.stuck else "",
        hidden_until=now + effect.hidden_operation if effect.hidden_operation else 0.0,
        caller=origin.caller,
        correlation_id=origin.correlation_id,
        claims=dict(origin.claims),
        request=dict(origin.request),
        creates=creates,
        awaits_proof=awaits_proof,
    )
    _remember(cloud, operation)
    return operation


def _remember(cloud: Cloud, operation: Operation) -> None:
    cloud.store.save(operation)
    if cloud.store.operation_count > _MOST_OPERATIONS:
        cloud.store.forget_ended(operation.started - _KEPT)


def status_url(call: Call, operation: Operation, kind: str = "operations") -> str:
    """Where an operation is asked for: `operations` for its status, else its result."""
    provider = operation.type.partition("/")[0]
    subscription = subscription_of(operation.target)
    version = f"?api-version={call.api_version}"
    if operation.type == _GROUPS:
        prefix = f"/subscriptions/{subscription}"
        return f"{call.base_url}{prefix}/operationresults/{operation.id}{version}"
    scope = f"/subscriptions/{subscription}" if subscription else ""
    path = f"{scope}/providers/{provider}/locations/local/{kind}/{operation.id}"
    return f"{call.base_url}{path}{version}"


def waiting_headers(operation: Operation) -> dict[str, str]:
    """The headers of an answer whose resource itself says when it is ready."""
    return retry_headers(operation.poll)


def headers_of(call: Call, operation: Operation, *, location: bool) -> dict[str, str]:
    """The headers of the answer that begins an operation."""
    headers = retry_headers(operation.poll)
    if operation.type != _GROUPS:
        headers["Azure-AsyncOperation"] = status_url(call, operation)
    if location:
        headers["Location"] = status_url(call, operation, "operationResults")
    return headers


def poll(cloud: Cloud, call: Call, operation_id: str, *, result: bool) -> Answer:
    """Answer a poll of an operation's status, or of its result.

    Raises:
        ArmError: There is no such operation, or a fault hides it for now.
    """
    operation = cloud.store.operation(operation_id)
    if operation is None or cloud.now() < operation.hidden_until:
        raise not_found("OperationNotFound", f"The operation '{operation_id}' was not found.")
    if result:
        return _result(call, operation)
    body: dict[str, Any] = {
        "id": status_url(call, operation).removeprefix(call.base_url).partition("?")[0],
        "name": operation.id,
        "status": operation.state,
        "startTime": _timestamp(operation.started),
    }
    if operation.running:
        return Answer(HTTPStatus.OK, body, retry_headers(operation.poll))
    body["endTime"] = _timestamp(operation.due)
    if operation.error is not None:
        body["error"] = operation.error
    return Answer(HTTPStatus.OK, body)


def _result(call: Call, operation: Operation) -> Answer:
    if operation.running:
        headers = headers_of(call, operation, location=True)
        return Answer(HTTPStatus.ACCEPTED, None, headers)
    if operation.error is not None:
        error = operation.error
        raise ArmError(HTTPStatus.CONFLICT, error["code"], error["message"])
    if operation.type == _GROUPS:
        return Answer(HTTPStatus.OK)
    return Answer(HTTPStatus.NO_CONTENT if operation.kind == "delete" else HTTPStatus.OK)


def let_settle(cloud: Cloud, written: Operation) -> None:
    """Let what goes on by itself after a write that has ended go on, where anything does."""
    seconds = cloud.profile.of(written.type).settle
    if not seconds:
        return
    now = cloud.now()
    going = Operation(
        id=str(uuid.uuid4()),
        kind="settle",
        target=written.target,
        type=written.type,
        started=now,
        due=written.due + seconds,
        poll=written.poll,
    )
    _remember(cloud, going)


def end(cloud: Cloud, operation: Operation, error: dict[str, Any] | None = None) -> None:
    """Store that an operation has ended, well or with an error."""
    state = "Failed" if error else "Succeeded"
    cloud.store.save(replace(operation, state=state, error=error))


def tell(cloud: Cloud, operation: Operation, resource_id: str, *, succeeded: bool = True) -> None:
    """Emit the event of an operation's end."""
    verb = "delete" if operation.kind in {"delete", "group", "member"} else "write"
    emit(
        cloud,
        "Delete" if verb == "delete" else "Write",
        resource_id,
        f"{operation.type}/{verb}",
        Origin(operation.caller, operation.claims, operation.correlation_id, operation.request),
        succeeded=succeeded,
        creates=operation.creates,
    )


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
