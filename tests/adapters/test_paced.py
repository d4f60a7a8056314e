"""Calls at the pace of each subscription: waiting, being told to come back, and what is sent."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

import pytest

from azure_adapters.paced import PACED, Paced, remaining_of
from landing_zone.errors import TemporaryError
from landing_zone.pacing.pacer import Pacer
from landing_zone.pacing.settings import PaceSettings

ARM = "https://management.azure.com/subscriptions"
ONE, OTHER = f"{ARM}/one/x", f"{ARM}/other/x"
READS = "x-ms-ratelimit-remaining-subscription-reads"


class Reply:
    """As much of a response as is looked at."""

    def __init__(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Without a body."""
        self.status_code = status
        self.headers = dict(headers or {})
        self.content = b""


def left(reads: str) -> Reply:
    """An answer that says how many reads are left."""
    return Reply(200, {READS: reads})


class Azure:
    """Answers as scripted, else well; time passes only where someone sleeps."""

    def __init__(self, settings: PaceSettings | None = None) -> None:
        """Begin at time 0."""
        self.sent: list[tuple[str, str]] = []
        self.script: deque[Reply | Exception] = deque()
        self.slept: list[float] = []
        self.time = 0.0
        self.stuck = False
        self.pacer = Pacer(settings or PaceSettings())
        self.paced = Paced(
            self, self.pacer, now=lambda: self.time, sleep=self._sleep, chance=lambda: 1.0
        )

    async def send(
        self,
        method: str,
        url: str,
        body: Any = None,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Any:
        """The next answer."""
        self.sent.append((method, url))
        answer = self.script.popleft() if self.script else Reply()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing to close."""

    async def _sleep(self, seconds: float) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.time += seconds

    async def told_to_wait(self, method: str, url: str) -> TemporaryError:
        """The error of a call."""
        with pytest.raises(TemporaryError) as caught:
            await self.paced.send(method, url)
        return caught.value


async def test_where_there_is_plenty_nobody_waits() -> None:
    """Not for a moment."""
    azure = Azure()
    for _ in range(240):
        azure.script.append(left("249"))
        await azure.paced.send("GET", ONE)
    assert azure.slept == []


async def test_a_short_wait_is_awaited_in_place() -> None:
    """As what is left tells, with our own count of what comes in."""
    azure = Azure()
    azure.script.append(left("1"))
    for _ in range(3):
        await azure.paced.send("GET", ONE)
    assert azure.slept == pytest.approx([1 / 25, 1 / 25])
    assert len(azure.sent) == 3


async def test_an_hour_is_told_before_anything_is_sent() -> None:
    """To every call on that subscription, whatever its kind; no other is slowed."""
    azure = Azure()
    azure.script.append(Reply(429, {"Retry-After": "3600"}))
    first = await azure.told_to_wait("GET", ONE)
    assert (first.code, first.retry_after) == ("Http429", 3600.0)
    azure.time = 600.0
    for method in ("GET", "PUT", "DELETE"):
        error = await azure.told_to_wait(method, ONE)
        assert error.code == PACED
        assert error.retry_after == pytest.approx(3000.0, abs=1.0)
    await azure.paced.send("PUT", OTHER)
    assert azure.sent == [("GET", ONE), ("PUT", OTHER)]
    azure.time = 3600.0
    await azure.paced.send("GET", ONE)
    assert len(azure.sent) == 3
    assert azure.slept == []


async def test_the_error_names_what_is_short() -> None:
    """For whoever reads what an onboarding waits for."""
    azure = Azure(PaceSettings(in_place_seconds=0))
    azure.script.append(left("0"))
    await azure.paced.send("GET", ONE)
    error = await azure.told_to_wait("GET", ONE)
    assert error.message == "reads of subscription one wait: the quota is used up"
    azure.script.append(Reply(429, {"Retry-After": "60"}))
    await azure.told_to_wait("PUT", "https://management.azure.com/providers/x")
    error = await azure.told_to_wait("PUT", "https://management.azure.com/providers/y")
    assert error.message == "writes of the directory wait: Azure has asked to be left alone"


async def test_only_so_many_wait_in_place() -> None:
    """Functions that wait keep those of other subscriptions from running."""
    azure = Azure(PaceSettings(in_place_calls=2))
    azure.script.append(left("0"))
    await azure.paced.send("GET", ONE)
    azure.stuck = True
    waiting = [asyncio.create_task(azure.paced.send("GET", f"{ONE}/{n}")) for n in range(2)]
    await asyncio.sleep(0)
    error = await azure.told_to_wait("GET", f"{ONE}/2")
    assert error.code == PACED
    assert (error.retry_after or 9.0) < 1.0
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)


async def test_whoever_is_canceled_leaves_nothing_behind() -> None:
    """Neither a place in the line nor one among those who wait in place."""
    azure = Azure()
    azure.script.append(left("1"))
    await azure.paced.send("GET", ONE)
    azure.stuck = True
    task = asyncio.create_task(azure.paced.send("GET", f"{ONE}/waits"))
    await asyncio.sleep(0)
    assert azure.pacer.in_place == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert azure.pacer.in_place == 0
    assert azure.pacer.of("one", 0.0).desk("reads", 0.0).is_empty()
    assert len(azure.sent) == 1


async def test_a_call_without_an_answer_is_no_longer_under_way() -> None:
    """And it tells nothing of the quota."""
    azure = Azure()
    azure.script.append(TemporaryError("ConnectionFailed", "reset"))
    assert (await azure.told_to_wait("GET", ONE)).code == "ConnectionFailed"
    assert azure.pacer.of("one", 0.0).desk("reads", 0.0).bucket.under_way == 0


async def test_background_work_goes_second() -> None:
    """It leaves what the settings reserve; both share what is known of the quota."""
    azure = Azure()
    sweep = azure.paced.in_background()
    azure.script.append(left("50"))
    await sweep.send("GET", ONE)
    with pytest.raises(TemporaryError, match=PACED):
        await sweep.send("GET", ONE)
    await azure.paced.send("GET", ONE)
    assert azure.slept == []


@pytest.mark.parametrize(
    ("headers", "remaining"),
    [
        ({READS: "17"}, 17),
        ({"x-ms-ratelimit-remaining-tenant-reads": "5"}, 5),
        ({READS: "17", "x-ms-ratelimit-remaining-subscription-global-reads": "3"}, 3),
        ({READS: "17", "x-ms-ratelimit-remaining-subscription-writes": "1"}, 17),
        ({READS: "-1"}, None),
        ({READS: "²"}, None),
        ({READS: ""}, None),
        ({}, None),
    ],
)
def test_the_scarcest_quota_counts(headers: dict[str, str], remaining: int | None) -> None:
    """Of the kind of the call, be it that of all principals together."""
    assert remaining_of(headers, "reads") == remaining
