"""A table whose transactions are put into text by us: the SDK's own way costs many times as much.

The SDK makes a message of the standard library's `email` of each operation, and a connection of
`http.client` to have it written; in a storm of drift that was a fifth of all that a worker did.
"""

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from azure.core import AsyncPipelineClient
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import AsyncRetryPolicy, HeadersPolicy, UserAgentPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.data.tables import TableTransactionError
from azure.data.tables.aio import TableClient

from azure_adapters.batch_text import Answer, Operation, content_type, decoded, encoded
from azure_adapters.proxies import transport_settings
from azure_adapters.shared_key import Credential, DatePolicy, policy_of

# The version that the SDK speaks by default, and the one of OData that goes with it
# (learn: rest/api/storageservices/setting-the-odata-data-service-version-headers).
_HEADERS: Final = {
    "x-ms-version": "2019-02-02",
    "DataServiceVersion": "3.0",
    "MaxDataServiceVersion": "3.0;NetFx",
    "Accept": "application/json",
}


class BatchingTable(TableClient):
    """The SDK's client of a table, but for its transactions."""

    def __init__(
        self, endpoint: str, table_name: str, *, credential: Credential, **settings: Any
    ) -> None:
        """Build the pipelines; nothing is sent.

        Args:
            endpoint: Base URL of the tables.
            table_name: The table.
            credential: Who we are.
            settings: The SDK's. A `transport` is shared with whoever else has it, and closed with
                this client.
        """
        settings.setdefault("transport", AioHttpTransport(**transport_settings()))
        super().__init__(endpoint, table_name, credential=credential, **settings)
        self._batches: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            endpoint,
            policies=[
                HeadersPolicy(dict(_HEADERS)),
                UserAgentPolicy(base_user_agent="spokewright"),
                AsyncRetryPolicy(retry_total=settings.get("retry_total", 10)),
                DatePolicy(),
                policy_of(credential),
            ],
            transport=settings["transport"],
        )
        self._tables = endpoint.rstrip("/")

    async def submit_transaction(  # type: ignore[override]  # no other operations are used
        self, operations: Sequence[Operation]
    ) -> list[Mapping[str, Any]]:
        """Do several things in one partition at once, or nothing.

        Args:
            operations: What `batch_text` can put into text, which is all that is used here.

        Returns:
            The new `etag` of each row; nothing for one that is gone.

        Raises:
            TableTransactionError: One was refused, and so all were; its `status_code` tells.
            HttpResponseError: The transaction as such was refused.
            AzureError: There was no answer, or none that can be read.
        """
        name = uuid.uuid4().hex
        answer = await self._batches.send_request(
            HttpRequest(
                "POST",
                f"{self._tables}/$batch",
                content=encoded(operations, f"{self._tables}/{self.table_name}", name),
                headers={"Content-Type": content_type(name)},
            )
        )
        if answer.status_code != HTTPStatus.ACCEPTED:
            raise HttpResponseError(response=answer)
        return [_done(one) for one in _answers(answer)]


def _answers(answer: AsyncHttpResponse) -> list[Answer]:
    try:
        return decoded(answer.headers.get("Content-Type", ""), answer.content)
    except ValueError as error:
        raise ServiceResponseError(str(error)) from error


def _done(answer: Answer) -> Mapping[str, Any]:
    if not answer.is_success:
        refusal = TableTransactionError(message=answer.body)
        refusal.status_code = answer.status
        raise refusal
    return {"etag": answer.etag} if answer.etag else {}
