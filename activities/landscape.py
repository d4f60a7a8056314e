"""Who owns what, and what is known of each owner: remembered, since every event asks for it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from activities.registered import every_tenant
from landing_zone.clock import Clock
from landing_zone.errors import PermanentError
from landing_zone.hub import HubDocument
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import LANES, Lane
from landing_zone.hub_state.render import Desired, desired_state
from landing_zone.ports import DocumentStore, HubRequests, TenantRegistry
from landing_zone.remediation.ground import Directory, Ground
from landing_zone.remediation.owners import GOVERNED_STATES, Estate, Owner, estate_of
from landing_zone.remediation.preparing import (
    KnownTenant,
    directory_of,
    hub_ground,
    tenant_ground,
)
from landing_zone.tenants import TenantRecord

KEPT: Final = timedelta(seconds=30)
"""How long the registry is believed. What has changed since is known then, and to the sweep."""

MOST_READS: Final = 16


@dataclass
class _View:
    """What was known at a time.

    Attributes:
        at: When the registry was read.
        records: The governed tenants.
        estate: What is governed.
        directory: Who is who; None until someone asks.
        grounds: What is known of the tenants that were asked for.
    """

    at: datetime
    records: Sequence[TenantRecord]
    estate: Estate
    tenants: tuple[KnownTenant, ...] = ()
    directory: Directory | None = None
    grounds: dict[str, Ground] = field(default_factory=dict)


class Landscape:
    """The registry, the stored plans and the wishes to the hubs, as rules want to know them."""

    def __init__(
        self,
        document: HubDocument,
        registry: TenantRegistry,
        documents: DocumentStore,
        requests: HubRequests,
        settings: HubSettings,
        clock: Clock,
    ) -> None:
        """Know nothing yet."""
        self._document = document
        self._registry = registry
        self._documents = documents
        self._requests = requests
        self._settings = settings
        self._clock = clock
        self._turn = asyncio.Lock()
        self._view: _View | None = None
        self._known: dict[tuple[str, str, str], KnownTenant] = {}

    async def estate(self, since: datetime | None = None) -> Estate:
        """What is governed.

        Args:
            since: The registry has to have been read at this time or later; where nothing is said,
                it is believed for a while. Those who wait together are served by one read.

        Raises:
            TemporaryError: The registry could not be read.
        """
        async with self._turn:
            return (await self._current(since)).estate

    async def ground(self, owner: Owner) -> Ground:
        """What rules know of an owner.

        Raises:
            TemporaryError: Something could not be read.
            PermanentError: It is not governed any more (`NotGoverned`), or its plan is lost.
        """
        async with self._turn:
            view = await self._current()
            if owner.kind == "tenant" and owner not in view.estate.scopes.values():
                view = await self._current(self._clock.now())
            directory = await self._directory(view)
            if owner.kind == "tenant":
                return self._tenant(view, owner, directory)
        return await self._hub(view, owner, directory)

    async def _current(self, since: datetime | None = None) -> _View:
        now = self._clock.now()
        oldest = since or now - KEPT
        if self._view is not None and self._view.at >= oldest:
            return self._view
        everyone = await every_tenant(self._registry)
        records = [one for one in everyone if one.state in GOVERNED_STATES]
        if self._view is not None and _same(records, self._view.records):
            self._view.at = now
        else:
            self._view = _View(now, records, estate_of(self._document, everyone))
        return self._view

    async def _directory(self, view: _View) -> Directory:
        if view.directory is None:
            view.tenants = await self._tenants(view.records)
            view.directory = directory_of(self._document, view.tenants)
        return view.directory

    async def _tenants(self, records: Iterable[TenantRecord]) -> tuple[KnownTenant, ...]:
        gate = asyncio.Semaphore(MOST_READS)

        async def known(record: TenantRecord) -> KnownTenant:
            async with gate:
                return await self._tenant_of(record)

        planned = [one for one in records if one.plan_hash]
        found = await asyncio.gather(*map(known, planned))
        self._known = {_key(one): tenant for one, tenant in zip(planned, found, strict=True)}
        return tuple(found)

    async def _tenant_of(self, record: TenantRecord) -> KnownTenant:
        before = self._known.get(_key(record))
        if before is not None and before.request == record.request:
            return before
        plan = await self._documents.get_plan(record.plan_hash)
        ended = await self._documents.get_operation(record.applied_by) or {}
        return KnownTenant(record.request, plan, ended.get("outputs", {}))

    def _tenant(self, view: _View, owner: Owner, directory: Directory) -> Ground:
        if owner.name not in view.grounds:
            for tenant in view.tenants:
                if tenant.owner.name == owner.name:
                    hub = self._document.hub(owner.hub)
                    view.grounds[owner.name] = tenant_ground(tenant, hub, directory)
                    break
            else:
                raise PermanentError("NotGoverned", f"{owner.name} is not governed any more")
        return view.grounds[owner.name]

    async def _hub(self, view: _View, owner: Owner, directory: Directory) -> Ground:
        """Rendered anew each time: what tenants want of it changes often, its events are rare."""
        lanes = await asyncio.gather(*(self._desired(owner.name, lane) for lane in LANES))
        desired = dict(zip(LANES, lanes, strict=True))
        tenants = [one for one in view.tenants if one.owner.hub == owner.name]
        return hub_ground(self._document.hub(owner.name), directory, desired, tenants)

    async def _desired(self, name: str, lane: Lane) -> Desired:
        rows = await self._requests.all(name, lane)
        members = [row.value.member for row in rows if row.value.is_rendered]
        return desired_state(self._document.hub(name), lane, members, self._settings)


def _same(records: Sequence[TenantRecord], others: Sequence[TenantRecord]) -> bool:
    return [_facts(one) for one in records] == [_facts(one) for one in others]


def _facts(record: TenantRecord) -> tuple[object, ...]:
    return (_key(record), record.request, record.subscription_id, record.reservation)


def _key(record: TenantRecord) -> tuple[str, str, str]:
    return (record.tenant_id, record.applied_by, record.plan_hash)
