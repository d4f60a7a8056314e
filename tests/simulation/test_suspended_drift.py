"""Drift of suspended tenants: no repair opens a door, and what somebody opens is shut."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from landing_zone.planning import api_versions
from landing_zone.remediation.findings import FindingState
from landing_zone.work import Kind
from tests.simulation.drifting import Drifting, drifting
from tests.simulation.drifts import DRIFTS
from tests.simulation.requests import request_of
from tests.simulation.suspending import TENANT, doors, operated
from tests.unit.strategies import TIERS

type Meddle = Callable[[Drifting], None]

RULE: Final = "suspension"


def reopened(key: str) -> Meddle:
    """Writes a door as it is while the tenant is active."""

    def make(ground: Drifting) -> None:
        item = ground.planned(key)
        ground.write("PUT", item.id, item.api_version, item.body)

    return make


def started(ground: Drifting) -> None:
    """Starts the tenant's own cluster."""
    item = ground.planned("cluster")
    ground.write("POST", f"{item.id}/start", item.api_version)


def let_out(ground: Drifting) -> None:
    """Gives the tenant's range a rule of its own, in a group that looks like ours."""
    reservation = ground.records[0].reservation
    assert reservation is not None
    hub = ground.simulation.deps.document.hub(reservation.hub)
    path = hub.resource_id("Microsoft.Network/ipGroups", "spokewright-hub-weu-azure")
    body = {
        "location": hub.region,
        "properties": {"ipAddresses": [str(reservation.address_range)]},
    }
    ground.write("PUT", path, api_versions.NETWORK, body)


COMPUTE: Final = {
    "namespace": ("namespace", "gitops"),
    "nodepool": ("node-pool", "namespace", "gitops"),
    "cluster": (),
}
"""What of a tier's compute can be written open; a cluster is started."""

MEDDLING: Final = {
    "product": ("api-product",),
    "product-and-key": ("api-product", "api-subscription"),
    "everything": ("api-product", "api-subscription", "compute"),
}


@pytest.fixture(scope="module", params=TIERS)
def shared(request: Any) -> Iterator[Drifting]:
    """A suspended tenant of each tier, beside one that is active; each test leaves it so."""
    with drifting(request_of(request.param), request_of("namespace", "fabrikam")) as found:
        found.run(lambda: operated(found.simulation, Kind.SUSPEND))
        yield found


@pytest.fixture
def ground(shared: Drifting) -> Iterator[Drifting]:
    """The same, with nothing of the tests before."""
    shared.begin_anew()
    before = shared.held()
    yield shared
    assert shared.held() == before
    assert shared.simulation.engine.crashes == []
    assert shared.simulation.tenant(TENANT).state == "suspended"


def tier_of(ground: Drifting) -> str:
    """The tier of the suspended tenant."""
    return ground.records[0].request.isolation


def is_shut(ground: Drifting) -> bool:
    """Whether every door is; Flux of a stopped cluster is at rest as it is."""
    made = ground.simulation.plan_of(ground.records[0])
    left = {key for key, is_open in doors(ground, made).items() if is_open}
    return left == ({"gitops"} if tier_of(ground) == "cluster" else set())


@pytest.mark.parametrize("name", MEDDLING)
def test_what_somebody_opens_is_shut_again(ground: Drifting, name: str) -> None:
    """Told by events; each door by itself, and its finding says so."""
    keys = [
        key
        for one in MEDDLING[name]
        for key in (COMPUTE[tier_of(ground)] if one == "compute" else (one,))
    ]

    async def happen() -> None:
        for key in keys:
            reopened(key)(ground)
            await ground.passed()
        assert not is_shut(ground)
        await ground.repair()
        assert is_shut(ground)

    ground.run(happen)
    rows = [one for row in ground.simulation.world.findings.rows.values() for one in row.value]
    assert {one.rule for one in rows} == {RULE}
    assert {one.state for one in rows} == {FindingState.FIXED}
    assert len(rows) == len(keys)


def test_what_no_event_tells_of_the_sweep_finds(ground: Drifting) -> None:
    """A cluster's start is an action, which no subscription delivers; other events may be lost."""
    starting = [started] if tier_of(ground) == "cluster" else []
    meddle = [*map(reopened, ("api-product", *COMPUTE[tier_of(ground)])), *starting]

    async def happen() -> None:
        for one in meddle:
            one(ground)
            await ground.passed()
        ground.events()
        assert not is_shut(ground)
        await ground.sweep()
        assert is_shut(ground)

    ground.run(happen)
    assert {one.rule for one in ground.findings().values()} == {RULE}


def test_a_way_out_that_somebody_gives_is_taken_away(ground: Drifting) -> None:
    """By the hub's reconciler, as any drift of the firewall."""

    async def happen() -> None:
        before = ground.held()
        let_out(ground)
        await ground.passed()
        assert not is_shut(ground)
        await ground.repair()
        assert is_shut(ground)
        assert ground.held() == before

    ground.run(happen)


@pytest.mark.parametrize("name", ["storage-opened", "tag-changed", "vault-opened"])
def test_what_else_drifts_is_put_right_and_opens_nothing(ground: Drifting, name: str) -> None:
    """Data planes stay closed as they were, tags are restored, and no door is written."""

    async def happen() -> None:
        DRIFTS[name].make(ground)
        await ground.repair()
        assert is_shut(ground)

    ground.run(happen)
    assert {one.rule for one in ground.findings().values()} == {DRIFTS[name].rule}


def test_a_sweep_of_what_is_shut_writes_nothing(ground: Drifting) -> None:
    """The suspended form is how the tenant should be."""

    async def happen() -> None:
        ground.clear_log()
        await ground.sweep()

    ground.run(happen)
    assert ground.writes() == []
    assert ground.findings() == {}
