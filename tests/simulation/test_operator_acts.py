"""What operators see and do about an operation that hangs, on the genuine local ARM."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from landing_zone.access import Role
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.principals import ANN, BEN, headers_of
from tests.simulation.acted import HOURS, TENANT, Ground, Middle
from tests.simulation.checks import assert_audit_verifies, assert_taken_back
from tests.simulation.simulation import simulation
from tests.simulation.virtual_loop import run
from triggers.recovery import recover


@pytest.fixture
def ground() -> Iterator[Ground]:
    """A landing zone with nothing but its hub."""
    with simulation() as found:
        yield Ground(found)
        assert found.engine.crashes == []


def lived(ground: Ground, middle: Middle) -> TenantRecord:
    """The tenant after an onboarding with something in the middle."""
    return run(ground.simulation.world.clock, ground.onboard(middle))


async def nothing(ground: Ground) -> None:
    """Let it be."""
    assert ground.record.ongoing


def safe(explanation: Any) -> dict[str, bool]:
    """Which actions are said to be safe."""
    return {item["action"]: item["safe"] for item in explanation["actions"]}


def test_a_resource_that_is_refused_for_hours_says_why_and_is_retried(ground: Ground) -> None:
    """The call, its answer, since when, who holds it; and once it is free, it is not waited for."""
    ground.fail(
        "Microsoft.Storage/storageAccounts",
        409,
        "AnotherOperationInProgress",
        "use uri: https://management.azure.com/subscriptions/1/providers/x/operations/42.",
    )

    async def middle(ground: Ground) -> None:
        found = await ground.waiting("storage", 1000)
        assert found["stuck"]
        assert (found["lastCall"]["activity"], found["lastCall"]["method"]) == (
            "begin_resource",
            "PUT",
        )
        assert found["lastCall"]["code"] == "AnotherOperationInProgress"
        assert found["heldBy"]["kind"] == "operation"
        assert found["heldBy"]["id"].endswith("/operations/42")
        assert found["nextRetry"] > found["lastCall"]["at"] > found["since"]
        assert safe(found) == {"retry": True, "skip": False}
        shown = await ground.shown()
        assert (shown["stuck"], shown["explanation"]["stuckResources"]) == (
            True,
            ["records", "storage"],
        )
        ground.simulation.arm.gateway.faults.remove()
        await ground.accepted("retry", "storage")

    assert lived(ground, middle).state is TenantState.ACTIVE
    told = [entry for entry in ground.entries if entry.action == "operation.retry"]
    assert [(entry.outcome, entry.details.get("why", "")) for entry in told] == [
        ("asked", "it hangs"),
        ("heard", ""),
    ]
    assert told[0].actor == f"person:{BEN}"
    assert told[0].resource.lower().find("/storageaccounts/") > 0


def test_what_nothing_needs_is_skipped_and_is_open_work_until_an_update(ground: Ground) -> None:
    """The tenant is active without it, and says so; an update makes it."""
    ground.fail("Microsoft.Consumption/budgets", 500, "InternalServerError")

    async def middle(ground: Ground) -> None:
        assert safe(await ground.waiting("budget")) == {"retry": True, "skip": True}
        await ground.accepted("skip", "budget")

    async def twice(ground: Ground) -> TenantRecord:
        record = await ground.onboard(middle)
        ground.simulation.arm.gateway.faults.remove()
        await ground.change(record.request, nothing)
        return record

    record = run(ground.simulation.world.clock, twice(ground))
    assert record.state is TenantState.ACTIVE
    (work,) = record.open_work
    assert (work.key, work.missing) == ("budget", True)
    assert "it hangs" in work.reason
    document = ground.simulation.world.documents.operations[record.operation_id]
    assert (document["state"], [item["key"] for item in document["openWork"]]) == (
        "succeeded",
        ["budget"],
    )
    items = {item["key"]: item["state"] for step in document["steps"] for item in step["resources"]}
    assert {key for key, state in items.items() if state != "done"} == {"budget"}
    assert items["budget"] == "given-up"
    assert (ground.record.state, ground.record.open_work) == (TenantState.ACTIVE, ())
    ids = [str(item["id"]).lower() for item in ground.simulation.arm.resources()]
    assert [one for one in ids if "microsoft.consumption/budgets" in one]


def test_compensating_works_while_a_resource_waits_for_hours(ground: Ground) -> None:
    """All that was made is taken back, in a fraction of that time."""
    ground.fail("Microsoft.Storage/storageAccounts", 500, "InternalServerError")
    clock = ground.simulation.world.clock
    begun = clock.now()

    async def middle(ground: Ground) -> None:
        await ground.waiting("storage", 600)
        assert safe((await ground.shown())["explanation"])["compensate"]
        await ground.accepted("compensate")
        status, answer = await ground.act("compensate")
        assert (status, "told again" in answer["told"]) == (202, True)
        await asyncio.sleep(0.1)
        why = await ground.refused("compensate")
        assert "asked for already" in why
        assert "being taken back" in await ground.refused("retry", "storage")

    record = lived(ground, middle)
    assert (record.state, record.open_work) == (TenantState.FAILED, ())
    assert "it hangs" in record.reason
    assert_taken_back(ground.simulation, record, readable=True)
    assert_audit_verifies(ground.simulation, record)
    assert (clock.now() - begun).total_seconds() < HOURS / 2
    document = ground.simulation.world.documents.operations[record.operation_id]
    assert (document["state"], document["code"]) == ("compensated", "Compensated")


def test_what_azure_asks_for_is_waited_for(ground: Ground) -> None:
    """A throttled subscription is left alone, whoever is in a hurry."""
    ground.simulation.arm.inject(
        {
            "preset": "throttled",
            "match": {"method": ["PUT"], "type": "Microsoft.Storage/storageAccounts"},
            "effect": {
                "kind": "respond",
                "status": 429,
                "code": "SubscriptionRequestsThrottled",
                "message": "slow down",
                "retryAfter": 1800,
            },
        }
    )
    refused: list[float] = []

    async def middle(ground: Ground) -> None:
        found = await ground.waiting("storage")
        assert (found["heldBy"]["kind"], safe(found)["retry"]) == ("quota", False)
        refused.append(ground.simulation.arm.cloud.now())
        assert "asked to be left alone" in await ground.refused("retry", "storage")
        await ground.accepted("retry", "storage", anew=True)

    assert lived(ground, middle).state is TenantState.ACTIVE
    subscription = f"/subscriptions/{ground.record.subscription_id}/".lower()
    calls = [
        one.at for one in ground.simulation.arm.log if one.path.lower().startswith(subscription)
    ]
    assert not [at for at in calls if refused[0] < at < refused[0] + 1790]


def test_the_host_dies_right_after_the_action(ground: Ground) -> None:
    """The record has what nobody was told: a timer tells it again."""
    ground.fail("Microsoft.Storage/storageAccounts", 500, "InternalServerError")

    async def middle(ground: Ground) -> None:
        await ground.waiting("storage", 300)
        engine = ground.simulation.engine
        engine.lost = 1
        await ground.accepted("compensate")
        engine.kill()
        engine.revive()
        await asyncio.sleep(120)
        assert ground.record.acts.unheard
        assert await recover(ground.simulation.deps, engine) == []

    record = lived(ground, middle)
    assert record.state is TenantState.FAILED
    assert_taken_back(ground.simulation, record, readable=True)


def test_who_waits_for_the_hub_is_told_its_place_in_the_line(ground: Ground) -> None:
    """Others' names are for those who may see all tenants."""
    seen: list[Any] = []

    async def middle(ground: Ground) -> None:
        seen.append(await ground.waiting("hub:firewall"))
        seen.append(await ground.shown(headers_of(ANN, [Role.READER])))

    assert lived(ground, middle).state is TenantState.ACTIVE
    held = seen[0]["heldBy"]
    assert (held["kind"], held["lane"], held["position"], held["waiting"]) == (
        "hub",
        "firewall",
        1,
        1,
    )
    assert held["tenants"] == [TENANT]
    assert safe(seen[0])["skip"] is False


