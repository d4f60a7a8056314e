"""The real Azurite under supervision."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from localcloud.azurite import azurite_command, connection_string
from localcloud.supervisor.cloud import ROOT
from localcloud.supervisor.errors import LocalCloudError
from localcloud.supervisor.ports import Ports, free_offset
from localcloud.supervisor.probes import answers
from localcloud.supervisor.service import Service
from localcloud.supervisor.supervise import Stop, supervise


async def run_azurite(state: Path, ports: Ports, use: Callable[[], None]) -> None:
    """Start it, call `use` in a thread, end it."""
    stop, ready = Stop(), asyncio.Event()
    service = Service(
        name="azurite",
        command=azurite_command(ROOT, state, ports),
        ready=answers(ports.blob, ports.queue, ports.table),
    )
    running = asyncio.create_task(
        supervise([service], logs=state, stop=stop, say=print, on_ready=ready.set)
    )
    try:
        async with asyncio.timeout(30):
            await ready.wait()
        await asyncio.to_thread(use)
    finally:
        stop.request()
        await running


async def test_azurite_keeps_what_clients_wrote_over_a_restart(tmp_path: Path) -> None:
    """It is ended politely, as it writes its state lazily."""
    ports = Ports.at_offset(free_offset(range(16_500, 18_000, 10)))
    storage = connection_string(ports)

    def write() -> None:
        with TableServiceClient.from_connection_string(storage) as tables:
            table = tables.create_table("tenants")
            table.create_entity({"PartitionKey": "p", "RowKey": "r", "state": "active"})
        with BlobServiceClient.from_connection_string(storage) as blobs:
            blobs.create_container("statements").upload_blob("one", b"1")

    def read() -> None:
        with TableServiceClient.from_connection_string(storage) as tables:
            table = tables.get_table_client("tenants")
            assert table.get_entity("p", "r")["state"] == "active"
            with pytest.raises(ResourceNotFoundError):
                table.get_entity("p", "other")
        with BlobServiceClient.from_connection_string(storage) as blobs:
            blob = blobs.get_blob_client("statements", "one")
            assert blob.download_blob().readall() == b"1"

    await run_azurite(tmp_path, ports, write)
    await run_azurite(tmp_path, ports, read)


def test_a_missing_azurite_is_named_with_its_remedy(tmp_path: Path) -> None:
    """A checkout without `make install`."""
    with pytest.raises(LocalCloudError, match="make install"):
        azurite_command(tmp_path, tmp_path, Ports())
