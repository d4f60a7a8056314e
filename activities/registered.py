"""All tenants of the registry, its pages followed."""

from typing import Final

from landing_zone.ports import TenantRegistry
from landing_zone.tenants import TenantRecord

PAGE: Final = 500


async def every_tenant(registry: TenantRegistry) -> list[TenantRecord]:
    """The records of all tenants.

    Raises:
        TemporaryError: The registry could not be read.
    """
    found: list[TenantRecord] = []
    continuation = ""
    while True:
        page = await registry.page(PAGE, continuation)
        found += page.items
        continuation = page.continuation
        if not continuation:
            return found
