"""Errors of storage become ours, whichever call meets them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient

from azure_adapters.audit_log import TableAuditLog
from azure_adapters.documents import BlobDocumentStore
from azure_adapters.ledger import TableAddressLedger
from azure_adapters.long_text import joined, split
from azure_adapters.registry import TableTenantRegistry
from azure_adapters.storage_errors import storage_errors
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.tenants import new_tenant
from localcloud.azurite import connection_string
from localcloud.supervisor.ports import Ports
from tests.adapters.azurite import free_ports
from tests.adapters.test_audit_log import entry
from tests.adapters.test_documents import PLAN
from tests.fakes import HUBS, NOON, FakeClock, example_request

RECORD = new_tenant(example_request(), "ann", NOON)


def answered(status: int | None) -> HttpResponseError:
    """What the SDK raises for an answer of that status."""
    error = HttpResponseError("the message of the service")
    error.status_code = status
    return error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (ServiceRequestError("refused"), TemporaryError, "StorageUnreachable"),
        (ServiceResponseError("reset"), TemporaryError, "StorageUnreachable"),
        (answered(503), TemporaryError, "StorageBusy"),
        (answered(500), TemporaryError, "StorageBusy"),
        (answered(429), TemporaryError, "StorageBusy"),
        (answered(408), TemporaryError, "StorageBusy"),
        (answered(None), TemporaryError, "StorageBusy"),
        (answered(400), PermanentError, "StorageRefused"),
        (answered(403), PermanentError, "StorageRefused"),
        (AzureError("what else"), TemporaryError, "StorageFailed"),
    ],
    ids=[
        *("refused", "reset", "503", "500", "429", "408", "no-status", "400", "403", "other"),
    ],
)
async def test_error_of_storage_is_temporary_or_permanent(
    error: Exception, kind: type[Exception], code: str
) -> None:
    """The SDK's own error stays as its cause."""
    with pytest.raises(kind, match=code) as caught:
        async with storage_errors():
            raise error
    assert caught.value.__cause__ is error


async def test_mistake_of_ours_passes() -> None:
    """It is no trouble of storage's."""
    with pytest.raises(KeyError):
        async with storage_errors():
            raise KeyError


@pytest.fixture
async def unreachable() -> AsyncIterator[dict[str, Any]]:
    """The adapters of a storage account where nobody listens, which do not try again."""
    blob, queue, table = free_ports(3)
    connection = connection_string(Ports(blob=blob, queue=queue, table=table))
    async with (
        TableServiceClient.from_connection_string(connection, retry_total=0) as tables,
        BlobServiceClient.from_connection_string(connection, retry_total=0) as blobs,
    ):
        client = tables.get_table_client("nothing")
        yield {
            "registry": TableTenantRegistry(client),
            "ledger": TableAddressLedger(client, HUBS, FakeClock()),
            "audit": TableAuditLog(client),
            "documents": BlobDocumentStore(blobs.get_container_client("nothing")),
        }


async def first_of(records: AsyncIterator[Any]) -> Any:
    """The first record."""
    return await anext(records)


@pytest.mark.parametrize(
    "use",
    [
        lambda at: at["registry"].get("contoso"),
        lambda at: at["registry"].insert(RECORD),
        lambda at: at["registry"].replace(RECORD, "etag"),
        lambda at: at["registry"].page(1),
        lambda at: at["ledger"].reserve("hub-weu", "contoso", 24, []),
        lambda at: at["ledger"].renew("hub-weu", "contoso"),
        lambda at: at["audit"].append(entry("ev")),
        lambda at: first_of(at["audit"].read("contoso")),
        lambda at: at["documents"].put_plan(PLAN),
        lambda at: at["documents"].get_plan(PLAN.hash),
        lambda at: at["documents"].put_operation("contoso.1", {}),
        lambda at: at["documents"].get_operation("contoso.1"),
    ],
    ids=[
        *("get", "insert", "replace", "page", "reserve", "renew", "append", "read"),
        *("put-plan", "get-plan", "put-operation", "get-operation"),
    ],
)
async def test_storage_that_is_down_is_temporary(
    unreachable: dict[str, Any], use: Callable[[dict[str, Any]], Awaitable[Any]]
) -> None:
    """Every call says so; none hangs, none takes it for an empty answer."""
    with pytest.raises(TemporaryError, match="StorageUnreachable"):
        await use(unreachable)


@pytest.mark.parametrize("length", [0, 1, 15_999, 16_000, 16_001, 32_000, 100_000])
def test_long_text_is_split_and_joined(length: int) -> None:
    """In parts that a property can hold, of whatever characters."""
    text = ("\U0001f5fc" * length)[:-1] + "é"[:length]
    parts = split("Record", text)
    assert joined("Record", parts) == text
    assert all(len(part.encode("utf-16-le")) <= 65_536 for part in parts.values())
