"""Capacity over HTTP: the forecast, and requests that do not fit."""

from typing import Any

import pytest

from activities.registered import PAGE, every_tenant
from landing_zone.lifecycle import TenantState
from tests.fakes import HUBS, World, example_request
from tests.given import dependencies_of
from tests.triggers.requests import PROBLEM, TENANT, content, record, request
from tests.unit.hubs import asking_for, document_of, holding, hub, two_hubs
from tests.unit.planned import reservation_for
from triggers.capacity import show_capacity
from triggers.tenants import request_tenant


async def asked(world: World, wanted: Any) -> Any:
    """The answer to a request for a tenant."""
    client: Any = world.client
    with dependencies_of(world):
        return await request_tenant(request(wanted.to_document()), client)


async def shown(world: World) -> Any:
    """The forecast."""
    with dependencies_of(world):
        response = await show_capacity(request())
    assert response.status_code == 200
    return content(response)["hubs"]


async def test_forecast_names_each_hub_with_its_binding_limit() -> None:
    """And what it took for a typical tenant."""
    document = two_hubs({"gpt-5-mini": 1_900_000})
    world = World(document)
    world.registry.put(holding(document, "hub-one", 0, asking_for({"gpt-5-mini": 50_000})))
    one, two = await shown(world)
    assert (one["hub"], one["tenants"], one["tenantsLeft"]) == ("hub-one", 1, 37)
    assert one["summary"] == "37 tenants left; binding limit: gpt-5-mini quota"
    assert one["bindingLimit"] == "gpt-5-mini quota"
    assert one["typicalTenant"]["is"] == "the median of the hub's 1 tenant"
    assert one["typicalTenant"]["takes"]["tokensPerMinute:gpt-5-mini"] == 50_000
    assert (two["hub"], two["tenants"]) == ("hub-two", 0)
    assert "smallest request" in two["typicalTenant"]["is"]


async def test_each_limit_is_shown_with_what_is_left_and_where_it_is_documented() -> None:
    """Total, used, left and how many tenants it still allows."""
    document = document_of(hub(models={"small": 100}))
    world = World(document)
    world.registry.put(holding(document, "hub-one", 0, asking_for({"small": 30})))
    [found] = await shown(world)
    limits = {one["limit"]: one for one in found["limits"]}
    assert limits["tokensPerMinute:small"] == {
        "limit": "tokensPerMinute:small",
        "title": "small quota",
        "unit": "tokens per minute",
        "total": 100,
        "used": 30,
        "left": 70,
        "typicalTenantTakes": 30,
        "tenantsLeft": 2,
        "source": "https://learn.microsoft.com/azure/ai-foundry/openai/quotas-limits",
    }
    assert (limits["addresses"]["total"], limits["addresses"]["left"]) == (64, 63)
    assert limits["nodePools"]["tenantsLeft"] is None
    assert all(one["source"] for one in limits.values())
    assert found["rangesLeft"][2] == {"prefixLength": 24, "left": 63}


async def test_request_that_fits_nowhere_is_a_conflict_and_nothing_is_recorded() -> None:
    """Each hub of the region with its binding limit, what is left and what was asked."""
    world = World(two_hubs({"small": 100}, {"small": 50}))
    response = await asked(world, asking_for({"small": 101}))
    assert (response.status_code, response.mimetype) == (409, PROBLEM)
    problem = content(response)
    assert (problem["code"], bool(problem["hint"])) == ("CapacityExceeded", True)
    assert [one["bindingLimit"] for one in problem["hubs"]] == ["small quota", "small quota"]
    assert problem["hubs"][1] == {
        "hub": "hub-two",
        "bindingLimit": "small quota",
        "shortages": [
            {
                "limit": "tokensPerMinute:small",
                "title": "small quota",
                "unit": "tokens per minute",
                "total": 50,
                "left": 50,
                "asked": 101,
            }
        ],
    }
    assert (world.registry.rows, world.client.started, world.arm.sent) == ({}, [], [])


async def test_places_are_given_until_the_last_is_gone() -> None:
    """The ones that were accepted and hold nothing yet have theirs."""
    world = World(two_hubs({"small": 20}, {"small": 10}))
    codes = [
        (await asked(world, asking_for({"small": 10}, tenantId=f"tenant-{at}"))).status_code
        for at in range(5)
    ]
    assert codes == [202, 202, 202, 409, 409]


async def test_tenant_that_is_there_is_not_refused_for_want_of_room() -> None:
    """The same request again asks for nothing more."""
    world = World(two_hubs({"gpt-5-mini": 50_000}))
    assert (await asked(world, example_request())).status_code == 202
    assert (await asked(world, example_request())).status_code == 202


@pytest.mark.parametrize(("holds", "status"), [(True, 202), (False, 409)])
async def test_failed_tenant_needs_a_place_unless_it_still_has_one(
    *, holds: bool, status: int
) -> None:
    """What is left of it stands in its place."""
    world = World(document_of(HUBS.hubs[0].model_copy(update={"limits": hub(peerings=1).limits})))
    held = reservation_for(example_request()) if holds else None
    world.registry.put(record(TenantState.FAILED, reservation=held))
    if not holds:
        other = reservation_for(example_request(), 7)
        world.registry.put(record(TenantState.ACTIVE, "fabrikam", reservation=other))
    response = await asked(world, example_request())
    assert response.status_code == status
    assert world.registry.rows[TENANT].value.operations == (2 if holds else 1)


async def test_unknown_deployment_is_a_fault_of_the_request() -> None:
    """With its path and the names that are known."""
    world = World()
    response = await asked(world, asking_for({"gpt-5-mini": 1, "gpt-7": 1}))
    assert response.status_code == 400
    [fault] = content(response)["errors"]
    assert fault["path"] == "ai.models[1].deployment"
    assert fault["allowed"] == "gpt-5, gpt-5-mini, text-embedding-3-large"


async def test_every_page_of_the_registry_counts() -> None:
    """However many tenants there are."""
    world = World()
    for number in range(PAGE + 3):
        world.registry.put(record(TenantState.REQUESTED, f"tenant-{number:04d}"))
    assert len(await every_tenant(world.registry)) == PAGE + 3
