"""Every HTTP function is guarded by its action, and each refusal is in the audit."""

import inspect
import json
from typing import Any

import azure.functions as func
import pytest

from landing_zone.access import GRANTS, OPEN, Action, Role
from landing_zone.access.refusals import CHAIN
from landing_zone.audit import AuditEntry, verify
from landing_zone.errors import ConfigurationError, TemporaryError
from tests.fakes import World
from tests.principals import ANN, BEN, DIRECTORY, headers_of
from tests.registered import registered_functions
from tests.triggers.requests import PROBLEM, content, request

A = Action
ACTIONS = {
    "health": A.SEE_HEALTH,
    "request_tenant": A.REQUEST_TENANT,
    "update_tenant": A.UPDATE_TENANT,
    "suspend_tenant": A.SUSPEND_TENANT,
    "resume_tenant": A.SUSPEND_TENANT,
    "offboard_tenant": A.OFFBOARD_TENANT,
    "show_certificate": A.SEE_TENANTS,
    "clean_up_tenant": A.ACT_ON_OPERATIONS,
    "list_tenants": A.SEE_TENANTS,
    "show_tenant": A.SEE_TENANTS,
    "show_approval": A.SEE_TENANTS,
    "decide_approval": A.APPROVE,
    "show_plan": A.SEE_PLANS,
    "show_audit": A.SEE_AUDIT,
    "verify_audit": A.SEE_AUDIT,
    "show_operation": A.SEE_OPERATIONS,
    "act_on_operation": A.ACT_ON_OPERATIONS,
    "request_rotation": A.ROTATE_KEYS,
    "show_rotation": A.SEE_KEYS,
    "show_capacity": A.SEE_CAPACITY,
    "show_compliance": A.SEE_COMPLIANCE,
    "request_sweep": A.SWEEP,
    "act_on_finding": A.ACT_ON_FINDINGS,
    "list_exemptions": A.SEE_EXEMPTIONS,
    "show_exemption": A.SEE_EXEMPTIONS,
    "grant_exemption": A.CHANGE_EXEMPTIONS,
    "remove_exemption": A.CHANGE_EXEMPTIONS,
    "request_upgrade": A.UPGRADE_FLEET,
    "list_upgrades": A.SEE_FLEET,
    "show_upgrade": A.SEE_FLEET,
    "pause_upgrade": A.UPGRADE_FLEET,
    "resume_upgrade": A.UPGRADE_FLEET,
    "roll_back_upgrade": A.UPGRADE_FLEET,
}
"""Each HTTP function with its action: one that is added has to be added here, and be guarded."""

GUARDED = sorted(name for name, action in ACTIONS.items() if action not in OPEN)


async def call(world: World, name: str, headers: dict[str, str]) -> func.HttpResponse:
    """The answer of a function as it is registered."""
    function = inspect.unwrap(registered_functions()[name].get_user_function())
    asked = request(
        headers=headers,
        tenantId="nobody",
        operationId="nobody.1",
        exemptionId="none",
        rolloutId="v0-0",
    )
    given: dict[str, Any] = {"req": asked}
    if "client" in inspect.signature(function).parameters:
        given["client"] = world.client
    answer: func.HttpResponse = await function(**given)
    return answer


def noted(world: World) -> list[AuditEntry]:
    """What the audit says of refusals."""
    return world.audit.entries(CHAIN)


def test_every_http_function_has_an_action() -> None:
    """And no other function is called from outside by people."""
    http = {
        name
        for name, item in registered_functions().items()
        if item.get_trigger().type == "httpTrigger"
    }
    assert http == set(ACTIONS)


@pytest.mark.parametrize("name", GUARDED)
async def test_who_has_not_signed_in_is_refused(given_dependencies: World, name: str) -> None:
    """401, before anything of the request is looked at."""
    response = await call(given_dependencies, name, {})
    assert (response.status_code, response.mimetype) == (401, PROBLEM)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert content(response)["code"] == "Unauthenticated"
    [entry] = noted(given_dependencies)
    assert (entry.actor, entry.details["reason"]) == ("anonymous", "not-signed-in")
    assert entry.details["action"] == ACTIONS[name]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", GUARDED)
