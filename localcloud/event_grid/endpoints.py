"""How an endpoint is called: its address, its headers, and what came of a request to it."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from localcloud.event_grid.filters import value_at
from localcloud.event_grid.model import Destination, Kind, Subscription
from localcloud.event_grid.retries import Outcome, outcome_of
from localcloud.event_grid.schemas import body_of

ORIGIN: Final = "eventgrid.azure.net"
_SYSTEM_KEY: Final = "eventgrid_extension"
_LONGEST_ANSWER: Final = 64 * 1024  # bytes that are read of an answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request.

    Attributes:
        outcome: Its meaning.
        body: The beginning of the answer's body.
        headers: Of the answer, their names in lower case.
    """

    outcome: Outcome
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Endpoints:
    """Calls endpoints over connections that are kept.

    Attributes:
        response_wait: Seconds until an endpoint that does not answer has failed.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        functions_url: str,
        function_keys: Path,
        response_wait: float,
    ) -> None:
        self._session = session
        self._functions_url = functions_url
        self._keys = _KeyFile(function_keys)
        self.response_wait = response_wait

    def url_of(self, destination: Destination) -> str | None:
        """The whole address, which holds a secret; None where there is none.

        Every function app in Azure is the one function app of this local cloud.
        """
        match destination.kind:
            case Kind.FUNCTION:
                name = quote(destination.function_id.rpartition("/")[2], safe="")
                key = quote(self._keys.system_key() or "", safe="")
                return (
                    f"{self._functions_url}/runtime/webhooks/EventGrid"
                    f"?functionName={name}&code={key}"
                )
            case Kind.WEBHOOK:
                return destination.url or None
            case _:
                return None

    async def deliver(
        self, subscription: Subscription, events: Sequence[Mapping[str, Any]], attempt: int
    ) -> Outcome:
        """Deliver events of one subscription; `attempt` counts from 0."""
        destination = subscription.destination
        url = self.url_of(destination)
        if url is None:
            return Outcome("NotFound", 404)
        body, media = body_of(events, subscription.schema, batched=destination.batched)
        headers = {
            **_custom(destination, events),
            **base_headers(subscription, "Notification", media),
            "aeg-delivery-count": str(attempt),
            "aeg-data-version": str(events[0]["dataVersion"]),
            "aeg-metadata-version": str(events[0]["metadataVersion"]),
            "aeg-output-event-id": str(events[0]["id"]),
        }
        return (await self.call("POST", url, body, headers)).outcome

    async def call(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        """Make a request; whatever happens is an outcome."""
        timeout = aiohttp.ClientTimeout(total=self.response_wait)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = await response.content.read(_LONGEST_ANSWER)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Reply(outcome_of(response.status), answer, found)
        except TimeoutError:
            return Reply(Outcome("TimedOut"))
        except aiohttp.ClientConnectorDNSError:
            return Reply(Outcome("ResolutionError"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            name = "ResolutionError" if isinstance(error, socket.gaierror) else "SocketError"
            return Reply(Outcome(name))


def base_headers(subscription: Subscription, kind: str, media: str) -> dict[str, str]:
    """The headers of every request of Event Grid's."""
    return {
        "Content-Type": media,
        "Origin": ORIGIN,
        "WebHook-Request-Origin": ORIGIN,
        "aeg-event-type": kind,
        "aeg-subscription-name": subscription.name.upper(),
    }


def _custom(destination: Destination, events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The headers that a subscription asks for; of a batch, those of its first event."""
    headers = {}
    for one in destination.headers:
        value = value_at(events[0], one.source) if one.source else one.value
        if isinstance(value, bool):
            value = str(value).lower()
        text = str(value) if isinstance(value, (str, int, float)) else ""
        if text and text.isprintable():
            headers[one.name] = text
    return headers


class _KeyFile:
    """The Functions host's keys, read again when the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, str] | None = None

    def system_key(self) -> str | None:
        """The system key of the Event Grid extension, None as long as there is none."""
        try:
            changed = self._path.stat().st_mtime_ns
            if self._read is None or self._read[0] != changed:
                keys = json.loads(self._path.read_text(encoding="utf-8"))["systemKeys"]
                self._read = (changed, str(keys[_SYSTEM_KEY]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return self._read[1]
