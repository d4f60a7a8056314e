"""What operators see and do about an operation that hangs, on the genuine local ARM."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import pytest

from landing_zone.access import Role
from landing_zone.audit import AuditEntry
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from tests.principals import ANN, BEN, headers_of
from tests.simulation.checks import assert_audit_verifies, assert_taken_back
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.simulation.virtual_loop import run
from tests.triggers.requests import content, request
from triggers.operation_actions import act_on_operation
from triggers.operations import show_operation
from triggers.recovery import recover
from triggers.starting import start
from triggers.tenants import admitted

HOURS: Final = 6 * 3600.0
TENANT: Final = "contoso-research"
OPERATOR: Final = headers_of(BEN, [Role.OPERATOR])

type Middle = Callable[["Ground"], Awaitable[None]]


class Ground:
    """One tenant whose onboarding is disturbed.

    Attributes:
        simulation: Where it is onboarded.
    """

    def __init__(self, found: Simulation) -> None:
        """Take over what is ready."""
        self.simulation = found

    @property
    def record(self) -> TenantRecord:
        """The tenant."""
        return self.simulation.tenant(TENANT)

    @property
    def entries(self) -> list[AuditEntry]:
        """What the audit tells of it."""
        return self.simulation.world.audit.entries(TENANT)

    def fail(self, kind: str, status: int, code: str, message: str = "busy") -> None:
        """Let every write of some resources be refused for hours."""
        self.simulation.arm.inject(
            {
                "match": {"method": ["PUT"], "type": kind},
                "effect": {"kind": "respond", "status": status, "code": code, "message": message},
                "forSeconds": HOURS,
                "count": 10**6,
            }
        )

    async def onboard(self, middle: Middle) -> TenantRecord:
        """Onboard it, and do something in the middle."""
        record, _ = await admitted(self.simulation.deps, request_of("namespace"), "simulation")
        return await self.do(record, middle)

    async def do(self, record: TenantRecord, middle: Middle) -> TenantRecord:
        """Do what the record says, and something in the middle of it."""
        await start(self.simulation.engine, record)
        async with asyncio.timeout(2 * HOURS):
            await middle(self)
            await self.simulation.engine.until([instance_id(TENANT)])
        return self.record

    async def change(self, wanted: TenantRequest, middle: Middle) -> TenantRecord:
        """Update it, and do something in the middle."""
        work = Work(kind=Kind.UPDATE, actor="simulation", wanted=wanted)
        changed = self.record.next_operation(work, self.simulation.world.clock.now())
        self.simulation.world.registry.put(changed)
        return await self.do(changed, middle)

    async def shown(self, who: dict[str, str] = OPERATOR) -> Any:
        """The operation, as it is shown."""
        client: Any = self.simulation.engine
        asked = request(operationId=self.record.operation_id, headers=who)
        return content(await show_operation(asked, client))

    async def resource(self, key: str) -> Any:
        """A resource of it, as it is shown."""
        shown = await self.shown()
        found = [item for step in shown["steps"] for item in step["resources"]]
        return next((item for item in found if item["key"] == key), {})

    async def waiting(self, key: str, seconds: float = 0.0) -> Any:
        """Why a resource does not come on, once it has waited so long."""
        for _ in range(1000):
            item = await self.resource(key)
            if "lastCall" in item.get("explanation", {}):
                break
            await asyncio.sleep(5)
        await asyncio.sleep(seconds)
        return (await self.resource(key))["explanation"]

    async def act(self, action: str, resource: str = "", **more: Any) -> tuple[int, Any]:
        """Ask for something; the answer."""
        client: Any = self.simulation.engine
        body = {"action": action, "reason": "it hangs", **more}
        if resource:
            body["resource"] = resource
        asked = request(body, operationId=self.record.operation_id, headers=OPERATOR)
        response = await act_on_operation(asked, client)
        return response.status_code, content(response)

    async def accepted(self, action: str, resource: str = "", **more: Any) -> None:
        """Ask for something that is safe."""
        status, answer = await self.act(action, resource, **more)
        assert status == 202, answer

    async def refused(self, action: str, resource: str = "") -> str:
        """Why something is not safe, which changes nothing."""
        before = self.record
        status, answer = await self.act(action, resource)
        assert (status, answer["code"]) == (409, "ActionNotSafe")
        assert self.record == before
        return str(answer["detail"])


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
