"""Drift on a whole local cloud: told by Event Grid, put right by the application."""

import asyncio
import itertools
import json
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from azure.data.tables.aio import TableServiceClient

from azure_adapters.drift_inbox import TableDriftInbox
from benchmarks.makespan import stored_plan
from landing_zone.applying import bound
from landing_zone.clock import SystemClock
from landing_zone.drift.tallies import COALESCED, DUPLICATE, HANDLED, IGNORED, REFUSED, summed
from landing_zone.plan import Resource
from landing_zone.planning import api_versions
from tests.end_to_end.checks import assert_audit_verifies, checked_cloud
from tests.end_to_end.cloud import Cloud, example, wait_for
from tests.end_to_end.rogue import Rogue
from tests.fakes import HUBS

HUB: Final = HUBS.hubs[0]
TENANT: Final = example("minimal-namespace")["tenantId"]
STORAGE: Final = "Microsoft.Storage/storageAccounts"
ZONES: Final = "Microsoft.Network/privateDnsZones"
FAST: Final = 1000.0
FIXED: Final = "fixed:public-network-access"
HOST: Final = ("localcloud.functions_host --app", "localcloud.functions_host.worker")
SECONDS: Final = 60.0
ENDS: Final = (HANDLED, COALESCED, DUPLICATE, IGNORED, REFUSED)
UNDER_WAY: Final = ("waiting", "sending", "dying")


class Drifting(NamedTuple):
    """A local cloud with one active tenant, and someone who meddles with it."""

    cloud: Cloud
    rogue: Rogue
    plan: dict[str, Resource]

    def held(self, resource_id: str) -> dict[str, Any] | None:
        """What ARM holds there."""
        found = (item for item in self.cloud.resources() if _same(item["id"], resource_id))
        return next(found, None)

    def wait(self, is_right: Callable[[], bool], what: str) -> None:
        """Wait until something is as it should be again."""
        wait_for(is_right, what, SECONDS, pause=0.1)

    def tallies(self) -> dict[str, int]:
        """What became of the events."""
        return asyncio.run(_with_inbox(self.cloud, _tallies))

    def counted(self) -> Counter[str]:
        """How many events came to which end, those of reasons together."""
        found: Counter[str] = Counter()
        for name, count in self.tallies().items():
            if (end := name.partition(":")[0]) in ENDS:
                found[end] += count
        return found

    def told(self) -> Counter[str]:
        """How many deliveries of Event Grid are in which state."""
        grid = f"{self.cloud.ready['eventGrid']}/_local/events/summary"
        found: Counter[str] = Counter()
        for one in self.cloud.get_json(grid).values():
            found.update(one)
        return found

    def pending(self) -> int:
        """How many resources are being looked after."""
        return asyncio.run(_with_inbox(self.cloud, _pending))

    def is_quiet(self) -> bool:
        """Whether all that was told has come to its end."""
        told = self.told()
        return not any(told[state] for state in UNDER_WAY) and self.pending() == 0


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


async def _with_inbox[T](cloud: Cloud, ask: Callable[[TableDriftInbox], Awaitable[T]]) -> T:
    async with TableServiceClient.from_connection_string(cloud.ready["storage"]) as service:
        table = service.get_table_client("spokewrightdrift")
        return await ask(TableDriftInbox(table, SystemClock()))


async def _tallies(inbox: TableDriftInbox) -> dict[str, int]:
    return summed((await inbox.tallies()).values())


async def _pending(inbox: TableDriftInbox) -> int:
    return len(await inbox.rows())


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drifting]:
    """A local cloud of these tests' own."""
    quick = {"SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2"}
    with checked_cloud(tmp_path_factory.mktemp("drifting"), speed=FAST, **quick) as cloud:
        cloud.post(example("minimal-namespace"))
        tenant = cloud.settled(TENANT, SECONDS)
        assert tenant["state"] == "active", tenant
        plan = stored_plan(cloud, tenant["planHash"])
        document = cloud.call("GET", tenant["links"]["operation"]).json()
        known = (_bound(item, document["outputs"]) for item in plan.resources)
        yield Drifting(cloud, Rogue(cloud), {item.key: item for item in known if item is not None})


def _bound(item: Resource, outputs: dict[str, dict[str, str]]) -> Resource | None:
    return bound(item, outputs) if item.body else None


