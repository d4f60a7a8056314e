"""Which hub a tenant is placed in, and that no two get the last place."""

import asyncio
from collections import Counter
from ipaddress import IPv4Network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.ending import end_operation
from activities.operations import reserve
from activities.outcomes import outcome_of
from landing_zone.capacity import demand_of, forecast, occupancies
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.ends import OperationEnd
from landing_zone.hub import Hub, NodePools
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, World
from tests.unit.hubs import asking_for, document_of, hub, two_hubs
from tests.unit.planned_whole import NODES


def arrive(world: World, number: int, request: TenantRequest) -> OperationRef:
    """A tenant that is being provisioned and holds nothing yet."""
    wanted = request.model_copy(update={"tenant_id": f"tenant-{number}"})
    record = new_tenant(wanted, "ann", NOON)
    world.registry.put(record.model_copy(update={"state": TenantState.PROVISIONING}))
    return OperationRef(tenant_id=record.tenant_id, operation_id=record.operation_id)


async def placed(world: World, number: int, request: TenantRequest) -> Outcome:
    """What came of its reservation."""
    return await outcome_of(reserve(world.deps, arrive(world, number, request)))


def record_of(world: World, number: int) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[f"tenant-{number}"].value


def hubs_of(world: World) -> Counter[str]:
    """How many tenants each ledger holds."""
    return Counter(name for name, _ in world.ledger.held)


async def test_second_hub_takes_over_when_the_first_is_full() -> None:
    """By its models, though it has addresses left; the record names the hub."""
    world = World(two_hubs({"small": 100}, {"small": 100}))
    for number in range(3):
        assert (await placed(world, number, asking_for({"small": 40}))).state == "done"
    assert hubs_of(world) == {"hub-one": 2, "hub-two": 1}
    reservation = record_of(world, 2).reservation
    assert reservation is not None
    assert reservation.hub == "hub-two"
    assert reservation == world.ledger.held["hub-two", "tenant-2"]


async def test_second_hub_takes_over_when_the_pool_is_full() -> None:
    """Each hub is asked with its own pool."""
    document = document_of(hub("hub-one", pool="10.16.0.0/24"), hub("hub-two"))
    world = World(document)
    for number in range(2):
        await placed(world, number, asking_for())
    assert hubs_of(world) == {"hub-one": 1, "hub-two": 1}


async def test_tenant_that_fits_nowhere_fails_with_each_hub_s_binding_limit() -> None:
    """Nothing is held and nothing is made."""
    world = World(two_hubs({"small": 100}, {"small": 50}))
    outcome = await placed(world, 0, asking_for({"small": 101}))
    assert (outcome.state, outcome.code, bool(outcome.hint)) == ("failed", "CapacityExceeded", True)
    assert "hub-one: binding limit: small quota (asked 101, left 100 of 100" in outcome.message
    assert "hub-two: binding limit: small quota (asked 101, left 50 of 50" in outcome.message
    assert (world.ledger.held, record_of(world, 0).reservation) == ({}, None)
    assert {sent.method for sent in world.arm.sent} == {"PAGES"}


async def test_twenty_at_once_never_take_more_than_there_is() -> None:
    """Seven places in all; thirteen are told that there is none."""
    world = World(two_hubs({"small": 40}, {"small": 30}))
    request = asking_for({"small": 10})
    outcomes = await asyncio.gather(*(placed(world, number, request) for number in range(20)))
    assert Counter(outcome.state for outcome in outcomes) == {"done": 7, "failed": 13}
    assert hubs_of(world) == {"hub-one": 4, "hub-two": 3}


@settings(max_examples=25, deadline=None)
@given(
    place=st.builds(
        lambda quota, peerings, pool: hub(models={"small": quota}, peerings=peerings, pool=pool),
        st.integers(10, 90),
        st.integers(1, 9),
        st.sampled_from(["10.16.0.0/21", "10.16.0.0/22"]),
    ),
    length=st.integers(23, 25),
)
def test_reservations_are_as_many_as_were_forecast(place: Hub, length: int) -> None:
    """And as many as a look at the registry would admit: the three never disagree."""
    document = document_of(place)
    world = World(document)
    request = asking_for({"small": 10}, network={"prefixLength": length})

    def records() -> list[TenantRecord]:
        return [row.value for row in world.registry.rows.values()]

    async def arrivals() -> tuple[int, int]:
        assert (await placed(world, 0, request)).state == "done"
        told = forecast(place, occupancies(document, records())[place.name]).tenants_left
        for number in range(1, 200):
            fits = occupancies(document, records())[place.name].refusal(place, demand_of(request))
            outcome = await placed(world, number, request)
            assert (outcome.state == "done") == (fits is None)
            if outcome.state != "done":
                return told, number - 1
        return told, 200

    told, came = asyncio.run(arrivals())
    assert came == told


