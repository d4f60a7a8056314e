"""Everything put together: from a state directory to a running Event Grid."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from landing_zone.hub import HubDocument
from localcloud.arm.event_feed import event_grid_identity
from localcloud.event_grid.clock import Clock, SystemClock
from localcloud.event_grid.control import Control
from localcloud.event_grid.dead_letters import AzuriteBlobs, DeadLetters
from localcloud.event_grid.delivery import Delivering
from localcloud.event_grid.endpoints import Endpoints
from localcloud.event_grid.faults import Faults
from localcloud.event_grid.feed import HttpFeed
from localcloud.event_grid.handshakes import Handshakes
from localcloud.event_grid.intake import Intake, Subscriptions
from localcloud.event_grid.retries import RESPONSE_WAIT
from localcloud.event_grid.state import State
from localcloud.identity.tokens import Tokens

_LOG = logging.getLogger("localcloud.event_grid")
_DATABASE: Final = "event-grid.sqlite"
_AUDIENCE: Final = "https://management.azure.com"
# An endpoint works at its own pace, however fast Azure's clock goes here.
_LEAST_RESPONSE_WAIT: Final = 5.0
_KEPT_OPEN: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an Event Grid is made from.

    Attributes:
        state: Directory of the database.
        arm_url: Resource Manager.
        ca: The authority that vouches for it, and for webhooks on this machine.
        identity_state: Directory of the key that tokens are signed with.
        hub: Names the directory.
        functions_url: The Functions host.
        function_keys: Its file of keys.
        storage: Connection string of the storage that keeps dead letters; it holds a key.
        port: Where it is reached itself.
        speed: How many times faster than Azure.
    """

    state: Path
    arm_url: str
    ca: Path
    identity_state: Path
    hub: HubDocument
    functions_url: str
    function_keys: Path
    storage: str = field(default="", repr=False)
    port: int
    speed: float = 1.0

    @property
    def response_wait(self) -> float:
        """Seconds until an endpoint that does not answer has failed."""
        return max(RESPONSE_WAIT / self.speed, _LEAST_RESPONSE_WAIT)


class Listeners:
    """Tells everyone who wants to know."""

    def __init__(self, delivering: Delivering, handshakes: Handshakes) -> None:
        self._delivering = delivering
        self._handshakes = handshakes

    def subscriptions_changed(self) -> None:
        """There are other subscriptions than before."""
        self._handshakes.subscriptions_changed()
        self._delivering.subscriptions_changed()

    def events_arrived(self, lanes: set[str]) -> None:
        """There are events for some endpoints."""
        self._delivering.events_arrived(lanes)


def _session(ca: Path) -> aiohttp.ClientSession:
    """Keeps connections; their number is bounded by the lanes."""
    context = ssl.create_default_context()
    context.load_verify_locations(ca)
    connector = aiohttp.TCPConnector(
        limit=0, keepalive_timeout=_KEPT_OPEN, ssl=context, ttl_dns_cache=10
    )
    return aiohttp.ClientSession(connector=connector, auto_decompress=False)


def _token_source(settings: Settings) -> "_TokenSource":
    return _TokenSource(Tokens(settings.identity_state), str(settings.hub.directory_id))


class _TokenSource:
    """Event Grid's token for Resource Manager, issued anew before it expires."""

    def __init__(self, tokens: Tokens, directory: str) -> None:
        self._tokens = tokens
        self._identity = event_grid_identity(directory)
        self._token, self._expires = "", 0

    def __call__(self) -> str:
        now = time.time()
        if now > self._expires - 3600:
            self._token, self._expires = self._tokens.issue(self._identity, _AUDIENCE, now)
        return self._token


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[web.Application]:
    """An Event Grid at work; yields what it answers itself."""
    time_of = clock or SystemClock()
    speed = settings.speed
    async with AsyncExitStack() as stack:
        state = State(settings.state / _DATABASE)
        stack.callback(state.close)
        session = await stack.enter_async_context(_session(settings.ca))
        feed = HttpFeed(session, settings.arm_url, _token_source(settings))
        subscriptions, faults = Subscriptions(), Faults(state)
        endpoints = Endpoints(
            session, settings.functions_url, settings.function_keys, settings.response_wait
        )
        delivering = Delivering(state, subscriptions, endpoints, time_of, speed)
        stack.push_async_callback(delivering.close)
        own = f"http://127.0.0.1:{settings.port}"
        handshakes = Handshakes(state, subscriptions, endpoints, feed, time_of, speed, own)
        stack.push_async_callback(handshakes.close)
        blobs = AzuriteBlobs(settings.storage) if settings.storage else None
        if blobs is not None:
            stack.push_async_callback(blobs.close)
        letters = DeadLetters(state, subscriptions, feed, blobs, time_of, speed)
        intake = Intake(feed, state, subscriptions, faults, time_of, speed)
        for work in (
            letters.run(delivering.dead),
            intake.run(Listeners(delivering, handshakes)),
        ):
            stack.push_async_callback(_cancelled, asyncio.create_task(_logged(work)))
        yield Control(state, faults, handshakes).application()


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """Do what never ends; its end by a bug of ours ends the process, which is started again."""
    try:
        await work
    except Exception:
        _LOG.exception("event grid cannot go on")
        asyncio.get_running_loop().call_soon(_abort)
        raise


def _abort() -> None:
    raise SystemExit(1)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
