"""The routes into a suspension and out of it: what is done in which order, over which plan."""

from collections.abc import Iterable

import pytest

from landing_zone.contracts import Stage
from landing_zone.plan import Plan
from landing_zone.planning.suspended import api_blocked, suspended
from landing_zone.routes.suspending import (
    plans_of_resuming,
    plans_of_suspending,
    resume_stages,
    resuspend_stages,
    suspend_stages,
    unsuspend_stages,
)
from tests.unit.planned_whole import full_plans
from tests.unit.strategies import TIERS

RUNTIME = {
    "namespace": {"namespace", "gitops"},
    "nodepool": {"node-pool", "namespace", "gitops"},
    "cluster": {"cluster", "gitops"},
}
API = {"api-product", "api-subscription"}


def names(stages: Iterable[Stage]) -> list[str]:
    """What the stages are called."""
    return [stage.name for stage in stages]


def known(stages: Iterable[Stage], plans: Iterable[Plan]) -> None:
    """Each stage walks over one of the plans, over resources that it has."""
    by_hash = {one.hash: one for one in plans}
    for stage in stages:
        assert set(stage.keys) <= by_hash[stage.plan_hash].by_key.keys()
        assert stage.before in by_hash or stage.direction == "undo"


def first(stages: Iterable[Stage], key: str, plan: Plan) -> int:
    """Which stage first brings a resource to what a plan wants of it."""
    return next(
        place
        for place, stage in enumerate(stages)
        if key in stage.keys and plan.hash == stage.plan_hash
    )


@pytest.mark.parametrize("tier", TIERS)
def test_suspending_closes_the_api_first(tier: str) -> None:
    """Then the way out, then what runs; nothing else is looked at."""
    made = full_plans()[tier]
    closed = suspended(made)
    stages = suspend_stages(made, closed)
    assert names(stages) == ["close-api", "close-egress", "stop-compute"]
    assert [set(stage.keys) for stage in stages] == [API, {"hub:firewall"}, RUNTIME[tier]]
    assert {stage.plan_hash for stage in stages} == {closed.hash}
    back = unsuspend_stages(made, closed)
    known((*stages, *back), plans_of_suspending(made, closed))
    assert back[0].keys == ("hub:firewall",)
    assert set(back[-1].keys) == API
    assert {key for stage in back for key in stage.keys} == {
        key for stage in stages for key in stage.keys
    }


@pytest.mark.parametrize("tier", TIERS)
def test_resuming_opens_the_api_last(tier: str) -> None:
    """The way out first, a cluster before what is in it; all else while the API is blocked."""
    made = full_plans()[tier]
    closed = suspended(made)
    stages = resume_stages(closed, made)
    starting = ["start-cluster"] if tier == "cluster" else []
    assert names(stages) == ["open-egress", *starting, "apply", "open-api"]
    applying = next(stage for stage in stages if stage.name == "apply")
    assert (applying.plan_hash, applying.verify) == (api_blocked(made).hash, True)
    assert set(applying.keys) == made.by_key.keys()
    assert set(stages[-1].keys) == API
    assert first(stages, "api-subscription", made) == len(stages) - 1
    back = resuspend_stages(closed, made)
    known((*stages, *back), plans_of_resuming(closed, made))
    assert names(back) == ["close-api", "restore", *(["stop-cluster"] if starting else [])]
    assert set(back[0].keys) == API


def test_what_todays_rules_do_not_want_any_more_goes_once_the_tenant_is_open() -> None:
    """And what they made goes again on the way back."""
    made = full_plans()["namespace"]
    wanted = Plan(
        tenant_id=made.tenant_id,
        hub=made.hub,
        rules_version=made.rules_version + 1,
        resources=tuple(
            item.model_copy(update={"id": f"{item.id}-new"}) if item.key == "budget" else item
            for item in made.resources
        ),
    )
    closed = suspended(made)
    assert names(resume_stages(closed, wanted))[-2:] == ["open-api", "remove"]
    assert resume_stages(closed, wanted)[-1].keys == ("budget",)
    assert names(resuspend_stages(closed, wanted))[-1] == "withdraw"


@pytest.mark.parametrize("tier", TIERS)
def test_every_stage_of_a_way_has_a_name_of_its_own(tier: str) -> None:
    """The work on each resource is known by it."""
    made = full_plans()[tier]
    closed = suspended(made)
    for way in (
        (*suspend_stages(made, closed), *unsuspend_stages(made, closed)),
        (*resume_stages(closed, made), *resuspend_stages(closed, made)),
    ):
        assert len(set(names(way))) == len(way)
