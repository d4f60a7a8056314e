"""AI Search's index definitions over its data plane: learn: rest/api/searchservice/indexes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.rest import AsyncHttpResponse

from azure_adapters.arm_answers import body_of
from azure_adapters.data_answers import data_refusal
from azure_adapters.pipeline import Pipeline
from landing_zone.errors import TemporaryError
from landing_zone.planning import api_versions

# Required of a PUT by the service's description.
_PREFER = {"Prefer": "return=representation"}


class AiSearchIndexes:
    """`SearchIndexes` over HTTP."""

    def __init__(self, endpoint: str, scope: str, credential: AsyncTokenCredential) -> None:
        """Build the pipeline; nothing is sent.

        Args:
            endpoint: Base URL of a search service, with `{name}` for its name.
            scope: Scope of the tokens.
            credential: Where tokens come from.
        """
        self._endpoint = endpoint
        self._pipeline = Pipeline(endpoint, scope, credential)

    async def get(self, service: str, index: str) -> dict[str, Any] | None:
        """The definition of an index, or None."""
        answer = await self._pipeline.send("GET", self._url(service, index))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        _accept(answer, f"reading the index {index} of {service}")
        body = body_of(answer)
        if body is None:
            raise TemporaryError("UnreadableAnswer", "the answer to a read is no JSON object")
        return body

    async def put(self, service: str, index: str, definition: Mapping[str, Any]) -> None:
        """Make an index, or bring it to the definition."""
        body = {"name": index, **definition}
        answer = await self._pipeline.send("PUT", self._url(service, index), body, _PREFER)
        _accept(answer, f"writing the index {index} of {service}")

    async def delete(self, service: str, index: str) -> None:
        """Remove an index; one that is not there is removed already."""
        answer = await self._pipeline.send("DELETE", self._url(service, index))
        if answer.status_code != HTTPStatus.NOT_FOUND:
            _accept(answer, f"removing the index {index} of {service}")

    async def close(self) -> None:
        """Close the connections."""
        await self._pipeline.close()

    def _url(self, service: str, index: str) -> str:
        base = self._endpoint.replace("{name}", service)
        return f"{base}/indexes/{index}?api-version={api_versions.INDEXES}"


def _accept(answer: AsyncHttpResponse, what: str) -> None:
    if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        raise data_refusal(answer, what)
