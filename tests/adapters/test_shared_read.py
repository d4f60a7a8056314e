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
