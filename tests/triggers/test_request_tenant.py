"""Asking for a tenant: what is recorded, what is started, what is answered."""

import asyncio
from typing import Any

import pytest

from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.activities.landed import landed
from tests.fakes import (
    EXAMPLE,
    NOON,
    FakeStatus,
    Started,
    World,
    example_request,
)
from tests.given import dependencies_of
from tests.principals import ACTOR
from tests.triggers.requests import INSTANCE, PROBLEM, TENANT, content, record, request
from triggers.tenants import RACES, request_tenant

OPERATION = {"tenant_id": TENANT, "operation_id": f"{TENANT}.1"}
OTHER = example_request(displayName="Another name").to_document()


async def ask(world: World, body: Any = EXAMPLE, **how: Any) -> Any:
    """The answer to a request."""
    client: Any = world.client
    return await request_tenant(request(body, **how), client)


async def test_new_tenant_is_recorded_then_started(given_dependencies: World) -> None:
    """And the caller is told where to look."""
    world = given_dependencies
    response = await ask(world)
    assert response.status_code == 202
    found = world.registry.rows[TENANT].value
    assert (found.state, found.actor, found.created_at) == (
        TenantState.REQUESTED,
        ACTOR,
        NOON,
    )
    assert world.client.started == [Started("operate_tenant", INSTANCE, OPERATION)]
    assert content(response) == {
        "tenantId": TENANT,
        "state": "requested",
        "operationId": f"{TENANT}.1",
        "links": {
            "tenant": f"/api/tenants/{TENANT}",
            "operation": f"/api/operations/{TENANT}.1",
        },
    }
    assert response.headers["Location"] == f"/api/operations/{TENANT}.1"


async def test_same_request_again_is_the_same_operation(given_dependencies: World) -> None:
    """As YAML or as JSON; nothing is started twice."""
    world = given_dependencies
    first = content(await ask(world))
    again = await ask(world, example_request().to_document())
    assert (again.status_code, content(again)) == (202, first)
    assert (len(world.client.started), world.registry.writes) == (1, 1)


@pytest.mark.parametrize("state", ["Failed", "Terminated", "Completed", "Canceled", None])
async def test_request_again_starts_what_was_lost(
    given_dependencies: World, state: str | None
) -> None:
    """Its orchestration ended without ending the operation, or never began."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING, recoveries=2))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, state)
    assert (await ask(world)).status_code == 202
    [started] = world.client.started
    assert started.client_input == OPERATION | {"run": 2}


@pytest.mark.parametrize("state", ["Running", "Pending", "Suspended", "ContinuedAsNew"])
async def test_request_again_leaves_alone_what_is_alive(
    given_dependencies: World, state: str
) -> None:
    """One orchestration works on a tenant at a time."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, state)
    assert (await ask(world)).status_code == 202
    assert world.client.started == []


async def test_tenant_that_is_active_is_shown(given_dependencies: World) -> None:
    """There is nothing to do."""
    world = given_dependencies
    world.registry.put(record(TenantState.ACTIVE))
    response = await ask(world)
    assert (response.status_code, content(response)["state"]) == (200, "active")
    assert world.client.started == []


async def test_other_request_for_a_tenant_changes_it() -> None:
    """As a patch does, with the same checks."""
    world = landed(example_request())
    with dependencies_of(world):
        response = await ask(world, OTHER, params={"reason": "renamed"})
        document = content(response)
        assert (response.status_code, document["operationId"]) == (202, f"{TENANT}.2")
        found = world.registry.rows[TENANT].value
        assert (found.work.kind, found.work.reason) == (Kind.UPDATE, "renamed")
        assert found.work.wanted == example_request(displayName="Another name")
        assert (await ask(world, OTHER)).status_code == 202
    assert world.registry.rows[TENANT].value == found
    assert world.client.started[0].client_input["kind"] == "update"


