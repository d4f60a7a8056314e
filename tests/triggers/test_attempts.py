"""Attempts on another's tenant: each is refused as if it were not there, and noted."""

import inspect
from typing import Any, NamedTuple

import azure.functions as func
import pytest

from landing_zone.access import Role
from landing_zone.access.refusals import CHAIN
from landing_zone.audit import AuditEntry
from landing_zone.lifecycle import TenantState
from tests.fakes import EXAMPLE, World, example_request
from tests.principals import ANN, BEN, DIRECTORY, OWNER, headers_of, principal_of
from tests.registered import registered_functions
from tests.triggers.requests import TENANT, content, record, request
from tests.unit.test_audit import entry

REQUESTER = [Role.REQUESTER]
ANNS, BENS, NOBODYS, MISSING = TENANT, "bens-tenant", "by-message", "nobody"


@pytest.fixture
def world(given_dependencies: World) -> World:
    """Active tenants of two requesters, and one that was asked for by message."""
    owners = {ANNS: OWNER, BENS: principal_of(BEN).id, NOBODYS: None}
    for tenant, owner in owners.items():
        given_dependencies.registry.put(record(TenantState.ACTIVE, tenant, owner=owner))
    return given_dependencies


async def call(
    world: World, name: str, body: Any = b"", *, who: str = ANN, **route: str
) -> func.HttpResponse:
    """The answer of a function to a requester."""
    function = inspect.unwrap(registered_functions()[name].get_user_function())
    params = {"top": route.pop("top", ""), "continuation": route.pop("continuation", "")}
    given: dict[str, Any] = {
        "req": request(body, headers=headers_of(who, REQUESTER), params=params, **route)
    }
    if "client" in inspect.signature(function).parameters:
        given["client"] = world.client
    answer: func.HttpResponse = await function(**given)
    return answer


def noted(world: World) -> list[AuditEntry]:
    """What the audit says of refusals."""
    return world.audit.entries(CHAIN)


class Attempt(NamedTuple):
    """What a requester tries.

    Attributes:
        name: The function.
        parameter: The route's parameter that names the tenant.
        suffix: What follows the tenant's id in it.
        code: What is told.
    """

    name: str
    parameter: str
    suffix: str
    code: str


LOOKS = [
    Attempt("show_tenant", "tenantId", "", "TenantNotFound"),
    Attempt("show_plan", "tenantId", "", "TenantNotFound"),
    Attempt("show_rotation", "tenantId", "", "TenantNotFound"),
    Attempt("request_rotation", "tenantId", "", "TenantNotFound"),
    Attempt("show_operation", "operationId", ".1", "OperationNotFound"),
    Attempt("show_operation", "operationId", ".2", "OperationNotFound"),
    Attempt("show_approval", "tenantId", "", "TenantNotFound"),
]


@pytest.mark.parametrize("attempt", LOOKS, ids=lambda one: f"{one.name}{one.suffix}")
@pytest.mark.parametrize("tenant", [BENS, NOBODYS, MISSING])
async def test_anothers_tenant_is_not_there(world: World, attempt: Attempt, tenant: str) -> None:
    """Word for word what is told of one that does not exist; all of it is noted."""
    writes = world.registry.writes
    route = {attempt.parameter: f"{tenant}{attempt.suffix}"}
    response = await call(world, attempt.name, **route)
    missing = await call(world, attempt.name, **{attempt.parameter: f"none{attempt.suffix}"})
    assert (response.status_code, content(response)["code"]) == (404, attempt.code)
    assert response.get_body() == missing.get_body()
    assert dict(response.headers) == dict(missing.headers)
    entry, another = noted(world)
    assert (entry.actor, entry.details["reason"]) == (f"person:{ANN}", "not-an-own-tenant")
    assert entry.details["tenantId"] == tenant
    assert set(entry.details) == set(another.details)
    assert (world.registry.writes, world.client.started) == (writes, [])


@pytest.mark.parametrize("attempt", LOOKS[:4], ids=lambda one: one.name)
async def test_an_own_tenant_is_there(world: World, attempt: Attempt) -> None:
    """And nothing is noted."""
    response = await call(world, attempt.name, **{attempt.parameter: f"{ANNS}{attempt.suffix}"})
    assert response.status_code in {200, 202}
    assert noted(world) == []


@pytest.mark.parametrize("state", list(TenantState))
@pytest.mark.parametrize("owner", [BEN, ""])
@pytest.mark.parametrize("changed", [False, True])
async def test_anothers_tenant_cannot_be_asked_for(
    world: World, state: TenantState, owner: str, *, changed: bool
) -> None:
    """In whatever state: nothing is changed, and nothing of it is told."""
    found = principal_of(owner).id if owner else None
    world.registry.put(record(state, owner=found, reason="a secret of Ben's"))
    writes = world.registry.writes
    document = example_request(**({"displayName": "Mine"} if changed else {})).to_document()
    response = await call(world, "request_tenant", document)
    assert (response.status_code, content(response)["code"]) == (403, "TenantIdTaken")
    text = response.get_body().decode()
    assert not [word for word in ("secret", BEN, str(state)) if word in text]
    [entry] = noted(world)
    assert (entry.details["tenantId"], entry.details["reason"]) == (TENANT, "tenant-of-another")
    assert (world.registry.writes, world.client.started) == (writes, [])


