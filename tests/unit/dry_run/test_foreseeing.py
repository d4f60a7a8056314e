"""What is known without a read, and in which order the rest is read."""

import pytest
from hypothesis import given, settings

from landing_zone.dry_run.fixed import fixed_faults
from landing_zone.dry_run.foreseeing import (
    despite,
    foreseen,
    known_parts_of,
    parents_of,
    waves_of,
)
from landing_zone.dry_run.model import Action, Known, Nothing, Unseen
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.plan import Undo
from landing_zone.references import referenced_keys
from landing_zone.routes.updating import no_longer_planned
from tests.unit.planned_whole import Planned, outputs_of, wanting, whole_plan_of, whole_plans
from tests.unit.strategies import TIERS

MADE = whole_plan_of(wanting())


@given(whole_plans())
@settings(max_examples=15)
def test_each_resource_is_read_once_after_all_that_it_refers_to(drawn: Planned) -> None:
    """And after what it stands in; in few groups, whatever the plan."""
    made = drawn[1]
    parents = parents_of(made)
    waves = waves_of(made, parents)
    order = [key for wave in waves for key in wave]
    assert sorted(order) == sorted(made.by_key)
    turn = {key: number for number, wave in enumerate(waves) for key in wave}
    for item in made.resources:
        needed = referenced_keys(item.id) | referenced_keys(item.body) | parents[item.key]
        assert all(turn[key] < turn[item.key] for key in needed)
    assert len(waves) <= 8


def test_what_stands_in_something_is_known_to() -> None:
    """By the ids alone."""
    parents = parents_of(MADE)
    assert parents["network"] == {"resource-group:network"}
    assert parents["secret:api-key"] == {"resource-group:workload", "vault"}
    assert parents["subscription"] == frozenset()


@pytest.mark.parametrize("action", [Action.CREATE, Action.UNCHANGED, Action.UNJUDGED])
def test_what_stands_in_nothing_is_not_there(action: Action) -> None:
    """Only what is missing tells that; whatever else is there has to be looked into."""
    known = Known(outputs_of(MADE), {"resource-group:network": action})
    network = known_parts_of(MADE.by_key["network"], known)
    found = foreseen(network, known, frozenset({"resource-group:network"}))
    assert found == (Nothing() if action is Action.CREATE else None)


@pytest.mark.parametrize(
    ("action", "kind"),
    [(Action.CREATE, Nothing), (Action.UNJUDGED, Unseen), (Action.UPDATE, Unseen)],
)
def test_what_is_named_after_what_is_not_known_is_not_read(
    action: Action, kind: type[object]
) -> None:
    """It is missing only where that is; otherwise nobody knows."""
    known = Known({}, {"subscription": action})
    network = known_parts_of(MADE.by_key["network"], known)
    assert isinstance(foreseen(network, known, frozenset()), kind)


@pytest.mark.parametrize(
    ("error", "held"),
    [
        (PermanentError("AuthorizationFailed", "no"), Unseen("AuthorizationFailed", "no")),
        (TemporaryError("InternalServerError", "no"), Unseen("InternalServerError", "no")),
        (TemporaryError("MissingSubscriptionRegistration", "no"), Nothing()),
    ],
    ids=str,
)
def test_refused_read_tells_nothing_but_that_a_provider_is_not_registered(
    error: PermanentError | TemporaryError, held: object
) -> None:
    """Then there can be nothing of it."""
    assert despite(error) == held


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_of_the_same_plan_is_to_go(tier: str) -> None:
    """However it is made."""
    made = whole_plan_of(wanting(tier))
    assert no_longer_planned(made, made) == ()


def test_what_goes_goes_before_what_it_hangs_on() -> None:
    """And what is never taken back is left out."""
    less = whole_plan_of(
        wanting(data={"storage": False, "database": "none", "vectorIndex": "none"})
    )
    gone = no_longer_planned(MADE, less)
    assert {"cosmos", "storage", "search"} <= {item.key for item in gone}
    assert all(item.undo is not Undo.KEEP for item in gone)
    turn = {item.key: number for number, item in enumerate(gone)}
    for item in gone:
        assert all(turn[item.key] < turn[key] for key in item.waits_for if key in turn)


def test_renamed_resource_is_the_same_one() -> None:
    """A key is ours alone; it is the id that is deleted or not."""
    network = MADE.by_key["network"]
    renamed = MADE.model_copy(
        update={
            "resources": tuple(
                item.model_copy(update={"key": "net"}) if item is network else item
                for item in MADE.resources
            )
        }
    )
    assert no_longer_planned(MADE, renamed) == ()


def test_request_that_changes_nothing_fixed_has_no_faults() -> None:
    """Everything else of it may change."""
    former, wanted = wanting(), wanting("cluster", displayName="Other", costCenter="CC-1")
    assert list(fixed_faults(wanted, former)) == []


def test_each_fixed_part_is_a_fault_of_its_own() -> None:
    """With what it is."""
    adopted = "22222222-2222-4222-8222-222222222222"
    former = wanting()
    wanted = wanting(
        region="eastus2",
        network={"prefixLength": 23},
        subscription={"mode": "adopt", "id": adopted},
    )
    faults = {fault.path: fault.allowed for fault in fixed_faults(wanted, former)}
    assert faults == {"region": "westeurope", "network.prefixLength": "24", "subscription": "vend"}
    back = {fault.path: fault.allowed for fault in fixed_faults(former, wanted)}
    assert back["subscription"] == f"adopt, {adopted}"
