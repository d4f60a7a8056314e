"""Each step of a key's rotation: what it does, and what doing it again does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.keys import end_rotation, look_at_key, renew_key, store_key
from landing_zone.audit import verify
from landing_zone.contracts import Contract, Outcome
from landing_zone.data_planes import KeyName
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.key_contracts import RotationEnd
from landing_zone.key_records import KeyRecord, KeyTurn, RotationAsk
from landing_zone.key_rotation import KEYS, other, tags_of
from landing_zone.lifecycle import TenantState
from tests.activities.keyed import DAYS, PLACE, PLAN, RUN, TENANT, KeyedWorld, task, world_with
from tests.fakes import NOON, World


def asked(*, full: bool = False) -> RotationAsk:
    """Someone's wish."""
    return RotationAsk(full=full, grace_minutes=5 if full else 0, actor="ann", at=NOON)


async def turn_of(world: KeyedWorld) -> KeyTurn:
    """What a look finds."""
    outcome = await look_at_key(world.deps, RUN)
    assert outcome.turn is not None
    return outcome.turn


async def rotated(world: KeyedWorld) -> KeyTurn:
    """One whole rotation, by its steps."""
    turn = await turn_of(world)
    assert turn.renew is not None
    await renew_key(world.deps, task(turn.renew))
    await store_key(world.deps, task(turn.renew))
    if turn.retire is not None:
        await renew_key(world.deps, task(turn.retire))
    await end_rotation(world.deps, RotationEnd(run=RUN, turn=turn, ok=True))
    return turn


async def test_before_it_is_due_a_look_changes_nothing() -> None:
    """Neither a key, nor the vault, nor the record."""
    world = await world_with()
    assert await turn_of(world) == KeyTurn(place=PLACE)
    assert (world.renewed, world.registry.writes) == ([], 1)
    assert len(world.versions) == 1


@pytest.mark.parametrize("key", KEYS)
async def test_when_it_is_due_the_idle_key_is_next(key: KeyName) -> None:
    """With the time that the gateway is given."""
    world = await world_with(key)
    world.clock.move(DAYS)
    settle = world.deps.settings.keys.settle_seconds
    assert await turn_of(world) == KeyTurn(place=PLACE, renew=other(key), settle_seconds=settle)


async def test_a_full_rotation_knows_its_grace_and_who_asked() -> None:
    """In seconds."""
    world = await world_with(asked=asked(full=True))
    turn = await turn_of(world)
    assert (turn.renew, turn.retire, turn.grace_seconds) == ("secondary", "primary", 300.0)
    assert turn.ask == asked(full=True)


async def test_a_rotation_turns_the_vault_and_is_noted_with_its_time() -> None:
    """In the vault, on the record, in the audit chain; the old key still works."""
    world = await world_with()
    before = world.held
    world.clock.move(DAYS)
    await rotated(world)
    assert world.held.tags == tags_of("secondary", world.clock.now())
    assert world.works
    assert world.opens(before.value)
    keys = world.record.keys
    assert (keys.key, keys.rotated_at, keys.rotations) == ("secondary", world.clock.now(), 1)
    (entry,) = world.audit.entries(TENANT)
    assert (entry.action, entry.outcome, entry.actor) == ("key.rotate", "done", "spokewright")
    assert (entry.resource, entry.at) == (PLACE.subscription, world.clock.now())
    assert entry.details == {
        "why": "due",
        "planHash": PLAN.hash,
        "key": "secondary",
        "rotatedAt": world.clock.now().isoformat(),
    }
    assert await turn_of(world) == KeyTurn(place=PLACE)


async def test_the_two_keys_take_turns() -> None:
    """At each due date the other one."""
    world = await world_with()
    turns = []
    for _ in range(4):
        world.clock.move(DAYS)
        turns.append((await rotated(world)).renew)
    assert turns == ["secondary", "primary", "secondary", "primary"]
    assert world.renewed == turns


async def test_a_full_rotation_leaves_neither_of_the_old_keys() -> None:
    """The vault's key is not touched by the second half; both halves are noted."""
    world = await world_with(asked=asked(full=True))
    before = dict(world.keys)
    await rotated(world)
    assert world.works
    assert not any(world.opens(one) for one in before.values())
    assert world.held.tags["key"] == "secondary"
    entries = world.audit.entries(TENANT)
    assert [(entry.action, entry.details["key"], entry.actor) for entry in entries] == [
        ("key.rotate", "secondary", "ann"),
        ("key.retire", "primary", "ann"),
    ]
    assert verify(world.audit.chains[TENANT]).valid
    assert world.record.keys.asked is None


