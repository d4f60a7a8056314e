"""Which leases are dead: no state in which a tenant holds or will hold its range is one."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.leases import LeaseSettings, is_ripe, why_dead
from landing_zone.lifecycle import TenantState
from landing_zone.reservation import Lease
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, example_request
from tests.unit.planned import reservation_for

REQUEST = example_request()
HELD = reservation_for(REQUEST)
LEASE = Lease(REQUEST.tenant_id, HELD, NOON, "1")
OVER = {TenantState.FAILED, TenantState.OFFBOARDED}


def record(state: TenantState, **changes: Any) -> TenantRecord:
    """The tenant's record."""
    return new_tenant(REQUEST, "ann", NOON).model_copy(update={"state": state, **changes})


def test_lease_of_nobody_is_dead() -> None:
    """No record is made after the lease."""
    assert why_dead(LEASE, None)


@pytest.mark.parametrize("state", TenantState)
def test_lease_that_the_record_names_lives(state: TenantState) -> None:
    """Whatever the state: a failed tenant stands on its range while something of it is left."""
    assert not why_dead(LEASE, record(state, reservation=HELD))
    other = HELD.model_copy(update={"generation": 3})
    assert not why_dead(LEASE, record(state, reservation=other))


@pytest.mark.parametrize("state", TenantState)
def test_lease_that_the_record_does_not_name_is_dead_only_when_all_is_over(
    state: TenantState,
) -> None:
    """Before the range is on the record, the request is on its way to it."""
    assert bool(why_dead(LEASE, record(state))) is (state in OVER)


@pytest.mark.parametrize("state", TenantState)
def test_lease_of_another_hub_than_the_tenants_is_dead(state: TenantState) -> None:
    """The tenant was placed twice at once, and stands in the other one."""
    elsewhere = HELD.model_copy(update={"hub": "hub-two"})
    assert "hub-two" in why_dead(LEASE, record(state, reservation=elsewhere))


def test_young_lease_is_not_looked_at() -> None:
    """It ripens at the end of the grace, not before."""
    settings = LeaseSettings(grace_seconds=60)
    assert not is_ripe(LEASE, settings, NOON + timedelta(seconds=59))
    assert is_ripe(LEASE, settings, NOON + timedelta(seconds=60))
    assert not is_ripe(LEASE, settings, NOON - timedelta(days=1))
