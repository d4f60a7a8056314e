"""What a fleet upgrade costs each tenant: ten, a hundred and a thousand of them, on virtual time.

Genuine are the function app's orchestrators and activities, the plans, and each tenant's own
operation. Pretended are the durable host, tables and blobs, and Azure Resource Manager: it holds
what the plans say, takes 40 s over a write and counts calls. Its hub has room for all, which a real
one would not. So this measures how many calls, episodes and activities there are, how long
histories get and how large statuses, and not what any of them costs on Azure.

The new rules change one property of one resource of each tenant in production, which are four of
five; the others' plans stay the same, so that only the version is recorded of them.

    python -m benchmarks.fleet [--tenants 10 100 1000]

An episode is one time that an orchestrator goes on; on the durable host each is a replay of the
history. Ends with one JSON line, with figures by number of tenants: `armCalls`, `armWrites`,
`episodes` (all orchestrations), `fleetEpisodes` (that of the rollout alone), `activities` and
`virtualSeconds`, each for one tenant; `largestHistory` in entries and `largestStatusBytes` of the
rollout's orchestration; and `ratios`: the largest fleet against the smallest. It fails where a
tenant was not upgraded, or where calls or episodes for each tenant grow by more than a tenth.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from landing_zone.fleet.model import RolloutState  # noqa: E402 - after the path
from landing_zone.tenant_request import TenantRequest  # noqa: E402
from tests.fakes import NOON  # noqa: E402
from tests.other_rules import PRODUCTION_WEEKLY  # noqa: E402
from tests.simulation.fleet import Fleet, fleet, tenant_named  # noqa: E402
from tests.simulation.virtual_loop import run  # noqa: E402

SIZES = (10, 100, 1000)
MOST_GROWTH = 1.1
UTF_16 = 2
FLEET = "fleet-"
ENVIRONMENTS = ("prod", "prod", "prod", "prod", "test")


class Figures(NamedTuple):
    """What upgrading a fleet took; all but the largest for one tenant."""

    tenants: int
    armCalls: float  # noqa: N815 - names of the figures, as they are kept
    armWrites: float  # noqa: N815
    episodes: float
    fleetEpisodes: float  # noqa: N815
    activities: float
    virtualSeconds: float  # noqa: N815
    largestHistory: int  # noqa: N815
    largestStatusBytes: int  # noqa: N815
    realSeconds: float  # noqa: N815


class Statuses:
    """Looks at the custom statuses of the rollout's orchestration.

    Attributes:
        largest: Bytes of the largest, in UTF-16 as the durable extension keeps it.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.largest = 0

    def look(self, instance_id: str, status: Any) -> None:
        """Look at one."""
        if instance_id.startswith(FLEET):
            self.largest = max(self.largest, len(json.dumps(status)) * UTF_16)


def request(number: int) -> TenantRequest:
    """What a tenant asked for."""
    return tenant_named(number, environment=ENVIRONMENTS[number % len(ENVIRONMENTS)])


def upgraded(tenants: int) -> Figures:
    """Upgrade a fleet, and count."""
    with fleet(PRODUCTION_WEEKLY, *(request(number) for number in range(tenants))) as found:
        statuses = Statuses()
        found.engine.on_status = statuses.look
        begun = time.process_time()
        run(found.world.clock, _upgrade(found))
        taken = time.process_time() - begun
        _require_upgraded(found, tenants)
        sent, writes = len(found.arm.sent), len(found.arm.writes())
        own = found.orchestration.id
        episodes = found.engine.episodes
        seconds = (found.world.clock.now() - NOON).total_seconds()
        return Figures(
            tenants=tenants,
            armCalls=round(sent / tenants, 3),
            armWrites=round(writes / tenants, 3),
            episodes=round(episodes.total() / tenants, 2),
            fleetEpisodes=round(episodes[own] / tenants, 2),
            activities=round(found.engine.calls.total() / tenants, 2),
            virtualSeconds=round(seconds / tenants, 1),
            largestHistory=found.engine.longest[own],
            largestStatusBytes=statuses.largest,
            realSeconds=round(taken, 1),
        )


async def _upgrade(found: Fleet) -> None:
    await found.begin()
    await found.rest()


def _require_upgraded(found: Fleet, tenants: int) -> None:
    states = Counter(found.states().values())
    if found.rollout.state is not RolloutState.DONE or states != {"upgraded": tenants}:
        raise SystemExit(f"not all were upgraded: {found.rollout.state} {dict(states)}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="upgrading a fleet")
    parser.add_argument("--tenants", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    print(
        "               for one tenant:                                  largest of the rollout's:"
    )
    print(
        "               ARM calls  writes  episodes  (rollout's)  activities   history     status"
    )
    found = []
    for tenants in sorted(options.tenants):
        one = upgraded(tenants)
        found.append(one)
        print(
            f"{one.tenants:>6} tenants {one.armCalls:>9} {one.armWrites:>7} {one.episodes:>9} "
            f"{one.fleetEpisodes:>12} {one.activities:>11} {one.largestHistory:>9} "
            f"{one.largestStatusBytes:>8} B ({one.realSeconds} s of CPU)",
            flush=True,
        )
    first, last = found[0], found[-1]
    ratios = {
        "armCalls": round(last.armCalls / first.armCalls, 3),
        "episodes": round(last.episodes / first.episodes, 3),
        "activities": round(last.activities / first.activities, 3),
    }
    print(f"{last.tenants} tenants against {first.tenants}, for each: {ratios}")
    if max(ratios.values()) > MOST_GROWTH:
        raise SystemExit("what a tenant costs grows with the fleet")
    figures = {str(one.tenants): one._asdict() for one in found}
    print(json.dumps({"fleets": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
