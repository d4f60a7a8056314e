"""Transactions as we write them, on genuine tables and on a scripted server."""

import base64
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from aiohttp import web
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.batching_table import BatchingTable
from azure_adapters.shared_key import Credential, SharedKeyPolicy, policy_of
from tests.adapters.arm_server import FakeCredential
from tests.adapters.azurite import free_ports
from tests.adapters.test_batch_text import DONE

KEY = base64.b64encode(b"of the account").decode()
ROW: Final[dict[str, Any]] = {
    "PartitionKey": "it's",
    "RowKey": "a b'c é",
    "Text": "é\r\n--changeset_0\r\n🗼",
    "Count": 7,
}


def as_read(etag: str) -> dict[str, Any]:
    """The condition that nobody was there since."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


@pytest.fixture
async def table(storage: str) -> AsyncIterator[TableClient]:
    """A new table."""
    async with BatchingTable.from_connection_string(storage, f"t{uuid.uuid4().hex}") as made:
        await made.create_table()
        yield made


async def test_rows_are_as_the_sdk_would_have_written_them(
    storage: str, table: TableClient
) -> None:
    """Created, replaced and deleted in one go each; the versions are those that the SDK reads."""
    other = {**ROW, "RowKey": "other"}
    one, two = await table.submit_transaction([("create", ROW), ("create", other)])
    sdk = TableClient.from_connection_string(storage, table.table_name)
    async with sdk:
        found = await sdk.get_entity(ROW["PartitionKey"], ROW["RowKey"])
        assert (dict(found), found.metadata["etag"]) == (ROW, one["etag"])
        changed = {**ROW, "Count": 8}
        replaced = ("update", changed, {"mode": UpdateMode.REPLACE, **as_read(one["etag"])})
        gone = ("delete", other, as_read(two["etag"]))
        first, second = await table.submit_transaction([replaced, gone])
        (row,) = [row async for row in sdk.list_entities()]
        assert (dict(row), row.metadata["etag"], second) == (changed, first["etag"], {})


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (("create", ROW), 409),
        (("update", ROW, {"mode": UpdateMode.REPLACE, **as_read("W/\"datetime'x'\"")}), 412),
        (("delete", {**ROW, "RowKey": "none"}, as_read("W/\"datetime'x'\"")), 404),
    ],
    ids=["there-already", "changed-since", "gone"],
)
async def test_what_is_refused_refuses_all(
    table: TableClient, operation: tuple[Any, ...], status: int
) -> None:
    """As the SDK tells it."""
    await table.submit_transaction([("create", ROW)])
    with pytest.raises(TableTransactionError) as caught:
        await table.submit_transaction([("create", {**ROW, "RowKey": "new"}), operation])
    assert caught.value.status_code == status
    assert [row["RowKey"] async for row in table.list_entities()] == [ROW["RowKey"]]


async def test_wrong_key_is_refused(table: TableClient) -> None:
    """It is not taken for a lost race."""
    name = AzureNamedKeyCredential("devstoreaccount1", KEY)
    async with BatchingTable(table.url, table.table_name, credential=name) as stranger:
        with pytest.raises(HttpResponseError) as caught:
            await stranger.submit_transaction([("create", ROW)])
    assert (type(caught.value), caught.value.status_code) == (HttpResponseError, 403)


async def test_nobody_there_is_no_answer() -> None:
    """As everywhere."""
    (port,) = free_ports(1)
    async with at(f"http://127.0.0.1:{port}/acc", retry_total=0) as table:
        with pytest.raises(ServiceRequestError):
            await table.submit_transaction([("create", ROW)])


@asynccontextmanager
async def at(endpoint: str, **settings: Any) -> AsyncIterator[BatchingTable]:
    """A table of an account at some endpoint."""
    credential = AzureNamedKeyCredential("acc", KEY)
    async with BatchingTable(endpoint, "t", credential=credential, **settings) as table:
        yield table


class Server:
    """Answers what it is told to, and keeps what it was sent."""

    def __init__(self, *answers: web.Response) -> None:
        self._answers = list(answers)
        self.bodies: list[bytes] = []

    async def answer(self, request: web.Request) -> web.Response:
        """The next answer."""
        assert request.path == "/acc/$batch"
        self.bodies.append(await request.read())
        return self._answers.pop(0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The endpoint."""
        app = web.Application()
        app.router.add_post("/{any:.*}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}/acc"
        finally:
            await runner.cleanup()


def done() -> web.Response:
    """Two operations were done."""
    kind = "multipart/mixed; boundary=batchresponse_6"
    return web.Response(status=202, body=DONE, headers={"Content-Type": kind})


async def test_busy_storage_is_asked_again() -> None:
    """When it says when, with the same text."""
    busy = web.Response(status=503, headers={"Retry-After": "0"})
    server = Server(busy, done())
    async with server.running() as endpoint, at(endpoint) as table:
        answers = await table.submit_transaction([("create", ROW), ("create", ROW)])
    first, second = server.bodies
    assert (len(answers), first) == (2, second)


async def test_answer_that_is_none_is_no_success() -> None:
    """Whatever stands before the tables may answer with a page of its own."""
    server = Server(web.Response(status=202, text="welcome"))
    async with server.running() as endpoint, at(endpoint) as table:
        with pytest.raises(ServiceResponseError, match="no parts"):
            await table.submit_transaction([("create", ROW)])


def request_of(url: str) -> PipelineRequest[HttpRequest]:
    """A request on its way."""
    headers = {"x-ms-date": "Fri, 01 May 2026 12:00:00 GMT", "Content-Type": "multipart/mixed"}
    return PipelineRequest(HttpRequest("POST", url, headers=headers), PipelineContext(None))


def test_signature_is_of_all_that_it_has_to_be_of() -> None:
    """The expected one is OpenSSL's; the query is no part of what is signed."""
    request = request_of("https://acc.table.core.windows.net/$batch?timeout=30")
    SharedKeyPolicy(AzureNamedKeyCredential("acc", KEY)).on_request(request)
    # printf 'POST\n\nmultipart/mixed\nFri, 01 May 2026 12:00:00 GMT\n/acc/$batch' |
    #     openssl dgst -sha256 -hmac 'of the account' -binary | base64
    signature = "8RX2pz5z68xVZMWfXO0JiyqLy8DzSDb/0Kvbs9bVnfA="
    assert request.http_request.headers["Authorization"] == f"SharedKey acc:{signature}"


@pytest.mark.parametrize(
    ("credential", "policy"),
    [
        (AzureNamedKeyCredential("acc", KEY), "SharedKeyPolicy"),
        (AzureSasCredential("sig=x"), "AzureSasCredentialPolicy"),
        (FakeCredential(), "AsyncBearerTokenCredentialPolicy"),
    ],
    ids=["key", "signature", "token"],
)
def test_each_kind_of_credential_is_used(credential: Credential, policy: str) -> None:
    """As the SDK uses it."""
    assert type(policy_of(credential)).__name__ == policy
