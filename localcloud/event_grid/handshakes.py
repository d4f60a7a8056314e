"""Handshakes: a webhook proves that it wants events, before its subscription is provisioned.

In the Event Grid schema it answers the code that it is sent, or someone gets the address that it
is sent beside it (learn: event-grid/end-point-validation-event-grid-events-schema). CloudEvents
have their own, with OPTIONS (learn: event-grid/end-point-validation-cloud-events-schema). Learn
gave 5 minutes for the address until 2024, and gives 10 now: the stricter of the two holds here.
"""

import asyncio
import json
import logging
import secrets
import uuid
from typing import Any, Final

from localcloud.event_grid.clock import Clock
from localcloud.event_grid.endpoints import ORIGIN, Endpoints, Reply, base_headers
from localcloud.event_grid.intake import Feed, FeedError, Subscriptions
from localcloud.event_grid.model import Schema, Subscription
from localcloud.event_grid.schemas import body_of, timestamp
from localcloud.event_grid.state import State

_LOG = logging.getLogger("localcloud.event_grid")
MANUAL_WAIT: Final = 5 * 60.0  # seconds of Azure in which someone gets the address
_ATTEMPTS: Final = 3
_PAUSE: Final = 5.0  # seconds of Azure until an attempt without an answer is repeated
_OK: Final = 200
_PREFIX: Final = "proof:"
_PASSED: Final = "*"
_FAILED = (
    "The attempt to validate the provided endpoint {endpoint} failed: {reason}."
    " For more details, visit https://aka.ms/esvalidation."
)


