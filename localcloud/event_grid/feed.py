"""Resource Manager over HTTP, as Event Grid asks it."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from localcloud.event_grid.intake import FeedError

_WAIT = 20.0  # seconds that a question is kept open
_GRACE = 10.0  # seconds on top of that


class HttpFeed:
    """The control routes of Resource Manager that are for Event Grid alone."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, token: Callable[[], str]
    ) -> None:
        self._session = session
        self._base = f"{base_url}/_local/event-grid"
        self._token = token

    async def next(self, feed: str, since: int, revision: str) -> Mapping[str, Any]:
        """Events after a number, and all subscriptions where they have changed.

        Raises:
            FeedError: There is no answer.
        """
        query = {"feed": feed, "since": str(since), "revision": revision, "wait": str(_WAIT)}
        return await self._ask("GET", "feed", query)

    async def prove(self, operation: str, outcome: str, message: str) -> bool:
        """Tell whether a webhook has proved itself; whether someone still waits for that.

        Raises:
            FeedError: There is no answer.
        """
        document = {"outcome": outcome, "message": message}
        answer = await self._ask("POST", f"proofs/{operation}", {}, document)
        return bool(answer["known"])

    async def dead_letter_place(self, subscription: str) -> Mapping[str, str]:
        """The `account` and the `container` of dead letters, or why they are `refused`.

        Raises:
            FeedError: There is no answer.
        """
        return await self._ask("GET", "dead-letters", {"subscription": subscription})

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], document: Any = None
    ) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._token()}"}
        timeout = aiohttp.ClientTimeout(total=_WAIT + _GRACE)
        try:
            async with self._session.request(
                method,
                f"{self._base}/{path}",
                params=query,
                json=document,
                headers=headers,
                timeout=timeout,
            ) as response:
                if not response.ok:
                    raise FeedError(f"status {response.status}")
                answer: Mapping[str, Any] = await response.json()
                return answer
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise FeedError(type(error).__name__) from error
