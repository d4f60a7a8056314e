"""`/api/tenants/{id}/rotate-key`: asking, asking again, and looking."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from landing_zone.key_contracts import RotationStatus
from landing_zone.key_records import KeyRecord, RotationAsk
from landing_zone.key_rotation import instance_of
from landing_zone.lifecycle import TenantState
from tests.fakes import NOON, FakeStatus, Started, World
from tests.principals import ACTOR
from tests.triggers.requests import PROBLEM, TENANT, content, record, request
from triggers.key_requests import USUAL_GRACE, request_rotation, show_rotation

INSTANCE = instance_of(TENANT)
PATH = f"/api/tenants/{TENANT}/rotate-key"


@pytest.fixture
def world(given_dependencies: World) -> World:
    """A world with an active tenant."""
    given_dependencies.registry.put(record(TenantState.ACTIVE, active_since=NOON))
    return given_dependencies


async def post(world: World, tenant: str = TENANT, **params: str) -> func.HttpResponse:
    """Ask."""
    client: Any = world.client
    return await request_rotation(request(params=params, tenantId=tenant), client)


async def get(world: World, tenant: str = TENANT) -> func.HttpResponse:
    """Look."""
    client: Any = world.client
    return await show_rotation(request(tenantId=tenant), client)


def asked(world: World) -> RotationAsk | None:
    """What the record says was asked for."""
    return world.registry.rows[TENANT].value.keys.asked


def running(world: World, custom_status: Any = None) -> None:
    """Let a rotation be on its way."""
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", custom_status)


async def test_a_rotation_is_noted_and_started(world: World) -> None:
    """Accepted, with the place to look at."""
    response = await post(world)
    assert (response.status_code, response.headers["Location"]) == (202, PATH)
    assert asked(world) == RotationAsk(actor=ACTOR, at=NOON)
    assert world.client.started == [Started("rotate_key", INSTANCE, {"tenant_id": TENANT})]
    document = content(response)
    assert (document["state"], document["asked"]["full"]) == ("running", False)


async def test_a_full_rotation_has_a_grace(world: World) -> None:
    """An hour, unless it is said."""
    assert content(await post(world, full="true"))["asked"]["graceMinutes"] == USUAL_GRACE
    world.client.statuses.clear()
    await post(world, full="true", graceMinutes="0")
    assert asked(world) == RotationAsk(full=True, grace_minutes=0, actor=ACTOR, at=NOON)


async def test_asking_while_one_runs_is_accepted_and_begins_no_other(world: World) -> None:
    """The one that runs is as good."""
    running(world)
    writes = world.registry.writes
    assert (await post(world)).status_code == 202
    assert (world.client.started, world.registry.writes) == ([], writes)


async def test_a_full_one_asked_for_while_an_ordinary_one_runs_is_kept_for_it(
    world: World,
) -> None:
    """It does that, too, before it ends."""
    running(world)
    await post(world, full="true")
    world.clock.move(5)
    await post(world, full="true")
    found = asked(world)
    assert found is not None
    assert (found.full, found.at, world.client.started) == (True, NOON, [])


async def test_what_cannot_be_started_now_stays_asked_for(world: World) -> None:
    """The timer finds it."""

    def fail(started: Started) -> None:
        raise RuntimeError(f"{started.instance_id} cannot be started")

    world.client.on_start = fail
    assert (await post(world)).status_code == 500
    assert asked(world) is not None


@pytest.mark.parametrize("tenant", ["nobody", "a'b", ""])
async def test_a_tenant_that_is_not_there_is_not_found(world: World, tenant: str) -> None:
    """To ask and to look at."""
    for response in (await post(world, tenant), await get(world, tenant)):
        assert (response.status_code, response.mimetype) == (404, PROBLEM)
        assert content(response)["code"] == "TenantNotFound"


@pytest.mark.parametrize("state", sorted(set(TenantState) - {TenantState.ACTIVE}))
async def test_a_tenant_that_is_not_active_is_a_conflict(world: World, state: TenantState) -> None:
    """Nothing is noted, nothing is started."""
    world.registry.put(record(state))
    response = await post(world)
    assert (response.status_code, content(response)["code"]) == (409, "TenantNotActive")
    assert (asked(world), world.client.started) == (None, [])


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({"full": "yes"}, ["full"]),
        ({"full": "true", "graceMinutes": "1441"}, ["graceMinutes"]),
        ({"full": "true", "graceMinutes": "-1"}, ["graceMinutes"]),
        ({"graceMinutes": "5"}, ["graceMinutes"]),
        ({"full": "no", "graceMinutes": "x"}, ["full", "graceMinutes"]),
    ],
)
async def test_all_faults_are_told_at_once(
    world: World, params: dict[str, str], paths: list[str]
) -> None:
    """Each with what is allowed."""
    response = await post(world, **params)
    errors = content(response)["errors"]
    assert (response.status_code, [error["path"] for error in errors]) == (400, paths)
    assert all(error["allowed"] for error in errors)
    assert asked(world) is None


async def test_a_tenant_whose_key_rests_tells_when_it_is_due(world: World) -> None:
    """And which one the vault holds, never the key."""
    keys = KeyRecord(key="secondary", rotated_at=NOON, rotations=3)
    world.registry.put(record(TenantState.ACTIVE, active_since=NOON, keys=keys))
    assert content(await get(world)) == {
        "tenantId": TENANT,
        "state": "resting",
        "key": "secondary",
        "rotatedAt": NOON.isoformat(),
        "rotations": 3,
        "everyDays": 90,
        "dueAt": (NOON + timedelta(days=90)).isoformat(),
        "asked": None,
        "progress": None,
        "links": {"self": PATH, "tenant": f"/api/tenants/{TENANT}"},
    }


async def test_a_rotation_on_its_way_tells_its_phase(world: World) -> None:
    """As its custom status has it; one that has none yet tells nothing."""
    status = RotationStatus(
        started_at=NOON, phase="grace", key="secondary", full=True, until=NOON, cause="x"
    )
    running(world, status.dump())
    document = content(await get(world))
    assert document["state"] == "running"
    assert document["progress"] == {
        "startedAt": NOON.isoformat(),
        "phase": "grace",
        "key": "secondary",
        "full": True,
        "until": NOON.isoformat(),
        "cause": "x",
    }
    running(world)
    assert content(await get(world))["progress"] is None


async def test_a_failure_is_told_with_what_can_be_done(world: World) -> None:
    """Until a rotation succeeds; a tenant that is not active has no due date."""
    keys = KeyRecord(failed_at=NOON, code="Forbidden", reason="no role", hint="assign it")
    world.registry.put(record(TenantState.SUSPENDED, keys=keys))
    document = content(await get(world))
    assert (document["state"], document["dueAt"]) == ("failed", None)
    assert document["failure"] == {
        "at": NOON.isoformat(),
        "code": "Forbidden",
        "reason": "no role",
        "hint": "assign it",
    }
