"""Which leases of a ledger are dead: those that no request stands behind any more. Pure."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from landing_zone.lifecycle import TenantState
from landing_zone.reservation import Lease
from landing_zone.tenants import TenantRecord

_OVER: Final = frozenset({TenantState.FAILED, TenantState.OFFBOARDED})
"""States in which a tenant that holds nothing will not hold anything, unless it is asked for anew.

In all others it is on its way to its range, or stands on it whatever its record says.
"""


class LeaseSettings(BaseModel):
    """When leases expire.

    Attributes:
        grace_seconds: Age from which a lease is looked at; longer than whoever reserves a range
            takes to write it down.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    grace_seconds: float = Field(default=3600.0, ge=0, le=604_800)


def is_ripe(lease: Lease, settings: LeaseSettings, now: datetime) -> bool:
    """Whether a lease is old enough to be looked at."""
    return now - lease.since >= timedelta(seconds=settings.grace_seconds)


def why_dead(lease: Lease, record: TenantRecord | None) -> str:
    """Why nobody stands behind a lease, for a person; empty where somebody may.

    Args:
        lease: The lease.
        record: What the registry knows of its tenant, read after the lease was.
    """
    if record is None:
        return "there is no such tenant"
    held = record.reservation
    if held is not None:
        elsewhere = f"the tenant is {record.state.value} and holds its range in {held.hub}"
        return elsewhere if held.hub != lease.hub else ""
    if record.state in _OVER:
        return f"the tenant is {record.state.value} and holds nothing"
    return ""
