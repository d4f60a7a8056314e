"""Azurite, Microsoft's storage emulator: how it is found and started, and how clients reach it."""

import shutil
from pathlib import Path

from localcloud.supervisor.errors import LocalCloudError
from localcloud.supervisor.ports import HOST, Ports

# Azurite's account and key are the same everywhere and documented; they protect nothing.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
SCRIPT = Path("node_modules/azurite/dist/src/azurite.js")


def azurite_command(root: Path, state: Path, ports: Ports) -> tuple[str, ...]:
    """The command that runs Azurite; node runs it directly, as npx takes seconds longer.

    Args:
        root: Directory that holds `node_modules`.
        state: Azurite's own directory.
        ports: Where its three services listen.

    Raises:
        LocalCloudError: Node.js or Azurite is not installed.
    """
    node = shutil.which("node")
    if node is None:
        raise LocalCloudError("node is not installed: install Node.js 20 or newer")
    script = root / SCRIPT
    if not script.exists():
        raise LocalCloudError("Azurite is not installed: run `make install`")
    return (
        *(node, str(script), "--silent", "--skipApiVersionCheck", "--disableTelemetry"),
        *("--location", str(state)),
        *("--blobHost", HOST, "--blobPort", str(ports.blob)),
        *("--queueHost", HOST, "--queuePort", str(ports.queue)),
        *("--tableHost", HOST, "--tablePort", str(ports.table)),
    )


def connection_string(ports: Ports) -> str:
    """What a storage client needs to reach it."""
    endpoints = {
        "BlobEndpoint": ports.blob,
        "QueueEndpoint": ports.queue,
        "TableEndpoint": ports.table,
    }
    parts = {
        "DefaultEndpointsProtocol": "http",
        "AccountName": ACCOUNT,
        "AccountKey": ACCOUNT_KEY,
        **{name: f"http://{HOST}:{port}/{ACCOUNT}" for name, port in endpoints.items()},
    }
    return ";".join(f"{name}={value}" for name, value in parts.items()) + ";"
