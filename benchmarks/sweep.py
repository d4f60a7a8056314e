"""How fast the sweep judges what ARM lists: 100,000 resources of 1,000 subscriptions, no network.

The subscriptions are planned tenants of all tiers, their resources as ARM lists them, some of them
broken in the ways that the tests know. It is the CPU's time of one core that counts, so that
whatever else the machine does meanwhile does not. A plain pass, which reads each resource's id and
type and looks up its subscription, over the same data tells what the machine can do at all.

    python benchmarks/sweep.py [--resources 100000] [--subscriptions 1000]

Ends with one JSON line: `resourcesPerSecond`, `plainPerSecond`, `timesPlain`, `resources`,
`subscriptions`, `driftsMade`, `driftsFound`. It fails where a drift was not found, or one was found
that nobody made.
"""

import argparse
import copy
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from landing_zone.remediation.ground import Ground  # noqa: E402 - after the path
from landing_zone.remediation.kinds import target_of  # noqa: E402
from landing_zone.remediation.sweep import sweep  # noqa: E402
from tests.unit.remediation.drifts import DRIFTS, Drift  # noqa: E402
from tests.unit.remediation.estate import GROUNDS, World, world_of  # noqa: E402

ROUNDS = 5
ONE_IN = 97
"""One resource in so many is broken."""


def subscription_of(ground: Ground) -> str:
    """Id of a tenant's subscription."""
    hubs = str(ground.hub.subscription_id)
    return next(key.split("/")[2] for key in ground.plan if key.split("/")[2] != hubs)


def renamed(value: Any, old: str, new: str) -> Any:
    """A body, or part of one, in another subscription."""
    return json.loads(json.dumps(value).replace(old, new))


def listed(world: World, subscription: str) -> Iterator[dict[str, Any]]:
    """What the lists of a subscription hold."""
    for key, body in world.items():
        target = target_of(key)
        if target is not None and target.id == key and key.split("/")[2] == subscription:
            yield body


def moved(ground: Ground, old: str, new: str) -> Ground:
    """The same tenant in another subscription."""
    plan = {
        key.replace(old, new): item.model_copy(
            update={"id": item.id.replace(old, new), "body": renamed(item.body, old, new)}
        )
        for key, item in ground.plan.items()
    }
    unmanaged = frozenset(one.replace(old, new) for one in ground.unmanaged)
    return replace(ground, plan=plan, unmanaged=unmanaged)


def landing_zones(number: int) -> tuple[list[list[dict[str, Any]]], dict[str, Ground]]:
    """What the lists of so many subscriptions hold, and what is known of each."""
    known = [(one, subscription_of(one)) for one in GROUNDS]
    templates = [(one, name, list(listed(world_of(one), name))) for one, name in known]
    lists, grounds = [], {}
    for index, (ground, old, bodies) in enumerate(islice(cycle(templates), number)):
        new = f"0badc0de-0000-4000-8000-{index:012d}"
        lists.append([renamed(body, old, new) for body in bodies])
        grounds[new] = moved(ground, old, new)
    return lists, grounds


def recorded(
    lists: list[list[dict[str, Any]]], number: int
) -> tuple[list[dict[str, Any]], set[tuple[str, str]]]:
    """So many resources of all subscriptions, some broken; and what is wrong with which."""
    # Each subscription's share: its own resources, and more of the same under other names.
    share = -(-number // len(lists))
    found = [body for own in lists for body in islice(_endless(own), share)][:number]
    made: set[tuple[str, str]] = set()
    drifts = {kind: cycle(_of(kind)) for kind in {drift.kind for drift in DRIFTS}}
    for at in range(0, number, ONE_IN):
        body = found[at]
        kind = str(body["type"]).lower()
        if kind in drifts and "copy" not in body:
            drift = next(drifts[kind])
            drift.make(body)
            made.add((str(drift.rule), str(body["id"]).lower()))
    return found, made


def _of(kind: str) -> list[Drift]:
    return [drift for drift in DRIFTS if drift.kind == kind]


def _endless(own: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A subscription's resources, and after them further ones like its plain ones."""
    yield from own
    plain = [one for one in own if not _is_planned_alone(str(one["type"]))]
    for number, body in enumerate(cycle(plain)):
        yield {**copy.deepcopy(body), "id": f"{body['id']}-{number}", "copy": number}


def _is_planned_alone(kind: str) -> bool:
    """Kinds of which rules compare one with its plan, or of which each is looked at by itself."""
    return kind.endswith(("/virtualNetworks", "/privateEndpoints", "/networkSecurityGroups"))


def plain(bodies: list[dict[str, Any]], grounds: dict[str, Ground]) -> int:
    """A pass that does no more than to know whose each resource is, and of what type."""
    counts: dict[str, int] = {}
    for body in bodies:
        if grounds.get(str(body["id"]).lower()[15:51]) is not None:
            kind = str(body["type"]).lower()
            counts[kind] = counts.get(kind, 0) + 1
    return sum(counts.values())


def per_second(number: int, work: Callable[[], object]) -> float:
    """How many a second, in the CPU's time: the median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        gc.collect()
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return number / statistics.median(taken)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="sweeping a landing zone")
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--subscriptions", type=int, default=1_000)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    lists, grounds = landing_zones(options.subscriptions)
    bodies, made = recorded(lists, options.resources)
    swept = sweep(bodies, grounds)
    found = {(one.rule, _parent(one.resource_id)) for one in swept.violations}
    if found != made:
        raise SystemExit(f"missed {sorted(made - found)[:3]}, made up {sorted(found - made)[:3]}")
    fast = per_second(len(bodies), lambda: plain(bodies, grounds))
    judged = per_second(len(bodies), lambda: sweep(bodies, grounds))
    figures = {
        "resourcesPerSecond": round(judged),
        "plainPerSecond": round(fast),
        "timesPlain": round(fast / judged, 2),
        "resources": swept.resources,
        "subscriptions": len(grounds),
        "driftsMade": len(made),
        "driftsFound": len(found),
    }
    print(json.dumps(figures))


def _parent(resource_id: str) -> str:
    """The resource that a child was found in."""
    target = target_of(resource_id)
    return target.id if target is not None else resource_id


if __name__ == "__main__":
    main()
