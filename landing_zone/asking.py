"""What it means to ask for an operation on a tenant, given what the registry knows of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState, next_state
from landing_zone.routes.courses import BEGINNINGS, LEAVING, OF_THE_ACTIVE, TO_PLANS, state_of
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work

MOST_QUEUED: Final = 8
"""Operations that may wait behind the current one; updates are merged into one."""

MOST_REASONS: Final = 2000
"""Characters of the reasons of updates that were merged."""

_REPEATED: Final = frozenset({Kind.SUSPEND, Kind.RESUME, Kind.OFFBOARD})


@dataclass(frozen=True)
class Begun:
    """A new operation: replace the record, then start."""

    record: TenantRecord


@dataclass(frozen=True)
class Queued:
    """It is done once what is under way has ended: replace the record, make sure that it runs."""

    record: TenantRecord


@dataclass(frozen=True)
class Same:
    """It is so already, or under way: nothing changes."""

    record: TenantRecord


type Answer = Begun | Queued | Same


def latest_request(record: TenantRecord) -> TenantRequest:
    """What the tenant will have been asked for once all is done that is under way or waits."""
    under_way = (record.work,) if record.ongoing else ()
    wanted = [work.wanted for work in (*under_way, *record.queued) if work.wanted is not None]
    return wanted[-1] if wanted else record.request


def ask(record: TenantRecord, work: Work, now: datetime) -> Answer:
    """What asking for an operation comes to.

    Raises:
        PermanentError: It has no place in the tenant's state (`InvalidTransition`), the tenant is
            to be offboarded (`Offboarding`), has never been active (`NeverActive`), or too much
            waits already (`QueueFull`).
    """
    if record.ongoing:
        return _behind(record, work, now)
    if work.kind in _REPEATED and record.state is state_of(work.kind):
        return Same(record)
    if work.kind is Kind.UPDATE and _changes_nothing(record, work):
        return Same(record)
    require_beginning(record, work)
    return Begun(record.next_operation(work, now))


def require_beginning(record: TenantRecord, work: Work) -> None:
    """Hold an operation to what can begin in the tenant's state.

    Raises:
        PermanentError: It cannot (`InvalidTransition`, `NeverActive`, `NothingToCleanUp`).
    """
    if work.kind is Kind.CLEAN_UP:
        _require_open_work(record)
    if work.kind in BEGINNINGS:
        _require_place_for(record.state, work.kind)
    if work.kind in OF_THE_ACTIVE and _is_half_gone(record):
        raise PermanentError(
            "Offboarding",
            "the tenant is offboarded in part, and what is gone may keep its name",
            "offboard it to its end, then ask for it again",
        )
    if work.kind in OF_THE_ACTIVE and record.active_since is None:
        raise PermanentError(
            "NeverActive",
            "the tenant has never been active, so there is nothing to change",
            "ask for it again, or offboard it",
        )


def _is_half_gone(record: TenantRecord) -> bool:
    """Whether an offboarding has failed on its way."""
    return record.state is TenantState.FAILED and record.work.kind in {Kind.OFFBOARD, Kind.CLEAN_UP}


def _require_place_for(state: TenantState, kind: Kind) -> None:
    try:
        next_state(state, BEGINNINGS[kind])
    except PermanentError as error:
        if state is not TenantState.SUSPENDED:
            raise
        hint = f"Resume it first. {error.hint}"
        raise PermanentError(error.code, error.message, hint) from None


def _require_open_work(record: TenantRecord) -> None:
    failed = record.state is TenantState.FAILED and record.work.kind in LEAVING
    if not failed or not record.open_work:
        raise PermanentError(
            "NothingToCleanUp",
            f"the tenant is {record.state.value}, and nothing of it is to be taken back",
            "what failed as a change of the tenant goes on as an update",
        )


def _changes_nothing(record: TenantRecord, work: Work) -> bool:
    # What failed is tried again, as it was asked for.
    return work.wanted == latest_request(record) and not record.open_work and not record.reason


def _behind(record: TenantRecord, work: Work, now: datetime) -> Answer:
    """Asked for while something is under way: it waits, with what else waits."""
    works = (record.work, *record.queued)
    coming = _coming_state(record)
    if work.kind in _REPEATED and coming is state_of(work.kind):
        return Same(record)
    if any(one.kind is Kind.OFFBOARD for one in works):
        raise PermanentError(
            "Offboarding",
            "the tenant is being offboarded, or is to be once the current operation has ended",
            "ask for it again once that is over",
        )
    if work.kind is Kind.UPDATE and _is_coming(record, work):
        return Same(record)
    if work.kind is Kind.OFFBOARD:
        return _queued(record, (work,), now)
    if work.kind in BEGINNINGS:
        _require_place_for(coming, work.kind)
    work = _with_askers(works, work)
    if work.kind is Kind.UPDATE and record.queued and _takes_more(record.queued[-1]):
        return _queued(record, (*record.queued[:-1], _merged(record.queued[-1], work)), now)
    if work == works[-1]:
        return Same(record)
    if len(record.queued) >= MOST_QUEUED:
        raise PermanentError(
            "QueueFull", f"{MOST_QUEUED} operations wait already", "wait for some of them to end"
        )
    return _queued(record, (*record.queued, work), now)


def _with_askers(works: tuple[Work, ...], work: Work) -> Work:
    """An update with those on whose wishes it builds: none of them may approve it."""
    if work.kind is not Kind.UPDATE:
        return work
    updates = [one for one in works if one.kind is Kind.UPDATE]
    asked = [actor for one in updates for actor in (*one.also_asked, one.actor)]
    others = tuple(dict.fromkeys(actor for actor in asked if actor != work.actor))
    return work.model_copy(update={"also_asked": others})


def _coming_state(record: TenantRecord) -> TenantState:
    """The state that a tenant will be in once all is done that is under way or waits."""
    works = (record.work, *record.queued)
    to_states = [one.kind for one in works if one.kind is not Kind.CLEAN_UP]
    return state_of(to_states[-1]) if to_states else record.state


def _is_coming(record: TenantRecord, work: Work) -> bool:
    """Whether an update is under way or waits already, with all that it may cost."""
    last = next((one for one in reversed((record.work, *record.queued)) if _changes(one)), None)
    if last is not None and last.kind in {Kind.UPGRADE, Kind.ROLL_BACK}:
        return False
    allowed = last.allow_data_loss if last is not None else ()
    return work.wanted == latest_request(record) and set(work.allow_data_loss) <= set(allowed)


def _changes(work: Work) -> bool:
    return work.kind in TO_PLANS or work.kind is Kind.ONBOARD


def _takes_more(work: Work) -> bool:
    """Whether an update can be merged into it: who asked by message is told of that alone."""
    return work.kind is Kind.UPDATE and work.reply is None


def _merged(earlier: Work, later: Work) -> Work:
    """Two updates as one: the later was asked for on top of the earlier."""
    allowed = dict.fromkeys((*earlier.allow_data_loss, *later.allow_data_loss))
    first = earlier.reason
    if earlier.actor != later.actor:
        first = f"{earlier.actor} asked: {first}" if first else f"{earlier.actor} asked"
    reasons = dict.fromkeys(one for one in (first, later.reason) if one)
    # The newest is kept whole, however many there were.
    reason = "; ".join(reasons)[-MOST_REASONS:]
    return later.model_copy(update={"allow_data_loss": tuple(allowed), "reason": reason})


def _queued(record: TenantRecord, queued: tuple[Work, ...], now: datetime) -> Queued:
    return Queued(record.model_copy(update={"queued": queued, "updated_at": now}))


def with_following(record: TenantRecord, now: datetime) -> tuple[TenantRecord, tuple[Work, ...]]:
    """The record of a tenant whose operation has ended, with the next one that waits, if any.

    Returns:
        The record, and what cannot be done any more after all.
    """
    dropped: list[Work] = []
    for place, work in enumerate(record.queued):
        try:
            require_beginning(record, work)
        except PermanentError:
            dropped.append(work)
            continue
        left = record.queued[place + 1 :]
        return record.next_operation(work, now, queued=left), tuple(dropped)
    return record.model_copy(update={"queued": ()}), tuple(dropped)
