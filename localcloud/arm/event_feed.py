"""What Event Grid, a process of its own, asks of Resource Manager: events, subscriptions, places.

One long question answers with the events after a number and, where they have changed, with all
event subscriptions as they stand at that moment. So an event meets exactly those that it should.
The answers hold the secrets of webhooks' addresses: they are for Event Grid's own identity alone.
"""

import hashlib
from typing import Any, Final, Literal, cast

from aiohttp import web

from landing_zone.arm_ids import normalized
from localcloud.arm.authentication import Authenticator
from localcloud.arm.behaviours.event_grid import SUBSCRIPTIONS, TOPIC, begin_delivery
from localcloud.arm.dead_letters import dead_letter_place
from localcloud.arm.errors import ArmError
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.world import Cloud
from localcloud.identity.tokens import ManagedIdentity

# The application id of Microsoft.EventGrid, the same in every directory.
EVENT_GRID_APPLICATION: Final = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
_BATCH = 500
_LONGEST_WAIT = 30.0  # seconds
_SHORTEST_WAIT = 0.001
_LONGEST_PAUSE = 0.5  # seconds until a client that has gone is noticed
_FEED = "eventFeed"

type Proof = Literal["succeeded", "awaiting", "failed"]


def event_grid_identity(directory: str) -> ManagedIdentity:
    """The identity that Event Grid shows to Resource Manager."""
    return ManagedIdentity(directory, EVENT_GRID_APPLICATION, EVENT_GRID_APPLICATION)


