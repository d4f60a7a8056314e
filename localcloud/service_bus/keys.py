"""The namespace's shared access key: made once for each state directory, readable by its owner."""

import contextlib
import os
import secrets
import tempfile
from base64 import b64encode
from pathlib import Path

POLICY = "RootManageSharedAccessKey"
_FILE = "sas-key"
_BYTES = 32


def load_or_create_key(state: Path) -> str:
    """The key of a state directory; several processes at once get the same one."""
    path = state / _FILE
    if not path.exists():
        _create(path)
    return path.read_text(encoding="ascii").strip()


def connection_string(port: int, key: str) -> str:
    """What a Service Bus client needs to reach the broker.

    `UseDevelopmentEmulator` lets it speak plain AMQP and keep the port.
    """
    return (
        f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={POLICY};SharedAccessKey={key};"
        "UseDevelopmentEmulator=true;"
    )


def _create(path: Path) -> None:
    """Write a whole file, then link it into place: the first to do so wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(b64encode(secrets.token_bytes(_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(temporary)
    Path(temporary).unlink()
