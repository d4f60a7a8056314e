"""A storm of calls on the local cloud's own token buckets, on virtual time.

Genuine: the adapter with its pacing, what an orchestration decides after each call, and the local
Azure Resource Manager's throttling. Pretended: the answers, and the way there and back.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from azure.core.rest import HttpRequest

from azure_adapters.arm import ArmResourceManager
from azure_adapters.paced import Paced
from azure_adapters.pipeline import Pipeline
from landing_zone.attempts import Wait, after_call
from landing_zone.contracts import Outcome, Progress
from landing_zone.errors import TemporaryError
from landing_zone.pacing.pacer import Pacer
from landing_zone.pacing.settings import PaceSettings
from landing_zone.retries import RetryPolicy
from localcloud.arm.errors import ArmError
from localcloud.arm.profile import retry_headers
from localcloud.arm.throttling import Throttle
from tests.fakes import FakeClock
from tests.simulation.local_arm import ENDPOINT, _adapter, _Answer, _Line
from tests.simulation.virtual_loop import run

TRIP_SECONDS: Final = 0.05
"""What a call takes there and back, half of it more or less."""

ACTIVITIES: Final = 100
"""Activities that a process runs at once, as host.json has it."""

VERSION: Final = "2024-01-01"


@dataclass(frozen=True)
class Caller:
    """One who reads one resource, and comes back until it has read it.

    Attributes:
        name: Whoever it is.
        subscription: Where its resource is.
        at: When it begins, in seconds.
        background: Whether it is a sweep.
        process: Which process it is in.
    """

    name: str
    subscription: str
    at: float = 0.0
    background: bool = False
    process: int = 0

    @property
    def resource_id(self) -> str:
        """What it reads."""
        return f"/subscriptions/{self.subscription}/resourceGroups/rg/providers/A.B/c/{self.name}"


@dataclass
class Weather:
    """What a storm came to.

    Attributes:
        seconds: When the last call was answered.
        took: Seconds from its beginning to its answer, by caller.
        sent: When each call arrived at Azure, by subscription.
        refused: Calls that were answered with 429.
        failed: Callers that gave up.
        attempts: How often each caller called.
    """

    seconds: float = 0.0
    took: dict[str, float] = field(default_factory=dict)
    sent: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    failed: int = 0
    attempts: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        """Calls that arrived at Azure."""
        return sum(len(times) for times in self.sent.values())

    @property
    def share(self) -> float:
        """Share of them that were refused."""
        return self.refused / self.calls


class Storm:
    """Some callers in some processes, at one Azure."""

    def __init__(
        self,
        *,
        paced: bool,
        processes: int = 1,
        seed: int = 0,
        held: Mapping[str, float] | None = None,
    ) -> None:
        """Begin with full buckets.

        Args:
            paced: Whether calls keep the subscriptions' pace.
            processes: How many processes there are, each of which knows its own calls only.
            seed: Of all that chance decides.
            held: Until when, in seconds, Azure refuses all calls to a subscription, and says so.
        """
        self.clock = FakeClock()
        self.weather = Weather()
        self.throttle = Throttle(1.0)
        self.pacers = [Pacer(PaceSettings()) for _ in range(processes)]
        self._began = self._now()
        self._held = dict(held or {})
        self._chance = random.Random(seed)  # noqa: S311 - it is to be repeatable
        line = _Line(self._exchange)
        senders = [self._paced(line, pacer) if paced else line for pacer in self.pacers]
        self._arms: list[ArmResourceManager] = [
            _adapter(ArmResourceManager, ENDPOINT, sender) for sender in senders
        ]
        self._paced_at_all = paced
        self._slots = [asyncio.Semaphore(ACTIVITIES) for _ in range(processes)]

    def run(self, callers: Sequence[Caller]) -> Weather:
        """Let all call, to the end of each."""
        run(self.clock, self._run(callers))
        self.weather.seconds = self._now() - self._began
        return self.weather

    async def _run(self, callers: Sequence[Caller]) -> None:
        await asyncio.gather(*(self._call(caller) for caller in callers))

    def _paced(self, line: Pipeline, pacer: Pacer) -> Paced:
        return Paced(line, pacer, now=self._now, chance=self._chance.random)

    def _now(self) -> float:
        return self.clock.now().timestamp()

    async def _call(self, caller: Caller) -> None:
        await asyncio.sleep(caller.at)
        begun = self._now()
        arm = self._arms[caller.process]
        if caller.background and self._paced_at_all:
            arm = arm.in_background()
        progress = Progress(started_at=self.clock.now())
        while True:
            self.weather.attempts[caller.name] += 1
            try:
                async with self._slots[caller.process]:
                    await arm.get(caller.resource_id, VERSION)
            except TemporaryError as error:
                outcome = Outcome(state="retry", wait=error.retry_after, code=error.code)
                step = after_call(RetryPolicy(), progress, outcome, self.clock.now(), caller.name)
                if not isinstance(step, Wait):
                    self.weather.failed += 1
                    return
                progress = step.progress
                await asyncio.sleep(step.seconds)
            else:
                self.weather.took[caller.name] = self._now() - begun
                return

    async def _exchange(self, request: HttpRequest) -> Any:
        await asyncio.sleep(self._trip())
        path = request.url.removeprefix(ENDPOINT).partition("?")[0]
        subscription = path.split("/")[2]
        self.weather.sent[subscription].append(self._now() - self._began)
        try:
            answer = _Answer(200, self._admit(request.method, path), '{"id": "x"}')
        except ArmError as error:
            self.weather.refused += 1
            answer = _Answer(int(error.status), dict(error.headers), "")
        await asyncio.sleep(self._trip())
        return answer

    def _trip(self) -> float:
        return TRIP_SECONDS / 2 * self._chance.uniform(0.5, 1.5)

    def _admit(self, method: str, path: str) -> dict[str, str]:
        left = self._held.get(path.split("/")[2], 0.0) - (self._now() - self._began)
        if left > 0:
            status = HTTPStatus.TOO_MANY_REQUESTS
            raise ArmError(status, "TooManyRequests", "later", headers=retry_headers(left))
        return self.throttle.admit(method, path, "the application", self._now())


def subscriptions(number: int) -> list[str]:
    """Ids of so many subscriptions."""
    return [f"00000000-0000-4000-8000-{index:012}" for index in range(number)]


def storm_of(calls: int, over: int, processes: int = 1) -> list[Caller]:
    """Callers who all begin at once, spread over subscriptions and processes."""
    ids = subscriptions(over)
    return [
        Caller(f"r{index}", ids[index % over], process=index // over % processes)
        for index in range(calls)
    ]
