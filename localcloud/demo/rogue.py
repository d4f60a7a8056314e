"""A rogue administrator: someone with rights in the directory who goes around the application."""

import json
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from localcloud.demo.client import FIRST_ERROR, Reply, exchange
from localcloud.identity.tokens import Tokens, identity_of

OBJECT_ID: Final = "99999999-9999-4999-8999-999999999999"
"""Of the rogue: not the automation's, so that what he does is nobody's own write."""

AUDIENCE: Final = "https://management.azure.com"
POLL_SECONDS: Final = 0.1
RUNNING: Final = 202
BADLY_OVER: Final = frozenset({"Failed", "Canceled"})


@dataclass(frozen=True, slots=True)
class Write:
    """A change in Resource Manager.

    Attributes:
        method: PUT, PATCH or DELETE.
        path: ARM id of what is changed.
        api_version: By which it is.
        body: What is sent; None sends nothing.
    """

    method: str
    path: str
    api_version: str
    body: Any = None


class ArmRefusedError(Exception):
    """Resource Manager does not do it; the message says why."""


def rogue_token(identity_state: Path, directory_id: str) -> str:
    """A token of the rogue's own, as the local directory issues them."""
    identity = identity_of(directory_id, OBJECT_ID)
    token, _ = Tokens(identity_state).issue(identity, AUDIENCE, time.time())
    return token


class Rogue:
    """Writes to Resource Manager.

    Args:
        url: Of Resource Manager.
        ca: Certificate that vouches for it.
        token: The rogue's.
        clock: Seconds by the clock.
        pause: Waits for so many seconds between two looks at an operation.
    """

    def __init__(
        self,
        url: str,
        ca: Path,
        token: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._tls = ssl.create_default_context(cafile=str(ca))
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._clock = clock
        self._pause = pause

    def do(self, writes: Sequence[Write]) -> float:
        """Begin all, and wait until Azure has ended its work on each.

        Returns:
            The last moment, on the clock, at which not all was changed yet as far as is known: no
            repair is said to be quicker than it was.

        Raises:
            ArmRefusedError: One is refused, or fails.
            OSError: Resource Manager does not answer.
        """
        begun = [(self._clock(), self._begin(write)) for write in writes]
        return max(self._ended(began, reply) for began, reply in begun)

    def _begin(self, write: Write) -> Reply:
        body = None if write.body is None else json.dumps(write.body).encode()
        return self._send(write.method, f"{write.path}?api-version={write.api_version}", body)

    def _ended(self, moment: float, reply: Reply) -> float:
        """By the header that tells of the operation, or else by the other, while it answers 202.

        Source: "Track asynchronous Azure operations", Microsoft Learn.
        """
        operation = reply.headers.get("azure-asyncoperation")
        place = operation or reply.headers.get("location", "")
        if not operation and not (reply.status == RUNNING and place):
            return moment
        while True:
            asked = self._clock()
            if _is_over(self._look(place), tells=bool(operation)):
                return moment
            moment = asked
            self._pause(POLL_SECONDS)

    def _look(self, url: str) -> Reply:
        place = urlsplit(url)
        return self._send("GET", f"{place.path}?{place.query}")

    def _send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        reply = exchange(self._url, method, path, headers=self._headers, body=body, tls=self._tls)
        if reply.status >= FIRST_ERROR:
            raise ArmRefusedError(_refusal(reply))
        return reply


def _is_over(reply: Reply, *, tells: bool) -> bool:
    """Whether an operation has ended, by a look at it.

    Raises:
        ArmRefusedError: It has ended badly.
    """
    if not tells:
        return reply.status != RUNNING
    state = json.loads(reply.body)["status"]
    if state in BADLY_OVER:
        raise ArmRefusedError(f"the operation ended as {state}")
    return bool(state == "Succeeded")


def _refusal(reply: Reply) -> str:
    """What Resource Manager says, in its own form of errors."""
    try:
        error = json.loads(reply.body)["error"]
        return f"HTTP {reply.status}: {error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {reply.status}"