class EventFeed:
    """The routes below `/_local/event-grid`."""

    def __init__(self, cloud: Cloud, authenticator: Authenticator) -> None:
        self._cloud = cloud
        self._authenticator = authenticator
        self._ending = False
        with cloud.store.transaction():  # those of a state from before there was Event Grid
            for record in subscription_records(cloud):
                if record.state == "Succeeded":
                    begin_delivery(cloud.store, record)

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/_local/event-grid/feed", self.feed),
            web.post("/_local/event-grid/proofs/{operation}", self.prove),
            web.get("/_local/event-grid/dead-letters", self.dead_letters),
        ]

    async def feed(self, request: web.Request) -> web.Response:
        """Events after `since`, which are then known to be taken; waits up to `wait` seconds."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        feed = feed_id(self._cloud)
        same = request.query.get("feed") == feed
        since = int(request.query.get("since", "0")) if same else 0
        revision = request.query.get("revision", "") if same else ""
        self._cloud.store.database.took("events", since)
        until = self._cloud.now() + min(float(request.query.get("wait", "0")), _LONGEST_WAIT)
        while True:
            self._cloud.settle()
            events = self._cloud.store.database.log_since("events", since, _BATCH)
            current = revision_of(self._cloud)
            changed = current != revision
            left = until - self._cloud.now()
            if events or changed or left <= 0 or feed_id(self._cloud) != feed:
                break
            if self._ending or request.transport is None:
                break  # nobody waits for the answer any more
            await self._cloud.news.wait(self._pause(left))
        answer = {
            "feed": feed,
            "events": [{"n": number, "event": event} for number, event in events],
            "revision": current,
            "subscriptions": all_subscriptions(self._cloud) if changed else None,
        }
        return web.json_response(answer)

    def _pause(self, left: float) -> float:
        """Seconds until an operation ends, whose event is then there, and no longer than that."""
        due = min((one.due for one in self._cloud.store.running() if _ends(one)), default=None)
        least = min(left, _LONGEST_PAUSE)
        return least if due is None else max(_SHORTEST_WAIT, min(least, due - self._cloud.now()))

    async def end(self, _: web.Application) -> None:
        """Answer who waits, as the process is about to end."""
        self._ending = True
        self._cloud.news.ring()

    async def prove(self, request: web.Request) -> web.Response:
        """Whether a webhook has proved itself; the write that waits for it goes on."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        document = await request.json()
        operation = self._cloud.store.operation(request.match_info["operation"])
        if operation is None or not operation.running or not operation.awaits_proof:
            return web.json_response({"known": False})
        with self._cloud.store.transaction():
            note_proof(self._cloud, operation, cast("Proof", document["outcome"]), document)
        self._cloud.news.ring()
        return web.json_response({"known": True})

    async def dead_letters(self, request: web.Request) -> web.Response:
        """Where the dead letters of an event subscription go, or why they cannot go anywhere."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        self._cloud.settle()
        return web.json_response(
            dead_letter_place(self._cloud, request.query.get("subscription", ""))
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        try:
            claims = self._authenticator.claims(
                request.headers.get("authorization", ""), self._cloud.now()
            )
        except ArmError as error:
            return web.json_response(error.body(), status=error.status)
        if claims.get("appid") != EVENT_GRID_APPLICATION:
            return web.json_response({"error": {"code": "Forbidden"}}, status=403)
        return None


def _ends(operation: Operation) -> bool:
    return not operation.stuck and not operation.awaits_proof


def feed_id(cloud: Cloud) -> str:
    """What this life of the outbox is called; another one begins with a reset."""
    known = cloud.store.database.fact(_FEED)
    if known is None:
        known = {"id": cloud.directory + f"/{cloud.now()}"}
        cloud.store.database.put("facts", _FEED, known)
    return str(known["id"])


def subscription_records(cloud: Cloud) -> list[Record]:
    """The records of every event subscription."""
    return [record for kind in SUBSCRIPTIONS for record in cloud.store.of_type(kind)]


def revision_of(cloud: Cloud) -> str:
    """Differs whenever an event subscription does."""
    proofs = _proofs(cloud)
    seen = hashlib.sha256()
    for one in subscription_records(cloud):
        told = (one.etag, one.state, one.notes.get("eventsFrom"), proofs.get(one.key, ""))
        seen.update(repr(told).encode())
    return seen.hexdigest()


def all_subscriptions(cloud: Cloud) -> list[dict[str, Any]]:
    """Every event subscription, of a topic or of a scope, with its secrets."""
    proofs = _proofs(cloud)
    return [
        _shown(cloud, record, proofs.get(record.key, "")) for record in subscription_records(cloud)
    ]


def _proofs(cloud: Cloud) -> dict[str, str]:
    """The operations that wait for a proof, by the keys of their targets."""
    return {normalized(one.target): one.id for one in cloud.store.running() if one.awaits_proof}


def _shown(cloud: Cloud, record: Record, proof: str) -> dict[str, Any]:
    source, kind = _source(cloud, record)
    return {
        "id": record.id,
        "source": source,
        "topicType": kind,
        "state": record.state,
        "from": record.notes.get("eventsFrom"),
        "properties": record.properties,
        "url": record.notes.get("secrets", {}).get("_url", ""),
        "proof": proof,
    }


def _source(cloud: Cloud, record: Record) -> tuple[str, str]:
    """What it is subscribed to, and the type of that topic."""
    if record.type == SUBSCRIPTIONS[0]:
        topic = cloud.store.get(record.parent)
        if topic is not None and topic.type == TOPIC:
            properties = topic.properties
            return str(properties["source"]), str(properties["topicType"]).lower()
    scope = record.id.rpartition("/providers/")[0]
    segments = scope.strip("/").lower().split("/")
    match segments:
        case ["subscriptions", _]:
            return scope, "microsoft.resources.subscriptions"
        case ["subscriptions", _, "resourcegroups", _]:
            return scope, "microsoft.resources.resourcegroups"
        case _:
            return scope, ""


def note_proof(cloud: Cloud, operation: Operation, outcome: Proof, details: Any) -> None:
    """Let a write that waited for a webhook go on, or show that a person has to act."""
    if outcome == "awaiting":
        record = cloud.store.get(operation.target)
        if record is not None:
            record.properties["provisioningState"] = "AwaitingManualAction"
            cloud.store.put(record)
        return
    if outcome == "failed":
        operation.failure = {"code": "Url validation", "message": str(details["message"])}
    operation.awaits_proof = False
    operation.due = max(operation.due, cloud.now())
    cloud.store.save(operation)
