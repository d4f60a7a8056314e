"""Reading what a dry run compares with, a few things at a time; it writes nothing."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, Final

from activities.data import is_working_key, names_of
from activities.dependencies import Dependencies
from landing_zone.dry_run.foreseeing import despite
from landing_zone.dry_run.model import Held, Nothing, Secret, Shared, There
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub import Hub
from landing_zone.hub_state.members import Lane
from landing_zone.hub_state.reading import actual_state, collections
from landing_zone.plan import Resource, Write

AT_ONCE: Final = 8
"""Reads of a dry run that are under way at the same time."""

LANES_READ: Final[tuple[Lane, ...]] = ("firewall", "network")
"""The lanes of a hub of which every tenant has a part."""


class Reader:
    """Reads for one dry run.

    Once Azure asks to wait, nothing more is sent: an answer that leaves out most of what there is
    would be of no use, and asking on would make others wait for longer.
    """

    def __init__(self, deps: Dependencies, hub: Hub) -> None:
        """Have read nothing yet."""
        self._deps = deps
        # Whoever only asks leaves a part of each quota to those who onboard.
        self._arm = deps.background_arm
        self._hub = hub
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._asked_to_wait: TemporaryError | None = None
        self._lanes: dict[Lane, Held] = {}

    async def read_hub(self) -> None:
        """Read what the hub holds for all its tenants.

        Raises:
            TemporaryError: Azure asks to wait.
        """
        found = await self._each(self._lane(lane) for lane in LANES_READ)
        self._lanes = dict(zip(LANES_READ, found, strict=True))

    def lane(self, lane: Lane) -> Held:
        """What was read of a lane of the hub."""
        return self._lanes[lane]

    async def resources(self, resources: Iterable[Resource]) -> list[Held]:
        """What is there of each of some resources, their references resolved.

        Raises:
            TemporaryError: Azure asks to wait.
        """
        return await self._each(self._resource(item) for item in resources)

    async def kept(self, resources: Iterable[Resource]) -> list[bool]:
        """Whether Azure keeps a deleted one of each of some resources.

        Raises:
            TemporaryError: Azure asks to wait.
        """
        found = await self._each(self._kept(item) for item in resources)
        return [isinstance(one, There) for one in found]

    async def _each(self, reads: Iterable[Awaitable[Held]]) -> list[Held]:
        found = await asyncio.gather(*(self._read(one) for one in reads))
        if self._asked_to_wait is not None:
            raise self._asked_to_wait
        return found

    async def _read(self, read: Awaitable[Held]) -> Held:
        async with self._gate:
            try:
                return await read
            except TemporaryError as error:
                if error.retry_after is not None:
                    self._asked_to_wait = error
                return despite(error)
            except PermanentError as error:
                return despite(error)

    async def _lane(self, lane: Lane) -> Held:
        bodies: list[dict[str, Any]] = []
        for path, api_version in collections(self._hub, lane):
            self._require_leave()
            bodies += await self._arm.pages(path, api_version)
        return Shared(actual_state(self._hub, lane, bodies))

    async def _resource(self, resource: Resource) -> Held:
        self._require_leave()
        match resource.write:
            case Write.SECRET:
                return await self._secret(resource)
            case Write.INDEX:
                return _there(await self._deps.indexes.get(*names_of(resource)))
            case _:
                return _there(await self._arm.get(resource.id, resource.api_version))

    async def _secret(self, resource: Resource) -> Held:
        stored = await self._deps.vaults.get(*names_of(resource))
        if stored is None:
            return Nothing()
        keys = await self._deps.api_keys.read(str(resource.body["subscription"]))
        return Secret(works=is_working_key(stored.value, keys.values()))

    async def _kept(self, resource: Resource) -> Held:
        if resource.recovery is None:
            return Nothing()
        self._require_leave()
        kept = resource.recovery
        return _there(await self._arm.get(kept.id, kept.api_version))

    def _require_leave(self) -> None:
        if self._asked_to_wait is not None:
            raise self._asked_to_wait


def _there(body: dict[str, Any] | None) -> Held:
    return There(body) if body is not None else Nothing()
