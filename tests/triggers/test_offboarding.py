"""Asking for a tenant to leave: what is understood, what is refused, what comes of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from activities.approving import look_at_approval
from landing_zone.ends import OpenWork
from landing_zone.lifecycle import TenantState
from landing_zone.offboarding.certificate import Certificate
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.certificates import certificate_of
from tests.fakes import NOON, World, example_request
from tests.triggers.requests import TENANT, content, record, request
from triggers.cleaning import clean_up_tenant, try_again
from triggers.offboarding import offboard_tenant, show_certificate

HOUR = 3600.0


async def delete(world: World, params: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Ask for the tenant to leave."""
    asked: Any = world.client
    return await offboard_tenant(request(params=params, tenantId=TENANT), asked)


def work_of(world: World) -> Work:
    """What is at work on the tenant."""
    return world.registry.rows[TENANT].value.work


@pytest.mark.parametrize("state", [TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.FAILED])
async def test_a_tenant_that_stands_is_offboarded(
    given_dependencies: World, state: TenantState
) -> None:
    """Its data is kept for as long as the settings say, from the moment of asking on."""
    world = given_dependencies
    world.registry.put(record(state))
    response = await delete(world, {"reason": "moved away"})
    assert response.status_code == 202
    assert content(response)["kind"] == "offboard"
    work = work_of(world)
    assert (work.kind, work.reason, work.retain_days) == (Kind.OFFBOARD, "moved away", 30)
    assert work.retain_until == world.clock.now() + timedelta(days=30)
    assert [started.client_input["kind"] for started in world.client.started] == ["offboard"]


async def test_asking_twice_is_the_same(given_dependencies: World) -> None:
    """Nothing changes, neither while it is under way nor when it is over."""
    world = given_dependencies
    world.registry.put(record(TenantState.ACTIVE))
    await delete(world)
    first = world.registry.rows[TENANT]
    again = await delete(world, {"retainDays": "0"})
    assert (again.status_code, world.registry.rows[TENANT]) == (202, first)
    world.registry.put(record(TenantState.OFFBOARDED, operations=2))
    over = await delete(world)
    assert (over.status_code, content(over)["told"]) == (200, "it is so already")


