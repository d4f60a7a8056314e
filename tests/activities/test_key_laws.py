"""The vault always holds a key that works: over crashes at any step, and keys made anew by hand."""

from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.keys import end_rotation, look_at_key, renew_key, store_key
from landing_zone.data_planes import KeyName
from landing_zone.errors import PermanentError
from landing_zone.key_contracts import RotationEnd, RotationRef
from landing_zone.key_rotation import KEYS
from tests.activities.keyed import (
    DAYS,
    TENANT,
    KeyedWorld,
    Mishap,
    WorkerDied,
    task,
    world_with,
)

type Work[T] = Callable[[], Awaitable[T]]


async def repeated[T](world: KeyedWorld, mishap: Mishap, work: Work[T]) -> T:
    """An activity that the worker dies in, and that is called again as the host does."""
    worked = world.works
    world.mishaps.now = mishap
    try:
        return await work()
    except WorkerDied:
        assert world.works or not worked
        return await work()


async def rotate(
    world: KeyedWorld, mishaps: list[Mishap], meddled: KeyName | None
) -> KeyName | None:
    """One rotation, its vault looked at after each step; the key that it renewed."""
    run = RotationRef(tenant_id=TENANT, started_at=world.clock.now())
    looked = await repeated(world, mishaps[0], lambda: look_at_key(world.deps, run))
    assert world.works
    turn = looked.turn
    if turn is None or turn.renew is None:
        return None
    new = task(turn.renew)
    await repeated(world, mishaps[1], lambda: renew_key(world.deps, new))
    assert world.works
    if meddled is not None:
        world.by_hand(meddled)
    await repeated(world, mishaps[2], lambda: store_key(world.deps, new))
    assert world.works
    end = RotationEnd(run=run, turn=turn, ok=True)
    await repeated(world, mishaps[3], lambda: end_rotation(world.deps, end))
    assert world.works
    return turn.renew


def mishaps() -> st.SearchStrategy[list[Mishap]]:
    """Where the worker dies in each of the four steps, if it does."""
    one = st.builds(Mishap, st.booleans(), st.booleans())
    return st.lists(one, min_size=4, max_size=4)


periods = st.lists(
    st.tuples(mishaps(), st.sampled_from([None, *KEYS]), st.sampled_from([None, *KEYS])),
    min_size=1,
    max_size=5,
)


@given(periods)
async def test_once_begun_the_vault_holds_a_working_key_and_the_turns_alternate(
    happened: list[tuple[list[Mishap], KeyName | None, KeyName | None]],
) -> None:
    """Period for period; someone may make a key anew before a rotation and in the middle of it."""
    world = await world_with()
    turns: list[KeyName] = []
    for where, before, within in happened:
        if before is not None:
            world.by_hand(before)
        world.clock.move(DAYS)
        fresh = [Mishap(one.ahead, one.after) for one in where]
        renewed = await rotate(world, fresh, within)
        assert renewed is not None
        assert world.held.tags["key"] == renewed
        turns.append(renewed)
    assert all(sooner != later for sooner, later in pairwise(turns))


@given(st.sampled_from(KEYS), st.lists(st.sampled_from(KEYS), max_size=6))
async def test_no_call_that_comes_late_ends_the_key_in_the_vault(
    first: KeyName, late: list[KeyName]
) -> None:
    """Whatever order repeated calls of the steps come in."""
    world = await world_with(first)
    for key in late:
        if world.held.value == world.keys[key]:
            with pytest.raises(PermanentError, match="KeyInUse"):
                await renew_key(world.deps, task(key))
        else:
            await renew_key(world.deps, task(key))
            assert world.works
            await store_key(world.deps, task(key))
        assert world.works
