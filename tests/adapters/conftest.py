"""Storage and ARM for the adapters."""

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from azure.data.tables.aio import TableClient
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from azure_adapters.arm import ArmResourceManager
from azure_adapters.batching_table import BatchingTable
from tests.adapters.arm_server import ArmServer, FakeCredential, running_arm
from tests.adapters.azurite import running_azurite


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Connection string of an Azurite of this test process."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
async def tables(storage: str) -> AsyncIterator[tuple[TableClient, TableClient]]:
    """Two clients of one new table, as two processes would have them."""
    name = f"t{uuid.uuid4().hex}"
    async with (
        BatchingTable.from_connection_string(storage, name) as one,
        BatchingTable.from_connection_string(storage, name) as other,
    ):
        await one.create_table()
        yield one, other


@pytest.fixture
async def table(tables: tuple[TableClient, TableClient]) -> TableClient:
    """A new table."""
    return tables[0]


@pytest.fixture
async def container(storage: str) -> AsyncIterator[ContainerClient]:
    """A new container."""
    async with BlobServiceClient.from_connection_string(storage) as service:
        yield await service.create_container(f"c{uuid.uuid4().hex}")


@dataclass(frozen=True)
class Arm:
    """The adapter, and the server and the credential that it talks to."""

    adapter: ArmResourceManager
    server: ArmServer
    credential: FakeCredential


@pytest.fixture
async def arm() -> AsyncIterator[Arm]:
    """An adapter that talks to a scripted server."""
    credential = FakeCredential()
    async with running_arm() as server:
        adapter = ArmResourceManager(server.url, "https://arm/.default", credential)
        yield Arm(adapter, server, credential)
        await adapter.close()
