"""`/api/tenants/{id}/suspend` and `/resume`: asking, asking again, and who may."""

from typing import Any

import azure.functions as func
import pytest

from landing_zone.access import PrincipalId, Role
from landing_zone.access.refusals import CHAIN
from landing_zone.audit import AuditEntry
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.fakes import NOON, Started, World
from tests.principals import ANN, BEN, DIRECTORY, headers_of
from tests.triggers.requests import INSTANCE, PROBLEM, TENANT, content, record, request
from triggers.suspension import resume_tenant, suspend_tenant
from triggers.updates import update_tenant

OWNER = PrincipalId(directory=DIRECTORY, object=ANN)
REQUESTER = headers_of(ANN, [Role.REQUESTER])
OPERATOR = headers_of(BEN, [Role.OPERATOR])
ACTIVE = record(TenantState.ACTIVE, active_since=NOON, owner=OWNER)
SUSPENDED = record(TenantState.SUSPENDED, active_since=NOON, owner=OWNER)


async def suspend(
    world: World, headers: dict[str, str] = REQUESTER, body: Any = b"", **params: str
) -> func.HttpResponse:
    """Ask for a suspension."""
    client: Any = world.client
    asked = request(body, params=params, headers=headers, tenantId=TENANT)
    return await suspend_tenant(asked, client)


async def resume(world: World, headers: dict[str, str] = REQUESTER) -> func.HttpResponse:
    """Ask for the end of it."""
    client: Any = world.client
    return await resume_tenant(request(headers=headers, tenantId=TENANT), client)


