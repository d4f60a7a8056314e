"""What the tenants of a hub take of it together, from the registry's records."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import Final

from landing_zone.addressing import allocate, free_capacity
from landing_zone.capacity.demand import Demand, demand_of, total_claims
from landing_zone.capacity.limits import Limit
from landing_zone.capacity.shortage import (
    CapacityExceeded,
    HubRefusal,
    Shortage,
    refusal_of,
    shortages,
)
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, HubDocument
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord

ADDRESSES: Final = "addresses"

UNDER_WAY: Final = frozenset(
    {TenantState.REQUESTED, TenantState.AWAITING_APPROVAL, TenantState.PROVISIONING}
)
"""States in which a tenant is on its way into a hub."""


@dataclass(frozen=True)
class Tenancy:
    """A tenant's place in a hub: what it takes, and its range."""

    demand: Demand
    address_range: IPv4Network


@dataclass(frozen=True)
class Occupancy:
    """What is taken of a hub; the order of its tenants means nothing."""

    tenancies: tuple[Tenancy, ...] = ()

    @cached_property
    def used(self) -> dict[str, int]:
        """What is taken of each limit but the addresses."""
        return total_claims(tenancy.demand.claims for tenancy in self.tenancies)

    @property
    def ranges(self) -> list[IPv4Network]:
        """The ranges that are taken."""
        return [tenancy.address_range for tenancy in self.tenancies]

    def refusal(self, hub: Hub, demand: Demand) -> HubRefusal | None:
        """Why a tenant does not fit into the hub as it is; None where it fits."""
        found = list(shortages(hub, self.used, demand.claims))
        left = free_capacity(hub.spoke_pool, self.ranges, demand.prefix_length)
        if not left:
            found.append(Shortage(address_limit(hub, demand.prefix_length), 0, 1))
        return refusal_of(hub, found) if found else None

    def admit(self, hub: Hub, demand: Demand) -> "Occupancy":
        """The hub with one tenant more.

        Raises:
            CapacityExceeded: It does not fit.
        """
        refusal = self.refusal(hub, demand)
        if refusal is not None:
            raise CapacityExceeded([refusal])
        chosen = allocate(hub.spoke_pool, self.ranges, demand.prefix_length)
        return Occupancy((*self.tenancies, Tenancy(demand, chosen)))


def address_limit(hub: Hub, prefix_length: int) -> Limit:
    """The addresses of the hub's pool, counted in ranges of a size."""
    return Limit(
        ADDRESSES,
        "addresses of the spoke pool",
        f"ranges of /{prefix_length}",
        free_capacity(hub.spoke_pool, (), prefix_length),
    )


def occupancies(document: HubDocument, records: Iterable[TenantRecord]) -> dict[str, Occupancy]:
    """What is taken of each hub of the document, by its name.

    A tenant takes its place as long as it holds a reservation. One that is under way and holds
    none yet is counted where it would be placed now, so that it is not promised to another.
    """
    placed: defaultdict[str, list[Tenancy]] = defaultdict(list)
    waiting: list[TenantRecord] = []
    for record in records:
        if record.reservation is not None:
            tenancy = Tenancy(demand_of(record.request), record.reservation.address_range)
            placed[record.reservation.hub].append(tenancy)
        elif record.state in UNDER_WAY:
            waiting.append(record)
    filling = {hub.name: _Filling(hub, placed[hub.name]) for hub in document.hubs}
    for record in sorted(waiting, key=lambda found: (found.updated_at, found.tenant_id)):
        demand = demand_of(record.request)
        # Stops at the first that has room.
        any(filling[hub.name].take(demand) for hub in document.in_region(record.request.region))
    return {name: Occupancy(tuple(one.tenancies)) for name, one in filling.items()}


class _Filling:
    """A hub while those who wait are given their places, one after the other."""

    def __init__(self, hub: Hub, tenancies: list[Tenancy]) -> None:
        self.tenancies = tenancies
        self._hub = hub
        self._used = Occupancy(tuple(tenancies)).used
        self._ranges = [tenancy.address_range for tenancy in tenancies]

    def take(self, demand: Demand) -> bool:
        """Give a place; False when there is none."""
        if any(shortages(self._hub, self._used, demand.claims)):
            return False
        try:
            chosen = allocate(self._hub.spoke_pool, self._ranges, demand.prefix_length)
        except PermanentError:
            return False
        self.tenancies.append(Tenancy(demand, chosen))
        self._ranges.append(chosen)
        for name, amount in demand.claims.items():
            self._used[name] = self._used.get(name, 0) + amount
        return True
