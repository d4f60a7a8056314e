"""Many tenants at once, failures by chance, and a host that is killed again and again."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from azure.data.tables.aio import TableClient

from azure_adapters.hub_requests import TableHubRequests
from azure_adapters.ledger import TableAddressLedger
from landing_zone.clock import SystemClock
from landing_zone.hub_state.members import LANES
from landing_zone.reservation import Reservation
from tests.end_to_end.checks import (
    assert_audit_verifies,
    assert_connected,
    assert_whole,
    checked_cloud,
    leftovers,
)
from tests.end_to_end.cloud import SETTLED, Cloud, example, wait_for
from tests.fakes import HUBS
from tests.leaks import assert_nothing_is_shared_or_leaked

SPEED: Final = 500.0
HOST: Final = "localcloud.functions_host --app"
SECONDS_ALIVE: Final = (3.0, 8.0)
"""How long the host lives, once it answers."""

TENANTS: Final = 4
NIGHTLY_TENANTS: Final = 50
SEEDS: Final = range(1, 11)
LONGEST: Final = 3000.0
TIERS: Final = {"minimal-namespace": 8, "nodepool": 1, "cluster": 1}
"""Which example is asked for how often: the smallest tier costs this machine the least."""

SETTINGS: Final = {
    "SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2",
    "SPOKEWRIGHT_RETRY_BASE_SECONDS": "0.5",
    "SPOKEWRIGHT_RETRY_CAP_SECONDS": "5",
}

FAULTS: Final[dict[str, float]] = {
    "throttled": 0.01,
    "throttled-without-retry-after": 0.01,
    "another-operation-in-progress": 0.01,
    "operation-fails": 0.01,
    "operation-not-found": 0.01,
    "internal-error": 0.02,
    "connection-reset": 0.01,
    "reset-after-acceptance": 0.01,
    "timeout-after-acceptance": 0.002,
    "disallowed-by-policy": 0.001,
}
"""How likely a request meets each of the failures."""


@pytest.fixture
def chaotic(tmp_path: Path) -> Iterator[Cloud]:
    """A local cloud of one's own."""
    with checked_cloud(tmp_path, speed=SPEED, **SETTINGS) as found:
        yield found


def requests_of(seed: int, number: int) -> dict[str, dict[str, Any]]:
    """So many requests, the same in every run of a seed."""
    dice = random.Random(seed)  # noqa: S311 - a test
    names = dice.choices(list(TIERS), list(TIERS.values()), k=number)
    tenants = [f"t{place:02}-chaos-{seed}" for place in range(number)]
    return {
        tenant: example(name, tenantId=tenant) for tenant, name in zip(tenants, names, strict=True)
    }


def inject(cloud: Cloud, seed: int) -> None:
    """Put the failures in force, with dice of the seed."""
    for place, (preset, probability) in enumerate(FAULTS.items()):
        match = {"probability": probability, "seed": 100 * seed + place}
        fault = {"preset": preset, "match": match, "count": 10**6}
        assert cloud.arm("/_local/faults", fault).status == HTTPStatus.CREATED


def ask(cloud: Cloud, document: dict[str, Any]) -> bool:
    """Ask for a tenant; False while nobody takes the request."""
    try:
        return cloud.post(document).status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}
    except OSError:
        return False


