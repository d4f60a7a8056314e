"""Delivery: for each endpoint a lane, with so many requests under way and no more."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

from localcloud.event_grid import records as states
from localcloud.event_grid.clock import Clock
from localcloud.event_grid.endpoints import Endpoints
from localcloud.event_grid.intake import Subscriptions
from localcloud.event_grid.model import Subscription
from localcloud.event_grid.records import Change, Delivery
from localcloud.event_grid.retries import (
    DEAD_LETTER_DELAY,
    Again,
    GiveUp,
    Outcome,
    after,
    has_expired,
)
from localcloud.event_grid.state import State

_LOG = logging.getLogger("localcloud.event_grid")
AT_ONCE: Final = 32  # requests under way to one endpoint
_PAGE: Final = 256  # deliveries that a lane takes from the file at once
_LARGEST: Final = 1024 * 1024 - 1024  # bytes of a batch's events; an array takes 1 MiB
_PAUSED: Final = 5.0  # seconds of Azure until a subscription that is being written is looked at

type Batch = tuple[Subscription, list[Delivery]]


class Delivering:
    """The lanes, and what they have in common."""

    def __init__(
        self,
        state: State,
        subscriptions: Subscriptions,
        endpoints: Endpoints,
        clock: Clock,
        speed: float,
    ) -> None:
        self.state = state
        self.subscriptions = subscriptions
        self.endpoints = endpoints
        self.clock = clock
        self.speed = speed
        self.dead = asyncio.Event()
        self._lanes: dict[str, Lane] = {}
        self._changes: list[Change] = []

    def subscriptions_changed(self) -> None:
        """Look at every lane: what waits may go elsewhere now."""
        self.events_arrived(set(self.state.lanes()))

    def events_arrived(self, lanes: set[str]) -> None:
        """Wake lanes, those that are new included."""
        for name in lanes:
            if name not in self._lanes:
                self._lanes[name] = Lane(name, self)
            self._lanes[name].wake.set()

    def note(self, *changes: Change) -> None:
        """Store changes, together with those of the same moment."""
        if not self._changes:
            asyncio.get_running_loop().call_soon(self.flush)
        self._changes += changes

    def flush(self) -> None:
        """Store what has been noted."""
        changes, self._changes = self._changes, []
        if changes:
            self.state.change(changes)
        if any(one.state == states.DYING for one in changes):
            self.dead.set()

    async def close(self) -> None:
        """End every lane; what was on its way is sent again later."""
        for lane in self._lanes.values():
            await lane.close()
        self.flush()


class Lane:
    """Deliveries to one endpoint.

    Attributes:
        wake: Set when there is something new.
    """

    def __init__(self, name: str, office: Delivering) -> None:
        self._name = name
        self._office = office
        self._waiting: deque[Delivery] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self.wake = asyncio.Event()
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End at once."""
        tasks = [self._running, *self._sending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        office = self._office
        while True:
            self.wake.clear()
            while len(self._sending) < AT_ONCE and (batch := self._next()):
                task = asyncio.create_task(self._send(*batch))
                self._sending.add(task)
                task.add_done_callback(self._sent)
            full = len(self._sending) >= AT_ONCE
            await office.clock.wait(self.wake, None if full else office.state.next_due(self._name))

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("a delivery ended unexpectedly", exc_info=error)
        self.wake.set()

    def _next(self) -> Batch | None:
        """The next deliveries of one subscription, which travel together."""
        while first := self._take():
            subscription = self._office.subscriptions.get(first.subscription)
            if subscription is None:
                self._end(first, states.DROPPED, "the event subscription is gone")
            elif not subscription.active:
                self._wait(first, _PAUSED)
            elif has_expired(subscription, first.published, self._now(), self._office.speed):
                self._give_up(first, subscription, "TimeToLiveExceeded")
            else:
                return subscription, self._batch(subscription, first)
        return None

    def _take(self) -> Delivery | None:
        if not self._waiting:
            self._office.flush()  # what has been noted may be due again
            self._waiting.extend(self._office.state.claim(self._name, self._now(), _PAGE))
        return self._waiting.popleft() if self._waiting else None

    def _batch(self, subscription: Subscription, first: Delivery) -> list[Delivery]:
        """Join what is there already, and fits; nothing is waited for."""
        batch, size = [first], first.size
        destination = subscription.destination
        most = min(destination.most_bytes, _LARGEST)
        while len(batch) < destination.most_events and (following := self._take()):
            fits = size + following.size <= most and following.subscription == subscription.id
            if not fits or following.attempts != first.attempts:
                self._waiting.appendleft(following)
                break
            batch.append(following)
            size += following.size
        return batch

    async def _send(self, subscription: Subscription, batch: Sequence[Delivery]) -> None:
        office = self._office
        events = [dict(one.event) | {"topic": subscription.source} for one in batch]
        outcome = await office.endpoints.deliver(subscription, events, batch[0].attempts)
        now = self._now()
        office.note(*(self._after(one, subscription, outcome, now) for one in batch))

    def _after(
        self, delivery: Delivery, subscription: Subscription, outcome: Outcome, now: float
    ) -> Change:
        state, due, reason = states.DELIVERED, now, ""
        attempts = delivery.attempts + 1
        if not outcome.delivered:
            match after(outcome, attempts, subscription):
                case Again(seconds):
                    state, due = states.WAITING, now + seconds / self._office.speed
                case GiveUp(why):
                    state, due = self._grave(subscription, now)
                    reason = why
        return Change(delivery.id, state, due, attempts, outcome.status, outcome.name, reason, now)

    def _grave(self, subscription: Subscription, now: float) -> tuple[str, float]:
        """Where an event goes that is given up, and when."""
        if not subscription.keeps_dead:
            return states.DROPPED, now
        return states.DYING, now + DEAD_LETTER_DELAY / self._office.speed

    def _give_up(self, delivery: Delivery, subscription: Subscription, reason: str) -> None:
        state, due = self._grave(subscription, self._now())
        self._office.note(_as_it_was(delivery, state, due, reason))

    def _end(self, delivery: Delivery, state: str, reason: str) -> None:
        self._office.note(_as_it_was(delivery, state, self._now(), reason))

    def _wait(self, delivery: Delivery, seconds: float) -> None:
        due = self._now() + seconds / self._office.speed
        self._office.note(_as_it_was(delivery, states.WAITING, due, ""))

    def _now(self) -> float:
        return self._office.clock.now()


def _as_it_was(delivery: Delivery, state: str, due: float, reason: str) -> Change:
    """A change that no attempt has made."""
    return Change(
        delivery.id, state, due, delivery.attempts, delivery.status, delivery.outcome, reason,
        delivery.attempted,
    )  # fmt: skip
