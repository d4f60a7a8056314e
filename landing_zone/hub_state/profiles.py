"""What the egress profiles let a tenant reach, as data.

The names are kept narrow: a wildcard over a storage service would be a way out for data.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROFILES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "azure": (
            "login.microsoftonline.com",
            "management.azure.com",
            "mcr.microsoft.com",
            "*.data.mcr.microsoft.com",
            "packages.microsoft.com",
        ),
        "github": (
            "github.com",
            "api.github.com",
            "codeload.github.com",
            "ghcr.io",
            "*.githubusercontent.com",
        ),
    }
)
"""Names that are reached over HTTPS, by profile; the order gives the priorities, for ever."""