def tenants_of(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """All tenants; none while the application is being restarted."""
    try:
        answer = cloud.call("GET", "/api/tenants?top=200")
    except OSError:
        return {}
    if answer.status != HTTPStatus.OK:
        return {}
    return {item["tenantId"]: item for item in answer.json()["value"]}


def killed_until_settled(cloud: Cloud, number: int, dice: random.Random) -> int:
    """Kill the host, let it come back, and again, until every tenant has ended; how often."""
    end, kills = time.monotonic() + LONGEST, 0
    while time.monotonic() < end:
        found = wait_for(lambda: tenants_of(cloud), "the application to answer", 120)
        if len(found) == number and all(one["state"] in SETTLED for one in found.values()):
            return kills
        for one in found.values():
            cloud.approve(one)
        # The moment itself is what is tested, so this is a wait for a time and not for an event.
        time.sleep(dice.uniform(*SECONDS_ALIVE))
        wait_for(lambda: cloud.kill(HOST), "the host to be there")
        kills += 1
    states = Counter(one["state"] for one in tenants_of(cloud).values())
    raise TimeoutError(f"after {LONGEST} s the tenants are {dict(states)}")


class Still(Cloud):
    """A cloud in which nothing happens any more: what it holds is read once."""

    def __init__(self, cloud: Cloud) -> None:
        """Look at all there is."""
        super().__init__(cloud.ready, cloud.process)
        self._held = super().resources()

    def resources(self) -> list[dict[str, Any]]:
        """Everything that ARM holds."""
        return self._held


async def reservations(cloud: Cloud, tenants: Iterable[str]) -> dict[str, Reservation]:
    """What the ledger says that tenants hold."""
    hub = HUBS.hubs[0].name
    storage = cloud.ready["storage"]
    async with TableClient.from_connection_string(storage, "spokewrightranges") as table:
        ledger = TableAddressLedger(table, HUBS, SystemClock())
        leases = {tenant: await ledger.lease(hub, tenant) for tenant in tenants}
        found = {tenant: lease.reservation if lease else None for tenant, lease in leases.items()}
    return {tenant: held for tenant, held in found.items() if held is not None}


async def asked_of_hub(cloud: Cloud) -> dict[str, set[str]]:
    """The tenants that have asked the hub for something, with the states of that."""
    hub = HUBS.hubs[0].name
    states: dict[str, set[str]] = {}
    storage = cloud.ready["storage"]
    async with TableClient.from_connection_string(storage, "spokewrighthubs") as table:
        requests = TableHubRequests(table, SystemClock())
        for lane in LANES:
            for row in await requests.all(hub, lane):
                states.setdefault(row.value.member.tenant_id, set()).add(row.value.state)
    return states


def assert_taken_back(cloud: Cloud, tenant: dict[str, Any], before: set[str]) -> None:
    """Nothing of a tenant that failed remains that is not listed, and it is told why."""
    assert tenant["reason"]
    assert tenant["hint"]
    own = (tenant["tenantId"], tenant["subscriptionId"] or tenant["tenantId"])
    left = leftovers(cloud, tenant, before)
    assert {one for one in left if any(name in one for name in own)} == set()


def assert_all_ended_well(cloud: Cloud, found: dict[str, dict[str, Any]], before: set[str]) -> None:
    """Each tenant by itself, and all together."""
    still = Still(cloud)
    active = {name for name, tenant in found.items() if tenant["state"] == "active"}
    for name, tenant in found.items():
        assert_audit_verifies(cloud, name)
        if name in active:
            assert_whole(still, name)
            assert_connected(still, name)
        else:
            assert_taken_back(still, tenant, before)
    reserved = asyncio.run(reservations(cloud, found))
    ranges = {name: str(held.address_range) for name, held in reserved.items()}
    assert ranges == {
        name: tenant["addressRange"] for name, tenant in found.items() if tenant["addressRange"]
    }
    assert_nothing_is_shared_or_leaked(
        still.resources(),
        {name: held for name, held in reserved.items() if name in active},
        {name: held for name, held in reserved.items() if name not in active},
    )
    asked = asyncio.run(asked_of_hub(cloud))
    assert {name for name, states in asked.items() if states == {"applied"}} >= active
    assert asked.keys() <= active | {name for name, one in found.items() if one["openWork"]}


def survive(cloud: Cloud, seed: int, number: int) -> None:
    """Let the tenants come, disturb them as the seed says, and look at what became of them."""
    before = {str(item["id"]).lower() for item in cloud.resources()}
    inject(cloud, seed)
    requests = requests_of(seed, number)
    for document in requests.values():
        wait_for(partial(ask, cloud, document), "the request to be taken", 120)
    dice = random.Random(seed)  # noqa: S311 - moments of a test
    assert killed_until_settled(cloud, number, dice)
    assert cloud.arm("/_local/faults", method="DELETE").status == HTTPStatus.OK
    wait_for(cloud.is_up, "all parts to be back", 120)
    found = {name: cloud.settled(name, 120) for name in requests}
    assert_all_ended_well(cloud, found, before)


@pytest.mark.timeout(900)
def test_some_tenants_survive_failures_and_kills(chaotic: Cloud) -> None:
    """Every one ends active or taken back; nothing is used twice or leaked."""
    survive(chaotic, 0, TENANTS)


@pytest.mark.nightly
@pytest.mark.timeout(4000)
@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_tenants_survive_failures_and_kills(chaotic: Cloud, seed: int) -> None:
    """The same with as many as a busy hub meets at once."""
    survive(chaotic, seed, int(os.environ.get("CHAOS_TENANTS", str(NIGHTLY_TENANTS))))
