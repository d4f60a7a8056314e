"""How much room the hubs have: what tenants take, what is left, who fits."""

from landing_zone.capacity.demand import (
    NO_CLAIMS,
    NODE_SUBNETS,
    Claims,
    Demand,
    demand_of,
    larger_claims,
    needs_node_subnet,
    total_claims,
)
from landing_zone.capacity.forecast import HubForecast, LimitForecast, forecast
from landing_zone.capacity.occupancy import (
    UNDER_WAY,
    Occupancy,
    Tenancy,
    address_limit,
    occupancies,
)
from landing_zone.capacity.placing import place, place_again
from landing_zone.capacity.shortage import (
    CapacityExceeded,
    HubRefusal,
    Shortage,
    refusal_of,
    require_room,
)

__all__ = [
    "NODE_SUBNETS",
    "NO_CLAIMS",
    "UNDER_WAY",
    "CapacityExceeded",
    "Claims",
    "Demand",
    "HubForecast",
    "HubRefusal",
    "LimitForecast",
    "Occupancy",
    "Shortage",
    "Tenancy",
    "address_limit",
    "demand_of",
    "forecast",
    "larger_claims",
    "needs_node_subnet",
    "occupancies",
    "place",
    "place_again",
    "refusal_of",
    "require_room",
    "total_claims",
]
