"""How long one onboarding takes, beside the critical path of its plan.

The critical path is the sum of the latencies of Azure's operations along the longest chain of the
plan, as the local ARM's profile has them, divided by the speed. The rest is ours: the durable
engine, the calls, the polls that come a little late.

    python benchmarks/makespan.py [--speed 20] [--rounds 5]

Ends with one JSON line: `ratio` (median makespan over critical path), `makespanSeconds`,
`criticalPathSeconds`.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FIREWALL_TYPES = frozenset(
    {
        "microsoft.network/ipgroups",
        "microsoft.network/firewallpolicies/rulecollectiongroups",
    }
)
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from azure.storage.blob.aio import ContainerClient  # noqa: E402 - after the path

from azure_adapters.documents import BlobDocumentStore  # noqa: E402
from landing_zone.arm_ids import resource_type  # noqa: E402
from landing_zone.graph import critical_path  # noqa: E402
from landing_zone.plan import Plan  # noqa: E402
from tests.end_to_end.cloud import Cloud, example, running_cloud  # noqa: E402


def stored_plan(cloud: Cloud, plan_hash: str) -> Plan:
    """The plan that was applied."""

    async def read() -> Plan:
        container = ContainerClient.from_connection_string(
            cloud.ready["storage"], "spokewright-documents"
        )
        async with container:
            return await BlobDocumentStore(container).get_plan(plan_hash)

    return asyncio.run(read())


def latencies(cloud: Cloud) -> dict[str, float]:
    """Seconds that a write of each type takes, as scaled; the default under an empty name."""
    profile = cloud.arm("/_local/profile").json()
    found = {name.lower(): entry["scaled"]["write"] for name, entry in profile["types"].items()}
    return found | {"": profile["default"]["scaled"]["write"]}


def latency_of(plan: Plan, seconds: dict[str, float], hub_writes: list[str], key: str) -> float:
    """Seconds that Azure takes for a planned resource.

    What the hub's firewall needed for it was written one after the other.
    """
    if key == "hub:firewall":
        return sum(seconds.get(kind, seconds[""]) for kind in hub_writes)
    return seconds.get(plan.by_key[key].type.lower(), seconds[""])


def firewall_writes(exchanges: list[dict[str, Any]]) -> list[str]:
    """The types, in lower case, of what was written to the hub's firewall."""
    accepted = [
        resource_type(urlsplit(one["url"]).path).lower()
        for one in exchanges
        if one["method"] in {"PUT", "DELETE"} and (one["status"] or 500) < HTTPStatus.BAD_REQUEST
    ]
    return [kind for kind in accepted if kind in FIREWALL_TYPES]


def onboard(cloud: Cloud, tenant_id: str) -> dict[str, Any]:
    """The operation's document, once it has succeeded."""
    cloud.post(example(tenantId=tenant_id))
    tenant = cloud.settled(tenant_id, 300)
    document: dict[str, Any] = cloud.call("GET", f"/api/operations/{tenant['operationId']}").json()
    if document["state"] != "succeeded":
        raise SystemExit(f"the onboarding failed: {document.get('reason')}")
    return document


def measure(cloud: Cloud, rounds: int) -> dict[str, float]:
    """Medians over some rounds; the first, which pays for cold imports, is not counted."""
    print(f"{'round':>6} {'makespan s':>11} {'critical s':>11} {'ratio':>6}  critical path")
    taken: list[tuple[float, float]] = []
    seconds = latencies(cloud)
    for number in range(rounds + 1):
        before = len(cloud.requests())
        document = onboard(cloud, f"measured-{number}")
        writes = firewall_writes(cloud.requests()[before:])
        plan = stored_plan(cloud, document["planHash"])
        path = critical_path(plan.graph, partial(latency_of, plan, seconds, writes))
        word = "cold" if number == 0 else number
        pair = (document["seconds"], path.seconds)
        shown = f"{' > '.join(path.keys)} ({len(writes)} firewall writes)"
        print(f"{word:>6} {pair[0]:11.3f} {pair[1]:11.3f} {pair[0] / pair[1]:6.3f}  {shown}")
        if number:
            taken.append(pair)
    return {
        "ratio": statistics.median(made / wanted for made, wanted in taken),
        "makespanSeconds": statistics.median(made for made, _ in taken),
        "criticalPathSeconds": statistics.median(wanted for _, wanted in taken),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="makespan of an onboarding")
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_cloud(Path(folder), speed=options.speed) as cloud,
    ):
        print(f"speed {options.speed:g}, load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        figures = measure(cloud, options.rounds)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
