"""What is to be done with a tenant of a rollout, and what has become of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from landing_zone.fleet.deciding import is_last_turn
from landing_zone.fleet.model import NOT_UPGRADED, Member, MemberState, Rollout, UnderWay
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, operation_id
from landing_zone.work import Kind, Work

PATIENCE: Final = timedelta(hours=1)
"""Time after which an operation that nothing is known of is taken for lost."""

_S = MemberState


def judged(
    rollout: Rollout, member: Member, record: TenantRecord | None, now: datetime
) -> Member | UnderWay:
    """What is to be done with a tenant whose turn it is: nothing, for a reason, or an operation."""
    member = member.model_copy(update={"turn": rollout.turn, "at": now, "reason": "", "hint": ""})
    settled = _settled(rollout, member, record)
    if settled is not None or record is None:
        return settled or member
    if record.ongoing or record.state is not TenantState.ACTIVE:
        return _no_time(rollout, member, record)
    return UnderWay(
        tenant_id=member.tenant_id,
        ring=member.ring,
        operation_id=operation_id(record.tenant_id, record.operations + 1),
        # What comes back keeps the number that it was upgraded under: its row is found by it.
        order=member.order,
        before=member.before if rollout.back else record.plan_hash,
        after=member.after,
        back=rollout.back,
        since=now,
    )


def _settled(rollout: Rollout, member: Member, record: TenantRecord | None) -> Member | None:
    """The tenant where nothing is to be done with it; None where something is."""
    left = _S.KEPT if rollout.back else _S.SKIPPED
    if record is None:
        return _so(member, left, "there is no such tenant any more")
    if record.state in NOT_UPGRADED:
        why = f"it is {record.state.value}"
        return _so(member, left, f"{why}: {record.reason}" if record.reason else why, record.hint)
    return None if record.ongoing else _there_already(rollout, member, record)


def _there_already(rollout: Rollout, member: Member, record: TenantRecord) -> Member | None:
    """The tenant where it has the plan already, or another one than it was left with."""
    if not rollout.back:
        if record.rules_version != rollout.target:
            return None
        return _so(member, _S.CURRENT, "the rules of that version have made its plan already")
    if record.plan_hash == member.before:
        return _so(member, _S.RETURNED, "it has the plan from before already")
    if record.plan_hash != member.after:
        return _so(member, _S.KEPT, "it has been changed since it was upgraded")
    return None


def _no_time(rollout: Rollout, member: Member, record: TenantRecord) -> Member:
    why = f"it is {record.state.value}, and {record.work.kind.value} is under way"
    return postponed(rollout, member, why)


def postponed(rollout: Rollout, member: Member, why: str) -> Member:
    """A tenant that has no time: it is asked again in the next turn, unless this is the last."""
    if not is_last_turn(rollout):
        return _so(member, _S.WAITING, why)
    left = _S.KEPT if rollout.back else _S.SKIPPED
    return _so(member, left, f"it had no time in any turn: {why}")


def work_for(rollout: Rollout, one: UnderWay) -> Work:
    """What is asked of a tenant."""
    allowed = rollout.allow_return_loss if one.back else rollout.allow_data_loss
    return Work(
        kind=Kind.ROLL_BACK if one.back else Kind.UPGRADE,
        actor=rollout.actor,
        reason=rollout.reason or f"fleet upgrade {rollout.id}",
        allow_data_loss=allowed,
        plan_hash=one.before if one.back else "",
        fleet=rollout.id,
    )


def is_to_be_asked(one: UnderWay, record: TenantRecord | None) -> bool:
    """Whether the tenant's operation is still to be asked for: it is its next one."""
    return record is not None and record.operations + 1 == _number(one) and not record.ongoing


def outlived(one: UnderWay, record: TenantRecord | None) -> bool:
    """Whether other operations have followed, so that only its document tells how it ended."""
    return record is not None and record.operations > _number(one)


def ended(
    rollout: Rollout,
    one: UnderWay,
    record: TenantRecord | None,
    document: Mapping[str, Any] | None,
    now: datetime,
) -> Member | None:
    """What has become of a tenant whose operation was decided upon; None where that is open.

    Args:
        rollout: The rollout.
        one: The tenant, and its operation.
        record: What the registry says of it.
        document: How the operation ended, where others have followed.
        now: The time.
    """
    member = _member_of(rollout, one, now)
    bad = _S.STRANDED if one.back else _S.FAILED
    if record is None:
        return _so(member, bad, "there is no such tenant any more")
    if record.operations > _number(one):
        found = _by_document(rollout, one, member, document)
    elif record.operations == _number(one):
        found = _by_record(rollout, one, member, record)
    else:
        found = None
    if found is None and not _runs(one, record) and now - one.since > PATIENCE:
        return _so(member, bad, "nobody knows what became of its operation", "look at its audit")
    return found


def _runs(one: UnderWay, record: TenantRecord) -> bool:
    return record.operations == _number(one) and record.ongoing


def _by_record(
    rollout: Rollout, one: UnderWay, member: Member, record: TenantRecord
) -> Member | None:
    if record.work.fleet != rollout.id or record.work.kind is not _kind(one):
        return _taken(rollout, one, member)
    if record.ongoing:
        return None
    reached = record.plan_hash == one.before if one.back else record.rules_version == rollout.target
    if reached:
        return _well(one, member, record.plan_hash)
    bad = _S.STRANDED if one.back else _S.FAILED
    return _so(member, bad, record.reason or "its operation did not succeed", record.hint)


def _by_document(
    rollout: Rollout, one: UnderWay, member: Member, document: Mapping[str, Any] | None
) -> Member | None:
    if document is None:
        return None
    if document.get("kind") != _kind(one).value:
        return _taken(rollout, one, member)
    if document.get("state") == "succeeded":
        return _well(one, member, str(document.get("planHash", "")))
    bad = _S.STRANDED if one.back else _S.FAILED
    reason = str(document.get("reason") or "its operation did not succeed")
    return _so(member, bad, reason, str(document.get("hint") or ""))


def _taken(rollout: Rollout, one: UnderWay, member: Member) -> Member:
    """Someone else was first with that tenant: it is as if it had been busy."""
    member = member.model_copy(update={"operation_id": ""})
    if rollout.back and not one.back:
        return _so(member, _S.SKIPPED, "the rollout was called back before it was begun with")
    return postponed(rollout, member, "another operation was first")


def _well(one: UnderWay, member: Member, plan_hash: str) -> Member:
    if one.back:
        return _so(member, _S.RETURNED)
    return _so(member.model_copy(update={"after": plan_hash}), _S.UPGRADED)


def _member_of(rollout: Rollout, one: UnderWay, now: datetime) -> Member:
    return Member(
        tenant_id=one.tenant_id,
        ring=one.ring,
        turn=rollout.turn,
        operation_id=one.operation_id,
        order=one.order,
        before=one.before,
        after=one.after,
        at=now,
    )


def _kind(one: UnderWay) -> Kind:
    return Kind.ROLL_BACK if one.back else Kind.UPGRADE


def _number(one: UnderWay) -> int:
    return int(one.operation_id.rpartition(".")[2])


def _so(member: Member, state: MemberState, reason: str = "", hint: str = "") -> Member:
    return member.model_copy(update={"state": state, "reason": reason, "hint": hint})
