"""Asking what would be done: answered, with nothing recorded and nothing started."""

from typing import Any

import pytest

from landing_zone.ends import OpenWork
from landing_zone.errors import TemporaryError
from landing_zone.lifecycle import TenantState
from tests.activities.landed import landed, with_hub
from tests.activities.test_dry_running import state_of
from tests.fakes import EXAMPLE, World, example_request
from tests.given import dependencies_of
from tests.triggers.requests import PROBLEM, TENANT, content, record, request
from tests.unit.hubs import document_of, hub
from tests.unit.planned_whole import whole_plan_of
from triggers.dry_run import show_plan
from triggers.tenants import request_tenant

REQUEST = example_request()


async def asked(world: World, document: Any = EXAMPLE, dry: str = "true") -> Any:
    """The answer to a request in a world, which is as it was before."""
    client: Any = world.client
    before = state_of(world)
    with dependencies_of(world):
        response = await request_tenant(request(document, params={"dryRun": dry}), client)
    if dry != "false":
        assert state_of(world) == before
        assert world.arm.writes() == []
    return response


async def planned(world: World, tenant_id: str = TENANT) -> Any:
    """The answer to a look at a tenant's plan."""
    with dependencies_of(world):
        return await show_plan(request(tenantId=tenant_id))


def changed(**changes: Any) -> dict[str, Any]:
    """The example's document with changes."""
    return example_request(**changes).to_document()


async def test_new_tenant_would_be_made_whole() -> None:
    """In a range that nobody holds for it, with references where nothing exists yet."""
    response = await asked(with_hub(World()))
    found = content(response)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert (found["tenantId"], found["dryRun"], found["state"]) == (TENANT, True, None)
    assert found["capacity"]["reserved"] is False
    assert found["capacity"]["hub"] == "hub-weu"
    assert found["capacity"]["addressRange"].endswith("/24")
    made = whole_plan_of(REQUEST)
    created = {one["key"]: one["id"] for one in found["changes"]}
    assert set(created) == {item.key for item in made.resources if not item.is_read}
    assert {one["action"] for one in found["changes"]} == {"create"}
    assert created["network"].startswith("/subscriptions/${subscription.subscriptionId}/")
    assert found["unjudged"] == []
    assert sum(found["summary"].values()) == len(made.resources)


async def test_same_request_of_an_active_tenant_is_empty() -> None:
    """By either way of asking."""
    for response in (await asked(landed(REQUEST)), await planned(landed(REQUEST))):
        found = content(response)
        assert (response.status_code, found["changes"], found["unjudged"]) == (200, [], [])
        assert (found["state"], found["capacity"]["reserved"]) == ("active", True)


async def test_another_request_of_an_active_tenant_names_what_changes() -> None:
    """Where asking in earnest would be a conflict."""
    response = await asked(landed(REQUEST), changed(budget={"monthly": 5001}))
    found = content(response)
    [change] = found["changes"]
    assert (change["key"], change["action"]) == ("budget", "update")
    assert change["properties"] == [{"property": "properties.amount", "from": 5000.0, "to": 5001.0}]


async def test_what_is_no_longer_warned_of_goes() -> None:
    """A property that only the former plan asked for, and that is still there."""
    fewer = changed(budget={"monthly": 5000, "alertAt": [50, 80]})
    [change] = content(await asked(landed(REQUEST), fewer))["changes"]
    [found] = change["properties"]
    assert (found["property"], found["to"]) == ("properties.notifications.actual-100", None)
    assert found["from"]["threshold"] == 100.0


async def test_false_is_asking_in_earnest() -> None:
    """As without it."""
    world = World()
    assert (await asked(world, dry="false")).status_code == 202
    assert world.registry.rows[TENANT].value.state is TenantState.REQUESTED


@pytest.mark.parametrize("dry", ["maybe", "", "TRUE", "1", "true,false"])
async def test_what_is_neither_yes_nor_no_is_a_fault(dry: str) -> None:
    """Nothing is done: to take it for no would make a tenant that nobody wanted."""
    world = World()
    response = await asked(world, dry=dry)
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    [fault] = content(response)["errors"]
    assert (fault["path"], fault["allowed"]) == ("dryRun", "true or false")
    assert world.registry.rows == {}


async def test_malformed_request_is_told_with_every_fault() -> None:
    """As in earnest."""
    wrong = EXAMPLE.replace(b"prefixLength: 24", b"prefixLength: 8")
    response = await asked(World(), wrong.replace(b"costCenter: ", b"costCentre: "))
    paths = {one["path"] for one in content(response)["errors"]}
    assert (response.status_code, paths) == (
        400,
        {"network.prefixLength", "costCenter", "costCentre"},
    )


