"""What the demo is asked to onboard: files, and what can be told of them before they are sent."""

from dataclasses import dataclass
from pathlib import Path

from landing_zone.request_parsing import InvalidRequest, parse_tenant_text


@dataclass(frozen=True, slots=True)
class Asked:
    """One tenant request.

    Attributes:
        path: Where it was read.
        document: What is sent, as it stands in the file.
        name: The tenant's id; the file's name where the document is no request.
        tier: The isolation tier; empty where the document is no request.
    """

    path: Path
    document: bytes
    name: str
    tier: str


def read(path: Path) -> Asked:
    """Read a request; whether it is valid is for the application to say.

    Raises:
        OSError: The file cannot be read.
    """
    document = path.read_bytes()
    try:
        request = parse_tenant_text(document)
    except InvalidRequest:
        return Asked(path, document, name=path.stem, tier="")
    return Asked(path, document, name=request.tenant_id, tier=request.isolation)
