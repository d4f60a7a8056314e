"""How fifty tenants at once do on one hub, beside the critical path of one.

The critical path of one is the sum of the latencies of Azure's operations along the longest chain
of its plan, as the local ARM's profile has them, divided by the speed. What the hub's firewall
needs for a tenant alone (an IP group a profile, two rule collection groups) is one after the other.

    python benchmarks/onboarding.py [--speed 5] [--tenants 50]

Ends with one JSON line: `fiftyRatio` (makespan of all, from the first request to the last active
tenant, over the critical path of one), `firewallWritesPerTenant`, `reconciliations` (rounds that
wrote something), `armCallsPerTenant`, `pollsPerTenant`, `conflicts` (answers 409).
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.makespan import latencies, latency_of, stored_plan  # noqa: E402 - after the path
from landing_zone.graph import critical_path  # noqa: E402
from tests.end_to_end.cloud import Cloud, example, running_cloud  # noqa: E402

FIREWALL = re.compile(r"/(ipGroups|ruleCollectionGroups)/[^/?]+\?", re.IGNORECASE)
POLL = re.compile(r"/operation(Statuses|Results|s)/", re.IGNORECASE)
ROUND = re.compile(r"reconciled \S+ \S+: [1-9][0-9]* written")


def onboard_all(cloud: Cloud, number: int) -> tuple[float, list[dict[str, Any]]]:
    """The seconds until all were active, and the tenants."""
    names = [f"measured-{index}" for index in range(number)]
    begun = time.monotonic()
    for name in names:
        answer = cloud.post(example(tenantId=name, isolation="namespace"))
        if answer.status != 202:
            raise SystemExit(answer.body.decode())
    tenants = [cloud.settled(name, 3600) for name in names]
    failed = [tenant for tenant in tenants if tenant["state"] != "active"]
    if failed:
        raise SystemExit(f"{len(failed)} failed, such as: {failed[0].get('reason')}")
    return time.monotonic() - begun, tenants


def rounds(state: Path) -> int:
    """How many reconciliations wrote something, as the logs tell."""
    return sum(
        len(ROUND.findall(log.read_text("utf-8", errors="replace"))) for log in state.rglob("*.log")
    )


def measure(cloud: Cloud, state: Path, number: int) -> dict[str, float]:
    """The figures."""
    taken, tenants = onboard_all(cloud, number)
    plan = stored_plan(cloud, tenants[0]["planHash"])
    path = critical_path(plan.graph, partial(latency_of, plan, latencies(cloud)))
    print(f"critical path of one: {path.seconds:.1f} s, {' > '.join(path.keys)}")
    requests = cloud.requests()
    writes = [item for item in requests if item["method"] in {"PUT", "DELETE"}]
    on_firewall = [item for item in writes if FIREWALL.search(item["url"])]
    return {
        "fiftyRatio": taken / path.seconds,
        "makespanSeconds": taken,
        "criticalPathSeconds": path.seconds,
        "firewallWritesPerTenant": len(on_firewall) / number,
        "reconciliations": rounds(state),
        "armCallsPerTenant": len(requests) / number,
        "pollsPerTenant": sum(bool(POLL.search(item["url"])) for item in requests) / number,
        "conflicts": sum(item["status"] == 409 for item in requests),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="fifty onboardings at once")
    parser.add_argument("--speed", type=float, default=5.0)
    parser.add_argument("--tenants", type=int, default=50)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_cloud(Path(folder), speed=options.speed) as cloud,
    ):
        print(f"speed {options.speed:g}, load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        figures = measure(cloud, Path(folder), options.tenants)
        print(f"load at the end {os.getloadavg()[0]:.2f}")
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
