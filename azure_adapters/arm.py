"""Azure Resource Manager through azure-core's pipeline, by resource id.

Writing by id lets the plan pin each api-version, and one client serves every type.
"""

from copy import copy
from http import HTTPStatus
from typing import Any, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.rest import AsyncHttpResponse

from azure_adapters.arm_answers import (
    body_of,
    is_at,
    operation_is_over,
    polled_refusal,
    refusal,
    retry_after,
    target_of,
)
from azure_adapters.paced import Paced
from azure_adapters.pipeline import Pipeline
from landing_zone.contracts import PollTarget
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.pacing.pacer import Pacer
from landing_zone.pacing.settings import PaceSettings
from landing_zone.ports import Accepted, Poll

# ARM answers 404 for a resource group or subscription that is gone, too.
_PAGE_LIMIT: Final = 1000
_PACE: Final = PaceSettings()


class ArmResourceManager:
    """`ResourceManager` over HTTP, at the pace that each subscription allows."""

    def __init__(
        self,
        endpoint: str,
        scope: str,
        credential: AsyncTokenCredential,
        settings: PaceSettings = _PACE,
    ) -> None:
        """Build the pipeline; nothing is sent.

        Args:
            endpoint: Base URL, without a slash at its end.
            scope: Scope of the tokens.
            credential: Where tokens come from; quotas are counted for it.
            settings: What Azure lets through.
        """
        self._endpoint = endpoint
        self._pipeline = Paced(Pipeline(endpoint, scope, credential), Pacer(settings))

    def in_background(self) -> "ArmResourceManager":
        """The same for background work: it leaves a part of each quota for onboarding."""
        other = copy(self)
        other._pipeline = self._pipeline.in_background()  # noqa: SLF001 - it is our own
        return other

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """The resource, or None where there is none."""
        answer = await self._pipeline.send("GET", self._url(resource_id, api_version))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        return self._read(answer)

    async def write(
        self,
        method: str,
        path: str,
        api_version: str,
        body: dict[str, Any] | None,
        *,
        if_match: str = "",
    ) -> Accepted:
        """Send a PUT, PATCH, POST or DELETE; returns as soon as ARM has accepted it."""
        url = self._url(path, api_version)
        headers = {"If-Match": if_match} if if_match else {}
        answer = await self._pipeline.send(method, url, body, headers)
        if method == "DELETE" and answer.status_code == HTTPStatus.NOT_FOUND:
            return Accepted(None, None, None)
        self._accept(answer)
        return Accepted(body_of(answer), target_of(answer), retry_after(answer))

    async def poll(self, target: PollTarget) -> Poll:
        """Look at a long-running operation once.

        Raises:
            OperationFailedError: It ended in failure.
        """
        if not is_at(target.url, self._endpoint):
            raise PermanentError("ForeignOperationUrl", "the operation's URL is not ARM's own")
        answer = await self._pipeline.send("GET", target.url)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise polled_refusal(answer)
        if target.kind == "async-operation":
            return Poll(operation_is_over(body_of(answer)), retry_after(answer))
        return Poll(answer.status_code != HTTPStatus.ACCEPTED, retry_after(answer))

    async def pages(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """All items of a collection, its pages followed."""
        url = self._url(path, api_version)
        items: list[dict[str, Any]] = []
        for _ in range(_PAGE_LIMIT):
            answer = await self._pipeline.send("GET", url)
            page = self._read(answer)
            items.extend(page.get("value", []))
            url = page.get("nextLink") or ""
            if not url:
                return items
            if not is_at(url, self._endpoint):
                break
        raise PermanentError("EndlessCollection", f"{path} has more pages than can be followed")

    async def close(self) -> None:
        """Close the connections."""
        await self._pipeline.close()

    def _url(self, path: str, api_version: str) -> str:
        return f"{self._endpoint}{path}?api-version={api_version}"

    def _accept(self, answer: AsyncHttpResponse) -> None:
        # Redirects are not followed, as our token must not be: they are no success.
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise refusal(answer)

    def _read(self, answer: AsyncHttpResponse) -> dict[str, Any]:
        self._accept(answer)
        body = body_of(answer)
        if body is None:
            # To take it for nothing would be to take what exists for gone.
            raise TemporaryError("UnreadableAnswer", "the answer to a read is no JSON object")
        return body
