"""Changing a tenant over HTTP: what is recorded, what is started, what is answered."""

from collections.abc import Iterable
from typing import Any, Final

import pytest

from landing_zone.access import PrincipalId, Role
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind
from tests.activities.landed import landed
from tests.activities.test_dry_running import state_of
from tests.fakes import FakeStatus, Started, World, example_request
from tests.given import dependencies_of
from tests.principals import ACTOR, BEN, DIRECTORY, OWNER, headers_of
from tests.triggers.requests import INSTANCE, PROBLEM, TENANT, content, record, request
from triggers.asking import MOST_REASON, RACES
from triggers.updates import update_tenant

REQUEST: Final = example_request()
CHEAPER: Final[dict[str, Any]] = {"compute": {"cpu": 6}}
BARE: Final[dict[str, Any]] = {"data": {"database": "none"}}
LOSS: Final = "cosmos,cosmos-database"


def owned(world: World | None = None, **changes: Any) -> World:
    """A world with a tenant that Ann asked for, and that is active."""
    world = world or landed(REQUEST)
    values = {"owner": OWNER, "active_since": world.clock.now(), **changes}
    world.registry.put(found(world).model_copy(update=values))
    return world


def found(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


async def patch(world: World, body: Any, tenant_id: str = TENANT, **how: Any) -> Any:
    """The answer to a change."""
    client: Any = world.client
    with dependencies_of(world):
        return await update_tenant(request(body, **how, tenantId=tenant_id), client)


async def refused(world: World, body: Any, **how: Any) -> tuple[int, Any]:
    """The status and the problem of a change that is refused, and changes nothing."""
    before = dict(world.registry.rows), dict(world.ledger.claims)
    response = await patch(world, body, **how)
    assert response.mimetype == PROBLEM
    assert (world.registry.rows, world.ledger.claims) == before
    assert world.client.started == []
    return response.status_code, content(response)


async def test_change_is_recorded_then_started() -> None:
    """With who wants what and why; and the caller is told where to look."""
    world = owned()
    response = await patch(world, CHEAPER, params={"reason": "too dear"})
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/operations/{TENANT}.2"
    told = content(response)
    assert (told["kind"], told["operationId"], told["queued"]) == ("update", f"{TENANT}.2", [])
    after = found(world)
    assert (after.state, after.ongoing, after.request) == (TenantState.ACTIVE, True, REQUEST)
    assert (after.work.kind, after.work.actor, after.work.reason) == (
        Kind.UPDATE,
        ACTOR,
        "too dear",
    )
    assert after.work.wanted == example_request(
        compute=REQUEST.to_document()["compute"] | {"cpu": 6}
    )
    data = {"tenant_id": TENANT, "operation_id": f"{TENANT}.2", "kind": "update"}
    assert world.client.started == [Started("operate_tenant", INSTANCE, data)]


@pytest.mark.parametrize("body", [{}, {"costCenter": REQUEST.cost_center}])
async def test_change_of_nothing_is_answered_at_once(body: dict[str, Any]) -> None:
    """There is nothing to do."""
    world = owned()
    writes = world.registry.writes
    response = await patch(world, body)
    assert (response.status_code, content(response)["told"]) == (200, "it is so already")
    assert (world.registry.writes, world.client.started) == (writes, [])


async def test_same_change_again_is_the_same_operation() -> None:
    """It is under way; its orchestration is made sure to run."""
    world = owned()
    first = content(await patch(world, CHEAPER))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    again = await patch(world, CHEAPER)
    assert again.status_code == 202
    assert content(again)["operationId"] == first["operationId"]
    assert len(world.client.started) == 1
    world.client.statuses.clear()
    await patch(world, CHEAPER)
    assert len(world.client.started) == 2


async def test_changes_during_another_wait_as_one_on_top_of_it() -> None:
    """Each keeps what was asked for before."""
    world = owned()
    await patch(world, CHEAPER, params={"reason": "too dear"})
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    await patch(world, {"costCenter": "CC-7"}, params={"reason": "moved"})
    response = await patch(world, {"egress": {"profiles": ["azure"]}}, params={"reason": "safer"})
    assert (response.status_code, content(response)["queued"]) == (202, ["update"])
    [waiting] = found(world).queued
    assert waiting.wanted is not None
    assert (waiting.wanted.cost_center, waiting.wanted.compute.cpu) == ("CC-7", 6)
    assert waiting.wanted.egress.profiles == ("azure",)
    assert waiting.reason == "moved; safer"
    assert len(world.client.started) == 1


async def test_change_of_a_tenant_that_is_being_onboarded_waits() -> None:
    """It is done once the tenant is active."""
    world = World()
    world.registry.put(record(TenantState.PROVISIONING, owner=OWNER))
    response = await patch(world, CHEAPER)
    assert (response.status_code, content(response)["queued"]) == (202, ["update"])


async def test_loss_of_data_is_refused_until_it_is_allowed_by_name() -> None:
    """Each resource that would go with its data."""
    world = owned()
    status, told = await refused(world, BARE)
    assert status == 400
    assert {fault["path"] for fault in told["errors"]} == {"allowDataLoss"}
    lost = ",".join(fault["message"].partition(" ")[0] for fault in told["errors"])
    response = await patch(world, BARE, params={"allowDataLoss": f"{lost},{lost}"})
    assert response.status_code == 202
    assert ",".join(found(world).work.allow_data_loss) == lost
    assert "cosmos" in lost


@pytest.mark.parametrize("named", ["vault", "nonsense", "cosmos,vault"])
async def test_loss_that_would_not_happen_is_not_allowed_by_mistake(named: str) -> None:
    """Whoever names it has something else in mind."""
    status, told = await refused(owned(), CHEAPER, params={"allowDataLoss": named})
    assert status == 400
    assert {fault["message"] for fault in told["errors"]} == {
        f"{one} would not be deleted" for one in named.split(",")
    }


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        ({"costCentre": "CC-7"}, "costCentre"),
        ({"owner": None}, "owner"),
        ({"tenantId": "other"}, "tenantId"),
        ({"region": "eastus2"}, "region"),
        ({"network": {"prefixLength": 23}}, "network.prefixLength"),
        (
            {"subscription": {"mode": "adopt", "id": "22222222-2222-4222-8222-222222222222"}},
            "subscription",
        ),
        (
            {"ai": {"models": [{"deployment": "x1", "tokensPerMinute": 1, "tokensPerMonth": 1}]}},
            "ai.models[0].deployment",
        ),
    ],
)
async def test_change_that_cannot_be_made_names_the_fault(body: Any, path: str) -> None:
    """And nothing is recorded."""
    status, told = await refused(owned(), body)
    assert status == 400
    assert path in {fault["path"] for fault in told["errors"]}


