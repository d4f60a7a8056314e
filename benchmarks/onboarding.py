"""How one cluster tenant, and fifty namespace tenants at once, do beside the critical path of one.

The critical path of one is the sum of the latencies of Azure's operations along the longest chain
of its plan, as the local ARM's profile has them, divided by the speed. What the hub's firewall
needs for a tenant alone (an IP group a profile, two rule collection groups) is one after the other.

    python benchmarks/onboarding.py [--speed 5] [--tenants 50] [--cluster-speed 20] [--only fifty]

Ends with one JSON line: `clusterRatio` (makespan of one cluster tenant over its critical path),
`fiftyRatio` (makespan of all, from the first request to the last active tenant, over the critical
path of one), `firewallWritesPerTenant`, `reconciliations` (rounds that wrote something),
`armCallsPerTenant`, `pollsPerTenant`, `conflicts` (answers 409).
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.makespan import latencies, latency_of, stored_plan  # noqa: E402 - after the path
from landing_zone.graph import CriticalPath, critical_path  # noqa: E402
from landing_zone.plan import Plan  # noqa: E402
from tests.end_to_end.cloud import (  # noqa: E402
    SETTLED,
    Cloud,
    example,
    running_cloud,
    wait_for,
)

IP_GROUPS = "microsoft.network/ipgroups"
RULE_GROUPS = "microsoft.network/firewallpolicies/rulecollectiongroups"
FIREWALL = re.compile(r"/(ipGroups|ruleCollectionGroups)/[^/?]+\?", re.IGNORECASE)
POLL = re.compile(r"/operation(Statuses|Results|s)/", re.IGNORECASE)
ROUND = re.compile(r"reconciled \S+ \S+: [1-9][0-9]* written")


def firewall_writes_alone(plan: Plan) -> list[str]:
    """The types of what the firewall of an empty hub is written for one tenant."""
    wish = plan.by_key["hub:firewall"].body
    groups = bool(wish["profiles"]) + bool(wish["fqdns"])
    return [IP_GROUPS] * len(wish["profiles"]) + [RULE_GROUPS] * groups


def path_of_one(cloud: Cloud, plan_hash: str) -> CriticalPath:
    """The critical path of a tenant that is alone on its hub."""
    plan = stored_plan(cloud, plan_hash)
    writes = firewall_writes_alone(plan)
    path = critical_path(plan.graph, partial(latency_of, plan, latencies(cloud), writes))
    print(f"critical path of one: {path.seconds:.1f} s, {' > '.join(path.keys)}")
    return path


def onboard_all(cloud: Cloud, requests: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    """The seconds until all were active, and the tenants; who waits is approved at once."""
    begun = time.monotonic()
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = list(pool.map(cloud.post, requests))
    refused = [answer for answer in answers if answer.status != 202]
    if refused:
        raise SystemExit(refused[0].body.decode())
    for request in requests:
        if request["isolation"] == "cluster":
            wait_for(partial(approved, cloud, request["tenantId"]), "the approval", 60)
    tenants = wait_for(partial(all_settled, cloud, len(requests)), "all", 3600, pause=1.0)
    taken = time.monotonic() - begun
    failed = [tenant for tenant in tenants if tenant["state"] != "active"]
    if failed:
        raise SystemExit(f"{len(failed)} failed, such as: {failed[0].get('reason')}")
    return taken, tenants


def approved(cloud: Cloud, tenant_id: str) -> bool:
    """Approve a tenant as soon as it waits for that; False while it does not."""
    return cloud.approve(cloud.tenant(tenant_id))


def all_settled(cloud: Cloud, number: int) -> list[dict[str, Any]] | None:
    """The tenants, once so many are over: one request, to take no time of theirs."""
    tenants: list[dict[str, Any]] = cloud.call("GET", "/api/tenants?top=500").json()["value"]
    over = [tenant for tenant in tenants if tenant["state"] in SETTLED]
    return tenants if len(over) == number else None


def show_firewall(begun: float, exchanges: list[dict[str, Any]]) -> None:
    """Print when each write to the firewall was sent."""
    for item in exchanges:
        name = item["url"].partition("?")[0].rpartition("/")[2]
        print(f"{item['time'] - begun:6.1f} s {item['method']} of the firewall: {name}")


def rounds(state: Path) -> int:
    """How many reconciliations wrote something, as the logs tell."""
    return sum(
        len(ROUND.findall(log.read_text("utf-8", errors="replace"))) for log in state.rglob("*.log")
    )


@contextmanager
def measured(speed: float) -> Iterator[tuple[Cloud, Path]]:
    """A local cloud, with the machine's load told before and after."""
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder), speed=speed) as cloud:
        print(f"speed {speed:g}, load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        yield cloud, Path(folder)
        print(f"load at the end {os.getloadavg()[0]:.2f}")


def measure_cluster(speed: float) -> dict[str, float]:
    """One tenant with a cluster of its own; a first process start is not part of it."""
    with measured(speed) as (cloud, _):
        cloud.call("GET", "/api/tenants")
        taken, [tenant] = onboard_all(cloud, [example("cluster")])
        path = path_of_one(cloud, tenant["planHash"])
    return {
        "clusterRatio": taken / path.seconds,
        "clusterSeconds": taken,
        "clusterCriticalPathSeconds": path.seconds,
    }


def measure_fifty(speed: float, number: int) -> dict[str, float]:
    """Many tenants of the shared cluster at once, on one hub."""
    with measured(speed) as (cloud, state):
        cloud.call("GET", "/api/tenants")
        named = [
            example(tenantId=f"measured-{index}", isolation="namespace") for index in range(number)
        ]
        begun = time.time()
        taken, tenants = onboard_all(cloud, named)
        path = path_of_one(cloud, tenants[0]["planHash"])
        requests = cloud.requests()
        reconciliations = rounds(state)
    writes = [item for item in requests if item["method"] in {"PUT", "DELETE"}]
    on_firewall = [item for item in writes if FIREWALL.search(item["url"])]
    show_firewall(begun, on_firewall)
    return {
        "fiftyRatio": taken / path.seconds,
        "makespanSeconds": taken,
        "criticalPathSeconds": path.seconds,
        "firewallWritesPerTenant": len(on_firewall) / number,
        "reconciliations": reconciliations,
        "armCallsPerTenant": len(requests) / number,
        "pollsPerTenant": sum(bool(POLL.search(item["url"])) for item in requests) / number,
        "conflicts": sum(item["status"] == 409 for item in requests),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="onboardings beside their critical path")
    parser.add_argument("--speed", type=float, default=5.0)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--cluster-speed", type=float, default=20.0)
    parser.add_argument("--only", choices=("cluster", "fifty"))
    options = parser.parse_args()
    figures: dict[str, float] = {}
    if options.only != "fifty":
        figures |= measure_cluster(options.cluster_speed)
    if options.only != "cluster":
        figures |= measure_fifty(options.speed, options.tenants)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
