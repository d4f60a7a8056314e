"""Suspending and resuming in each tier, on the genuine local Azure Resource Manager."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from activities.dry_running import dry_run
from landing_zone.audit import verify
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.planning.suspended import suspended
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind
from tests.simulation.checks import assert_whole
from tests.simulation.drifting import Drifting, drifting
from tests.simulation.requests import request_of
from tests.simulation.suspending import (
    TENANT,
    ask_for,
    doors,
    operated,
    stages_of,
    touched,
)
from tests.unit.strategies import TIERS
from triggers.recovery import recover

API = ["api-product", "api-subscription"]
COMPUTE = {
    "namespace": ["namespace", "gitops"],
    "nodepool": ["node-pool", "namespace", "gitops"],
    "cluster": ["cluster"],
}
DISALLOWED = {"kind": "respond", "status": 403, "code": "RequestDisallowedByPolicy"}
PATHS = {
    "api-product": "*/products/tenant-contoso-research",
    "api-subscription": "*/service/*/subscriptions/tenant-contoso-research",
    "hub:firewall": "*/rulecollectiongroups/spokewright-profiles",
    "node-pool": "*/agentpools/t*",
    "namespace": "*/managednamespaces/*",
    "gitops": "*/fluxconfigurations/*",
    "cluster:stop": "*/managedclusters/*/stop",
    "cluster:start": "*/managedclusters/*/start",
}


@contextmanager
def landed(tier: str, *others: str) -> Iterator[tuple[Drifting, Plan]]:
    """An active tenant, with others beside it."""
    requests = [request_of(tier), *(request_of("namespace", name) for name in others)]
    with drifting(*requests) as ground:
        yield ground, ground.simulation.plan_of(ground.records[0])
        assert ground.simulation.engine.crashes == []
        for chain in ground.simulation.world.audit.chains.values():
            assert verify(chain).valid


def fault(key: str, method: str = "PUT", **changes: Any) -> dict[str, Any]:
    """Azure's refusal of a write, which no repetition changes."""
    match = {"method": [method, "DELETE", "POST"], "path": PATHS[key], **changes.pop("match", {})}
    return {"match": match, "effect": DISALLOWED, **changes}


def is_of_others(key: str) -> bool:
    """Whether something that Azure holds is neither a door nor shows one."""
    parts = ("/products/", "/agentpools/", "/managednamespaces/", "/fluxconfigurations/")
    shared = ("/ipgroups/", "/firewallpolicies/", "/managedclusters/")
    return not any(part in key for part in (*parts, *shared, "/service/apim-hub-weu/subscriptions"))


@pytest.mark.parametrize("tier", TIERS)
def test_a_tenant_is_suspended_and_resumed(tier: str) -> None:
    """Closed in order, all else untouched; open again in order, and as it was to the last property.

    Each twice: the second time nothing is asked of Azure.
    """
    with landed(tier) as (ground, made):
        ground.run(lambda: _there_and_back(ground, made, tier))


async def _there_and_back(ground: Drifting, made: Plan, tier: str) -> None:
    found, before = ground.simulation, ground.held()
    ground.clear_log()
    record = await operated(found, Kind.SUSPEND)
    assert (record.state, record.reason, record.open_work) == (TenantState.SUSPENDED, "", ())
    assert (record.plan_hash, record.request) == (suspended(made).hash, ground.records[0].request)
    assert record.reservation == ground.records[0].reservation
    assert set(doors(ground, made).values()) == {False} | ({True} if tier == "cluster" else set())
    # Of a stopped cluster, Flux is at rest as it is.
    assert [key for key, is_open in doors(ground, made).items() if is_open] == (
        ["gitops"] if tier == "cluster" else []
    )
    order = touched(found.arm.log, made)
    assert order[:3] == [*API, "hub:firewall"]
    assert sorted(order[3:]) == sorted(COMPUTE[tier])
    closed = ground.held()
    assert {key: item for key, item in closed.items() if is_of_others(key)} == {
        key: item for key, item in before.items() if is_of_others(key)
    }
    await _nothing_again(ground, Kind.SUSPEND, record)
    ground.clear_log()
    record = await operated(found, Kind.RESUME)
    assert (record.state, record.plan_hash, record.held_by) == (TenantState.ACTIVE, made.hash, "")
    assert_whole(found, record)
    assert ground.held() == before
    order = touched(found.arm.log, made)
    assert order[0] == "hub:firewall"
    assert order[-1] == "api-subscription"
    await _nothing_again(ground, Kind.RESUME, record)