async def test_place_of_a_tenant_that_failed_is_another_s() -> None:
    """Its claims end with its reservation."""
    world = World(document_of(hub(models={"small": 10})))
    request = asking_for({"small": 10})
    operation = arrive(world, 0, request)
    await reserve(world.deps, operation)
    assert (await placed(world, 1, request)).code == "CapacityExceeded"
    failed = OperationEnd(operation=operation, ok=False, started_at=NOON, code="x", reason="y")
    assert (await end_operation(world.deps, failed)).state == "done"
    assert (await placed(world, 2, request)).state == "done"
    assert world.ledger.claims == {("hub-one", "tenant-2"): demand_of(request).claims}


async def test_tenant_that_a_ledger_knows_stays_in_its_hub() -> None:
    """A worker died before the record could say so, and the first hub has room again."""
    world = World(two_hubs())
    operation = arrive(world, 0, asking_for())
    held = await world.ledger.reserve("hub-two", "tenant-0", 24, [])
    await reserve(world.deps, operation)
    assert record_of(world, 0).reservation == held
    assert hubs_of(world) == {"hub-two": 1}


async def test_activity_that_ran_twice_at_once_leaves_one_place_held() -> None:
    """The other run placed the tenant elsewhere and was first with the record."""
    world = World(two_hubs())
    operation = arrive(world, 0, asking_for())
    other = iter([await world.ledger.reserve("hub-two", "nobody", 24, [])])

    def interfere(_: TenantRecord) -> None:
        for elsewhere in other:
            world.registry.put(record_of(world, 0).model_copy(update={"reservation": elsewhere}))

    world.registry.before_replace = interfere
    await reserve(world.deps, operation)
    reservation = record_of(world, 0).reservation
    assert reservation is not None
    assert reservation.hub == "hub-two"
    assert ("hub-one", "tenant-0") not in world.ledger.held


def with_nodes(**changes: Any) -> TenantRequest:
    """A request of tier nodepool."""
    compute = {"cpu": 1, "memoryGiB": 1, "nodes": NODES}
    return asking_for(isolation="nodepool", compute=compute, **changes)


async def test_node_pools_get_subnets_that_nobody_has() -> None:
    """Neither another tenant nor a subnet that only ARM knows; others read no subnets."""
    world = World()
    (hub_weu,) = world.deps.document.hubs
    orphan = {"properties": {"addressPrefix": "10.0.12.0/26"}}
    world.arm.put(f"{hub_weu.network_id}/subnets/orphan", orphan)
    await asyncio.gather(*(placed(world, number, with_nodes()) for number in range(2)))
    subnets = {str(held.node_subnet) for held in world.ledger.held.values()}
    assert subnets == {"10.0.12.64/27", "10.0.12.96/27"}
    for number in range(2):
        kept = record_of(world, number).reservation
        assert kept is not None
        assert kept.node_subnet == world.ledger.held["hub-weu", f"tenant-{number}"].node_subnet
    before = len(world.arm.sent)
    await placed(world, 2, asking_for())
    assert [sent.path.rpartition("/")[2] for sent in world.arm.sent[before:]] == [
        "virtualNetworkPeerings"
    ]


async def test_node_pools_go_to_the_next_hub_where_the_first_has_no_subnets_left() -> None:
    """And are refused by name of the limit where none has: by a hub that has no range, too."""
    first = hub("hub-one").model_copy(update={"node_pools": None})
    pools = NodePools(address_range=IPv4Network("10.0.12.0/27"), prefix_length=27, route_table="rt")
    second = hub("hub-two").model_copy(update={"node_pools": pools})
    world = World(document_of(first, second))
    assert (await placed(world, 0, with_nodes())).state == "done"
    assert hubs_of(world) == {"hub-two": 1}
    refused = await placed(world, 1, with_nodes())
    assert (refused.state, refused.code) == ("failed", "CapacityExceeded")
    for told in (
        "hub-one: binding limit: node pool subnets (asked 1, left 0 of 0",
        "hub-two: binding limit: node pool subnets (asked 1, left 0 of 1 subnets of /27)",
    ):
        assert told in refused.message
    assert (await placed(world, 2, asking_for())).state == "done"


async def test_subnets_that_only_arm_knows_are_no_fault_of_the_spoke_pool() -> None:
    """The limit that is named is the one that is short."""
    world = World()
    (hub_weu,) = world.deps.document.hubs
    orphan = {"properties": {"addressPrefix": "10.0.12.0/22"}}
    world.arm.put(f"{hub_weu.network_id}/subnets/orphan", orphan)
    refused = await placed(world, 0, with_nodes())
    assert (refused.code, "node pool subnets" in refused.message) == ("CapacityExceeded", True)
