"""Telling those who wait, some of whom are not there yet and some no more."""

import asyncio
from collections.abc import Callable
from contextvars import Context

import pytest

from activities.announce import ATTEMPTS, announce
from landing_zone.conclusions import Announcement
from tests.fakes import FakeDurableClient, Raised

MISSING = "No instance with ID 'a' found."
GONE = "Instance with ID 'a' is gone: either completed or failed"
DATA = Announcement(event="ended:network", instances=("a", "b"), ok=True, outputs={"x": {"y": "z"}})


class InstantLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time and is written down."""

    waits: list[float]

    def call_later[*Ts](
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at once."""
        self.waits.append(delay)
        return super().call_later(0, callback, *args, context=context)


def told(client: FakeDurableClient, data: Announcement = DATA) -> list[float]:
    """Announce without waiting; returns the waits that there would have been."""
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, InstantLoop)
        loop.waits = []
        try:
            assert runner.run(announce(client, data)).state == "done"
        finally:
            waits = list(loop.waits)
    return waits


def test_everyone_is_told_the_same() -> None:
    """At once, and once."""
    client = FakeDurableClient()
    assert told(client) == []
    assert client.raised == [Raised(one, "ended:network", DATA.dump()) for one in ("a", "b")]


def test_who_has_not_been_started_is_told_later() -> None:
    """All are started at once, in no order; the waits grow."""
    client = FakeDurableClient()
    client.refusals["a"] = [Exception(MISSING)] * 3
    assert told(client) == [0.05, 0.1, 0.2]
    assert {raised.instance_id for raised in client.raised} == {"a", "b"}


def test_who_has_ended_needs_not_be_told() -> None:
    """A skipped resource does not wait for the rest of what it waited for."""
    client = FakeDurableClient()
    client.refusals["a"] = [Exception(GONE)]
    assert told(client) == []
    assert [raised.instance_id for raised in client.raised] == ["b"]


def test_who_is_never_there_is_no_success() -> None:
    """The host tries the activity again; an end that is not told would never be known."""
    client = FakeDurableClient()
    client.refusals["a"] = [Exception(MISSING)] * (ATTEMPTS + 1)
    with pytest.raises(Exception, match="No instance"):
        told(client)
    assert len(client.refusals["a"]) == 1
    assert [raised.instance_id for raised in client.raised] == ["b"]


def test_nobody_to_tell_is_done() -> None:
    """The last resource of a plan has no one waiting."""
    client = FakeDurableClient()
    told(client, DATA.model_copy(update={"instances": ()}))
    assert client.raised == []
