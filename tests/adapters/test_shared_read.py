"""Reads that are shared."""

import asyncio

import pytest

from azure_adapters.shared_read import SharedRead


class Source:
    """A number that can be read, slowly, and that changes at each read."""

    def __init__(self) -> None:
        self.reads = 0
        self.go = asyncio.Event()
        self.fails = False

    async def read(self) -> list[int]:
        """The number of the read."""
        self.reads += 1
        number = self.reads
        await self.go.wait()
        if self.fails:
            raise OSError("gone")
        return [number]


async def test_those_who_come_while_one_is_under_way_share_the_next() -> None:
    """The first read may have passed by what has changed since; one more serves all of them."""
    source = Source()
    shared = SharedRead(source.read)
    first = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    later = [asyncio.create_task(shared.get()) for _ in range(20)]
    await asyncio.sleep(0)
    source.go.set()
    assert await first == [1]
    assert await asyncio.gather(*later) == [[2]] * 20
    assert source.reads == 2


async def test_who_comes_afterwards_reads_afresh() -> None:
    """Nothing is remembered."""
    source = Source()
    source.go.set()
    shared = SharedRead(source.read)
    assert [await shared.get() for _ in range(3)] == [[1], [2], [3]]


async def test_a_read_that_fails_serves_nobody() -> None:
    """Each of those who wait tries for itself."""
    source = Source()
    source.go.set()
    source.fails = True
    shared = SharedRead(source.read)
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            await shared.get()
    source.fails = False
    assert await shared.get() == [3]


class Hours:
    """A time that goes on only while somebody sleeps; sleeping ends when it is let."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []
        self.go = asyncio.Event()

    def now(self) -> float:
        """The time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        await self.go.wait()
        self.time += seconds


async def test_reads_begin_some_time_apart() -> None:
    """The first, and one after a quiet while, begin at once."""
    source, hours = Source(), Hours()
    source.go.set()
    hours.go.set()
    shared = SharedRead(source.read, 5.0, now=hours.now, sleep=hours.sleep)
    assert await shared.get() == [1]
    hours.time += 2
    assert await shared.get() == [2]
    hours.time += 5
    assert await shared.get() == [3]
    assert hours.slept == [3.0]


async def test_who_comes_in_the_pause_is_served_by_the_read_after_it() -> None:
    """That read is begun after all of them have asked."""
    source, hours = Source(), Hours()
    source.go.set()
    shared = SharedRead(source.read, 5.0, now=hours.now, sleep=hours.sleep)
    await shared.get()
    early = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    assert hours.slept == [5.0]
    late = [asyncio.create_task(shared.get()) for _ in range(20)]
    await asyncio.sleep(0)
    hours.go.set()
    assert await early == [2]
    assert await asyncio.gather(*late) == [[2]] * 20