async def _nothing_again(ground: Drifting, kind: Kind, record: TenantRecord) -> None:
    ground.clear_log()
    assert await operated(ground.simulation, kind) == record
    assert ground.simulation.arm.log == []


def test_asking_twice_at_once_does_it_once() -> None:
    """The second finds it under way; what is asked for against it waits its turn."""
    with landed("nodepool") as (ground, made):

        async def happen() -> None:
            found = ground.simulation
            assert await ask_for(found, Kind.SUSPEND)
            assert not await ask_for(found, Kind.SUSPEND)
            assert await ask_for(found, Kind.RESUME)
            await found.engine.until([instance_id(TENANT)])
            record = found.tenant(TENANT)
            assert (record.state, record.operations) == (TenantState.ACTIVE, 3)
            assert all(doors(ground, made).values())

        ground.run(happen)


def by_night(faults: Iterable[tuple[str, str, str]]) -> list[Any]:
    """The same failures, of which what one tier has shown is shown for the others at night."""
    seen: set[str] = set()
    cases: list[Any] = []
    for tier, key, method in faults:
        marks = [pytest.mark.nightly] if key in seen else []
        seen.add(key)
        cases.append(pytest.param(tier, key, method, marks=marks))
    return cases


SUSPEND_FAULTS = [
    *((tier, key, "PUT") for tier in TIERS for key in (*API, "hub:firewall")),
    *((tier, key, "PUT") for tier in TIERS for key in COMPUTE[tier] if key != "cluster"),
    ("cluster", "cluster:stop", "POST"),
]


@pytest.mark.parametrize(("tier", "key", "method"), by_night(SUSPEND_FAULTS))
def test_what_cannot_be_closed_leaves_the_tenant_active(tier: str, key: str, method: str) -> None:
    """Whatever was closed before is open again, to the last property; nothing is left undone."""
    with landed(tier) as (ground, made):
        before = ground.held()
        ground.simulation.arm.inject(fault(key, method, count=1))
        record = ground.run(lambda: operated(ground.simulation, Kind.SUSPEND))
        assert record.state is TenantState.ACTIVE, (record.reason, record.open_work)
        assert key.partition(":")[0] in record.reason or "hub" in record.reason
        assert (record.plan_hash, record.open_work) == (made.hash, ())
        assert all(doors(ground, made).values())
        assert ground.held() == before
        assert_whole(ground.simulation, record)
        document = ground.simulation.world.documents.operations[record.operation_id]
        assert (document["kind"], document["state"]) == ("suspend", "rolled-back")


RESUME_FAULTS = [
    *((tier, key, "PUT") for tier in TIERS for key in (*API, "hub:firewall")),
    *((tier, key, "PUT") for tier in TIERS for key in COMPUTE[tier] if key != "cluster"),
    ("cluster", "cluster:start", "POST"),
]


