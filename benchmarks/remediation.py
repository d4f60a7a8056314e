"""How long a storm of drift takes to be put right: many storage accounts opened at once.

A tenant is onboarded on a local cloud, and accounts are made in its subscription. Somebody opens
them all to the internet while Event Grid is made to lose what tells of it; then all events are
posted to the function app as Event Grid posts them, and the time is taken until the last fix is
verified. Once with 50 ms of latency for every call of Azure Resource Manager, once with none.

    python benchmarks/remediation.py [--accounts 200] [--latency-ms 50] [--speed 1000]

Ends with one JSON line: `seconds` (from the first event to the last verified fix), `p50Ms`,
`p95Ms`, `p99Ms` (from an event to its verified fix), `armCallsPerEvent`, and the same without
latency, with `AtZero` at the end of each name. Azure's token buckets are refilled `speed` times as
fast as Azure's: so many calls at once would be throttled in one subscription of Azure's own.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aiohttp  # noqa: E402 - after the path
from azure.data.tables.aio import TableServiceClient  # noqa: E402

from azure_adapters.drift_inbox import TableDriftInbox  # noqa: E402
from azure_adapters.findings import TableFindings  # noqa: E402
from benchmarks.makespan import stored_plan  # noqa: E402
from landing_zone.clock import SystemClock  # noqa: E402
from landing_zone.drift.rows import DriftRow  # noqa: E402
from landing_zone.remediation.findings import Finding, FindingState  # noqa: E402
from tests.end_to_end.cloud import Cloud, example, running_cloud, wait_for  # noqa: E402
from tests.end_to_end.rogue import OBJECT_ID, Rogue  # noqa: E402

STORAGE: Final = "Microsoft.Storage/storageAccounts"
VERSION: Final = "2026-04-01"
RULE: Final = "public-network-access"
POSTS_AT_ONCE: Final = 64
_CALLER: Final = "http://schemas.microsoft.com/identity/claims/objectidentifier"


class Storm(NamedTuple):
    """What one storm came to.

    Attributes:
        seconds: From the first event to the last verified fix.
        each: Seconds of each account, in order.
        calls: Calls of ARM for each event.
    """

    seconds: float
    each: list[float]
    calls: float

    def figures(self, suffix: str) -> dict[str, float]:
        """The figures, by name."""
        last = len(self.each) - 1
        ms = {f"p{share}Ms": self.each[round(share / 100 * last)] * 1000 for share in (50, 95, 99)}
        named = {"seconds": self.seconds, **ms, "armCallsPerEvent": self.calls}
        return {f"{name}{suffix}": value for name, value in named.items()}


def made_accounts(cloud: Cloud, rogue: Rogue, plan_hash: str, number: int) -> list[str]:
    """ARM ids of accounts like the tenant's own, beside it."""
    plan = stored_plan(cloud, plan_hash)
    model = next(item for item in plan.resources if item.type == STORAGE)
    own = next(item for item in cloud.resources() if item["type"] == STORAGE and _is_of(item, plan))
    group = str(own["id"]).rpartition("/providers/")[0]
    ids = [f"{group}/providers/{STORAGE}/st{uuid.uuid4().hex[:18]}" for _ in range(number)]
    for one in ids:
        rogue.write("PUT", one, VERSION, model.body)
    return ids


def _is_of(item: dict[str, Any], plan: Any) -> bool:
    return bool(item.get("tags", {}).get("tenantId") == plan.tenant_id)


def opened(cloud: Cloud, rogue: Rogue, ids: list[str]) -> None:
    """Open all accounts, and let nobody be told."""
    grid = cloud.ready["eventGrid"]
    wait_for(lambda: is_quiet(cloud), "what was before to be over", 60)
    before = told(cloud, "dropped")
    _control(cloud, "POST", f"{grid}/_local/events/faults", {"effect": {"kind": "drop"}})
    for one in ids:
        rogue.write("PATCH", one, VERSION, {"properties": {"publicNetworkAccess": "Enabled"}})
    wait_for(lambda: told(cloud, "dropped") - before >= len(ids), "all events to be lost", 60)
    _control(cloud, "DELETE", f"{grid}/_local/events/faults", None)


def told(cloud: Cloud, *states: str) -> int:
    """How many deliveries of Event Grid are in one of these states."""
    summary = cloud.get_json(f"{cloud.ready['eventGrid']}/_local/events/summary")
    return sum(int(one.get(state, 0)) for one in summary.values() for state in states)


def is_quiet(cloud: Cloud) -> bool:
    """Whether nothing is being told, and nothing being looked at."""
    return told(cloud, "waiting", "sending", "dying") == 0 and not asyncio.run(noted(cloud))