def kept(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


def refusals(world: World) -> list[AuditEntry]:
    """What the audit says of refused callers."""
    return world.audit.entries(CHAIN)


async def test_a_suspension_is_noted_and_started(given_dependencies: World) -> None:
    """Accepted, with the place to look at; who asked and why is on the record."""
    world = given_dependencies
    world.registry.put(ACTIVE)
    response = await suspend(world, reason="not paid for")
    assert (response.status_code, content(response)["kind"]) == (202, "suspend")
    assert response.headers["Location"] == f"/api/operations/{TENANT}.2"
    assert kept(world).work == Work(kind=Kind.SUSPEND, actor=f"person:{ANN}", reason="not paid for")
    data = {"tenant_id": TENANT, "operation_id": f"{TENANT}.2", "kind": "suspend"}
    assert world.client.started == [Started("operate_tenant", INSTANCE, data)]
    assert (kept(world).ongoing, kept(world).held_by) == (True, "")


@pytest.mark.parametrize("ask", [suspend, resume])
async def test_what_is_so_already_is_answered_at_once(given_dependencies: World, ask: Any) -> None:
    """200, without an operation, a write or a start."""
    world = given_dependencies
    world.registry.put(SUSPENDED if ask is suspend else ACTIVE)
    writes = world.registry.writes
    response = await ask(world)
    assert (response.status_code, content(response)["told"]) == (200, "it is so already")
    assert (world.registry.writes, world.client.started) == (writes, [])


async def test_asking_twice_begins_one_operation(given_dependencies: World) -> None:
    """The second is told of the first; what is asked for against it waits."""
    world = given_dependencies
    world.registry.put(ACTIVE)
    assert (await suspend(world)).status_code == 202
    again = await suspend(world)
    assert (again.status_code, content(again)["operationId"]) == (202, f"{TENANT}.2")
    after = await resume(world)
    assert (after.status_code, content(after)["queued"]) == (202, ["resume"])
    assert [one.kind for one in kept(world).queued] == [Kind.RESUME]


@pytest.mark.parametrize(
    ("state", "ask", "code"),
    [
        (TenantState.OFFBOARDED, suspend, "InvalidTransition"),
        (TenantState.OFFBOARDED, resume, "InvalidTransition"),
        (TenantState.FAILED, resume, "InvalidTransition"),
        (TenantState.FAILED, suspend, "NeverActive"),
    ],
)
async def test_what_has_no_place_in_the_tenants_life_is_refused(
    given_dependencies: World, state: TenantState, ask: Any, code: str
) -> None:
    """As the table says; one that has never been active has nothing to be closed."""
    world = given_dependencies
    world.registry.put(record(state, owner=OWNER))
    response = await ask(world)
    assert (response.mimetype, content(response)["code"]) == (PROBLEM, code)
    assert kept(world).operations == 1


async def test_a_suspended_tenant_is_not_changed_until_it_is_resumed(
    given_dependencies: World,
) -> None:
    """409 to an update, and to a dry run of one; the hint says what to do first."""
    world = given_dependencies
    world.registry.put(SUSPENDED)
    client: Any = world.client
    for params in ({}, {"dryRun": "true"}):
        body = {"costCenter": "CC-7"}
        asked = request(body, params=params, headers=REQUESTER, tenantId=TENANT)
        response = await update_tenant(asked, client)
        assert (response.status_code, content(response)["code"]) == (409, "InvalidTransition")
        assert "Resume it first" in content(response)["hint"]
    assert (kept(world), world.client.started) == (SUSPENDED, [])


async def test_what_an_operator_suspended_its_owner_does_not_resume(
    given_dependencies: World,
) -> None:
    """403, noted with who tried; an operator may, and then it is nobody's any more."""
    world = given_dependencies
    world.registry.put(ACTIVE)
    await suspend(world, OPERATOR, reason="leaked a key")
    assert kept(world).held_by == f"person:{BEN}"
    world.registry.put(
        kept(world).model_copy(update={"state": TenantState.SUSPENDED, "ongoing": False})
    )
    refused = await resume(world)
    assert (refused.status_code, content(refused)["code"]) == (403, "Forbidden")
    assert "operator" in content(refused)["hint"]
    [entry] = refusals(world)
    assert (entry.actor, entry.details["reason"]) == (f"person:{ANN}", "suspended-by-an-operator")
    assert (entry.details["action"], entry.details["tenantId"]) == ("tenants.suspend", TENANT)
    assert kept(world).operations == 2
    assert (await resume(world, OPERATOR)).status_code == 202
    assert kept(world).work.kind is Kind.RESUME


async def test_an_operator_takes_over_what_its_owner_suspended(given_dependencies: World) -> None:
    """Else its owner could escape it by being first; noted once, and the tenant stays as it is."""
    world = given_dependencies
    world.registry.put(SUSPENDED)
    for _ in range(2):
        response = await suspend(world, OPERATOR, reason="not paid for")
        assert response.status_code == 200
    held = kept(world)
    assert (held.held_by, held.operations) == (f"person:{BEN}", SUSPENDED.operations)
    assert (await suspend(world)).status_code == 200
    assert (await resume(world)).status_code == 403
    [entry] = world.audit.entries(TENANT)
    assert (entry.action, entry.actor) == ("tenant.hold", f"person:{BEN}")
    assert entry.details["why"] == "not paid for"


async def test_its_owner_resumes_what_it_suspended_itself(given_dependencies: World) -> None:
    """Nobody holds it."""
    world = given_dependencies
    world.registry.put(SUSPENDED)
    assert (await resume(world)).status_code == 202
    assert refusals(world) == []


async def test_anothers_tenant_is_not_there(given_dependencies: World) -> None:
    """404, whether it is or not."""
    world = given_dependencies
    world.registry.put(ACTIVE)
    stranger = headers_of(BEN, [Role.REQUESTER])
    for ask in (suspend, resume):
        response = await ask(world, stranger)
        assert (response.status_code, content(response)["code"]) == (404, "TenantNotFound")
    assert kept(world) == ACTIVE
    assert [one.details["reason"] for one in refusals(world)] == ["not-an-own-tenant"] * 2


@pytest.mark.parametrize(
    ("body", "params", "reason"),
    [
        (b"", {}, ""),
        (b"  ", {"reason": "x"}, "x"),
        ({"reason": "x"}, {}, "x"),
        ({"reason": "x"}, {"reason": "x"}, "x"),
        ({}, {}, ""),
    ],
)
async def test_the_reason_is_in_the_query_or_in_the_body(
    given_dependencies: World, body: Any, params: dict[str, str], reason: str
) -> None:
    """Or nowhere."""
    given_dependencies.registry.put(ACTIVE)
    assert (await suspend(given_dependencies, REQUESTER, body, **params)).status_code == 202
    assert kept(given_dependencies).work.reason == reason


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (b"{", {}),
        (b"[]", {}),
        ({"reason": 1}, {}),
        ({"why": "x"}, {}),
        ({"reason": "x"}, {"reason": "y"}),
        ({"reason": "x" * 501}, {}),
        (b"", {"reason": "a\nb"}),
        (b"\xff\xfe", {}),
    ],
)
async def test_what_is_no_reason_is_refused(
    given_dependencies: World, body: Any, params: dict[str, str]
) -> None:
    """400, and nothing is begun."""
    given_dependencies.registry.put(ACTIVE)
    response = await suspend(given_dependencies, REQUESTER, body, **params)
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    assert kept(given_dependencies) == ACTIVE
