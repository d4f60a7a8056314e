"""The ways out that no single failure shows: what waits, what others do, what is left and found."""

import asyncio
import random
from datetime import timedelta
from typing import Any, Final

import pytest

from landing_zone.lifecycle import TenantState
from landing_zone.planning import api_versions
from landing_zone.references import resolved_where_known
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.simulation.kinds import KINDS, fault_at, scapegoat
from tests.simulation.leaving import (
    OFFBOARD,
    assert_gone,
    assert_nothing_held,
    begin,
    dump,
    lived,
    mend,
    offboard,
    onboard,
    operate,
    request_for,
    settled,
)
from tests.simulation.matrix import DISALLOWED, planned
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.unit.strategies import TIERS
from triggers.cleaning import try_again

TENANT: Final = "contoso-research"
HOUR: Final = 3600.0


def types_of(world: Simulation, record: TenantRecord) -> set[str]:
    """Types of all that is in a tenant's subscription."""
    scope = f"/subscriptions/{record.subscription_id}/"
    return {str(one.get("type", "")).lower() for key, one in dump(world).items() if scope in key}


def known_id(world: Simulation, record: TenantRecord, key: str) -> str:
    """ARM id of what is planned under a key."""
    outputs = world.world.documents.operations[record.applied_by]["outputs"]
    return resolved_where_known(world.plan_of(record).by_key[key].id, outputs)


async def put(world: Simulation, path: str, version: str, body: dict[str, Any]) -> None:
    """Write something that is none of the plan's."""
    await world.deps.arm.write("PUT", path, version, body)


def test_data_is_kept_as_long_as_was_asked_and_nobody_gets_in() -> None:
    """The API and the way out are closed at once, all else stands until the time is over."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request_of("namespace"))
            until = world.world.clock.now() + timedelta(days=1)
            kept = OFFBOARD.model_copy(update={"retain_days": 1, "retain_until": until})
            await begin(world, TENANT, kept)
            await asyncio.sleep(20 * HOUR)
            assert world.tenant(TENANT).state is TenantState.OFFBOARDING
            assert "microsoft.storage/storageaccounts" in types_of(world, record)
            held = dump(world)
            assert not any("/products/contoso-research" in key for key in held)
            assert not any("/ipgroups/" in key for key in held.keys() - before.keys())
            gone = await settled(world, TENANT)
            assert world.world.clock.now() > until
            assert_gone(world, before, gone)
            certificate = world.world.documents.certificates[gone.certificate]
            assert certificate.retained_until == until

        lived(world, life())


def test_other_tenants_are_left_alone() -> None:
    """What another has, in its subscription and in the hub, is byte for byte the same."""
    with simulation() as world:

        async def life() -> None:
            other = await onboard(world, request_of("nodepool", "other-one"))
            before = dump(world)
            await onboard(world, request_of("nodepool"))
            gone = await offboard(world, TENANT)
            certificate = world.world.documents.certificates[gone.certificate]
            mine = {key for key in dump(world) if certificate.subscription.id in key}
            after = {key: one for key, one in dump(world).items() if key not in mine}
            assert after.keys() == before.keys()
            assert [key for key in before if before[key] != after[key] and not _shared(key)] == []
            assert world.tenant("other-one") == other

        lived(world, life())


def _shared(key: str) -> bool:
    """What the hub's reconciler has written for both: its content is compared by its own laws."""
    return "/ipgroups/" in key or "/rulecollectiongroups/" in key or "/virtualnetworks/" in key


TAGS: Final = "/providers/microsoft.resources/tags/default"
"""What a subscription's tags are called, which Azure holds with the subscription."""


