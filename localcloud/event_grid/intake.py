"""From Resource Manager's outbox to deliveries: each event meets its source's subscriptions."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from landing_zone.arm_ids import normalized
from localcloud.event_grid import records as states
from localcloud.event_grid.clock import Clock
from localcloud.event_grid.faults import Faults
from localcloud.event_grid.filters import wants
from localcloud.event_grid.model import Subscription
from localcloud.event_grid.records import Arrival, Planned
from localcloud.event_grid.state import State

_LOG = logging.getLogger("localcloud.event_grid")
_POSITION = "position"
_PAUSE = 0.2  # seconds until Resource Manager is asked again after it did not answer


class FeedError(Exception):
    """Resource Manager does not answer, or not as it should."""


class Feed(Protocol):
    """Resource Manager, as Event Grid asks it. Asynchronous."""

    async def next(self, feed: str, since: int, revision: str) -> Mapping[str, Any]:
        """Events after a number, and all subscriptions where they have changed.

        Raises:
            FeedError: There is no answer.
        """
        ...

    async def prove(self, operation: str, outcome: str, message: str) -> bool:
        """Tell whether a webhook has proved itself; whether someone still waits for that.

        Raises:
            FeedError: There is no answer.
        """
        ...

    async def dead_letter_place(self, subscription: str) -> Mapping[str, str]:
        """The `account` and the `container` of dead letters, or why they are `refused`.

        Raises:
            FeedError: There is no answer.
        """
        ...


class Listener(Protocol):
    """Who wants to know that there is something to do."""

    def subscriptions_changed(self) -> None:
        """There are other subscriptions than before."""

    def events_arrived(self, lanes: set[str]) -> None:
        """There are events for some endpoints."""


class Subscriptions:
    """The event subscriptions that are there, by their ids and by their sources' subscriptions."""

    def __init__(self) -> None:
        self._by_id: dict[str, Subscription] = {}
        self._by_source: dict[str, list[Subscription]] = {}

    def replace(self, shown: Sequence[Mapping[str, Any]]) -> None:
        """Take what Resource Manager shows for all there is."""
        found = [one for one in map(_read, shown) if one is not None]
        self._by_id = {one.id: one for one in found}
        self._by_source = {}
        for one in found:
            self._by_source.setdefault(_azure_subscription(one.source), []).append(one)

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription of that id."""
        return self._by_id.get(subscription_id)

    def all(self) -> list[Subscription]:
        """All of them."""
        return list(self._by_id.values())

    def of(self, subject: str) -> list[Subscription]:
        """Those to whose source a resource belongs."""
        known = self._by_source.get(_azure_subscription(subject), ())
        return [one for one in known if one.covers(subject)]


def _read(shown: Mapping[str, Any]) -> Subscription | None:
    """A subscription that cannot be read gets nothing, and does not hold up the others."""
    try:
        return Subscription.of(shown)
    except (KeyError, ValueError, TypeError):
        _LOG.exception("the event subscription %s cannot be read", shown.get("id"))
        return None


def _azure_subscription(resource_id: str) -> str:
    segments = normalized(resource_id).split("/", 3)
    return "/".join(segments[:3])


class Intake:
    """Asks Resource Manager for events, for as long as it runs."""

    def __init__(
        self,
        feed: Feed,
        state: State,
        subscriptions: Subscriptions,
        faults: Faults,
        clock: Clock,
        speed: float,
    ) -> None:
        self._feed = feed
        self._state = state
        self._subscriptions = subscriptions
        self._faults = faults
        self._clock = clock
        self._speed = speed
        self._revision = ""

    async def run(self, listener: Listener) -> None:
        """Ask until cancelled; an answer that does not come is asked for again."""
        silent = False
        while True:
            try:
                await self.once(listener)
                silent = False
            except FeedError as error:
                if not silent:
                    _LOG.warning("resource manager does not answer: %s", error)
                silent = True
                await asyncio.sleep(_PAUSE)

    async def once(self, listener: Listener) -> None:
        """Ask once, and store what is answered.

        Raises:
            FeedError: There is no answer.
        """
        position = self._state.fact(_POSITION) or {"feed": "", "since": 0}
        # The subscriptions are not kept, so each life of the process begins by asking for them.
        answer = await self._feed.next(position["feed"], position["since"], self._revision)
        if answer["subscriptions"] is not None:
            self._subscriptions.replace(answer["subscriptions"])
            self._revision = answer["revision"]
            self._settle_open()
            listener.subscriptions_changed()
        lanes = self._store(answer, position)
        if lanes:
            listener.events_arrived(lanes)

    def _settle_open(self) -> None:
        """Let what waits follow its subscription, wherever that leads now."""
        known = self._subscriptions.all()
        with self._state.transaction():
            self._state.drop_open({one.id for one in known}, "the event subscription is gone")
            for one in known:
                self._state.move(one.id, one.lane)

    def _store(self, answer: Mapping[str, Any], position: Mapping[str, Any]) -> set[str]:
        entries = answer["events"]
        since = entries[-1]["n"] if entries else position["since"]
        if not entries and answer["feed"] == position["feed"]:
            return set()
        with self._state.transaction():
            if answer["feed"] != position["feed"]:
                self._state.begin_anew()  # another outbox, which may count from 1 again
            arrivals = [self._arrival(entry["n"], entry["event"]) for entry in entries]
            self._state.take(arrivals)
            self._state.note(_POSITION, {"feed": answer["feed"], "since": since})
        return {
            planned.lane
            for arrival in arrivals
            for planned in arrival.planned
            if planned.state == states.WAITING
        }

    def _arrival(self, number: int, event: Mapping[str, Any]) -> Arrival:
        now = self._clock.now()
        spelt = self._faults.spelt(event)
        planned = [
            delivery
            for one in self._subscriptions.of(event["subject"])
            if one.events_from is not None and number > one.events_from
            for delivery in self._plan(spelt, one, now)
        ]
        return Arrival(number, spelt, now, planned)

    def _plan(
        self, event: Mapping[str, Any], subscription: Subscription, now: float
    ) -> list[Planned]:
        def end(state: str, reason: str) -> list[Planned]:
            return [Planned(subscription.id, subscription.lane, now, state, reason)]

        if subscription.expires is not None and now >= subscription.expires:
            return end(states.DROPPED, "the event subscription has expired")
        if not wants(subscription.filter, dict(event) | {"topic": subscription.source}):
            return end(states.FILTERED, "")
        mishap = self._faults.meet(event, subscription)
        if mishap.dropped:
            return end(states.DROPPED, f"fault {mishap.dropped}")
        due = now + mishap.later / self._speed
        return [Planned(subscription.id, subscription.lane, due)] * mishap.copies
