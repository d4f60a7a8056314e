"""How long planning takes: the whole landing zone of a tenant that asks for everything.

Each plan is made afresh, with its graph and its hash, as onboarding makes it. It is the CPU's time
that counts, so that whatever else the machine does meanwhile does not.

    python benchmarks/planning.py [--plans 300]

Ends with one JSON line: `planMsMedian` and `planMsP99` of the slowest tier, and for each tier
`planMsMedian`, `planMsP99` and `resources`.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from landing_zone.plan import Plan  # noqa: E402 - after the path
from landing_zone.tenant_request import TenantRequest  # noqa: E402
from tests.unit.planned_whole import wanting, whole_plan_of  # noqa: E402
from tests.unit.strategies import TIERS  # noqa: E402

WARM_UP = 20


def planned(request: TenantRequest) -> Plan:
    """The plan, with all that onboarding asks of it."""
    made = whole_plan_of(request)
    if not made.graph or not made.hash:
        raise SystemExit("there is no plan")
    return made


def milliseconds(request: TenantRequest) -> float:
    """The CPU's time that one plan takes."""
    begun = time.process_time()
    planned(request)
    return (time.process_time() - begun) * 1000


def measure(tier: str, number: int) -> dict[str, Any]:
    """The figures of one tier."""
    request = wanting(tier)
    for _ in range(WARM_UP):
        planned(request)
    gc.collect()
    taken = [milliseconds(request) for _ in range(number)]
    return {
        "planMsMedian": round(statistics.median(taken), 2),
        "planMsP99": round(statistics.quantiles(taken, n=100)[98], 2),
        "resources": len(planned(request).resources),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="planning a tenant")
    parser.add_argument("--plans", type=int, default=300)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    tiers = {tier: measure(tier, options.plans) for tier in TIERS}
    slowest = {
        name: max(figures[name] for figures in tiers.values())
        for name in ("planMsMedian", "planMsP99")
    }
    print(json.dumps({**slowest, "tiers": tiers}))


if __name__ == "__main__":
    main()
