"""Capacity: what tenants take, what hubs have left, how many more fit."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.capacity import (
    CapacityExceeded,
    Demand,
    Occupancy,
    Tenancy,
    demand_of,
    forecast,
    occupancies,
    require_room,
    total_claims,
)
from landing_zone.capacity.demand import SMALLEST, median_demand
from landing_zone.capacity.limits import PROFILES, limits_of
from landing_zone.hub import Hub
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import HUBS, NOON, example_request
from tests.unit.hubs import asking_for, document_of, holding, hub, two_hubs
from tests.unit.strategies import tenant_requests

NODES = {"size": "Standard_D4ds_v5", "min": 1, "max": 3}
NO_DATA = {"storage": False, "database": "none", "vectorIndex": "none"}
LEAST = example_request(
    network={"prefixLength": 27},
    compute={"cpu": 1, "memoryGiB": 1},
    data=NO_DATA,
    ai={},
    egress={"profiles": [], "fqdns": []},
)


def small_hubs() -> st.SearchStrategy[Hub]:
    """Hubs in which any limit may be the one that binds."""
    few = st.integers(0, 12)
    return st.builds(
        lambda pool, quota, **limits: hub(models={"small": quota}, pool=pool, **limits),
        st.sampled_from(["10.16.0.0/21", "10.16.0.0/22", "10.16.0.0/25", "10.16.0.0/26"]),
        st.integers(1, 1_000),
        peerings=few,
        apiProducts=few,
        ipGroupAddresses=few,
        firewallAddresses=st.integers(0, 40),
        sharedCpu=st.one_of(st.none(), st.integers(0, 60)),
        nodePools=few,
        nodes=st.integers(0, 30),
    )


def demands() -> st.SearchStrategy[Demand]:
    """What tenants of all tiers take."""
    return st.builds(
        lambda length, tokens, fqdns, tier: demand_of(
            asking_for(
                {"small": tokens} if tokens else None,
                network={"prefixLength": length},
                data=NO_DATA,
                egress={"profiles": ["azure"], "fqdns": [f"a{n}.contoso.com" for n in fqdns]},
                isolation=tier,
                compute={"cpu": 4, "memoryGiB": 16, "nodes": NODES},
            )
        ),
        st.integers(22, 27),
        st.integers(0, 300),
        st.lists(st.integers(0, 5), unique=True, max_size=3),
        st.sampled_from(["namespace", "nodepool", "cluster"]),
    )


def filled(place: Hub, wanted: list[Demand]) -> Occupancy:
    """The hub with those of the tenants that fit."""
    occupancy = Occupancy()
    for demand in wanted:
        if occupancy.refusal(place, demand) is None:
            occupancy = occupancy.admit(place, demand)
    return occupancy


@settings(max_examples=150, deadline=None)
@given(place=small_hubs(), wanted=st.lists(demands(), max_size=5))
def test_forecast_is_what_admission_admits(place: Hub, wanted: list[Demand]) -> None:
    """Typical tenants are admitted one by one until one is refused: as many as were forecast."""
    occupancy = filled(place, wanted)
    told = forecast(place, occupancy)
    for _ in range(told.tenants_left):
        occupancy = occupancy.admit(place, told.typical)
    with pytest.raises(CapacityExceeded) as caught:
        occupancy.admit(place, told.typical)
    [refusal] = caught.value.refusals
    assert told.binding.limit.title in {short.limit.title for short in refusal.shortages}


@settings(max_examples=60, deadline=None)
@given(place=small_hubs(), wanted=st.lists(demands(), max_size=6), chance=st.randoms())
def test_order_of_tenants_means_nothing(place: Hub, wanted: list[Demand], chance: Random) -> None:
    """The forecast is of what is taken, not of when."""
    occupancy = filled(place, wanted)
    tenancies = list(occupancy.tenancies)
    chance.shuffle(tenancies)
    assert forecast(place, Occupancy(tuple(tenancies))) == forecast(place, occupancy)


@settings(max_examples=60, deadline=None)
@given(place=small_hubs(), wanted=st.lists(demands(), min_size=1, max_size=6))
def test_freeing_restores(place: Hub, wanted: list[Demand]) -> None:
    """Where a tenant has left, its like fits, and takes as much as it did."""
    full = filled(place, wanted)
    for at, gone in enumerate(full.tenancies):
        freed = Occupancy(full.tenancies[:at] + full.tenancies[at + 1 :])
        assert freed.refusal(place, gone.demand) is None
        assert freed.admit(place, gone.demand).used == full.used


@settings(max_examples=60, deadline=None)
@given(place=small_hubs(), wanted=st.lists(demands(), max_size=8))
def test_no_limit_is_ever_exceeded(place: Hub, wanted: list[Demand]) -> None:
    """Whatever is asked for; and left is never below 0."""
    told = forecast(place, filled(place, wanted))
    for one in told.limits:
        taken_by_tenants = one.used - one.limit.platform
        assert taken_by_tenants <= max(0, one.limit.total - one.limit.platform)
        assert one.left >= 0


@settings(max_examples=100, deadline=None)
@given(request=tenant_requests())
def test_no_request_takes_less_than_the_smallest(request: TenantRequest) -> None:
    """On what every tenant takes; and no claim is of nothing."""
    found = demand_of(request)
    assert found.prefix_length <= SMALLEST.prefix_length
    common = SMALLEST.claims.keys() - {"sharedCpu", "sharedMemoryGiB"}
    assert all(found.claims[name] >= SMALLEST.claims[name] for name in common)
    assert all(amount > 0 for amount in found.claims.values())


def test_smallest_request_is_a_valid_one() -> None:
    """There is a request that takes just this."""
    assert demand_of(LEAST) == SMALLEST


@pytest.mark.parametrize(("index", "taken"), [("shared", 1), ("dedicated", 0), ("none", 0)])
def test_only_an_index_of_the_shared_service_is_taken_of_it(index: str, taken: int) -> None:
    """A service of the tenant's own has indexes of its own."""
    data = {"storage": True, "database": "none", "vectorIndex": index}
    assert demand_of(example_request(data=data)).claims.get("searchIndexes", 0) == taken