async def test_behind_an_operation_it_waits(given_dependencies: World) -> None:
    """It is the last that waits."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING))
    assert (await delete(world)).status_code == 202
    assert [one.kind for one in world.registry.rows[TENANT].value.queued] == [Kind.OFFBOARD]


async def test_exported_data_is_not_kept(given_dependencies: World) -> None:
    """Where it was exported to is what who asks states."""
    world = given_dependencies
    world.registry.put(record(TenantState.ACTIVE))
    place = "https://archive.contoso.com/research/2026"
    assert (await delete(world, {"exported": place})).status_code == 202
    work = work_of(world)
    assert (work.exported, work.retain_days, work.retain_until) == (place, 0, None)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"retainDays": "91"}, "retainDays"),
        ({"retainDays": "-1"}, "retainDays"),
        ({"retainDays": ""}, "retainDays"),
        ({"retainDays": "1.5"}, "retainDays"),
        ({"retainDays": "1", "exported": "https://a.example/b"}, "retainDays"),
        ({"exported": "somewhere"}, "exported"),
        ({"exported": "https://a.example/b?sig=secret"}, "exported"),
        ({"exported": "https://user:secret@a.example/b"}, "exported"),
        ({"exported": "https://a.example/b#c"}, "exported"),
        ({"exported": "https://[a/"}, "exported"),
        ({"exported": "https://a.example/" + "b" * 1024}, "exported"),
        ({"reason": "x" * 501}, "reason"),
        ({"dryRun": "perhaps"}, "dryRun"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    given_dependencies: World, params: dict[str, str], path: str
) -> None:
    """With where the fault is; and no answer repeats what may be a secret."""
    world = given_dependencies
    world.registry.put(record(TenantState.ACTIVE))
    response = await delete(world, params)
    assert response.status_code == 400
    assert [one["path"] for one in content(response)["errors"]] == [path]
    assert b"secret" not in response.get_body()
    assert world.registry.rows[TENANT].value == record(TenantState.ACTIVE)


async def test_what_waits_for_approval_is_withdrawn(given_dependencies: World) -> None:
    """Nothing was done for it, so there is nothing to keep, take down or certify."""
    world = given_dependencies
    world.registry.put(new_tenant(example_request(isolation="cluster"), "ann", NOON))
    operation = world.registry.rows[TENANT].value.operation
    await look_at_approval(world.deps, operation)
    assert world.registry.rows[TENANT].value.state is TenantState.AWAITING_APPROVAL
    response = await delete(world, {"reason": "a mistake"})
    assert (response.status_code, content(response)["told"]) == (202, "the request is withdrawn")
    assert (await delete(world)).status_code == 202
    assert (await look_at_approval(world.deps, operation)).code == "ApprovalWithdrawn"
    found = world.registry.rows[TENANT].value
    assert (found.state, found.work.kind) == (TenantState.OFFBOARDED, Kind.ONBOARD)
    assert found.reason == "withdrawn before it was approved: a mistake"


async def test_a_dry_run_writes_nothing(given_dependencies: World) -> None:
    """Of a tenant of which nothing was ever planned it foresees nothing."""
    world = given_dependencies
    world.registry.put(record(TenantState.FAILED))
    response = await delete(world, {"dryRun": "true", "retainDays": "2"})
    assert response.status_code == 200
    found = content(response)
    assert (found["deleted"], found["purged"], found["parked"]) == ([], [], [])
    assert found["retainUntil"] == (world.clock.now() + timedelta(days=2)).isoformat()
    assert (world.registry.writes, world.client.started, world.arm.writes()) == (1, [], [])


async def test_the_certificate_is_shown_with_its_hash(given_dependencies: World) -> None:
    """Also long after."""
    world = given_dependencies
    kept = await world.documents.put_certificate(certificate_of(f"{TENANT}.2"))
    world.registry.put(record(TenantState.OFFBOARDED, certificate=kept.operation_id))
    response = await show_certificate(request(tenantId=TENANT))
    found = content(response)
    assert (response.status_code, found["hash"]) == (200, kept.hash)
    assert Certificate.model_validate(found["certificate"]) == kept


async def test_a_tenant_without_certificate_has_none(given_dependencies: World) -> None:
    """404, which says so."""
    given_dependencies.registry.put(record(TenantState.ACTIVE))
    response = await show_certificate(request(tenantId=TENANT))
    assert (response.status_code, content(response)["code"]) == (404, "CertificateNotFound")


LEFT = (OpenWork(key="network", resource="/x", reason="forbidden"),)


def failed(kind: Kind = Kind.ONBOARD, **changes: Any) -> TenantRecord:
    """A tenant that has failed, with something left."""
    return record(TenantState.FAILED, **{"open_work": LEFT, "work": Work(kind=kind), **changes})


async def clean_up(world: World) -> func.HttpResponse:
    """Ask for what was left to be taken back."""
    asked: Any = world.client
    return await clean_up_tenant(request(params={"reason": "now"}, tenantId=TENANT), asked)


async def test_what_was_left_of_an_onboarding_is_cleaned_up(given_dependencies: World) -> None:
    """As an operation of its own."""
    world = given_dependencies
    world.registry.put(failed())
    assert (await clean_up(world)).status_code == 202
    assert (work_of(world).kind, work_of(world).reason) == (Kind.CLEAN_UP, "now")


async def test_a_failed_offboarding_is_asked_for_as_it_was(given_dependencies: World) -> None:
    """In the name of who asked for it, with its retention."""
    world = given_dependencies
    was = Work(kind=Kind.OFFBOARD, actor="ann", retain_days=3, retain_until=NOON, tries=4)
    world.registry.put(failed(work=was))
    assert (await clean_up(world)).status_code == 202
    assert work_of(world) == was.model_copy(update={"tries": 0})


@pytest.mark.parametrize(
    "one",
    [
        record(TenantState.ACTIVE),
        record(TenantState.ACTIVE, open_work=LEFT),
        failed(open_work=()),
        failed(Kind.UPDATE),
    ],
    ids=["active", "active-with-work", "nothing-left", "failed-update"],
)
async def test_where_nothing_is_to_go_nothing_is_cleaned_up(
    given_dependencies: World, one: TenantRecord
) -> None:
    """A tenant that failed to change is there, and stays."""
    world = given_dependencies
    world.registry.put(one)
    response = await clean_up(world)
    assert (response.status_code, content(response)["code"]) == (409, "NothingToCleanUp")
    assert await try_again(world.deps, world.client) == []
    world.clock.move(100 * HOUR)
    assert await try_again(world.deps, world.client) == []
    assert world.registry.rows[TENANT].value == one


@pytest.mark.parametrize(("tries", "hours"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 24), (99, 24)])
async def test_the_timer_waits_ever_longer(tries: int, hours: int) -> None:
    """Up to a day."""
    world = World()
    world.registry.put(failed(work=Work(tries=tries)))
    world.clock.move(hours * HOUR - 1)
    assert await try_again(world.deps, world.client) == []
    world.clock.move(1)
    assert await try_again(world.deps, world.client) == [TENANT]
    assert (work_of(world).kind, work_of(world).tries) == (Kind.CLEAN_UP, tries + 1)
    assert await try_again(world.deps, world.client) == []


async def test_the_timer_leaves_who_was_first_alone() -> None:
    """Someone has asked for the tenant again since it was read."""
    world = World()
    world.registry.put(failed())
    world.clock.move(2 * HOUR)

    def interfere(_: TenantRecord) -> None:
        world.registry.before_replace = lambda _: None
        world.registry.put(record(TenantState.PROVISIONING))

    world.registry.before_replace = interfere
    assert await try_again(world.deps, world.client) == []
    assert world.client.started == []
