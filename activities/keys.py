"""The steps of rotating a tenant's API key: each looks afresh, and leaves a working key behind.

A key's value never leaves the activity that read it.
"""

from collections.abc import Mapping

from activities.auditing import AUTOMATION
from activities.dependencies import Dependencies
from activities.tenants import change_tenant
from landing_zone.audit import AuditEntry
from landing_zone.contracts import Outcome
from landing_zone.data_planes import KeyName
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.key_contracts import KeyTask, RotationEnd, RotationRef
from landing_zone.key_place import place_of
from landing_zone.key_records import KeyPlace, KeyRecord, KeyTurn, RotationAsk
from landing_zone.key_rotation import (
    Held,
    due_rotation,
    held_by,
    instance_of,
    key_to_repair_with,
    last_rotation,
    open_ask,
    tags_of,
)
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord


async def look_at_key(deps: Dependencies, run: RotationRef) -> Outcome:
    """Make sure that the vault holds a working key, and find out what is to be done."""
    record = await _active(deps, run.tenant_id)
    place = place_of(await deps.documents.get_plan(record.plan_hash))
    held = await _held(deps, place)
    repairing = key_to_repair_with(held)
    if repairing is not None:
        held = await _repaired(deps, run, place, repairing, held)
    record = await _caught_up(deps, record, place, held)
    due = due_rotation(record, held, deps.clock.now())
    if due is None:
        return Outcome(state="done", turn=KeyTurn(place=place))
    minutes = due.ask.grace_minutes if due.ask else 0
    turn = KeyTurn(
        place=place,
        renew=due.renew,
        retire=due.retire,
        settle_seconds=deps.settings.keys.settle_seconds,
        grace_seconds=60.0 * minutes,
        ask=due.ask,
    )
    return Outcome(state="done", turn=turn)


async def renew_key(deps: Dependencies, task: KeyTask) -> Outcome:
    """Make a key anew, unless the vault holds it.

    Done again, it makes the key anew once more: nobody was given the one in between.
    """
    held = await _held(deps, task.place)
    if held.key == task.key:
        raise PermanentError(
            "KeyInUse",
            f"the {task.key} key is the one that the vault holds: it is not made anew",
            "ask for the rotation again, which looks afresh",
        )
    await deps.api_keys.regenerate(task.place.subscription, task.key)
    return Outcome(state="done", wrote=True)


async def store_key(deps: Dependencies, task: KeyTask) -> Outcome:
    """Put a key into the vault as its current one; one that is there already stays as it is."""
    place = task.place
    keys = await deps.api_keys.read(place.subscription)
    stored = await deps.vaults.get(place.vault, place.secret)
    held = held_by(keys, stored)
    if held.key == task.key == held.tagged and held.rotated_at is not None:
        return Outcome(state="done")
    tags = tags_of(task.key, deps.clock.now())
    await deps.vaults.put(place.vault, place.secret, keys[task.key], tags)
    return Outcome(state="done", wrote=True)


async def end_rotation(deps: Dependencies, end: RotationEnd) -> Outcome:
    """Note on the tenant's record and in its audit chain how a rotation ended."""
    if not end.ok or end.turn is None:
        await _note_failure(deps, end)
        return Outcome(state="done")
    turn = end.turn
    record = await _tenant(deps, end.run.tenant_id)
    await _caught_up(deps, record, turn.place, await _held(deps, turn.place))
    if turn.retire is not None and turn.ask is not None:
        event = f"key.retire:{turn.ask.at.isoformat()}:{turn.retire}"
        details = {
            "why": _why(turn.ask),
            "planHash": record.plan_hash,
            "before": f"{turn.retire} works",
            "key": turn.retire,
        }
        await _note(deps, end.run.tenant_id, turn.place, event, details, turn.ask.actor)

    def finish(found: TenantRecord) -> TenantRecord:
        asked = None if found.keys.asked == turn.ask else found.keys.asked
        return _with_keys(deps, found, asked=asked, failed_at=None, code="", reason="", hint="")

    await change_tenant(deps, end.run.tenant_id, finish)
    return Outcome(state="done")


async def _tenant(deps: Dependencies, tenant_id: str) -> TenantRecord:
    found = await deps.registry.get(tenant_id)
    if found is None:
        raise PermanentError("TenantNotFound", f"there is no tenant {tenant_id}")
    return found.value


async def _active(deps: Dependencies, tenant_id: str) -> TenantRecord:
    record = await _tenant(deps, tenant_id)
    if record.state is not TenantState.ACTIVE:
        raise PermanentError(
            "TenantNotActive",
            f"the tenant is {record.state.value}: its key is not rotated",
            "ask for it once the tenant is active",
        )
    return record