def test_locks_of_others_are_named_and_ours_taken_away() -> None:
    """Nothing is taken down around a lock; once it is gone, the same request goes on."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request_of("namespace"))
            group = known_id(world, record, "resource-group:workload")
            locks = f"{group}/providers/Microsoft.Authorization/locks"
            body = {"properties": {"level": "CanNotDelete", "notes": "audit of 2026"}}
            await put(world, f"{locks}/keep", api_versions.LOCKS, body)
            await put(world, f"{locks}/spokewright-keep", api_versions.LOCKS, body)
            failed = await operate(world, TENANT, OFFBOARD)
            assert failed.state is TenantState.FAILED
            [left] = [one for one in failed.open_work if "/locks/" in one.resource]
            assert left.resource.endswith("/locks/keep")
            assert "audit of 2026" in left.reason
            assert "/locks/keep" in failed.reason
            assert failed.hint
            there = {one.lower() for one in dump(world)}
            listed = {one.resource.lower().removesuffix(TAGS) for one in failed.open_work}
            assert listed <= there, listed - there
            assert "microsoft.storage/storageaccounts" in types_of(world, record)
            await world.deps.arm.write("DELETE", f"{locks}/keep", api_versions.LOCKS, None)
            assert_gone(world, before, await offboard(world, TENANT))

        lived(world, life())


def test_what_nobody_planned_goes_with_a_subscription_that_we_made() -> None:
    """As the group of the network watchers, which Azure makes by itself."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request_of("namespace"))
            group = f"/subscriptions/{record.subscription_id}/resourceGroups/NetworkWatcherRG"
            await put(world, group, api_versions.RESOURCES, {"location": "westeurope"})
            table = f"{group}/providers/Microsoft.Network/routeTables/theirs"
            await put(world, table, api_versions.NETWORK, {"location": "westeurope"})
            assert_gone(world, before, await offboard(world, TENANT))

        lived(world, life())


def test_what_is_found_at_the_end_is_listed_and_no_certificate_is_made() -> None:
    """A role that someone gave a tenant's identity in the hub is none of the plan's."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request_of("namespace"))
            outputs = world.world.documents.operations[record.applied_by]["outputs"]
            hub = world.deps.document.hubs[0]
            scope = f"/subscriptions/{hub.subscription_id}"
            name = "00000000-0000-4000-8000-0000000000aa"
            role = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
            reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
            properties = {
                "roleDefinitionId": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/"
                f"{reader}",
                "principalId": outputs["identity:workload"]["principalId"],
                "principalType": "ServicePrincipal",
            }
            await put(world, role, api_versions.AUTHORIZATION, {"properties": properties})
            failed = await operate(world, TENANT, OFFBOARD)
            assert failed.state is TenantState.FAILED
            assert [one.resource for one in failed.open_work] == [role]
            assert role in failed.reason
            assert failed.certificate == ""
            assert failed.reservation is not None
            await world.deps.arm.write("DELETE", role, api_versions.AUTHORIZATION, None)
            assert_gone(world, before, await offboard(world, TENANT))

        lived(world, life())


def keep(world: Simulation, key: str) -> None:
    """Let Azure refuse to delete what is planned under a key."""
    fault = fault_at(KINDS["undo:forbidden-for-good"], planned("namespace").by_key[key])
    world.arm.inject({**fault, "match": {**fault["match"], "method": ["DELETE"]}})


async def left_behind(world: Simulation, key: str = "network") -> TenantRecord:
    """A tenant whose onboarding failed and of which something could not be taken back."""
    made = planned("namespace")
    other = scapegoat(made, made.by_key[key])
    world.arm.inject(fault_at(KINDS["write:forbidden-for-good"], other) | DISALLOWED)
    keep(world, key)
    record = await onboard(world, request_of("namespace"))
    assert record.state is TenantState.FAILED
    assert key in {item.key for item in record.open_work}
    mend(world)
    return record


def assert_cleaned(world: Simulation, before: dict[str, Any]) -> None:
    """Nothing is left but what Azure keeps of its own, and nothing is held."""
    record = world.tenant(TENANT)
    assert record.state is TenantState.FAILED
    assert_nothing_held(world, record)
    fresh = [key for key in dump(world).keys() - before.keys() if "/subscriptions/" in key]
    kept = ("/deletedvaults/", "/deletedaccounts/")
    left = [key for key in fresh if key.count("/") > 2 and not any(one in key for one in kept)]
    assert [key for key in left if "managementgroups" not in key] == []


def test_what_was_left_of_an_onboarding_is_taken_back_when_asked() -> None:
    """Exactly that is walked over, and then nothing is held any more."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            failed = await left_behind(world)
            left = {item.key for item in failed.open_work}
            again = Work(kind=Kind.CLEAN_UP, actor="operator")
            record = await operate(world, TENANT, again)
            document = world.world.documents.operations[record.operation_id]
            walked = {one["key"] for stage in document["stages"] for one in stage["resources"]}
            assert walked == left
            assert document["kind"] == "clean-up"
            assert_cleaned(world, before)

        lived(world, life())


