"""Who owns which subscription, remembered for a while: every event asks for it."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from activities.registered import every_tenant
from landing_zone.clock import Clock
from landing_zone.hub import HubDocument
from landing_zone.ports import TenantRegistry
from landing_zone.remediation.owners import Estate, estate_of

KEPT: Final = timedelta(seconds=30)
"""How long it is believed. A tenant that was settled since is known then; the sweep has it too."""

SETTLING: Final = timedelta(seconds=2)
"""How long it is believed by someone who misses a tenant in it."""


class Estates:
    """The estate of the hub document and the registry."""

    def __init__(self, document: HubDocument, registry: TenantRegistry, clock: Clock) -> None:
        """Know nothing yet."""
        self._document = document
        self._registry = registry
        self._clock = clock
        self._turn = asyncio.Lock()
        self._held: tuple[datetime, Estate] | None = None

    async def current(self, most: timedelta = KEPT) -> Estate:
        """The estate, as it was at most that long ago.

        Raises:
            TemporaryError: The registry could not be read.
        """
        async with self._turn:
            now = self._clock.now()
            if self._held is None or now - self._held[0] > most:
                self._held = (now, estate_of(self._document, await every_tenant(self._registry)))
            return self._held[1]