@pytest.mark.parametrize(("tier", "key", "method"), by_night(RESUME_FAULTS))
def test_what_cannot_be_opened_leaves_the_tenant_suspended(
    tier: str, key: str, method: str
) -> None:
    """Whatever was opened before is closed again; and it is resumed once Azure lets it."""
    with landed(tier) as (ground, made):

        async def happen() -> None:
            found = ground.simulation
            suspended_as = await operated(found, Kind.SUSPEND)
            before = ground.held()
            found.arm.inject(fault(key, method, count=1))
            record = await operated(found, Kind.RESUME)
            assert record.state is TenantState.SUSPENDED, (record.reason, record.open_work)
            assert record.plan_hash == suspended_as.plan_hash
            assert (bool(record.reason), record.open_work) == (True, ())
            assert ground.held() == before
            record = await operated(found, Kind.RESUME)
            assert (record.state, record.reason) == (TenantState.ACTIVE, "")
            assert_whole(found, record)

        ground.run(happen)
        assert all(doors(ground, made).values())


@pytest.mark.parametrize("tier", TIERS)
def test_what_can_be_neither_closed_nor_opened_is_listed(tier: str) -> None:
    """Half open is failed, with each door that is not as it was; suspended anew, it is shut."""
    with landed(tier) as (ground, made):
        last = {"cluster": "cluster:stop"}.get(tier, COMPUTE[tier][0])
        arm = ground.simulation.arm
        stuck = arm.inject(fault(last, "POST" if tier == "cluster" else "PUT"))
        # It is suspended, and then not to be made active again.
        arm.inject(fault("api-subscription", match={"nth": 2}, count=1))

        async def happen() -> None:
            found = ground.simulation
            record = await operated(found, Kind.SUSPEND)
            assert record.state is TenantState.FAILED
            shut = {key for key, is_open in doors(ground, made).items() if not is_open}
            assert shut == {"api-subscription"}
            assert shut <= {item.key for item in record.open_work}
            assert all(item.reason for item in record.open_work)
            with pytest.raises(PermanentError) as refused:
                await operated(found, Kind.RESUME)
            assert refused.value.code == "InvalidTransition"
            assert record.plan_hash == suspended(made).hash
            arm.gateway.faults.remove(stuck.id)
            changed = await operated(found, Kind.UPDATE)
            assert (changed.state, changed.open_work) == (TenantState.FAILED, record.open_work)
            assert "suspend it again" in changed.hint
            record = await operated(found, Kind.SUSPEND)
            assert record.state is TenantState.SUSPENDED, record.reason
            record = await operated(found, Kind.RESUME)
            assert (record.state, record.open_work) == (TenantState.ACTIVE, ())
            assert_whole(found, record)

        ground.run(happen)


def test_a_cluster_that_was_left_stopped_is_never_called_active() -> None:
    """A resumption that can neither go on nor back: it is suspended whole first, then resumed."""
    with landed("cluster") as (ground, made):

        async def happen() -> None:
            found = ground.simulation
            await operated(found, Kind.SUSPEND)
            arm = found.arm
            opening = arm.inject(fault("api-subscription"))
            # The product is published for a while, and then not to be withdrawn.
            arm.inject(fault("api-product", match={"nth": 2}, count=1))
            record = await operated(found, Kind.RESUME)
            assert record.state is TenantState.FAILED
            assert doors(ground, made)["cluster"] is False
            assert "api-subscription" in record.reason
            arm.gateway.faults.remove(opening.id)
            changed = await operated(found, Kind.UPDATE)
            assert (changed.state, changed.open_work) == (TenantState.FAILED, record.open_work)
            assert (await operated(found, Kind.SUSPEND)).state is TenantState.SUSPENDED
            record = await operated(found, Kind.RESUME)
            assert (record.state, record.open_work) == (TenantState.ACTIVE, ())
            assert_whole(found, record)

        ground.run(happen)


def test_others_in_the_hub_notice_nothing() -> None:
    """Their share of the firewall, the gateway and the cluster is as it was, in between, too."""
    with landed("nodepool", "fabrikam") as (ground, made):
        found = ground.simulation

        async def happen(kind: Kind) -> None:
            await operated(found, kind)
            other = found.tenant("fabrikam")
            assert other == ground.records[1]
            document = await dry_run(found.deps, other.request)
            assert (document["changes"], document["unjudged"]) == ([], [])

        ground.run(lambda: happen(Kind.SUSPEND))
        assert not any(doors(ground, made).values())
        ground.run(lambda: happen(Kind.RESUME))


