"""Looking at tenants, at operations, and at the application's health."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.ends import OpenWork
from landing_zone.errors import TemporaryError
from landing_zone.lifecycle import TenantState
from landing_zone.progress import LiveStatus, LiveWait
from landing_zone.reservation import Reservation
from tests.fakes import NOON, FakeStatus, World, example_request
from tests.triggers.requests import INSTANCE, PROBLEM, TENANT, content, record, request
from tests.unit.planned import plan_of, reservation_for
from triggers.health import health
from triggers.operations import show_operation
from triggers.tenants import list_tenants, show_tenant

RESERVATION: Reservation = reservation_for(example_request())
PLAN = plan_of(example_request())


async def test_tenant_is_shown_with_its_range_and_its_links(given_dependencies: World) -> None:
    """What a caller needs, under the names that the interface has."""
    world = given_dependencies
    world.registry.put(record(TenantState.ACTIVE, reservation=RESERVATION, subscription_id="42"))
    response = await show_tenant(request(tenantId=TENANT))
    shown = content(response)
    assert response.status_code == 200
    assert (shown["state"], shown["hub"], shown["addressRange"]) == (
        "active",
        "hub-weu",
        str(RESERVATION.address_range),
    )
    assert (shown["subscriptionId"], shown["openWork"]) == ("42", [])
    assert shown["links"]["operation"] == f"/api/operations/{TENANT}.1"
    assert "reason" not in shown


async def test_failed_tenant_says_why_and_what_is_left(given_dependencies: World) -> None:
    """And what a person can do."""
    work = (OpenWork(key="network", resource="/subscriptions/1", reason="locked"),)
    given_dependencies.registry.put(
        record(TenantState.FAILED, reason="network: locked", hint="unlock", open_work=work)
    )
    shown = content(await show_tenant(request(tenantId=TENANT)))
    assert (shown["reason"], shown["hint"]) == ("network: locked", "unlock")
    assert shown["openWork"] == [
        {"key": "network", "resource": "/subscriptions/1", "reason": "locked"}
    ]


@pytest.mark.usefixtures("given_dependencies")
@pytest.mark.parametrize("tenant", ["nobody", "a/b", "a#b", "a\\b?", "", "x" * 2000, "\n"])
async def test_tenant_that_is_not_there_is_not_found(tenant: str) -> None:
    """Whatever was asked for."""
    response = await show_tenant(request(tenantId=tenant))
    assert (response.status_code, response.mimetype) == (404, PROBLEM)
    assert content(response)["code"] == "TenantNotFound"


async def listed(**params: str) -> tuple[list[str], str]:
    """The tenants of a page, and its continuation."""
    shown = content(await list_tenants(request(params=params)))
    return [item["tenantId"] for item in shown["value"]], shown.get("continuation", "")


async def test_tenants_are_listed_page_by_page(given_dependencies: World) -> None:
    """By id; the last page has no continuation."""
    for number in (3, 1, 2, 5, 4):
        given_dependencies.registry.put(record(TenantState.ACTIVE, f"tenant-{number}"))
    assert await listed() == ([f"tenant-{number}" for number in range(1, 6)], "")
    first, continuation = await listed(top="2")
    second, continuation = await listed(top="2", continuation=continuation)
    third, end = await listed(top="2", continuation=continuation)
    assert [*first, *second, *third] == [f"tenant-{number}" for number in range(1, 6)]
    assert (len(first), len(third), end) == (2, 1, "")


@pytest.mark.usefixtures("given_dependencies")
@pytest.mark.parametrize(
    "top",
    [
        "0",
        "501",
        "-1",
        "1.5",
        "many",
        " 5",
        "²",
        "٣",
        "1000000000000",
        "0000000011999",
        "000000001" + "9" * 5000,
        "9" * 5000,
    ],
    ids=range(12),
)
async def test_page_size_that_is_none_is_refused(top: str) -> None:
    """With what is allowed."""
    response = await list_tenants(request(params={"top": top}))
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    [fault] = content(response)["errors"]
    assert (fault["path"], fault["allowed"]) == ("top", "1 to 500")


@pytest.mark.usefixtures("given_dependencies")
@pytest.mark.parametrize("top", ["1", "500", "007"])
async def test_page_size_is_taken(top: str) -> None:
    """Up to the limit."""
    assert (await list_tenants(request(params={"top": top}))).status_code == 200


async def shown_operation(world: World, operation_id: str = f"{TENANT}.1") -> Any:
    """The answer to looking at an operation."""
    client: Any = world.client
    return await show_operation(request(operationId=operation_id), client)


async def test_operation_that_has_ended_is_shown_as_it_was_kept(given_dependencies: World) -> None:
    """Whatever the durable backend still knows."""
    given_dependencies.registry.put(record(TenantState.ACTIVE))
    given_dependencies.documents.operations[f"{TENANT}.1"] = {"state": "succeeded"}
    assert content(await shown_operation(given_dependencies)) == {"state": "succeeded"}


async def test_operation_that_has_not_begun_is_shown_as_pending(given_dependencies: World) -> None:
    """The orchestration is on its way, or will be taken up."""
    given_dependencies.registry.put(record(TenantState.REQUESTED))
    shown = content(await shown_operation(given_dependencies))
    assert (shown["state"], shown["steps"][0]["state"]) == ("running", "pending")


async def test_running_operation_is_shown_with_its_waits(given_dependencies: World) -> None:
    """Those of the sub-orchestrations of this very run, and no others'."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING, recoveries=1))
    await world.documents.put_plan(PLAN)
    status = LiveStatus(started_at=NOON, phase="apply", planned_at=0.5, plan_hash=PLAN.hash)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    wait = LiveWait(
        started_at=NOON.isoformat(),
        cause="waiting 12 s: Azure is working",
        until=(NOON + timedelta(seconds=12)).isoformat(),
        attempts=1,
    )
    for run, shown_wait in ((0, wait.model_copy(update={"cause": "old"})), (1, wait)):
        sub = f"{INSTANCE}:1.{run}:apply:subscription"
        world.client.statuses[sub] = FakeStatus(sub, "Running", shown_wait.dump())
    other = f"{INSTANCE}:1.1:apply:network"
    world.client.statuses[other] = FakeStatus(other, "Running", None)
    shown = content(await shown_operation(world))
    items = {item["key"]: item for step in shown["steps"] for item in step["resources"]}
    assert items["subscription"]["state"] == "running"
    assert items["subscription"]["wait"] == {"cause": wait.cause, "until": wait.until}
    assert (items["network"]["state"], items["network"]["wait"]) == ("waiting", None)


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated"])
async def test_status_of_an_earlier_operation_is_not_shown_as_this_ones(
    given_dependencies: World, state: str
) -> None:
    """A tenant's orchestrations share their id, and the next one has not begun."""
    world = given_dependencies
    world.registry.put(record(TenantState.REQUESTED, operations=2))
    status = LiveStatus(started_at=NOON, phase="end", planned_at=0.5)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, state, status.dump())
    shown = content(await shown_operation(world, f"{TENANT}.2"))
    assert (shown["state"], shown["startedAt"]) == ("running", None)