@pytest.mark.parametrize(
    ("changes", "path", "allowed"),
    [
        ({"network": {"prefixLength": 23}}, "network.prefixLength", "24"),
        (
            {"subscription": {"mode": "adopt", "id": "22222222-2222-4222-8222-222222222222"}},
            "subscription",
            "vend",
        ),
    ],
    ids=["range", "subscription"],
)
async def test_what_cannot_be_changed_is_a_fault(
    changes: dict[str, Any], path: str, allowed: str
) -> None:
    """A spoke stays in its range and its subscription."""
    world = landed(REQUEST)
    adopted = changes.get("subscription", {}).get("id")
    if adopted:
        tags = f"/subscriptions/{adopted}/providers/Microsoft.Resources/tags/default"
        world.arm.put(tags, {"properties": {"tags": {}}})
    response = await asked(world, changed(**changes))
    [fault] = content(response)["errors"]
    assert (response.status_code, fault["path"], fault["allowed"]) == (400, path, allowed)


async def test_hub_that_is_full_refuses_and_names_the_limit() -> None:
    """As asking in earnest does."""
    full = hub("hub-weu", {"gpt-5-mini": 40_000}, pool="10.16.0.0/18")
    response = await asked(World(document_of(full)))
    found = content(response)
    assert (response.status_code, found["code"]) == (409, "CapacityExceeded")
    assert found["hubs"][0]["bindingLimit"] == "gpt-5-mini quota"


async def test_hub_without_room_for_the_change_refuses() -> None:
    """What the tenant has already counts as free for it."""
    models = [{"deployment": "gpt-5-mini", "tokensPerMinute": 10**8, "tokensPerMonth": 10**9}]
    response = await asked(landed(REQUEST), changed(ai={"models": models}))
    found = content(response)
    assert (response.status_code, found["code"]) == (409, "CapacityExceeded")
    [short] = found["hubs"][0]["shortages"]
    quota = next(
        one.tokens_per_minute
        for one in landed(REQUEST).deps.document.hub("hub-weu").model_deployments
        if one.name == "gpt-5-mini"
    )
    assert (short["limit"], short["left"]) == ("tokensPerMinute:gpt-5-mini", quota)


async def test_tier_that_needs_a_subnet_is_shown_one() -> None:
    """It is not held for the tenant yet."""
    nodes = {"size": "Standard_D4ds_v5", "min": 1, "max": 3}
    wanted = changed(isolation="nodepool", compute={"cpu": 8, "memoryGiB": 32, "nodes": nodes})
    found = content(await asked(landed(REQUEST), wanted))
    assert found["capacity"]["reserved"] is False
    assert found["capacity"]["nodeSubnet"]
    created = {one["key"] for one in found["changes"] if one["action"] == "create"}
    assert {one for one in created if "pool" in one or "subnet" in one}


async def test_subscription_of_another_tenant_is_refused() -> None:
    """By the claim in the registry."""
    world = with_hub(World())
    adopted = "22222222-2222-4222-8222-222222222222"
    world.registry.claims[adopted] = "someone-else"
    tags = f"/subscriptions/{adopted}/providers/Microsoft.Resources/tags/default"
    world.arm.put(tags, {"properties": {"tags": {}}})
    response = await asked(world, changed(subscription={"mode": "adopt", "id": adopted}))
    assert (response.status_code, content(response)["code"]) == (422, "SubscriptionTaken")


async def test_azure_that_asks_to_wait_is_passed_on() -> None:
    """In whole seconds, and not less than it asked for."""
    world = landed(REQUEST)
    world.arm.script("GET", TemporaryError("TooManyRequests", "too many", 16.2))
    response = await asked(world)
    assert (response.status_code, response.mimetype) == (503, PROBLEM)
    assert response.headers["Retry-After"] == "17"
    assert content(response)["code"] == "TooManyRequests"


async def test_open_work_is_told() -> None:
    """Only the same request picks it up."""
    world = with_hub(World())
    left = (OpenWork(key="network", reason="locked"),)
    world.registry.put(record(TenantState.FAILED, open_work=left))
    response = await asked(world, changed(displayName="Other"))
    assert (response.status_code, content(response)["code"]) == (409, "OpenWork")


async def test_failed_tenant_would_be_made_anew_under_new_names() -> None:
    """The vault of its first life keeps its name for months."""
    world = with_hub(World())
    first = content(await asked(world))
    world.registry.put(record(TenantState.FAILED))
    again = content(await planned(world))
    assert (again["state"], again["summary"]["create"]) == ("failed", first["summary"]["create"])
    names = [
        {one["key"]: one["id"].rpartition("/")[2] for one in found["changes"]}["vault"]
        for found in (first, again)
    ]
    assert names[0] != names[1]


@pytest.mark.parametrize("tenant_id", ["nobody", "a'b", "../host.json"])
async def test_plan_of_nobody_is_not_found(tenant_id: str) -> None:
    """Whatever is asked for."""
    response = await planned(World(), tenant_id)
    assert (response.status_code, content(response)["code"]) == (404, "TenantNotFound")


async def test_lost_plan_is_told() -> None:
    """Without it nobody knows what would be deleted."""
    world = landed(REQUEST)
    world.documents.plans.clear()
    response = await planned(world)
    assert (response.status_code, content(response)["code"]) == (422, "PlanNotFound")
