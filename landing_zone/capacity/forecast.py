"""How many tenants more a hub can take, and what stops the next one."""

from dataclasses import dataclass
from typing import Final

from landing_zone.addressing import free_capacity
from landing_zone.capacity.demand import SMALLEST, Demand, median_demand
from landing_zone.capacity.limits import Limit, limits_of
from landing_zone.capacity.occupancy import Occupancy, address_limit
from landing_zone.hub import Hub

PREFIX_LENGTHS: Final = range(22, 28)


@dataclass(frozen=True)
class LimitForecast:
    """One limit of a hub, and what it allows.

    Attributes:
        limit: The limit.
        used: What tenants and platform take of it.
        left: What tenants can still take of it.
        typical: What a typical tenant takes of it.
        tenants_left: Typical tenants that it still allows; None where they take nothing of it.
    """

    limit: Limit
    used: int
    left: int
    typical: int

    @property
    def tenants_left(self) -> int | None:
        """Typical tenants that it still allows."""
        return self.left // self.typical if self.typical else None


@dataclass(frozen=True)
class HubForecast:
    """A hub, its limits, and how many typical tenants more it can take.

    Attributes:
        hub: Its name.
        region: Its region.
        tenants: Tenants that have a place in it.
        typical: What a typical tenant takes.
        typical_is: What it is typical of, for a person.
        limits: Every limit, the addresses first.
        ranges_left: Free ranges of the pool by prefix length, each as if no other was taken.
    """

    hub: str
    region: str
    tenants: int
    typical: Demand
    typical_is: str
    limits: tuple[LimitForecast, ...]
    ranges_left: dict[int, int]

    @property
    def binding(self) -> LimitForecast:
        """The limit that stops the next tenant first."""
        bounding = [one for one in self.limits if one.typical]
        return min(bounding, key=lambda one: one.left // one.typical)

    @property
    def tenants_left(self) -> int:
        """Typical tenants that the hub can still take."""
        return self.binding.left // self.binding.typical

    @property
    def summary(self) -> str:
        """The forecast in a line."""
        count = self.tenants_left
        tenants = "1 tenant" if count == 1 else f"{count} tenants"
        return f"{tenants} left; binding limit: {self.binding.limit.title}"


def forecast(hub: Hub, occupancy: Occupancy) -> HubForecast:
    """How many tenants more a hub can take, of the kind that it has."""
    typical, typical_is = _typical(occupancy)
    limits = [
        LimitForecast(
            limit,
            limit.platform + occupancy.used.get(name, 0),
            limit.left(occupancy.used.get(name, 0)),
            typical.claims.get(name, 0),
        )
        for name, limit in limits_of(hub).items()
    ]
    return HubForecast(
        hub=hub.name,
        region=hub.region,
        tenants=len(occupancy.tenancies),
        typical=typical,
        typical_is=typical_is,
        limits=(_addresses(hub, occupancy, typical.prefix_length), *limits),
        ranges_left={
            length: free_capacity(hub.spoke_pool, occupancy.ranges, length)
            for length in PREFIX_LENGTHS
        },
    )


def _typical(occupancy: Occupancy) -> tuple[Demand, str]:
    count = len(occupancy.tenancies)
    if not count:
        return SMALLEST, "the smallest request, as the hub has no tenant yet"
    demand = median_demand(tenancy.demand for tenancy in occupancy.tenancies)
    return demand, f"the median of the hub's {count} tenant{'s' if count != 1 else ''}"


def _addresses(hub: Hub, occupancy: Occupancy, prefix_length: int) -> LimitForecast:
    limit = address_limit(hub, prefix_length)
    left = free_capacity(hub.spoke_pool, occupancy.ranges, prefix_length)
    return LimitForecast(limit, limit.total - left, left, 1)
