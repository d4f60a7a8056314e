"""Calls to Azure Resource Manager at the pace that each subscription allows.

A short wait is awaited here; a longer one is told before anything is sent, so that it is awaited
by a durable timer. Source of the headers: learn: azure-resource-manager/management/
request-limits-and-throttling.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

from azure.core.rest import AsyncHttpResponse

from azure_adapters.arm_answers import refusal, retry_after
from landing_zone.errors import TemporaryError
from landing_zone.pacing.desk import Desk
from landing_zone.pacing.line import Turn
from landing_zone.pacing.pace import Pace
from landing_zone.pacing.pacer import Pacer, kind_of, scope_of
from landing_zone.pacing.settings import KINDS, Kind

PACED: Final = "SubscriptionPaced"
"""Code of the error of a call that was not sent, as the subscription's quota does not allow it."""

_LOG = logging.getLogger(__name__)
# Per principal at a subscription, at the directory, and of all principals together.
_HEADERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    kind: tuple(
        f"x-ms-ratelimit-remaining-{level}-{kind}"
        for level in ("subscription", "subscription-global", "tenant")
    )
    for kind in KINDS
}


class Sender(Protocol):
    """What requests are sent with. Asynchronous; raises `TemporaryError` without an answer."""

    async def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> AsyncHttpResponse:
        """The answer, whatever its status."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def remaining_of(headers: Mapping[str, str], kind: Kind) -> int | None:
    """What an answer says to be left of the quota that is the nearest to its end, if it does."""
    least: int | None = None
    for name in _HEADERS[kind]:
        text = headers.get(name)
        if text is not None and text.isascii() and text.isdigit():
            number = int(text)
            least = number if least is None else min(least, number)
    return least


class _Way(NamedTuple):
    """What lets a call through."""

    scope: str
    pace: Pace
    desk: Desk
    turn: Turn

    @property
    def name(self) -> str:
        """The scope, for a person."""
        return f"subscription {self.scope}" if self.scope else "the directory"


class Paced:
    """A sender that keeps the pace of each subscription."""

    def __init__(
        self,
        sender: Sender,
        pacer: Pacer,
        *,
        urgent: bool = True,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Stand before a sender.

        Args:
            sender: What sends.
            pacer: The paces, shared by all who send as the same service principal.
            urgent: Whether to go before background work.
            now: The time, in seconds from anywhere.
            sleep: Waits for so many of them.
            chance: A number from 0 to 1, by which the holds of several processes differ.
        """
        self._sender = sender
        self._pacer = pacer
        self._urgent = urgent
        self._now = now
        self._sleep = sleep
        self._chance = chance

    def in_background(self) -> "Paced":
        """The same for background work, which leaves a part of each quota for others."""
        return Paced(
            self._sender,
            self._pacer,
            urgent=False,
            now=self._now,
            sleep=self._sleep,
            chance=self._chance,
        )

    async def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> AsyncHttpResponse:
        """The answer, whatever its status but 429.

        Raises:
            TemporaryError: There was none; or the subscription is to be left alone for a while,
                with the seconds after which it is this request's turn.
        """
        way = self._way(method, url)
        await self._let_through(way)
        try:
            answer = await self._sender.send(method, url, body, headers)
        except BaseException:
            way.desk.bucket.returned()
            raise
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._throttled(way, answer)
        remaining = remaining_of(answer.headers, way.desk.kind)
        way.pace.answered(way.desk, way.turn, remaining, self._now())
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()

    def _way(self, method: str, url: str) -> _Way:
        now = self._now()
        scope = scope_of(url)
        pace = self._pacer.of(scope, now)
        desk = pace.desk(kind_of(method), now)
        return _Way(scope, pace, desk, desk.enter((method, url), urgent=self._urgent))

    async def _let_through(self, way: _Way) -> None:
        """Return when it is the call's turn, if that is soon."""
        left = self._pacer.settings.in_place_seconds
        while wait := way.desk.ask(way.turn, self._now()):
            if wait > left or self._pacer.in_place >= self._pacer.settings.in_place_calls:
                way.turn.line.go_away(way.turn)
                raise self._too_soon(way, wait)
            left -= wait
            await self._stay(way, wait)

    async def _stay(self, way: _Way, seconds: float) -> None:
        self._pacer.in_place += 1
        try:
            await self._sleep(seconds)
        except BaseException:
            way.turn.line.leave(way.turn)
            raise
        finally:
            self._pacer.in_place -= 1

    def _too_soon(self, way: _Way, wait: float) -> TemporaryError:
        held = self._now() < way.pace.until
        cause = "Azure has asked to be left alone" if held else "the quota is used up"
        return TemporaryError(PACED, f"{way.desk.kind} of {way.name} wait: {cause}", round(wait, 6))

    def _throttled(self, way: _Way, answer: AsyncHttpResponse) -> TemporaryError:
        error = refusal(answer)
        now = self._now()
        asked = retry_after(answer)
        was_held = now < way.pace.until
        wait = way.pace.throttled(way.desk, way.turn, asked, self._chance(), now)
        held = way.pace.until - now
        if held > self._pacer.settings.in_place_seconds and not was_held:
            _LOG.warning("%s is held for %.1f s: %s", way.name, held, error.code)
        return TemporaryError(error.code, error.message, round(wait, 6))
