"""Connecting: from settings to adapters that work, in a process of its own."""

import json
import subprocess
import sys

from localcloud.azurite import connection_string
from localcloud.supervisor.ports import Ports
from tests.adapters.azurite import free_ports
from tests.fakes import ROOT

# The adapters hold their connections as long as the process lives.
SCRIPT = """
import asyncio, json, os, sys
from pathlib import Path
from activities.dependencies import dependencies
from landing_zone.errors import SpokewrightError

async def main():
    try:
        deps = await dependencies()
        print(json.dumps([len((await deps.registry.page(9)).items), deps is await dependencies()]))
    except SpokewrightError as error:
        print(json.dumps(str(error)))
    sys.stdout.flush()
    os._exit(0)

asyncio.run(main())
"""


def connected(**environment: str) -> object:
    """What a fresh process says that works in this environment."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(ended.stdout)


def test_tables_and_containers_are_made_once(storage: str) -> None:
    """The second process finds them; a process makes its adapters once."""
    environment = {
        "SPOKEWRIGHT_HUBS": str(ROOT / "localcloud" / "hub.yaml"),
        "SPOKEWRIGHT_PREFIX": "connecting",
        "AzureWebJobsStorage": storage,
    }
    for _ in range(2):
        assert connected(**environment) == [0, True]


def test_wrong_settings_are_told_before_anything_is_reached() -> None:
    """All of them, and the hub document by its variable."""
    blob, queue, table = free_ports(3)
    nowhere = connection_string(Ports(blob=blob, queue=queue, table=table))
    said = connected(AzureWebJobsStorage=nowhere, SPOKEWRIGHT_PREFIX="X")
    assert "SPOKEWRIGHT_HUBS" in str(said)
    assert "SPOKEWRIGHT_PREFIX" in str(said)
    said = connected(AzureWebJobsStorage=nowhere, SPOKEWRIGHT_HUBS="no-such-file.yaml")
    assert "SPOKEWRIGHT_HUBS: the hub document cannot be read" in str(said)