@pytest.mark.parametrize("action", ["compensate", "skip"])
def test_a_route_is_led_back_or_goes_on_without_what_hangs(ground: Ground, action: str) -> None:
    """An update: the tenant is as it was before, or as it was asked for but for one thing."""

    async def middle(ground: Ground) -> None:
        await ground.waiting("budget", 600)
        ground.simulation.arm.gateway.faults.remove()
        await ground.accepted(action, "budget" if action == "skip" else "")

    async def twice(ground: Ground) -> tuple[TenantRecord, TenantRecord]:
        before = await ground.onboard(nothing)
        ground.fail("Microsoft.Consumption/budgets", 500, "InternalServerError")
        document = before.request.to_document()
        dearer = document | {"budget": document["budget"] | {"monthly": 7000}}
        wanted = type(before.request).model_validate(dearer)
        return before, await ground.change(wanted, middle)

    before, after = run(ground.simulation.world.clock, twice(ground))
    assert after.state is TenantState.ACTIVE
    if action == "skip":
        assert after.request.budget.monthly == 7000
        assert [(work.key, work.missing) for work in after.open_work] == [("budget", True)]
        return
    assert (after.request, after.plan_hash, after.open_work) == (
        before.request,
        before.plan_hash,
        (),
    )
    noted = [one.event_id for one in ground.entries if one.operation_id == after.operation_id]
    walks = {one.split(":")[1] for one in noted if one.endswith(":budget")}
    assert walks == {"apply", "restore"}
    told = ground.simulation.world.documents.operations[after.operation_id]
    assert (told["state"], told["code"]) == ("rolled-back", "Compensated")


def test_what_hangs_while_it_is_taken_back_can_be_left(ground: Ground) -> None:
    """It is open work then, with what it stands in; all else is gone."""

    async def middle(ground: Ground) -> None:
        await ground.waiting("hub:firewall", 120)
        assert (await ground.resource("records"))["state"] == "done"
        await ground.accepted("compensate")
        ground.simulation.arm.inject(
            {
                "match": {"method": ["DELETE"], "type": "Microsoft.Storage/storageAccounts"},
                "effect": {"kind": "respond", "status": 409, "code": "Conflict", "message": "busy"},
                "forSeconds": HOURS,
                "count": 10**6,
            }
        )
        found = await ground.waiting("records", 300)
        assert (found["lastCall"]["method"], safe(found)) == (
            "DELETE",
            {"retry": True, "skip": True},
        )
        assert "asked for already" in await ground.refused("compensate")
        await ground.accepted("skip", "records")

    record = lived(ground, middle)
    assert record.state is TenantState.FAILED
    left = {work.key: work for work in record.open_work}
    assert "it hangs" in left["records"].reason
    assert not left["records"].missing
    assert_taken_back(ground.simulation, record, readable=True)