@pytest.mark.parametrize(
    "operation",
    ["nobody.1", TENANT, f"{TENANT}.0", f"{TENANT}.3", f"{TENANT}.01", f"{TENANT}.x", ".", ""],
)
async def test_operation_that_is_not_there_is_not_found(
    given_dependencies: World, operation: str
) -> None:
    """Neither one of another tenant nor one that is yet to come."""
    given_dependencies.registry.put(record(TenantState.PROVISIONING, operations=2))
    response = await shown_operation(given_dependencies, operation)
    assert (response.status_code, content(response)["code"]) == (404, "OperationNotFound")


async def test_earlier_operation_is_not_shown_as_the_current_one(given_dependencies: World) -> None:
    """Its document is missing; the running status is its successor's."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING, operations=2))
    status = LiveStatus(started_at=NOON, phase="apply")
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    assert (await shown_operation(world, f"{TENANT}.1")).status_code == 404
    assert (await shown_operation(world, f"{TENANT}.2")).status_code == 200


@pytest.mark.usefixtures("given_dependencies")
async def test_healthy_application_says_so() -> None:
    """With how many hubs it knows."""
    response = await health(request())
    assert (response.status_code, content(response)) == (200, {"status": "healthy", "hubs": 1})


async def test_application_without_storage_is_unhealthy(given_dependencies: World) -> None:
    """It says what is wrong by its code only: anyone may ask."""

    class Down:
        async def page(self, size: int, continuation: str = "") -> Any:
            """Fail."""
            raise TemporaryError("StorageUnreachable", f"secret {size} {continuation}")

    object.__setattr__(given_dependencies.deps, "registry", Down())
    response = await health(request())
    assert response.status_code == 503
    assert content(response) == {"status": "unhealthy", "code": "StorageUnreachable"}