@pytest.mark.parametrize(
    ("tier", "takes"),
    [
        ("namespace", {"sharedCpu": 8, "sharedMemoryGiB": 32}),
        ("nodepool", {"nodePools": 1, "nodes": 3}),
        ("cluster", {}),
    ],
)
def test_tier_decides_what_is_taken_of_the_shared_cluster(tier: str, takes: dict[str, int]) -> None:
    """A cluster of its own takes nothing of it."""
    names = {"sharedCpu", "sharedMemoryGiB", "nodePools", "nodes"}
    claims = demand_of(example_request(isolation=tier)).claims
    assert {name: claims[name] for name in names & claims.keys()} == takes


def test_egress_takes_room_in_the_firewall() -> None:
    """A range in the group of each profile; each name of its own is a destination."""
    egress = {"profiles": ["azure", "github"], "fqdns": ["a.contoso.com", "b.contoso.com"]}
    claims = demand_of(example_request(egress=egress)).claims
    assert claims["firewallAddresses"] == 3
    assert {name: claims[name] for name in claims if name.startswith("ipGroup:")} == {
        "ipGroup:azure": 1,
        "ipGroup:github": 1,
    }


def test_shortest_limit_is_named_first() -> None:
    """The one of which least is left for what is asked."""
    place = hub(models={"small": 10}, sharedCpu=8, peerings=0)
    refusal = Occupancy().refusal(place, Demand(24, {"tokensPerMinute:small": 40, "sharedCpu": 10}))
    assert refusal is not None
    assert [short.limit.title for short in refusal.shortages] == [
        "small quota",
        "CPU of the shared cluster",
    ]


def test_every_claim_has_its_limit() -> None:
    """But those that the hub document sets none for."""
    claims = {
        name
        for tier in ("namespace", "nodepool")
        for name in demand_of(example_request(isolation=tier)).claims
    }
    assert claims - limits_of(HUBS.hubs[0]).keys() == {"subscriptions"}
    limits = limits_of(hub(subscriptions=5, sharedCpu=1, sharedMemoryGiB=1)).keys()
    assert claims - limits == {"tokensPerMinute:gpt-5-mini"}


def test_profiles_are_those_of_the_request() -> None:
    """Each has an IP group."""
    request = example_request(egress={"profiles": list(PROFILES), "fqdns": []})
    assert request.egress.profiles == PROFILES


def test_forecast_names_the_binding_limit() -> None:
    """In a line that a person understands."""
    document = document_of(hub(models={"gpt-5-mini": 1_900_000}))
    request = asking_for({"gpt-5-mini": 50_000})
    held = [holding(document, "hub-one", 0, request)]
    told = forecast(document.hubs[0], occupancies(document, held)["hub-one"])
    assert told.summary == "37 tenants left; binding limit: gpt-5-mini quota"
    assert told.typical_is == "the median of the hub's 1 tenant"
    assert told.ranges_left == {22: 15, 23: 31, 24: 63, 25: 126, 26: 252, 27: 504}


