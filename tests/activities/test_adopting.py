"""Adopting a subscription: it is one tenant's alone."""

from typing import Any

import pytest

from activities.ending import end_operation
from activities.operations import reserve
from activities.outcomes import outcome_of
from landing_zone.contracts import Outcome
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from tests.activities.calls import OPERATION, REQUEST
from tests.activities.test_ending import FAILURE, end
from tests.fakes import NOON, World, example_request

ADOPTED = "88888888-8888-4888-8888-888888888888"
TAGS = f"/subscriptions/{ADOPTED}/providers/Microsoft.Resources/tags/default"


def adopting() -> TenantRecord:
    """The record of a tenant that adopts a subscription."""
    request = example_request(subscription={"mode": "adopt", "id": ADOPTED})
    made = new_tenant(request, "ann", NOON)
    return made.model_copy(update={"state": TenantState.PROVISIONING})


async def adopted(world: World, tags: dict[str, Any] | None) -> Outcome:
    """What comes of adopting a subscription that has these tags."""
    if tags is not None:
        world.arm.put(TAGS, {"properties": {"tags": tags}})
    world.registry.put(adopting())
    return await outcome_of(reserve(world.deps, OPERATION))


@pytest.mark.parametrize("tags", [{}, {"team": "x"}, {"tenantId": REQUEST.tenant_id}], ids=str)
async def test_subscription_that_is_no_one_elses_is_claimed(tags: dict[str, Any]) -> None:
    """Again, too, when the activity runs twice."""
    world = World()
    for _ in range(2):
        assert (await adopted(world, tags)).state == "done"
    assert world.registry.claims == {ADOPTED: REQUEST.tenant_id}
    assert len(world.ledger.held) == 1


async def test_subscription_that_another_tenant_claimed_is_refused() -> None:
    """Before a range is held; the claim stays the other's."""
    world = World()
    world.registry.claims[ADOPTED] = "fabrikam"
    outcome = await adopted(world, {})
    assert (outcome.state, outcome.code, bool(outcome.hint)) == (
        "failed",
        "SubscriptionTaken",
        True,
    )
    assert (world.registry.claims, world.ledger.held) == ({ADOPTED: "fabrikam"}, {})


async def test_subscription_that_is_tagged_as_anothers_is_refused() -> None:
    """A registry that was lost does not make it free."""
    world = World()
    outcome = await adopted(world, {"tenantId": "fabrikam"})
    assert (outcome.state, outcome.code) == ("failed", "SubscriptionTaken")
    assert world.ledger.held == {}


async def test_subscription_that_cannot_be_seen_is_refused() -> None:
    """It may not exist, or not be ours to see."""
    world = World()
    outcome = await adopted(world, None)
    assert (outcome.state, outcome.code) == ("failed", "SubscriptionNotFound")
    assert (world.registry.claims, world.ledger.held) == ({}, {})


async def test_failure_lets_go_of_the_subscription() -> None:
    """Another tenant may adopt it; one of another tenant is left alone."""
    world = World()
    assert (await adopted(world, {})).state == "done"
    failed = end(plan_hash="", results=(), planned_at=None, **FAILURE)
    assert (await end_operation(world.deps, failed)).state == "done"
    assert world.registry.claims == {}
    world.registry.claims[ADOPTED] = "fabrikam"
    assert (await end_operation(world.deps, failed)).state == "done"
    assert world.registry.claims == {ADOPTED: "fabrikam"}
