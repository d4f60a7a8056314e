"""Rollouts and their tenants, on genuine tables."""

from typing import Any

from azure.data.tables.aio import TableClient

from azure_adapters.fleet import TableFleet
from landing_zone.fleet.model import Member, MemberState, Ring, Rollout, RolloutState, Tally
from landing_zone.fleet.rings import RETURN_PREFIX, member_key, return_key, ring_prefix
from landing_zone.ports import Versioned
from tests.fakes import NOON

type Tables = tuple[TableClient, TableClient]


def rollout(number: int = 1, **changes: Any) -> Rollout:
    """A rollout."""
    made = Rollout(
        id=f"v3-{number}",
        number=number,
        target=3,
        rings=(Ring(name="canary", tenants=("contoso-research",), bake_minutes=5), Ring(name="r")),
        actor="person:op",
        created_at=NOON,
        updated_at=NOON,
        tallies=(Tally(enrolled=1).counting(MemberState.UPGRADED), Tally()),
    )
    return made.model_copy(update=changes)


def member(name: str, ring: int = 0, **changes: Any) -> Member:
    """A tenant."""
    return Member(tenant_id=name, ring=ring, at=NOON).model_copy(update=changes)


async def current(store: TableFleet) -> Versioned[Rollout]:
    """The rollout that was begun last."""
    found = await store.current()
    assert found is not None
    return found


async def test_the_first_is_begun_once(tables: Tables) -> None:
    """Another process sees it as it is, and comes too late."""
    one, other = map(TableFleet, tables)
    assert await one.current() is None
    assert await one.begin(rollout(reason="ü" * 400), None)
    assert not await other.begin(rollout(), None)
    assert (await current(other)).value == rollout(reason="ü" * 400)


async def test_a_change_is_held_against_the_version(tables: Tables) -> None:
    """Who was second has to look again."""
    one, other = map(TableFleet, tables)
    await one.begin(rollout(), None)
    seen = await current(other)
    assert await one.replace(rollout(state=RolloutState.PAUSED), seen.etag)
    assert not await other.replace(rollout(state=RolloutState.HALTED), seen.etag)
    assert (await current(other)).value.state is RolloutState.PAUSED


async def test_one_takes_the_place_of_another_which_is_kept(tables: Tables) -> None:
    """Once only; each can be looked at, and they are listed with the newest first."""
    one, other = map(TableFleet, tables)
    await one.begin(rollout(1), None)
    first = await current(one)
    assert await one.begin(rollout(2), first)
    assert not await other.begin(rollout(2, actor="another"), first)
    assert await one.begin(rollout(3), await current(one))
    assert [(await other.get(f"v3-{number}")) for number in (1, 2, 3, 4)] == [
        rollout(1),
        rollout(2),
        rollout(3),
        None,
    ]
    page = await other.all(2)
    rest = await other.all(2, page.continuation)
    assert [found.number for found in (*page.items, *rest.items)] == [3, 2, 1]
    assert rest.continuation == ""


async def test_a_death_in_between_lists_nothing_twice(tables: Tables) -> None:
    """The former was kept, and the next one was not begun."""
    one, _ = map(TableFleet, tables)
    await one.begin(rollout(1), None)
    seen = await current(one)
    await one.replace(rollout(1, state=RolloutState.DONE), seen.etag)
    assert not await one.begin(rollout(2), seen)
    assert [found.state for found in (await one.all(5)).items] == [RolloutState.DONE]
    assert await one.get("v3-1") == rollout(1, state=RolloutState.DONE)


async def test_rows_come_in_the_order_of_their_keys(tables: Tables) -> None:
    """Ring by ring, from behind a key; more than one transaction takes."""
    one, other = map(TableFleet, tables)
    rows = {member_key("v3-1", number % 2, f"t{number:03}"): number for number in range(250)}
    await one.put("v3-1", {key: member(f"t{n:03}", n % 2) for key, n in rows.items()})
    await one.put("v3-2", {member_key("v3-2", 0, "another"): member("another")})
    found: list[str] = []
    after = ""
    while True:
        page = await other.rows("v3-1", ring_prefix(1), after, 40)
        found += [one.tenant_id for one in page.items]
        if not page.continuation:
            break
        after = page.continuation
    assert found == [f"t{rows[key]:03}" for key in sorted(rows) if key.startswith(ring_prefix(1))]


async def test_those_who_come_back_are_not_among_the_members(tables: Tables) -> None:
    """The newest is first."""
    one, _ = map(TableFleet, tables)
    await one.put("v3-1", {member_key("v3-1", 0, "a"): member("a")})
    await one.put(
        "v3-1", {return_key(order, "a"): member("a", order=order) for order in (1, 20, 3)}
    )
    back = await one.rows("v3-1", RETURN_PREFIX, "", 10)
    assert [found.order for found in back.items] == [20, 3, 1]
    assert len((await one.members("v3-1", None, 10)).items) == 1


async def test_members_are_found_by_their_state(tables: Tables) -> None:
    """A page at a time; a row that is written again is another one from then on."""
    one, other = map(TableFleet, tables)
    keys = {name: member_key("v3-1", 0, name) for name in "abcde"}
    await one.put("v3-1", {key: member(name) for name, key in keys.items()})
    failed = {
        keys[name]: member(name, state=MemberState.FAILED, reason="ü" * 3000) for name in "bde"
    }
    await one.put("v3-1", failed)
    page = await other.members("v3-1", MemberState.FAILED, 2)
    rest = await other.members("v3-1", MemberState.FAILED, 2, page.continuation)
    assert len(page.items) == 2
    assert {found.tenant_id for found in (*page.items, *rest.items)} == set("bde")
    assert rest.continuation == ""
    assert all(found.reason == "ü" * 3000 for found in page.items)