def test_empty_hub_is_forecast_by_the_smallest_request() -> None:
    """And says so."""
    told = forecast(hub(pool="10.16.0.0/26"), Occupancy())
    assert told.summary == "2 tenants left; binding limit: addresses of the spoke pool"
    assert (told.typical, told.tenants) == (SMALLEST, 0)
    assert "smallest request" in told.typical_is


def test_what_the_platform_takes_is_not_left() -> None:
    """The shared cluster has a pool of its own before any tenant comes."""
    told = forecast(hub(nodePools=100), Occupancy())
    [pools] = [one for one in told.limits if one.limit.name == "nodePools"]
    assert (pools.used, pools.left, pools.tenants_left) == (1, 99, None)


def test_limit_that_was_lowered_leaves_nothing() -> None:
    """Those who have their place keep it, and nobody comes in."""
    document = document_of(hub(peerings=1))
    held = [holding(document, "hub-one", at, LEAST) for at in range(3)]
    occupancy = occupancies(document, held)["hub-one"]
    told = forecast(document.hubs[0], occupancy)
    assert told.summary == "0 tenants left; binding limit: peerings of the hub network"
    with pytest.raises(CapacityExceeded):
        require_room(document.hubs[0], occupancy.used, SMALLEST.claims)


def test_one_tenant_left_is_said_in_the_singular() -> None:
    """A person reads it."""
    assert forecast(hub(peerings=1), Occupancy()).summary.startswith("1 tenant left;")


def test_median_takes_the_larger_of_two() -> None:
    """A forecast may be too low, not too high."""
    one, two = Demand(24, {"peerings": 1, "x": 10}), Demand(26, {"peerings": 1})
    assert median_demand([one, two]) == one
    assert median_demand([one, two, two]) == two


def test_totals_add_up() -> None:
    """By name."""
    assert total_claims([{"a": 1}, {"a": 2, "b": 3}, {}]) == {"a": 3, "b": 3}


def record(number: int, state: TenantState, **changes: Any) -> TenantRecord:
    """A tenant without a reservation."""
    request = asking_for({"small": 10}, tenantId=f"tenant-{number}")
    return new_tenant(request, "ann", NOON).model_copy(update={"state": state, **changes})


@pytest.mark.parametrize("state", list(TenantState))
def test_tenant_has_its_place_while_it_holds_its_reservation(state: TenantState) -> None:
    """In every state, failed too: what is left of it is still there."""
    document = two_hubs()
    held = holding(document, "hub-two", 0, LEAST).model_copy(update={"state": state})
    taken = occupancies(document, [held])
    assert taken["hub-two"] == Occupancy(
        (Tenancy(SMALLEST, next(document.hub("hub-two").spoke_pool[0].subnets(new_prefix=27))),)
    )
    assert taken["hub-one"] == Occupancy()


def test_tenants_under_way_are_counted_where_they_would_go() -> None:
    """The first hub until it is full, then the next; who fits nowhere, nowhere."""
    document = two_hubs({"small": 20}, {"small": 10})
    records = [record(at, TenantState.REQUESTED) for at in range(4)]
    records += [record(9, TenantState.FAILED), record(8, TenantState.OFFBOARDED)]
    expected = {"hub-one": 2, "hub-two": 1}
    for order in (records, records[::-1]):
        taken = occupancies(document, order)
        assert {name: len(one.tenancies) for name, one in taken.items()} == expected


def test_those_who_wait_are_placed_in_the_order_of_their_coming() -> None:
    """Not in that of the list: whoever reads the registry sees the same."""
    document = document_of(hub(models={"small": 25}))
    early, late = (
        new_tenant(asking_for({"small": tokens}, tenantId=f"tenant-{tokens}"), "ann", at)
        for tokens, at in ((20, NOON), (10, NOON + timedelta(seconds=1)))
    )
    for order in ([early, late], [late, early]):
        assert occupancies(document, order)["hub-one"].used["tokensPerMinute:small"] == 20


def test_reservation_in_a_hub_that_is_no_more_is_passed_over() -> None:
    """The document may lose a hub before its last tenant is gone."""
    held = holding(two_hubs(), "hub-two", 0, LEAST)
    assert occupancies(document_of(hub()), [held]) == {"hub-one": Occupancy()}
