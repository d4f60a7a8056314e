"""What each kind of operation means for the life of a tenant, as tables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.work import Kind

BEGINNINGS: Final[Mapping[Kind, TenantEvent]] = MappingProxyType(
    {
        Kind.UPDATE: TenantEvent.UPDATE,
        Kind.UPGRADE: TenantEvent.UPDATE,
        Kind.ROLL_BACK: TenantEvent.UPDATE,
        Kind.SUSPEND: TenantEvent.UPDATE,
        Kind.RESUME: TenantEvent.RESUME,
        Kind.OFFBOARD: TenantEvent.OFFBOARD,
    }
)
"""What happens to a tenant as an operation begins. A clean-up leaves it as it is."""

TO_PLANS: Final = frozenset({Kind.UPDATE, Kind.UPGRADE, Kind.ROLL_BACK})
"""Kinds that lead an active tenant to another plan."""

OF_THE_ACTIVE: Final = TO_PLANS | {Kind.SUSPEND}
"""Kinds that have nothing to begin with at a tenant that has never been active."""

LEAVING: Final = frozenset({Kind.ONBOARD, Kind.OFFBOARD, Kind.CLEAN_UP})
"""Kinds after whose failure the tenant is to be gone: what is left of it is open work.

What fails on the way from one plan to another goes on as an update instead.
"""

UNDER_WAY: Final = frozenset({TenantState.UPDATING, TenantState.OFFBOARDING})
"""States in which an operation that follows a route is at work."""

_ENDINGS: Final[Mapping[Kind, tuple[TenantEvent, TenantEvent]]] = MappingProxyType(
    {
        Kind.UPDATE: (TenantEvent.COMPLETE, TenantEvent.ROLL_BACK),
        Kind.UPGRADE: (TenantEvent.COMPLETE, TenantEvent.ROLL_BACK),
        Kind.ROLL_BACK: (TenantEvent.COMPLETE, TenantEvent.ROLL_BACK),
        Kind.SUSPEND: (TenantEvent.SUSPEND, TenantEvent.ROLL_BACK),
        Kind.RESUME: (TenantEvent.COMPLETE, TenantEvent.SUSPEND),
        Kind.OFFBOARD: (TenantEvent.FINISH_OFFBOARDING, TenantEvent.FAIL),
    }
)


def ending(kind: Kind, *, ok: bool, is_back: bool) -> TenantEvent | None:
    """What happens to a tenant as an operation ends; None where that changes no state.

    Args:
        kind: The operation.
        ok: Whether the tenant is as it was asked for.
        is_back: Whether it is as it was before.
    """
    if kind not in _ENDINGS:
        return None
    reached, returned = _ENDINGS[kind]
    if ok:
        return reached
    return returned if is_back else TenantEvent.FAIL


def state_of(kind: Kind) -> TenantState:
    """The state that a tenant is in when an operation of that kind has done what it is for."""
    match kind:
        case Kind.SUSPEND:
            return TenantState.SUSPENDED
        case Kind.OFFBOARD:
            return TenantState.OFFBOARDED
        case Kind.CLEAN_UP:
            return TenantState.FAILED
        case _:
            return TenantState.ACTIVE
