"""One look at a rollout: who has ended, who is next, and beginning with those.

All that is decided upon is written down in one place, the rollout, held against its version, before
anything is done about it: with each tenant the very operation that is to be its next one. So
whoever comes after a process that died here neither begins with a tenant twice nor forgets one.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from activities.dependencies import Dependencies
from activities.fleet.auditing import note_progress
from activities.starting import Starter, start
from landing_zone.asking import Begun, ask
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.fleet.contracts import FleetStatus, FleetStep, FleetTurn
from landing_zone.fleet.deciding import (
    halted,
    is_due,
    onward,
    room,
    with_begun,
    with_ended,
    with_judged,
)
from landing_zone.fleet.judging import ended, is_to_be_asked, judged, outlived, work_for
from landing_zone.fleet.looking import status_of, wait_before_next
from landing_zone.fleet.model import Member, MemberState, Rollout, UnderWay
from landing_zone.fleet.rings import (
    RETURN_PREFIX,
    member_key,
    return_key,
    ring_of,
    ring_prefix,
)
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord

RACES: Final = 5
ENROLLED_AT_ONCE: Final = 200
PAGE: Final = 100


class _Look(NamedTuple):
    """What one look comes to. What has become of tenants is in their rows by then."""

    rollout: Rollout
    moved: bool = False


async def advance(deps: Dependencies, client: Starter, turn: FleetTurn) -> FleetStep:
    """Bring a rollout on as far as that is possible now.

    Args:
        deps: What is worked with.
        client: The durable client.
        turn: Which rollout.

    Raises:
        TemporaryError: Others changed the rollout each time.
    """
    for _ in range(RACES):
        found = await deps.fleet.current()
        if found is None or found.value.id != turn.rollout_id:
            return FleetStep(over=True, status=FleetStatus(state="gone"))
        before = found.value
        look = await _looked(deps, before)
        after = look.rollout
        if after != before:
            await note_progress(deps, before, after)
            after = after.model_copy(update={"updated_at": deps.clock.now()})
            if not await deps.fleet.replace(after, found.etag):
                continue
        await _begin(deps, client, after)
        return _step(deps, after, turn, moved=look.moved)
    raise TemporaryError("FleetBusy", "others were first on the rollout")


def _step(deps: Dependencies, rollout: Rollout, turn: FleetTurn, *, moved: bool) -> FleetStep:
    now = deps.clock.now()
    return FleetStep(
        over=rollout.rests,
        wait=wait_before_next(rollout, 0 if moved else turn.idle, now),
        moved=moved,
        status=status_of(rollout, now),
    )


async def _looked(deps: Dependencies, rollout: Rollout) -> _Look:
    now = deps.clock.now()
    if not rollout.back and deps.rules.version != rollout.target:
        trouble = f"this release has version {deps.rules.version} of the rules"
        rollout = halted(rollout, trouble)
    if not rollout.enrolled and not rollout.rests:
        return await _enrolled(deps, rollout)
    over = await _ended(deps, rollout)
    # Before who is next is looked for: on the way back, that is found in these rows.
    await _tell(deps, rollout, over)
    rollout = with_ended(rollout, over)
    free = room(rollout, now)
    begun: tuple[UnderWay, ...] = ()
    if free:
        members, begun, rollout = await _next(deps, rollout, free)
        await _tell(deps, rollout, members)
        rollout = with_begun(with_judged(rollout, members), begun)
    return _Look(onward(rollout, now), bool(over or begun))


async def _tell(deps: Dependencies, rollout: Rollout, members: Iterable[Member]) -> None:
    rows = {key: row for one in members for key, row in _rows_of(rollout, one).items()}
    if rows:
        await deps.fleet.put(rollout.id, rows)


async def _enrolled(deps: Dependencies, rollout: Rollout) -> _Look:
    """Put the next tenants into their rings; those that are no more are in none."""
    page = await deps.registry.page(ENROLLED_AT_ONCE, rollout.enrolling)
    rows: dict[str, Member] = {}
    tallies = list(rollout.tallies)
    for record in page.items:
        if record.state is TenantState.OFFBOARDED:
            continue
        environment = record.request.environment
        ring = ring_of(rollout.id, rollout.rings, record.tenant_id, environment)
        member = Member(tenant_id=record.tenant_id, ring=ring, at=deps.clock.now())
        rows[member_key(rollout.id, ring, record.tenant_id)] = member
        tally = tallies[ring]
        tallies[ring] = tally.model_copy(update={"enrolled": tally.enrolled + 1})
    changes = {
        "tallies": tuple(tallies),
        "enrolling": page.continuation,
        "enrolled": not page.continuation,
    }
    if rows:
        await deps.fleet.put(rollout.id, rows)
    return _Look(rollout.model_copy(update=changes), moved=True)


async def _ended(deps: Dependencies, rollout: Rollout) -> list[Member]:
    """Those under way that have ended."""

    async def look(one: UnderWay) -> Member | None:
        record = await _record(deps, one.tenant_id)
        document = None
        if outlived(one, record):
            document = await deps.documents.get_operation(one.operation_id)
        return ended(rollout, one, record, document, deps.clock.now())

    found = await asyncio.gather(*map(look, rollout.under_way))
    return [member for member in found if member is not None]


async def _next(
    deps: Dependencies, rollout: Rollout, free: int
) -> tuple[list[Member], tuple[UnderWay, ...], Rollout]:
    """Who is next: those to whom nothing is to be done, those to begin with, how far that is."""
    prefix = RETURN_PREFIX if rollout.back else ring_prefix(rollout.ring)
    # In the first turn all are due, and later few.
    size = free if rollout.turn == 1 else PAGE
    page = await deps.fleet.rows(rollout.id, prefix, rollout.cursor, size)
    seen, due = _up_to(page.items, rollout, free)
    records = await asyncio.gather(*(_record(deps, one.tenant_id) for one in due))
    now = deps.clock.now()
    found = [judged(rollout, *pair, now) for pair in zip(due, records, strict=True)]
    members = [one for one in found if isinstance(one, Member)]
    begun = [one for one in found if isinstance(one, UnderWay)]
    changes: dict[str, Any] = {"swept": seen == len(page.items) and not page.continuation}
    if seen:
        changes["cursor"] = _key_of(rollout, page.items[seen - 1])
    return members, _numbered(rollout, begun), rollout.model_copy(update=changes)


def _up_to(members: Iterable[Member], rollout: Rollout, most: int) -> tuple[int, list[Member]]:
    """How many rows are looked at so that no more than so many are due, and those."""
    due: list[Member] = []
    seen = 0
    for seen, member in enumerate(members, 1):  # noqa: B007 - it is what is returned
        if is_due(member, rollout.turn):
            due.append(member)
        if len(due) == most:
            break
    return seen, due


def _numbered(rollout: Rollout, begun: Iterable[UnderWay]) -> tuple[UnderWay, ...]:
    if rollout.back:
        return tuple(begun)
    return tuple(
        one.model_copy(update={"order": number})
        for number, one in enumerate(begun, rollout.orders + 1)
    )


def _key_of(rollout: Rollout, member: Member) -> str:
    """Key of a row in the walk that is at work."""
    if rollout.back:
        return return_key(member.order, member.tenant_id)
    return member_key(rollout.id, member.ring, member.tenant_id)


def _rows_of(rollout: Rollout, member: Member) -> dict[str, Member]:
    """The rows that tell what has become of a tenant."""
    rows = {member_key(rollout.id, member.ring, member.tenant_id): member}
    if member.state is MemberState.UPGRADED:
        to_return = member.model_copy(update={"state": MemberState.PENDING, "turn": 0})
        rows[return_key(member.order, member.tenant_id)] = to_return
    elif member.after:
        rows[return_key(member.order, member.tenant_id)] = member
    return rows


async def _begin(deps: Dependencies, client: Starter, rollout: Rollout) -> None:
    """Ask for the operations that were decided upon, and see to it that they run."""
    await asyncio.gather(*(_ask(deps, client, rollout, one) for one in rollout.under_way))


async def _ask(deps: Dependencies, client: Starter, rollout: Rollout, one: UnderWay) -> None:
    found = await deps.registry.get(one.tenant_id)
    if found is None or not is_to_be_asked(one, found.value):
        return
    try:
        answer = ask(found.value, work_for(rollout, one), deps.clock.now())
    except PermanentError:
        return  # the next look finds that something else has happened to the tenant
    if isinstance(answer, Begun) and await deps.registry.replace(answer.record, found.etag):
        await start(client, answer.record)


async def _record(deps: Dependencies, tenant_id: str) -> TenantRecord | None:
    found = await deps.registry.get(tenant_id)
    return found.value if found else None