async def _held(deps: Dependencies, place: KeyPlace) -> Held:
    keys = await deps.api_keys.read(place.subscription)
    return held_by(keys, await deps.vaults.get(place.vault, place.secret))


async def _repaired(
    deps: Dependencies, run: RotationRef, place: KeyPlace, key: KeyName, held: Held
) -> Held:
    """What the vault holds once it has been given a key that works."""
    event = f"key.repair:{(run.started_at or deps.clock.now()).isoformat()}"
    details = {"why": "the vault held no key that works", "before": held.tagged or "", "key": key}
    await _note(deps, run.tenant_id, place, event, details, AUTOMATION)
    keys = await deps.api_keys.read(place.subscription)
    tags = tags_of(key, held.rotated_at)
    await deps.vaults.put(place.vault, place.secret, keys[key], tags)
    found = await _held(deps, place)
    if found.key is None:
        raise TemporaryError("KeyChanged", "someone else makes the keys anew at the same time")
    return found


async def _caught_up(
    deps: Dependencies, record: TenantRecord, place: KeyPlace, held: Held
) -> TenantRecord:
    """The record once it tells of the last rotation that the vault knows of."""
    last = last_rotation(record, held)
    asked = open_ask(record.keys, last)
    if last is not None and last != record.keys.rotated_at:
        await _note_rotation(deps, record, place, held)
    elif asked == record.keys.asked:
        return record

    def catch_up(found: TenantRecord) -> TenantRecord:
        latest = last_rotation(found, held)
        still = open_ask(found.keys, latest)
        if latest == found.keys.rotated_at:
            return _with_keys(deps, found, asked=still)
        count = found.keys.rotations + 1
        key = held.key or held.tagged
        return _with_keys(deps, found, key=key, rotated_at=latest, rotations=count, asked=still)

    return await change_tenant(deps, record.tenant_id, catch_up)


def _with_keys(deps: Dependencies, record: TenantRecord, **changes: object) -> TenantRecord:
    """The record with something new of its key; the same one where nothing is new."""
    keys: KeyRecord = record.keys.model_copy(update=changes)
    if keys == record.keys:
        return record
    return record.model_copy(update={"keys": keys, "updated_at": deps.clock.now()})


async def _note_rotation(
    deps: Dependencies, record: TenantRecord, place: KeyPlace, held: Held
) -> None:
    ask, known = record.keys.asked, record.keys
    moment = held.rotated_at.isoformat() if held.rotated_at else ""
    details = {
        "why": _why(ask),
        "planHash": record.plan_hash,
        "before": known.key or "",
        "rotatedBefore": known.rotated_at.isoformat() if known.rotated_at else "",
        "key": held.key or held.tagged or "",
        "rotatedAt": moment,
    }
    actor = ask.actor if ask else AUTOMATION
    await _note(deps, record.tenant_id, place, f"key.rotate:{moment}", details, actor)


def _why(ask: RotationAsk | None) -> str:
    """Why a key is rotated."""
    if ask is None:
        return "due"
    return "both keys were asked for" if ask.full else "asked for"


async def _note_failure(deps: Dependencies, end: RotationEnd) -> None:
    now = deps.clock.now()
    begun = (end.run.started_at or now).isoformat()
    ask = end.turn.ask if end.turn else None
    details = {"why": _why(ask), "code": end.code, "reason": end.reason}
    place = end.turn.place if end.turn else None
    actor = ask.actor if ask else AUTOMATION
    event = f"key.rotate:{begun}:failed"
    await _note(deps, end.run.tenant_id, place, event, details, actor, outcome="failed")
    await change_tenant(
        deps,
        end.run.tenant_id,
        lambda found: _with_keys(
            deps, found, failed_at=now, code=end.code, reason=end.reason, hint=end.hint
        ),
    )


async def _note(
    deps: Dependencies,
    tenant_id: str,
    place: KeyPlace | None,
    event_id: str,
    details: Mapping[str, str],
    actor: str,
    outcome: str = "done",
) -> None:
    entry = AuditEntry(
        tenant_id=tenant_id,
        operation_id=instance_of(tenant_id),
        event_id=event_id,
        action=event_id.partition(":")[0],
        actor=actor,
        resource=place.subscription if place else "",
        outcome=outcome,
        details={name: value for name, value in details.items() if value},
        at=deps.clock.now(),
    )
    await deps.audit.append(entry)