async def test_what_was_asked_for_meanwhile_stays_asked_for() -> None:
    """The end of a rotation answers only what it began with."""
    world = await world_with(asked=asked())
    turn = await turn_of(world)
    newer = asked(full=True).model_copy(update={"at": NOON + timedelta(minutes=1)})
    world.registry.put(world.record.model_copy(update={"keys": KeyRecord(asked=newer)}))
    await end_rotation(world.deps, RotationEnd(run=RUN, turn=turn, ok=True))
    assert world.record.keys.asked == newer


@pytest.mark.parametrize("key", [None, "primary", "secondary"])
async def test_a_vault_without_a_working_key_gets_one_at_once(key: KeyName | None) -> None:
    """The one that it held by name, or the first; it is noted, though no rotation."""
    world = await world_with(key)
    if key is not None:
        world.by_hand(key)
    assert await turn_of(world) == KeyTurn(place=PLACE)
    assert world.works
    assert world.held.tags == {"key": key or "primary"}
    entries = world.audit.entries(TENANT)
    assert [(entry.action, entry.outcome) for entry in entries] == [("key.repair", "done")]
    assert world.record.keys == KeyRecord()


async def test_a_repair_keeps_the_time_of_the_last_rotation() -> None:
    """It is not what makes the next one due later."""
    world = await world_with()
    world.clock.move(DAYS)
    await rotated(world)
    noted = world.held.tags
    world.by_hand("secondary")
    world.clock.move(60)
    await turn_of(world)
    assert world.works
    assert world.held.tags == noted


async def test_keys_that_change_under_a_repair_are_looked_at_again() -> None:
    """Someone makes them anew as fast as they are stored."""
    world = await world_with(None)

    class Meddled:
        """Keys that are others each time."""

        regenerate = world.api_keys.regenerate

        async def read(self, subscription_id: str) -> Any:
            """Other keys than before."""
            for key in KEYS:
                world.by_hand(key)
            return await world.api_keys.read(subscription_id)

    deps = replace(world.deps, api_keys=Meddled())
    with pytest.raises(TemporaryError, match="KeyChanged"):
        await look_at_key(deps, RUN)


async def test_the_key_that_the_vault_holds_is_never_made_anew() -> None:
    """Not even by a call that comes late."""
    world = await world_with("primary")
    with pytest.raises(PermanentError, match="KeyInUse"):
        await renew_key(world.deps, task("primary"))
    assert world.renewed == []
    assert world.works


async def test_storing_again_leaves_the_vault_as_it_is() -> None:
    """One version, with the time of the first."""
    world = await world_with()
    first = await store_key(world.deps, task("secondary"))
    noted = world.held.tags
    world.clock.move(60)
    again = await store_key(world.deps, task("secondary"))
    assert (first, again) == (Outcome(state="done", wrote=True), Outcome(state="done"))
    assert world.held.tags == noted
    assert len(world.versions) == 2


async def test_a_key_that_someone_else_put_there_is_stored_with_its_time() -> None:
    """Without it, the rotation would never be over."""
    world = await world_with()
    world.put("secondary")
    await store_key(world.deps, task("secondary"))
    assert world.held.tags == tags_of("secondary", world.clock.now())


async def test_a_rotation_whose_end_was_lost_is_noted_by_the_next_look() -> None:
    """From what the vault says; it is not done again, which would end the grace of the old key."""
    world = await world_with(asked=asked())
    turn = await turn_of(world)
    assert turn.renew is not None
    await renew_key(world.deps, task(turn.renew))
    await store_key(world.deps, task(turn.renew))
    at = world.clock.now()
    world.clock.move(3_600)
    assert await turn_of(world) == KeyTurn(place=PLACE)
    keys = world.record.keys
    assert (keys.key, keys.rotated_at, keys.rotations, keys.asked) == ("secondary", at, 1, None)
    assert world.renewed == ["secondary"]
    await end_rotation(world.deps, RotationEnd(run=RUN, turn=turn, ok=True))
    assert [entry.action for entry in world.audit.entries(TENANT)] == ["key.rotate"]
    assert world.record.keys.rotations == 1