def test_a_rogue_administrator_changes_nothing_for_long(drifting: Drifting) -> None:
    """What is opened is closed, what is stripped is restored, what is added is gone."""
    account, table = drifting.plan["records"], drifting.plan["route-table"]
    address = f"{drifting.plan['resource-group:operations'].id}/providers"
    address += "/Microsoft.Network/publicIPAddresses/pip-rogue"
    zone = HUB.resource_id(ZONES, "privatelink.blob.core.windows.net")
    (link,) = [
        str(item["id"])
        for item in drifting.cloud.resources()
        if str(item["id"]).lower().startswith(f"{zone}/virtualNetworkLinks/".lower())
    ]
    route = f"{table.id}/routes/{table.body['properties']['routes'][0]['name']}"
    tags = f"{account.id}/providers/Microsoft.Resources/tags/default"
    write = drifting.rogue.write
    opened = {"properties": {"publicNetworkAccess": "Enabled"}}
    write("PATCH", account.id, account.api_version, opened)
    stripped = {"operation": "Delete", "properties": {"tags": {"costCenter": ""}}}
    write("PATCH", tags, api_versions.RESOURCES, stripped)
    body = {
        "location": HUB.region,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
    write("PUT", address, api_versions.NETWORK, body)
    write("DELETE", route, api_versions.NETWORK)
    write("DELETE", link, api_versions.PRIVATE_DNS)

    def is_closed() -> bool:
        held = drifting.held(account.id) or {}
        closed: bool = held["properties"]["publicNetworkAccess"] == "Disabled"
        return closed and bool(held["tags"] == account.body["tags"])

    drifting.wait(is_closed, "the account to be closed and tagged")
    drifting.wait(lambda: drifting.held(address) is None, "the address to be gone")
    drifting.wait(lambda: drifting.held(route) is not None, "the route to be back")
    drifting.wait(lambda: drifting.held(link) is not None, "the link to be back")
    drifting.wait(lambda: drifting.pending() == 0, "all events to be served")
    fixed = {name for name in drifting.tallies() if name.startswith("fixed:")}
    assert fixed >= {
        "fixed:public-network-access",
        "fixed:required-tags",
        "fixed:public-ip",
        "fixed:forced-tunnelling",
        "fixed:hub-drift",
    }
    assert_audit_verifies(drifting.cloud, TENANT)


def storm(drifting: Drifting, accounts: int, turns: int, pause: float) -> None:
    """Drift without an end, and a host that is killed again and again: nothing is lost."""
    cloud, rogue = drifting.cloud, drifting.rogue
    model = drifting.plan["records"]
    group = model.id.rpartition("/providers/")[0]
    ids = [f"{group}/providers/{STORAGE}/st{uuid.uuid4().hex[:18]}" for _ in range(accounts)]
    for one in ids:
        rogue.write("PUT", one, model.api_version, model.body)
    before, told_before = drifting.counted(), drifting.told()
    opened = {"properties": {"publicNetworkAccess": "Enabled"}}

    def meddle(one: str) -> None:
        rogue.write("PATCH", one, model.api_version, opened)

    with ThreadPoolExecutor(4) as pool:
        meddling = pool.map(meddle, itertools.chain.from_iterable([ids] * turns))
        killing = itertools.cycle(HOST)
        done = pool.submit(lambda: list(meddling))
        while not done.done():
            time.sleep(pause)
            cloud.kill(next(killing))
        assert len(done.result()) == accounts * turns
    wait_for(cloud.is_up, "the host to be back", SECONDS)
    wait_for(drifting.is_quiet, "all events to be served", 10 * SECONDS, pause=1.0)
    told = drifting.told() - told_before
    delivered, dead = told["delivered"], told["dead-lettered"]
    assert delivered + dead >= accounts * turns
    counted = drifting.counted() - before
    # One that was noted by a host that died before it could say so is delivered once more.
    assert counted.total() >= delivered
    # Our own writes are told too, and ignored: they must not stand in for one that was lost.
    assert counted.total() - counted[IGNORED] + dead >= accounts * turns
    assert not any(name.startswith("refused") for name in drifting.tallies())
    if dead:
        # A day of Event Grid's takes a minute and a half here, and a restart of the host an hour.
        assert cloud.call("POST", "/api/compliance/sweep").status == HTTPStatus.ACCEPTED
    wait_for(lambda: _are_closed(drifting, ids), "all to be closed", 10 * SECONDS, pause=1.0)
    wait_for(drifting.is_quiet, "all to be served again", SECONDS, pause=1.0)
    for pid in cloud.pids(HOST[1]):
        assert _resident_mib(pid) < 1024


def _are_closed(drifting: Drifting, ids: list[str]) -> bool:
    wanted = {one.lower() for one in ids}
    closed = [
        bool(item["properties"]["publicNetworkAccess"] == "Disabled")
        for item in drifting.cloud.resources()
        if str(item["id"]).lower() in wanted
    ]
    return len(closed) == len(wanted) and all(closed)


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def test_a_storm_with_kills_loses_no_event(drifting: Drifting) -> None:
    """Few resources and two kills: the nightly run has many."""
    storm(drifting, accounts=10, turns=4, pause=1.0)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_ten_thousand_events_with_kills_lose_none(drifting: Drifting) -> None:
    """Of five hundred resources, with a kill every few seconds."""
    storm(drifting, accounts=500, turns=20, pause=4.0)


def test_a_sweep_finds_what_no_event_told_of(drifting: Drifting) -> None:
    """The event is lost on its way; nothing but the sweep knows."""
    grid = drifting.cloud.ready["eventGrid"]
    account = drifting.plan["records"]
    lost = json.dumps({"effect": {"kind": "drop"}}).encode()
    headers = {"content-type": "application/json"}
    drifting.cloud.send("POST", f"{grid}/_local/events/faults", lost, headers)
    opened = {"properties": {"publicNetworkAccess": "Enabled"}}
    drifting.rogue.write("PATCH", account.id, account.api_version, opened)
    before = drifting.tallies().get(FIXED, 0)
    asked = drifting.cloud.call("POST", "/api/compliance/sweep")
    assert asked.status == HTTPStatus.ACCEPTED, asked.body
    drifting.wait(lambda: drifting.tallies().get(FIXED, 0) > before, "the account to be closed")
    drifting.cloud.send("DELETE", f"{grid}/_local/events/faults", None, {})
    drifting.wait(lambda: drifting.pending() == 0, "all that was noted to be looked at")
    held = drifting.held(account.id) or {}
    assert held["properties"]["publicNetworkAccess"] == "Disabled"