@pytest.mark.parametrize("reason", ["x" * (MOST_REASON + 1), "two\nlines", "\x00"])
async def test_reason_that_is_none_is_refused(reason: str) -> None:
    """It is for the audit, where people read it."""
    status, told = await refused(owned(), CHEAPER, params={"reason": reason})
    assert (status, told["errors"][0]["path"]) == (400, "reason")


async def test_longest_reason_is_taken() -> None:
    """To the last character."""
    reason = "é" * MOST_REASON
    assert (await patch(owned(), CHEAPER, params={"reason": reason})).status_code == 202


@pytest.mark.parametrize("roles", [(), (Role.READER,), (Role.APPROVER,)])
async def test_change_needs_a_role(roles: Iterable[Role]) -> None:
    """A reader reads."""
    status, _ = await refused(owned(), CHEAPER, headers=headers_of(roles=tuple(roles)))
    assert status == 403


@pytest.mark.parametrize("tenant_id", [TENANT, "nobody", "a'b"])
async def test_tenant_of_another_is_not_there(tenant_id: str) -> None:
    """Nor is one that does not exist, in the same words."""
    world = owned(owner=PrincipalId(directory=DIRECTORY, object=BEN))
    requester = headers_of(roles=(Role.REQUESTER,))
    status, told = await refused(world, CHEAPER, headers=requester, tenant_id=tenant_id)
    assert (status, told["code"]) == (404, "TenantNotFound")


async def test_requester_changes_its_own() -> None:
    """And an operator any."""
    for roles, owner in (
        ((Role.REQUESTER,), OWNER),
        ((Role.OPERATOR,), PrincipalId(directory=DIRECTORY, object=BEN)),
    ):
        world = owned(owner=owner)
        assert (await patch(world, CHEAPER, headers=headers_of(roles=roles))).status_code == 202


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (TenantState.SUSPENDED, "InvalidTransition"),
        (TenantState.OFFBOARDED, "InvalidTransition"),
        (TenantState.FAILED, "NeverActive"),
    ],
)
async def test_change_without_a_place_in_the_tenants_state_is_a_conflict(
    state: TenantState, code: str
) -> None:
    """With what can be done instead."""
    since = {"active_since": None} if state is TenantState.FAILED else {}
    status, told = await refused(owned(state=state, **since), CHEAPER)
    assert (status, told["code"]) == (409, code)


async def test_more_than_the_hub_has_is_a_conflict() -> None:
    """With the limit that binds."""
    model = {"deployment": "gpt-5-mini", "tokensPerMinute": 10**8, "tokensPerMonth": 10**9}
    status, told = await refused(owned(), {"ai": {"models": [model]}})
    assert (status, told["code"]) == (409, "CapacityExceeded")
    assert told["hubs"][0]["shortages"]


async def test_dry_run_names_what_would_change_and_writes_nothing() -> None:
    """On top of what is under way already."""
    world = owned()
    before = state_of(world), dict(world.registry.rows)
    response = await patch(world, {"budget": {"monthly": 5001}}, params={"dryRun": "true"})
    [change] = content(response)["changes"]
    assert (response.status_code, change["key"]) == (200, "budget")
    assert (state_of(world), world.registry.rows) == before
    assert world.arm.writes() == []


async def test_dry_run_of_nothing_is_empty() -> None:
    """The tenant is as it should be."""
    found_so = content(await patch(owned(), {}, params={"dryRun": "true"}))
    assert (found_so["changes"], found_so["unjudged"]) == ([], [])


async def test_patch_goes_on_top_of_what_another_asked_for_meanwhile() -> None:
    """Neither is lost."""
    world = owned()
    others = iter(["CC-9"])

    def interfere(_: TenantRecord) -> None:
        for centre in others:
            changed = found(world).request.model_copy(update={"cost_center": centre})
            world.registry.put(found(world).model_copy(update={"request": changed}))

    world.registry.before_replace = interfere
    assert (await patch(world, CHEAPER)).status_code == 202
    wanted = found(world).work.wanted
    assert wanted is not None
    assert (wanted.cost_center, wanted.compute.cpu) == ("CC-9", 6)


async def test_change_that_is_never_first_is_temporary() -> None:
    """It is tried a bounded number of times."""
    world = owned()
    before = found(world)
    world.registry.before_replace = lambda _: world.registry.put(before)
    writes = world.registry.writes
    response = await patch(world, CHEAPER)
    assert (response.status_code, content(response)["code"]) == (503, "RegistryBusy")
    assert world.registry.writes == writes + RACES