async def test_a_key_that_was_made_anew_behind_our_back_is_noted_by_its_name() -> None:
    """The rotation was done, and the next look mends what came of it."""
    world = await world_with(asked=asked())
    turn = await turn_of(world)
    assert turn.renew is not None
    await renew_key(world.deps, task(turn.renew))
    await store_key(world.deps, task(turn.renew))
    world.by_hand(turn.renew)
    await end_rotation(world.deps, RotationEnd(run=RUN, turn=turn, ok=True))
    assert (world.record.keys.key, world.record.keys.asked) == ("secondary", None)
    assert not world.works
    assert await turn_of(world) == KeyTurn(place=PLACE)
    assert world.works
    actions = [entry.action for entry in world.audit.entries(TENANT)]
    assert actions == ["key.rotate", "key.repair"]


async def test_a_full_rotation_whose_end_was_lost_is_done_again() -> None:
    """Nobody knows whether the leaked key is gone."""
    world = await world_with(asked=asked(full=True))
    turn = await turn_of(world)
    assert turn.renew is not None
    await renew_key(world.deps, task(turn.renew))
    await store_key(world.deps, task(turn.renew))
    again = await turn_of(world)
    assert (again.renew, again.retire) == ("primary", "secondary")


async def test_a_failure_is_on_the_record_until_a_rotation_succeeds() -> None:
    """With what a person can do; what was asked for stays asked for."""
    world = await world_with(asked=asked())
    turn = await turn_of(world)
    end = RotationEnd(run=RUN, turn=turn, ok=False, code="Forbidden", reason="no", hint="assign")
    await end_rotation(world.deps, end)
    await end_rotation(world.deps, end)
    keys = world.record.keys
    assert (keys.failed_at, keys.code, keys.reason, keys.hint) == (
        NOON,
        "Forbidden",
        "no",
        "assign",
    )
    assert keys.asked == asked()
    (entry,) = world.audit.entries(TENANT)
    assert (entry.action, entry.outcome, entry.actor) == ("key.rotate", "failed", "ann")
    assert entry.details == {"why": "asked for", "code": "Forbidden", "reason": "no"}
    await rotated(world)
    keys = world.record.keys
    assert (keys.failed_at, keys.code, keys.reason, keys.hint) == (None, "", "", "")


async def test_a_failure_before_anything_was_known_is_noted_too() -> None:
    """Without the resource."""
    world = await world_with()
    await end_rotation(world.deps, RotationEnd(run=RUN, ok=False, code="NoApiKey", reason="none"))
    (entry,) = world.audit.entries(TENANT)
    assert (entry.resource, entry.actor) == ("", "spokewright")
    assert world.record.keys.code == "NoApiKey"


@pytest.mark.parametrize("state", sorted(set(TenantState) - {TenantState.ACTIVE}))
async def test_a_tenant_that_is_not_active_is_left_alone(state: TenantState) -> None:
    """Whoever suspends or offboards it is at work on the same things."""
    world = await world_with(None, state)
    with pytest.raises(PermanentError, match="TenantNotActive"):
        await look_at_key(world.deps, RUN)
    assert world.versions == []


async def test_a_tenant_that_is_not_there_has_no_key() -> None:
    """And an error of the gateway's service is passed on."""
    world = World()
    with pytest.raises(PermanentError, match="TenantNotFound"):
        await look_at_key(world.deps, RUN)
    keyed = await world_with()
    keyed.api_keys.error = TemporaryError("TooManyRequests", "slow down", 3.0)
    with pytest.raises(TemporaryError, match="TooManyRequests"):
        await look_at_key(keyed.deps, RUN)


async def test_no_value_of_a_key_leaves_an_activity() -> None:
    """Neither in an outcome, nor on the record, nor in the audit chain."""
    world = await world_with(asked=asked(full=True))
    said: list[Contract] = [await look_at_key(world.deps, RUN)]
    said += [
        await renew_key(world.deps, task("secondary")),
        await store_key(world.deps, task("secondary")),
    ]
    turn = await turn_of(world)
    said.append(await end_rotation(world.deps, RotationEnd(run=RUN, turn=turn, ok=True)))
    text = repr([one.dump() for one in said]) + world.record.model_dump_json()
    text += repr(world.audit.entries(TENANT)) + repr(world.versions)
    secret = {*world.keys.values(), *(one.value for one in world.versions)}
    assert len(secret) == 2
    assert not [value for value in secret if value.get_secret_value() in text]