async def test_other_request_waits_behind_what_is_under_way(given_dependencies: World) -> None:
    """Asked for again, it waits already."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    answers = [content(await ask(world, OTHER)) for _ in range(2)]
    assert [one["queued"] for one in answers] == [["update"]] * 2
    assert len(world.registry.rows[TENANT].value.queued) == 1


async def test_request_that_would_cost_data_is_refused_until_it_is_allowed() -> None:
    """By name."""
    world = landed(example_request())
    bare = example_request(data={"storage": True, "database": "none", "vectorIndex": "shared"})
    with dependencies_of(world):
        refused = await ask(world, bare.to_document())
        assert (refused.status_code, world.client.started) == (400, [])
        [fault] = content(refused)["errors"]
        assert fault["path"] == "allowDataLoss"
        lost = fault["message"].partition(" ")[0]
        allowed = await ask(world, bare.to_document(), params={"allowDataLoss": lost})
    assert allowed.status_code == 202


@pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.OFFBOARDING])
async def test_request_without_a_place_in_the_tenants_state_is_a_conflict(
    given_dependencies: World, state: TenantState
) -> None:
    """The record stays as it was."""
    world = given_dependencies
    work = Work(kind=Kind.OFFBOARD if state is TenantState.OFFBOARDING else Kind.SUSPEND)
    world.registry.put(record(state, work=work, active_since=NOON))
    response = await ask(world, OTHER)
    assert (response.status_code, response.mimetype) == (409, PROBLEM)
    assert (world.registry.writes, world.client.started) == (1, [])


async def test_failed_tenant_starts_its_next_operation(given_dependencies: World) -> None:
    """With the new request."""
    world = given_dependencies
    world.registry.put(record(TenantState.FAILED))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
    response = await ask(world, OTHER)
    assert content(response)["operationId"] == f"{TENANT}.2"
    assert world.client.started[0].client_input["operation_id"] == f"{TENANT}.2"
    assert world.registry.rows[TENANT].value.request.display_name == "Another name"


async def test_twenty_at_once_are_one_tenant(given_dependencies: World) -> None:
    """All are told the same operation."""
    world = given_dependencies
    answers = await asyncio.gather(*(ask(world) for _ in range(20)))
    assert {content(one)["operationId"] for one in answers} == {f"{TENANT}.1"}
    assert (world.registry.writes, len({one.status_code for one in answers})) == (1, 1)


async def test_restart_that_another_was_first_with_is_the_others(
    given_dependencies: World,
) -> None:
    """What the other wrote is what is answered by."""
    world = given_dependencies
    world.registry.put(record(TenantState.FAILED))
    others = iter([record(TenantState.REQUESTED, operations=2)])

    def interfere(_: TenantRecord) -> None:
        for other in others:
            world.registry.put(other)

    world.registry.before_replace = interfere
    assert content(await ask(world))["operationId"] == f"{TENANT}.2"
    assert world.registry.writes == 2


async def test_restart_that_is_never_first_is_temporary(given_dependencies: World) -> None:
    """It is tried a bounded number of times."""
    world = given_dependencies
    failed = record(TenantState.FAILED)
    world.registry.put(failed)
    world.registry.before_replace = lambda _: world.registry.put(failed)
    response = await ask(world)
    assert (response.status_code, content(response)["code"]) == (503, "RegistryBusy")
    assert world.registry.writes == RACES + 1


async def test_start_that_another_was_first_with_is_as_good(given_dependencies: World) -> None:
    """The durable client refuses a second one of the same id."""
    world = given_dependencies

    def refuse(started: Started) -> None:
        world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
        raise RuntimeError(started.instance_id)

    world.client.on_start = refuse
    assert (await ask(world)).status_code == 202


async def test_start_that_failed_is_told_without_its_inside(given_dependencies: World) -> None:
    """The tenant is recorded, so that it is taken up later."""
    world = given_dependencies

    def refuse(_: Started) -> None:
        raise RuntimeError("a secret of the inside")

    world.client.on_start = refuse
    response = await ask(world)
    assert (response.status_code, response.mimetype) == (500, PROBLEM)
    assert b"secret" not in response.get_body()
    assert world.registry.rows[TENANT].value.state is TenantState.REQUESTED


@pytest.mark.parametrize(
    ("body", "content_type", "path"),
    [
        (b"", "application/yaml", ""),
        (b"{", "application/json", ""),
        (b"a: [", "application/yaml", ""),
        (b"[]", "application/json", ""),
        (b"\xff\xfe", "application/json", ""),
        (EXAMPLE.replace(b"prefixLength: 24", b"prefixLength: 8"), "application/yaml", "network."),
        (EXAMPLE.replace(b"tenantId: ", b"tenant: "), "application/yaml", "tenantId"),
        (EXAMPLE.replace(b"westeurope", b"eastus2"), "application/yaml", "region"),
    ],
    ids=["empty", "json", "yaml", "list", "bytes", "size", "name", "region"],
)
async def test_malformed_request_is_a_problem_that_names_each_fault(
    given_dependencies: World, body: bytes, content_type: str, path: str
) -> None:
    """Nothing is recorded and nothing started."""
    world = given_dependencies
    response = await ask(world, body, content_type=content_type)
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert any(fault["path"].startswith(path) for fault in content(response)["errors"])
    assert (world.registry.rows, world.client.started) == ({}, [])