class Handshakes:
    """The handshakes under way; one that waits for a person outlives this process."""

    def __init__(
        self,
        state: State,
        subscriptions: Subscriptions,
        endpoints: Endpoints,
        feed: Feed,
        clock: Clock,
        speed: float,
        base_url: str,
    ) -> None:
        self._state = state
        self._subscriptions = subscriptions
        self._endpoints = endpoints
        self._feed = feed
        self._clock = clock
        self._speed = speed
        self._base_url = base_url
        self._running: dict[str, asyncio.Task[None]] = {}
        self._answered: dict[str, asyncio.Event] = {}

    def subscriptions_changed(self) -> None:
        """Begin with those that wait for a proof; give up those that nobody waits for any more."""
        waiting = {one.proof: one for one in self._subscriptions.all() if one.proof}
        for operation in [name for name in self._running if name not in waiting]:
            self._running.pop(operation).cancel()
        for name in self._state.facts_of(_PREFIX):
            if name.removeprefix(_PREFIX) not in waiting:
                self._state.forget(name)
        for operation, subscription in waiting.items():
            if operation not in self._running:
                self._running[operation] = asyncio.create_task(self._shake(subscription))

    def validate(self, operation: str, token: str) -> bool:
        """Someone gets the address that the webhook was sent; whether it is the right one."""
        known = self._state.fact(_PREFIX + operation)
        if known is None or not secrets.compare_digest(known["token"], token):
            return False
        if self._clock.now() >= known["until"]:
            return False
        self._state.note(_PREFIX + operation, known | {"got": True})
        if operation in self._answered:
            self._answered[operation].set()
        return True

    async def close(self) -> None:
        """End what is under way; it begins anew with the next start."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _shake(self, subscription: Subscription) -> None:
        operation = subscription.proof
        failure = await self._prove(subscription)
        endpoint = subscription.destination.url.partition("?")[0]
        outcome = "failed" if failure else "succeeded"
        message = _FAILED.format(endpoint=endpoint, reason=failure) if failure else ""
        if failure:
            _LOG.warning("the webhook of %s has not proved itself: %s", subscription.name, failure)
        await self._tell(operation, outcome, message)

    async def _tell(self, operation: str, outcome: str, message: str = "") -> None:
        """Tell Resource Manager, for as long as it takes."""
        while True:
            try:
                await self._feed.prove(operation, outcome, message)
            except FeedError:
                await asyncio.sleep(_PAUSE / self._speed)
            else:
                return

    async def _prove(self, subscription: Subscription) -> str:
        """Ask the webhook; returns why it has not proved itself."""
        operation = subscription.proof
        known = self._state.fact(_PREFIX + operation)
        if known is None:
            known = {
                "token": secrets.token_urlsafe(16),
                "code": str(uuid.uuid4()),
                "until": self._clock.now() + MANUAL_WAIT / self._speed,
                "asked": False,
                "got": False,
            }
            self._state.note(_PREFIX + operation, known)
        if not known["asked"]:
            reply = await self._ask(subscription, known)
            verdict = _verdict(subscription, reply, known["code"])
            if verdict is not None:
                return verdict.removeprefix(_PASSED)
            known = self._state.fact(_PREFIX + operation) | {"asked": True}
            self._state.note(_PREFIX + operation, known)
        await self._tell(operation, "awaiting")
        return await self._wait_for_a_person(operation, known["until"])

    async def _wait_for_a_person(self, operation: str, until: float) -> str:
        answered = self._answered.setdefault(operation, asyncio.Event())
        try:
            while not self._state.fact(_PREFIX + operation)["got"]:
                if self._clock.now() >= until:
                    return "nobody has got the validation URL in time"
                await self._clock.wait(answered, until)
        finally:
            del self._answered[operation]
        return ""

    async def _ask(self, subscription: Subscription, known: dict[str, Any]) -> Reply:
        """Send the request; one that is not answered is repeated."""
        url = self._endpoints.url_of(subscription.destination) or ""
        address = self._address(subscription, known)
        reply = await self._send(subscription, url, address, known["code"])
        for _ in range(_ATTEMPTS - 1):
            if reply.outcome.status is not None:
                break
            await self._clock.wait(asyncio.Event(), self._clock.now() + _PAUSE / self._speed)
            reply = await self._send(subscription, url, address, known["code"])
        return reply

    async def _send(self, subscription: Subscription, url: str, address: str, code: str) -> Reply:
        if subscription.schema is Schema.CLOUD_EVENTS:
            headers = {
                "WebHook-Request-Origin": ORIGIN,
                "WebHook-Request-Callback": address,
                "WebHook-Request-Rate": "120",
            }
            return await self._endpoints.call("OPTIONS", url, None, headers)
        event = {
            "id": str(uuid.uuid4()),
            "topic": subscription.source,
            "subject": "",
            "data": {"validationCode": code, "validationUrl": address},
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": timestamp(self._clock.now()),
            "metadataVersion": "1",
            "dataVersion": "2",
        }
        body, media = body_of([event], subscription.schema, batched=False)
        headers = base_headers(subscription, "SubscriptionValidation", media)
        return await self._endpoints.call("POST", url, body, headers)

    def _address(self, subscription: Subscription, known: dict[str, Any]) -> str:
        return (
            f"{self._base_url}/eventsubscriptions/{subscription.name.lower()}/validate"
            f"?id={subscription.proof}&t={timestamp(known['until'])}"
            f"&apiVersion=2025-02-15&token={known['token']}"
        )


def _verdict(subscription: Subscription, reply: Reply, code: str) -> str | None:
    """`*` for a proof, a reason for none, and None where a person may still give it."""
    if reply.outcome.status != _OK:
        return f"it answered {reply.outcome.status or reply.outcome.name}"
    if subscription.schema is Schema.CLOUD_EVENTS:
        allowed = reply.headers.get("webhook-allowed-origin")
        if allowed in {"*", ORIGIN}:
            return _PASSED
        return None if allowed is None else f"it allows another origin than {ORIGIN}"
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    answered = document.get("validationResponse") if isinstance(document, dict) else None
    if answered is None:
        return None
    return _PASSED if answered == code else "it answered another code"
