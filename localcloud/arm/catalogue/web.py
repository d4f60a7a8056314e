"""Function apps: they are deployed elsewhere, and are only there to be read and referred to."""

from typing import Final

from localcloud.arm.catalogue.model import ResourceType

SITE: Final = "Microsoft.Web/sites"
FUNCTION: Final = f"{SITE}/functions"

_VERSIONS: Final = ("2024-04-01", "2024-11-01")

TYPES = (
    ResourceType(SITE, versions=_VERSIONS, tracked=True),
    ResourceType(FUNCTION, versions=_VERSIONS, hidden=True),
)
