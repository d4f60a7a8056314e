"""Stand-ins for what surrounds Event Grid: time, Resource Manager, storage, and an endpoint."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from localcloud.event_grid.dead_letters import BlobError

PATIENCE = 20.0  # seconds that a test waits for something before it fails
SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st1"
FUNCTION = f"{GROUP}/providers/Microsoft.Web/sites/app/functions/on_event"


class HandSetClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self._alarms: list[tuple[float, asyncio.Event]] = []
        self.waits = 0

    def now(self) -> float:
        """What it was set to."""
        return self.seconds

    async def wait(self, wake: asyncio.Event, until: float | None) -> None:
        """Return when the event is set, or when it was set to that moment."""
        if until is not None and until <= self.seconds:
            await asyncio.sleep(0)
            return
        alarm = asyncio.Event()
        entry = (until if until is not None else float("inf"), alarm)
        self._alarms.append(entry)
        waits = [asyncio.create_task(one.wait()) for one in (wake, alarm)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._alarms.remove(entry)
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        for until, alarm in self._alarms:
            if until <= self.seconds:
                alarm.set()

    def next_alarm(self) -> float:
        """Seconds until someone wakes."""
        return min((until for until, _ in self._alarms), default=float("inf")) - self.seconds


def event(number: int = 0, **fields: Any) -> dict[str, Any]:
    """An event as it stands in the outbox."""
    subject = fields.get("subject", f"{STORAGE}{number}")
    return {
        "id": str(uuid.UUID(int=number)),
        "topic": SUBSCRIPTION,
        "subject": subject,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2027-01-15T08:00:00Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": {
            "authorization": {"scope": subject, "action": "x/write", "evidence": {}},
            "resourceUri": subject,
            "operationName": "Microsoft.Storage/storageAccounts/write",
            "status": "Succeeded",
            "number": number,
        },
    } | fields


def subscription(name: str = "all", **changes: Any) -> dict[str, Any]:
    """An event subscription as Resource Manager shows it; changes are of its properties."""
    properties = {
        "destination": {
            "endpointType": "AzureFunction",
            "properties": {"resourceId": FUNCTION, "maxEventsPerBatch": 1},
        },
        "eventDeliverySchema": "EventGridSchema",
        "filter": {},
        "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
    }
    top = {key: changes.pop(key) for key in ("source", "topicType", "state", "from", "url", "proof")
           if key in changes}  # fmt: skip
    return {
        "id": f"{SUBSCRIPTION}/providers/Microsoft.EventGrid/eventSubscriptions/{name}",
        "source": SUBSCRIPTION,
        "topicType": "microsoft.resources.subscriptions",
        "state": "Succeeded",
        "from": 0,
        "properties": properties | changes,
        "url": "",
        "proof": "",
    } | top


class FakeArm:
    """Resource Manager's outbox and subscriptions, in memory."""

    def __init__(self) -> None:
        self.subscriptions: list[dict[str, Any]] = []
        self.events: list[tuple[int, dict[str, Any]]] = []
        self.taken = 0
        self.proofs: list[tuple[str, str, str]] = []
        self.place: Mapping[str, str] = {"account": "starchive", "container": "letters"}
        self.feed = "first"
        self._revision = 0
        self._news = asyncio.Event()
        self._number = 0
        self._told = asyncio.Event()

    def subscribe(self, *shown: dict[str, Any]) -> None:
        """These are all subscriptions from now on."""
        self.subscriptions = list(shown)
        self._revision += 1
        self._news.set()

    def publish(self, *events: dict[str, Any]) -> None:
        """Add events to the outbox."""
        for one in events:
            self._number += 1
            self.events.append((self._number, one))
        self._news.set()

    async def next(self, feed: str, since: int, revision: str) -> Mapping[str, Any]:
        """Answer once there is something new."""
        if feed != self.feed:
            since, revision = 0, ""
        self.taken = since
        while True:
            self._news.clear()
            found = [{"n": n, "event": one} for n, one in self.events if n > since][:500]
            changed = revision != str(self._revision)
            if found or changed:
                break
            await self._news.wait()
        return {
            "feed": self.feed,
            "events": found,
            "revision": str(self._revision),
            "subscriptions": self.subscriptions if changed else None,
        }

    async def prove(self, operation: str, outcome: str, message: str) -> bool:
        """Remember what was told."""
        self.proofs.append((operation, outcome, message))
        self._told.set()
        return True

    async def told(self, outcome: str) -> str:
        """Wait for an outcome of a proof; its message."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for _, name, message in self.proofs:
                    if name == outcome:
                        return message
                self._told.clear()
                await self._told.wait()

    async def dead_letter_place(self, subscription: str) -> Mapping[str, str]:
        """Where dead letters go."""
        assert subscription
        return self.place


class FakeBlobs:
    """Blobs in memory; the storage can be away."""

    def __init__(self) -> None:
        self.blobs: dict[str, Any] = {}
        self.away = False
        self.asked = 0

    async def write(self, container: str, name: str, content: bytes) -> None:
        """Keep a blob."""
        self.asked += 1
        if self.away:
            raise BlobError("away")
        self.blobs[f"{container}/{name}"] = json.loads(content)


@dataclass
class Request:
    """What an endpoint got."""

    method: str
    headers: dict[str, str]
    text: str
    query: dict[str, str]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


@dataclass
class Endpoint:
    """A web server that notes what it gets, and answers as it is told."""

    answer: Callable[[Request], web.Response] = field(default=lambda _: web.Response(status=202))
    requests: list[Request] = field(default_factory=list)
    hold: asyncio.Event | None = None
    at_once: int = 0
    most_at_once: int = 0
    connections: set[Any] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername"))
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.query)
        got = Request(request.method, headers, (await request.read()).decode(), query)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        async with self._news:
            self.requests.append(got)
            self._news.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        self.at_once -= 1
        return self.answer(got)

    async def got(self, count: int) -> list[Request]:
        """Wait for so many requests."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.requests) >= count)
            return list(self.requests)

    def answers(self, *statuses: int) -> None:
        """Answer with these, one after another, and with the last for ever."""
        left = list(statuses)
        self.answer = lambda _: web.Response(status=left.pop(0) if len(left) > 1 else left[0])