async def test_a_requester_lists_own_tenants_page_by_page(world: World) -> None:
    """Neither an item nor a continuation tells of another's."""
    world.registry.put(record(TenantState.ACTIVE, "anns-second", owner=OWNER))
    first = content(await call(world, "list_tenants", top="1"))
    assert [one["tenantId"] for one in first["value"]] == ["anns-second"]
    assert first["continuation"] == "anns-second"
    then = content(await call(world, "list_tenants", top="1", continuation="anns-second"))
    assert [one["tenantId"] for one in then["value"]] == [ANNS]
    assert "continuation" not in then
    bens = content(await call(world, "list_tenants", who=BEN))
    assert [one["tenantId"] for one in bens["value"]] == [BENS]


async def test_the_directory_is_part_of_the_owner(world: World) -> None:
    """The same object id elsewhere is someone else."""
    elsewhere = OWNER.model_copy(update={"directory": DIRECTORY.replace(DIRECTORY[:8], "deadbeef")})
    world.registry.put(record(TenantState.ACTIVE, owner=elsewhere))
    assert (await call(world, "show_tenant", tenantId=TENANT)).status_code == 404


async def test_who_asks_first_owns_the_tenant(given_dependencies: World) -> None:
    """And goes on to own it when it is asked for again by an operator."""
    world = given_dependencies
    assert (await call(world, "request_tenant", EXAMPLE)).status_code == 202
    made = world.registry.rows[TENANT].value
    assert (made.owner, made.actor) == (OWNER, f"person:{ANN}")
    world.registry.put(made.model_copy(update={"state": TenantState.FAILED}))
    function = inspect.unwrap(registered_functions()["request_tenant"].get_user_function())
    operator = request(EXAMPLE, headers=headers_of(BEN, [Role.OPERATOR]))
    assert (await function(operator, world.client)).status_code == 202
    again = world.registry.rows[TENANT].value
    assert (again.owner, again.actor, again.operations) == (OWNER, f"person:{BEN}", 2)
    shown = content(await call(world, "show_tenant", tenantId=TENANT))
    assert shown["owner"] == {"directoryId": DIRECTORY, "objectId": ANN}


@pytest.mark.parametrize("name", ["show_audit", "verify_audit"])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"tenant": BENS},
        {"tenant": NOBODYS},
        {"tenant": MISSING},
        {"chain": CHAIN},
        {"chain": "hub:hub-weu:firewall"},
        {"operation": f"{BENS}.1"},
    ],
    ids=str,
)
async def test_only_chains_of_own_tenants_are_shown(
    world: World, name: str, params: dict[str, str]
) -> None:
    """Neither another's, nor a hub's, nor all of them at once."""
    await world.audit.append(entry(tenant_id=BENS, event_id="ev-1"))
    if name == "verify_audit" and "operation" in params:
        params = {"chain": BENS}
    function = inspect.unwrap(registered_functions()[name].get_user_function())
    asked = request(headers=headers_of(ANN, REQUESTER), params=params)
    response: func.HttpResponse = await function(req=asked)
    if name == "verify_audit" and not params:
        assert response.status_code == 400
        return
    assert (response.status_code, content(response)["code"]) == (404, "TenantNotFound")
    [noted_one] = noted(world)
    assert noted_one.details["reason"] == "not-an-own-tenant"


@pytest.mark.parametrize("name", ["show_audit", "verify_audit"])
async def test_chain_of_an_own_tenant_is_shown(world: World, name: str) -> None:
    """With what is in it."""
    await world.audit.append(entry(tenant_id=ANNS, event_id="ev-1"))
    function = inspect.unwrap(registered_functions()[name].get_user_function())
    asked = request(headers=headers_of(ANN, REQUESTER), params={"tenant": ANNS})
    response: func.HttpResponse = await function(req=asked)
    assert response.status_code == 200
    assert content(response).get("length", 1) == 1
    assert noted(world) == []


@pytest.mark.parametrize("changed", [False, True])
async def test_nothing_is_foreseen_of_anothers_tenant(world: World, *, changed: bool) -> None:
    """A dry run for its id tells no more than asking for it does."""
    name = {"displayName": "Mine"} if changed else {}
    document = example_request(tenantId=BENS, **name).to_document()
    function = inspect.unwrap(registered_functions()["request_tenant"].get_user_function())
    asked = request(document, headers=headers_of(ANN, REQUESTER), params={"dryRun": "true"})
    response: func.HttpResponse = await function(req=asked, client=world.client)
    assert (response.status_code, content(response)["code"]) == (403, "TenantIdTaken")
    [noted_one] = noted(world)
    assert noted_one.details["reason"] == "tenant-of-another"