async def noted(cloud: Cloud) -> list[DriftRow]:
    """What is being looked at."""
    async with TableServiceClient.from_connection_string(cloud.ready["storage"]) as service:
        table = service.get_table_client("spokewrightdrift")
        return await TableDriftInbox(table, SystemClock()).rows()


def _control(cloud: Cloud, method: str, url: str, body: Any) -> None:
    data = None if body is None else json.dumps(body).encode()
    answer = cloud.send(method, url, data, {"content-type": "application/json"})
    if answer.status >= 300:
        raise SystemExit(answer.body.decode())


def event_of(resource_id: str) -> dict[str, Any]:
    """What Event Grid would post about an account, now."""
    subscription = resource_id.split("/")[2]
    operation = f"{STORAGE}/write"
    return {
        "id": str(uuid.uuid4()),
        "topic": f"/subscriptions/{subscription}",
        "subject": resource_id,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": datetime.now(UTC).isoformat(),
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": {
            "claims": {_CALLER: OBJECT_ID},
            "operationName": operation,
            "resourceUri": resource_id,
            "status": "Succeeded",
            "subscriptionId": subscription,
        },
    }


async def posted(cloud: Cloud, key: str, ids: list[str]) -> None:
    """Post an event for each account, each by itself, as the event subscriptions ask for."""
    url = f"{cloud.ready['functions']}/runtime/webhooks/EventGrid"
    parameters = {"functionName": "resource_events", "code": key}
    headers = {"aeg-event-type": "Notification"}
    gate = asyncio.Semaphore(POSTS_AT_ONCE)

    async with aiohttp.ClientSession(headers=headers) as session:

        async def post(one: str) -> None:
            async with (
                gate,
                session.post(url, params=parameters, json=[event_of(one)]) as answer,
            ):
                answer.raise_for_status()

        await asyncio.gather(*map(post, ids))


async def findings(cloud: Cloud, since: datetime) -> list[Finding]:
    """The verified fixes since a time."""
    async with TableServiceClient.from_connection_string(cloud.ready["storage"]) as service:
        store = TableFindings(service.get_table_client("spokewrightfindings"))
        return [
            one
            async for one in store.all()
            if one.rule == RULE and one.state is FindingState.FIXED and one.event_time >= since
        ]


def storm(cloud: Cloud, rogue: Rogue, key: str, ids: list[str], latency_ms: float) -> Storm:
    """Open all accounts, tell of it at once, and wait until all are closed and known to be."""
    opened(cloud, rogue, ids)
    speed = float(cloud.ready["speed"])
    if latency_ms:
        late = {"kind": "late", "seconds": latency_ms / 1000 * speed}
        _control(cloud, "POST", f"{cloud.ready['arm']}/_local/faults", {"effect": late})
    begun = datetime.now(UTC)
    asyncio.run(posted(cloud, key, ids))

    def all_fixed() -> list[Finding] | None:
        found = asyncio.run(findings(cloud, begun))
        return found if len(found) == len(ids) else None

    found = wait_for(all_fixed, "all to be closed", 120, pause=1.0)
    _control(cloud, "DELETE", f"{cloud.ready['arm']}/_local/faults", None)
    ended = [(one.fixed_at or begun, one.event_time) for one in found]
    each = sorted((fixed - event).total_seconds() for fixed, event in ended)
    seconds = (max(fixed for fixed, _ in ended) - min(event for _, event in ended)).total_seconds()
    accounts = {one.lower() for one in ids}
    calls = sum(
        item["time"] >= begun.timestamp() and _path(item).lower() in accounts
        for item in cloud.requests()
    )
    return Storm(seconds, each, calls / len(ids))


def _path(item: dict[str, Any]) -> str:
    return "/" + str(item["url"]).partition("//")[2].partition("/")[2].partition("?")[0]


def system_key(state: Path) -> str:
    """The key that Event Grid posts with."""
    keys = json.loads((state / "functions" / "keys.json").read_text("utf-8"))
    return str(keys["systemKeys"]["eventgrid_extension"])


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Both storms on one local cloud."""
    quick = {"SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2"}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_cloud(Path(folder), speed=options.speed, **quick) as cloud,
    ):
        document = example("minimal-namespace")
        cloud.post(document)
        tenant = cloud.settled(document["tenantId"], 300)
        rogue = Rogue(cloud)
        ids = made_accounts(cloud, rogue, tenant["planHash"], options.accounts)
        key = system_key(Path(folder))
        print(f"{len(ids)} accounts, load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        storm(cloud, rogue, key, ids[:10], 0.0)  # the first look of a process is not part of it
        figures = storm(cloud, rogue, key, ids, options.latency_ms).figures("")
        return figures | storm(cloud, rogue, key, ids, 0.0).figures("AtZero")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="a storm of drift, and how soon it is put right")
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--speed", type=float, default=1000.0)
    figures = measure(parser.parse_args())
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