def test_what_was_left_is_tried_again_by_the_timer_ever_more_seldom() -> None:
    """After one hour, after two more, after four more; then it is gone."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            await left_behind(world)
            broken = fault_at(
                KINDS["undo:forbidden-for-good"], planned("namespace").by_key["network"]
            )
            world.arm.inject(broken)
            tries: list[float] = []
            began = world.world.clock.now()
            for _ in range(14):
                await asyncio.sleep(HOUR)
                if await try_again(world.deps, world.engine):
                    await settled(world, TENANT)
                    tries.append((world.world.clock.now() - began).total_seconds() / HOUR)
            assert len(tries) == 3
            first, second, third = tries
            assert third - second > second - first > first - 0.5 > 0
            mend(world)
            await asyncio.sleep(24 * HOUR)
            assert await try_again(world.deps, world.engine) == [TENANT]
            await settled(world, TENANT)
            assert_cleaned(world, before)
            assert await try_again(world.deps, world.engine) == []

        lived(world, life())


def test_an_offboarding_that_failed_is_tried_again_to_its_certificate() -> None:
    """By the timer, in the name of who asked for it."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            await onboard(world, request_of("namespace"))
            keep(world, "network")
            failed = await operate(world, TENANT, OFFBOARD)
            assert "network" in {item.key for item in failed.open_work}
            mend(world)
            await asyncio.sleep(HOUR)
            assert await try_again(world.deps, world.engine) == [TENANT]
            record = await settled(world, TENANT)
            assert_gone(world, before, record)
            certificate = world.world.documents.certificates[record.certificate]
            assert certificate.asked_by == OFFBOARD.actor

        lived(world, life())


def test_a_tenant_that_left_may_come_again() -> None:
    """With names that nothing parked keeps from it; and its certificate stays."""
    with simulation() as world:

        async def life() -> None:
            await onboard(world, request_of("cluster"))
            gone = await offboard(world, TENANT)
            record = await onboard(world, request_of("cluster"))
            assert (record.state, record.reason) == (TenantState.ACTIVE, "")
            assert record.certificate == gone.certificate
            again = await offboard(world, TENANT)
            assert again.certificate == record.operation_id.replace(".3", ".4")

        lived(world, life())


@pytest.mark.parametrize("seed", range(4))
def test_the_host_may_die_at_any_time(seed: int) -> None:
    """Again and again: what is under way is taken up where it was."""
    dice = random.Random(seed)  # noqa: S311 - it is to be repeatable
    with simulation() as world:
        before = dump(world)

        async def deaths() -> None:
            while True:
                await asyncio.sleep(dice.uniform(1, 60))
                world.engine.kill()
                await asyncio.sleep(dice.uniform(1, 5))
                world.engine.revive()

        async def life() -> None:
            await onboard(world, request_of("namespace"))
            await begin(world, TENANT, OFFBOARD)
            dying = asyncio.create_task(deaths())
            record = await settled(world, TENANT)
            dying.cancel()
            assert_gone(world, before, record)

        lived(world, life())


@pytest.mark.parametrize("tier", TIERS)
def test_a_suspended_tenant_leaves(tier: str) -> None:
    """Also where its cluster is stopped, of which nothing can be changed."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            await onboard(world, request_of(tier))
            suspended = await operate(world, TENANT, Work(kind=Kind.SUSPEND, actor="ann"))
            assert (suspended.state, suspended.reason) == (TenantState.SUSPENDED, "")
            assert_gone(world, before, await operate(world, TENANT, OFFBOARD))

        lived(world, life())


def test_an_adopted_subscription_is_given_back_when_its_onboarding_fails() -> None:
    """Its place and its tags are what they were: compensation and offboarding undo the same."""
    with simulation() as world:
        request = request_for(world, "namespace", "adopt")
        before = dump(world)

        async def life() -> None:
            made = planned("namespace")
            other = scapegoat(made, made.by_key["network"])
            world.arm.inject(fault_at(KINDS["write:forbidden-for-good"], other) | DISALLOWED)
            record = await onboard(world, request)
            assert (record.state, record.open_work) == (TenantState.FAILED, ())
            assert_nothing_held_but_told(world, record)
            after = dump(world)
            kept = ("/deletedvaults/", "/deletedaccounts/")
            assert all(any(one in key for one in kept) for key in after.keys() - before.keys())
            assert [key for key in before if before[key] != after.get(key)] == []

        lived(world, life())


def assert_nothing_held_but_told(world: Simulation, record: TenantRecord) -> None:
    """A failed onboarding says why, and holds nothing."""
    assert record.reason
    assert record.reservation is None
    assert TENANT not in world.world.registry.claims.values()