@pytest.mark.parametrize("tier", TIERS)
def test_a_host_that_dies_again_and_again_loses_nothing(tier: str) -> None:
    """Both ways come to their end, and nothing is half open then."""
    with landed(tier) as (ground, _):

        async def happen() -> None:
            found = ground.simulation
            for kind, state in (
                (Kind.SUSPEND, TenantState.SUSPENDED),
                (Kind.RESUME, TenantState.ACTIVE),
            ):
                assert await ask_for(found, kind)
                for seconds in (0.3, 3.0, 7.0, 100.0, 300.0, 250.0):
                    await ground.passed(seconds)
                    found.engine.kill()
                    await ground.passed(1.0)
                    found.engine.revive()
                await found.engine.until([instance_id(TENANT)])
                record = found.tenant(TENANT)
                assert (record.state, record.reason) == (state, "")
            assert_whole(found, record)

        ground.run(happen)


def test_an_orchestration_that_is_lost_is_taken_up_again() -> None:
    """What it had closed is found closed; the rest is closed then."""
    with landed("namespace") as (ground, made):

        async def happen() -> None:
            found = ground.simulation
            assert await ask_for(found, Kind.SUSPEND)
            await ground.passed(120.0)
            found.engine.kill()
            # By an operator's mistake, all that was under way is terminated.
            for instance in found.engine.instances.values():
                instance.status = "Terminated" if instance.running else instance.status
            found.engine.revive()
            await ground.passed(3600.0)
            assert await recover(found.deps, found.engine) == [TENANT]
            await found.engine.until([instance_id(TENANT)])
            assert found.tenant(TENANT).state is TenantState.SUSPENDED
            assert not any(doors(ground, made).values())

        ground.run(happen)


@pytest.mark.parametrize("tier", TIERS)
def test_a_dry_run_of_a_suspended_tenant_finds_nothing_to_do(tier: str) -> None:
    """It is compared with what it is to be: closed."""
    with landed(tier) as (ground, _):

        async def happen() -> None:
            record = await operated(ground.simulation, Kind.SUSPEND)
            ground.clear_log()
            document = await dry_run(ground.simulation.deps, record.request)
            assert (document["changes"], document["unjudged"]) == ([], [])
            assert (document["planHash"], document["state"]) == (record.plan_hash, "suspended")

        ground.run(happen)


def test_the_audit_says_who_closed_what_and_why() -> None:
    """The operation with its plans and its reason; each door once, on the way it was gone."""
    with landed("namespace") as (ground, made):

        async def happen() -> None:
            await operated(ground.simulation, Kind.SUSPEND)

        ground.run(happen)
        entries = ground.simulation.world.audit.entries(TENANT)
        begun, done = (one for one in entries if one.action == "tenant.suspend")
        assert (begun.outcome, begun.actor, begun.details["why"]) == ("begun", "ann", "holidays")
        assert (begun.details["before"], done.details["after"]) == ("active", "suspended")
        assert done.details["planHash"] == suspended(made).hash
        assert done.details["planBefore"] == made.hash
        assert done.details["stages"] == "close-api, close-egress, stop-compute"
        record = ground.simulation.tenant(TENANT)
        assert stages_of(ground.simulation, record) == [
            ("close-api", "done"),
            ("close-egress", "done"),
            ("stop-compute", "done"),
        ]
        document = ground.simulation.world.documents.operations[record.operation_id]
        assert (document["kind"], document["state"]) == ("suspend", "succeeded")
        shown = [item["key"] for step in document["steps"] for item in step["resources"]]
        assert sorted(shown) == sorted([*API, "hub:firewall", "namespace", "gitops"])
        assert {step["state"] for step in document["steps"]} == {"done"}
