"""A storm of reads on Azure Resource Manager's token buckets, with pacing and without.

Time is virtual, and so are the answers; the buckets are the local cloud's, the adapter and what an
orchestration decides after each call are genuine. Beside the sole process, several that know
nothing of each other share the same quota. And what pacing costs each call where there is plenty,
of the CPU's time.

    python benchmarks/pacing.py [--calls 10000] [--subscriptions 20] [--processes 1 2 4 8]

Ends with one JSON line. For one process: `refusedShare` (of all calls that were sent) and
`unpacedRefusedShare`, `callsRatio`, `secondsRatio` and `p99Ratio` (unpaced over paced, so above 1
is better), `seconds`, `idealSeconds` (what the buckets need), `fairness` (Jain's index of the times
at which the subscriptions were done; 1 is even), `mostAttempts` of a caller, `microsecondsPerCall`.
And for each number of processes the same without the last.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from azure_adapters.paced import Paced  # noqa: E402 - after the path
from landing_zone.pacing.pacer import Pacer  # noqa: E402
from landing_zone.pacing.settings import PaceSettings  # noqa: E402
from tests.simulation.storm import Caller, Storm, Weather, storm_of, subscriptions  # noqa: E402

ROUNDS = 5
PLENTY = 20_000


class _Answer:
    status_code = 200
    headers: Mapping[str, str] = {"x-ms-ratelimit-remaining-subscription-reads": "249"}


class _Nothing:
    """A sender that answers at once."""

    def __init__(self) -> None:
        self._answer: Any = _Answer()

    async def send(
        self,
        method: str,  # noqa: ARG002
        url: str,  # noqa: ARG002
        body: Any = None,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Any:
        """An answer that says that there is plenty."""
        return self._answer

    async def close(self) -> None:
        """Nothing to close."""


async def _seconds(sender: Any, urls: list[str]) -> float:
    begun = time.process_time()
    for url in urls:
        await sender.send("GET", url)
    return time.process_time() - begun


async def microseconds() -> float:
    """What pacing adds to a call, at the best of some rounds."""
    urls = [
        f"https://management.azure.com/subscriptions/{one}/resourceGroups/rg?api-version=1"
        for one in subscriptions(20)
    ] * (PLENTY // 20)
    bare = _Nothing()
    # Nothing else takes so many calls a second: the settings let them through.
    paced = Paced(bare, Pacer(PaceSettings(reads=10**9)))
    gc.collect()
    least = [[await _seconds(one, urls) for _ in range(ROUNDS)] for one in (paced, bare)]
    return (min(least[0]) - min(least[1])) / PLENTY * 1e6


def p99(weather: Weather) -> float:
    """Seconds until the answer, of the slowest hundredth."""
    return statistics.quantiles(weather.took.values(), n=100)[98]


def fairness(weather: Weather, callers: list[Caller]) -> float:
    """Jain's index of the times at which the subscriptions were done."""
    ends: defaultdict[str, float] = defaultdict(float)
    for caller in callers:
        ends[caller.subscription] = max(ends[caller.subscription], weather.took[caller.name])
    times = list(ends.values())
    return sum(times) ** 2 / (len(times) * sum(one**2 for one in times))


def compare(calls: int, over: int, processes: int) -> dict[str, Any]:
    """The figures of so many processes."""
    callers = storm_of(calls, over, processes)
    paced = Storm(paced=True, processes=processes).run(callers)
    unpaced = Storm(paced=False, processes=processes).run(callers)
    if paced.failed or unpaced.failed:
        raise SystemExit("some callers have given up")
    return {
        "refusedShare": round(paced.share, 4),
        "unpacedRefusedShare": round(unpaced.share, 4),
        "callsRatio": round(unpaced.calls / paced.calls, 2),
        "secondsRatio": round(unpaced.seconds / paced.seconds, 2),
        "p99Ratio": round(p99(unpaced) / p99(paced), 2),
        "seconds": round(paced.seconds, 2),
        "fairness": round(fairness(paced, callers), 4),
        "unpacedFairness": round(fairness(unpaced, callers), 4),
        "mostAttempts": max(paced.attempts.values()),
        "unpacedMostAttempts": max(unpaced.attempts.values()),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="pacing a storm of reads")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--subscriptions", type=int, default=20)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    logging.getLogger("azure_adapters").setLevel(logging.ERROR)
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    results: dict[str, dict[str, Any]] = {}
    for number in options.processes:
        results[str(number)] = compare(options.calls, options.subscriptions, number)
        print(number, json.dumps(results[str(number)]), flush=True)
    limit = PaceSettings().limit("reads")
    ideal = max(0.0, options.calls / options.subscriptions - limit.size) / limit.rate
    per_call = round(asyncio.run(microseconds()), 2)
    first = next(iter(results.values()))
    closing = {"idealSeconds": ideal, "microsecondsPerCall": per_call, "processes": results}
    print(json.dumps({**first, **closing}))


if __name__ == "__main__":
    main()
