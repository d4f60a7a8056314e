"""Routes from one plan to another, the way back, and what is lost on it."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Stage
from landing_zone.graph import ancestors
from landing_zone.plan import Plan, Undo
from landing_zone.routes.data import DATA_BEARING, bears_data, loss_faults, lost_data
from landing_zone.routes.updating import (
    clear_stages,
    no_longer_planned,
    restore_stages,
    update_stages,
)
from tests.unit.planned_whole import full_plans, wanting, whole_plan_of
from tests.unit.strategies import TIERS

PLANS: Final[dict[str, Plan]] = full_plans()
BARE: Final = whole_plan_of(
    wanting(
        data={"storage": False, "database": "none", "vectorIndex": "none"},
        ai={"models": [], "foundryProject": False, "services": []},
    )
)
NAMED: Final[dict[str, Plan]] = {**PLANS, "bare": BARE}

type Pair = tuple[Plan, Plan]


def pairs() -> st.SearchStrategy[Pair]:
    """Two plans of one tenant."""
    return st.tuples(*[st.sampled_from(sorted(NAMED))] * 2).map(
        lambda names: (NAMED[names[0]], NAMED[names[1]])
    )


def after(there: set[str], stages: tuple[Stage, ...], plans: Pair) -> set[str]:
    """Ids of what is there after some stages."""
    by_hash = {plan.hash: plan for plan in plans}
    for stage in stages:
        made = by_hash[stage.plan_hash].by_key
        ids = {normalized(made[key].id) for key in stage.keys}
        there = there | ids if stage.direction == "apply" else there - ids
    return there


def ids(plan: Plan) -> set[str]:
    """Ids of all that a plan has."""
    return {normalized(item.id) for item in plan.resources}


def kept(plan: Plan) -> set[str]:
    """Ids of what is never taken back on its own."""
    return {normalized(item.id) for item in plan.resources if item.undo is Undo.KEEP}


@settings(max_examples=30)
@given(pair=pairs())
def test_route_leads_from_what_was_to_what_is_wanted(pair: Pair) -> None:
    """All that is wanted is there, and of the rest only what goes with what it stands in."""
    former, wanted = pair
    there = after(ids(former), update_stages(former, wanted), pair)
    assert ids(wanted) <= there
    assert there - ids(wanted) <= kept(former)


@settings(max_examples=30)
@given(pair=pairs(), done=st.integers(0, 2))
def test_the_way_back_leads_to_what_was(pair: Pair, done: int) -> None:
    """However far the route had been gone."""
    former, wanted = pair
    there = after(ids(former), update_stages(former, wanted)[:done], pair)
    there = after(there, restore_stages(former, wanted), pair)
    assert ids(former) <= there
    assert there - ids(former) <= kept(wanted)


@settings(max_examples=30)
@given(pair=pairs())
def test_nothing_is_taken_away_before_what_is_wanted_is_there_and_verified(pair: Pair) -> None:
    """So that a failure on the way costs nothing that was there."""
    for stages in (update_stages(*pair), restore_stages(*pair)):
        first, *rest = stages
        assert (first.direction, first.verify) == ("apply", True)
        assert {stage.direction for stage in rest} <= {"undo"}


@settings(max_examples=30)
@given(pair=pairs())
def test_each_part_of_a_route_knows_what_was_applied_before_it(pair: Pair) -> None:
    """Without that, a property that is not asked for any more would stay."""
    former, wanted = pair
    assert update_stages(former, wanted)[0].before == former.hash
    assert restore_stages(former, wanted)[0].before == wanted.hash


@pytest.mark.parametrize("name", sorted(NAMED))
def test_route_to_the_same_plan_takes_nothing_away(name: str) -> None:
    """It only makes sure."""
    [stage] = update_stages(NAMED[name], NAMED[name])
    assert stage.direction == "apply"
    assert lost_data(NAMED[name], NAMED[name]) == ()


@settings(max_examples=30)
@given(pair=pairs())
def test_last_things_go_first(pair: Pair) -> None:
    """Nothing goes before what was built on it."""
    former, wanted = pair
    order = [item.key for item in no_longer_planned(former, wanted)]
    above = ancestors(former.graph)
    for place, key in enumerate(order):
        assert not above[key] & set(order[:place])


@pytest.mark.parametrize("tier", TIERS)
def test_all_that_bears_data_is_lost_with_it_and_nothing_else(tier: str) -> None:
    """From everything to nothing."""
    lost = lost_data(PLANS[tier], BARE)
    assert lost
    gone = {item.key for item in no_longer_planned(PLANS[tier], BARE)}
    assert set(lost) <= gone
    for item in PLANS[tier].resources:
        if item.key in gone:
            assert (item.key in lost) == (item.type.lower() in DATA_BEARING)


def test_what_bears_data_is_known_by_its_type_whatever_its_case() -> None:
    """ARM's types compare without it."""
    [storage] = [item for item in PLANS["namespace"].resources if item.key == "storage"]
    shouting = storage.model_copy(update={"type": storage.type.upper()})
    assert bears_data(storage)
    assert bears_data(shouting)


@pytest.mark.parametrize(
    ("lost", "allowed", "told"),
    [
        ((), (), []),
        (("cosmos",), ("cosmos",), []),
        (("cosmos", "storage"), ("storage", "cosmos"), []),
        (("cosmos",), (), ["cosmos would be deleted with its data"]),
        ((), ("cosmos",), ["cosmos would not be deleted"]),
        (
            ("cosmos",),
            ("storage",),
            ["cosmos would be deleted with its data", "storage would not be deleted"],
        ),
    ],
)
def test_loss_is_told_by_name(lost: Any, allowed: Any, told: list[str]) -> None:
    """What has not been allowed, and what was allowed by mistake."""
    faults = loss_faults(lost, allowed)
    assert [fault.message for fault in faults] == told
    assert {fault.path for fault in faults} <= {"allowDataLoss"}


@settings(max_examples=30)
@given(pair=pairs(), left=st.sampled_from(sorted(NAMED)))
def test_what_is_left_of_a_failed_change_goes_unless_somebody_has_or_wants_it(
    pair: Pair, left: str
) -> None:
    """Nothing that stands by the former plan, and nothing that the new one has, is touched."""
    former, wanted = pair
    stages = clear_stages((NAMED[left],), former, wanted)
    gone = {NAMED[left].by_key[key].id for stage in stages for key in stage.keys}
    normal = {normalized(one) for one in gone}
    assert not normal & (ids(former) | ids(wanted))
    assert ids(NAMED[left]) - normal <= ids(former) | ids(wanted) | kept(NAMED[left])
    assert {stage.direction for stage in stages} <= {"undo"}