async def test_a_role_opens_what_the_table_says(
    given_dependencies: World, name: str, role: Role
) -> None:
    """And nothing else: 403, with who it was."""
    action = ACTIONS[name]
    response = await call(given_dependencies, name, headers_of(ANN, [role]))
    reasons = [entry.details["reason"] for entry in noted(given_dependencies)]
    if action in GRANTS[role]:
        assert response.status_code not in {401, 403, 500}
        assert "no-role-for-it" not in reasons
        return
    assert (response.status_code, content(response)["code"]) == (403, "Forbidden")
    [entry] = noted(given_dependencies)
    assert (entry.actor, entry.details["action"]) == (f"person:{ANN}", action)
    assert reasons == ["no-role-for-it"]


async def test_open_functions_answer_anyone(given_dependencies: World) -> None:
    """They tell nothing that a stranger should not know."""
    assert {name for name in ACTIONS if ACTIONS[name] in OPEN} == {"health"}
    assert (await call(given_dependencies, "health", {})).status_code == 200
    assert noted(given_dependencies) == []


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_is_trusted_without_app_service_authentication(
    given_dependencies: World, name: str
) -> None:
    """Anyone could have written the headers: even who may do everything is refused."""
    settings = given_dependencies.deps.settings.model_copy(update={"vouched_for": False})
    object.__setattr__(given_dependencies.deps, "settings", settings)
    response = await call(given_dependencies, name, headers_of())
    assert response.status_code == 401
    [entry] = noted(given_dependencies)
    assert (entry.actor, entry.details["reason"]) == ("anonymous", "authentication-is-off")


async def test_roles_of_another_directory_mean_nothing(given_dependencies: World) -> None:
    """Its administrators may give theirs to anyone."""
    foreign = headers_of(directory=DIRECTORY.replace(DIRECTORY[:8], "deadbeef"))
    response = await call(given_dependencies, "list_tenants", foreign)
    assert (response.status_code, content(response)["code"]) == (403, "Forbidden")
    [entry] = noted(given_dependencies)
    assert entry.details["reason"] == "foreign-directory"
    assert entry.details["directory"].startswith("deadbeef")


async def test_a_flood_of_strangers_fills_no_store(given_dependencies: World) -> None:
    """All are refused, some are noted; another's attempt is noted all the same."""
    world = given_dependencies
    for _ in range(500):
        assert (await call(world, "list_tenants", {})).status_code == 401
    strangers = len(noted(world))
    assert strangers < 100
    assert (await call(world, "request_sweep", headers_of(BEN, ["Reader"]))).status_code == 403
    assert [entry.actor for entry in noted(world)[strangers:]] == [f"person:{BEN}"]
    world.clock.move(3_600)
    await call(world, "list_tenants", {})
    assert noted(world)[-1].details["unwritten"] == str(500 - strangers)
    assert verify(world.audit.chains[CHAIN]).valid


async def test_who_is_refused_stays_refused_when_nothing_can_be_noted(
    given_dependencies: World,
) -> None:
    """And it is counted for the next entry."""

    class Down:
        async def append(self, entry: AuditEntry) -> None:
            """Fail."""
            raise TemporaryError("StorageUnreachable", entry.event_id)

    world = given_dependencies
    audit = world.deps.audit
    object.__setattr__(world.deps, "audit", Down())
    assert (await call(world, "list_tenants", {})).status_code == 401
    object.__setattr__(world.deps, "audit", audit)
    await call(world, "list_tenants", {})
    assert noted(world)[-1].details["unwritten"] == "1"


async def test_a_stranger_is_not_told_what_is_wrong_inside() -> None:
    """Where the application is not ready, its settings are named to nobody."""
    from activities import dependencies  # noqa: PLC0415 - its state is what this is about

    async def broken() -> Any:
        raise ConfigurationError("settings: SPOKEWRIGHT_HUBS: secret")

    before = dependencies._once
    dependencies._once = dependencies._Once(broken)
    try:
        response = await call(World(), "list_tenants", {})
    finally:
        dependencies._once = before
    assert (response.status_code, content(response)["code"]) == (503, "Configuration")
    assert "SPOKEWRIGHT" not in json.dumps(content(response))
