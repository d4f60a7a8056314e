"""Which kind of operation is routed how."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from activities.dependencies import Dependencies
from activities.routing.offboarding import route_of_clean_up, route_of_offboarding
from activities.routing.situation import Situation
from activities.routing.suspending import route_of_resume, route_of_suspend
from activities.routing.updating import route_of_update
from activities.routing.upgrading import route_of_roll_back, route_of_upgrade
from landing_zone.contracts import Route
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind

type MakeRoute = Callable[[Dependencies, Situation], Awaitable[Route]]

ROUTES: Final[Mapping[Kind, MakeRoute]] = MappingProxyType(
    {
        Kind.UPDATE: route_of_update,
        Kind.UPGRADE: route_of_upgrade,
        Kind.ROLL_BACK: route_of_roll_back,
        Kind.SUSPEND: route_of_suspend,
        Kind.RESUME: route_of_resume,
    }
)

type MakeWayOut = Callable[[Dependencies, TenantRecord], Awaitable[Route]]

WAYS_OUT: Final[Mapping[Kind, MakeWayOut]] = MappingProxyType(
    {
        Kind.OFFBOARD: route_of_offboarding,
        Kind.CLEAN_UP: route_of_clean_up,
    }
)
"""Of tenants that may not stand in any hub."""
