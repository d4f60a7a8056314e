"""What a request for a tenant means, as a table over the states."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.admission import Insert, Restart, Same, admit, hub_for
from landing_zone.contracts import OpenWork
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, instance_id, new_tenant, tenant_of_operation
from tests.fakes import HUBS, NOON, example_request

LATER = NOON + timedelta(hours=1)
REQUEST = example_request()
OTHER = example_request(displayName="Another name")
UNDER_WAY = {
    TenantState.REQUESTED,
    TenantState.AWAITING_APPROVAL,
    TenantState.PROVISIONING,
}
OVER = {TenantState.FAILED, TenantState.OFFBOARDED}


def record(state: TenantState, **changes: Any) -> TenantRecord:
    """The tenant in a state."""
    return new_tenant(REQUEST, "ann", NOON).model_copy(update={"state": state, **changes})


def test_unknown_tenant_is_new() -> None:
    """Its first operation is asked for now, by this actor."""
    admission = admit(REQUEST, None, "ann", NOON)
    assert isinstance(admission, Insert)
    made = admission.record
    assert (made.state, made.operation_id, made.actor) == (
        TenantState.REQUESTED,
        "contoso-research.1",
        "ann",
    )
    assert (made.created_at, made.updated_at) == (NOON, NOON)


@pytest.mark.parametrize("state", [state for state in TenantState if state not in OVER])
def test_same_request_again_changes_nothing(state: TenantState) -> None:
    """What is under way is told, so that it is made sure to run."""
    existing = record(state)
    assert admit(REQUEST, existing, "bob", LATER) == Same(existing, under_way=state in UNDER_WAY)


@pytest.mark.parametrize("state", [state for state in TenantState if state not in OVER])
def test_other_request_for_a_living_tenant_is_refused(state: TenantState) -> None:
    """Changing a tenant is an update."""
    with pytest.raises(PermanentError, match=state.value) as caught:
        admit(OTHER, record(state), "bob", LATER)
    assert (caught.value.code, bool(caught.value.hint)) == ("TenantExists", True)


@pytest.mark.parametrize("state", sorted(OVER))
@pytest.mark.parametrize("request_again", [REQUEST, OTHER], ids=["same", "other"])
def test_tenant_whose_attempt_is_over_starts_anew(state: TenantState, request_again: Any) -> None:
    """With the new request, as the next operation; what is still open stays listed."""
    existing = record(state, reason="no", hint="do", recoveries=3)
    admission = admit(request_again, existing, "bob", LATER)
    assert isinstance(admission, Restart)
    made = admission.record
    assert (made.state, made.operation_id) == (TenantState.REQUESTED, "contoso-research.2")
    assert (made.request, made.actor) == (request_again, "bob")
    assert (made.reason, made.hint, made.recoveries) == ("", "", 0)
    assert (made.created_at, made.updated_at) == (NOON, LATER)
    assert made.open_work == existing.open_work


def test_request_goes_to_the_hub_of_its_region() -> None:
    """The first of that region."""
    assert hub_for(REQUEST, HUBS).name == "hub-weu"


def test_region_without_a_hub_is_refused_with_those_that_have_one() -> None:
    """A person sees what could be asked for."""
    with pytest.raises(PermanentError, match="eastus2") as caught:
        hub_for(example_request(region="eastus2"), HUBS)
    assert (caught.value.code, caught.value.hint) == (
        "RegionNotServed",
        "regions served: westeurope",
    )


def test_operation_names_its_tenant() -> None:
    """Tenant ids hold no dots."""
    assert tenant_of_operation(record(TenantState.ACTIVE).operation_id) == REQUEST.tenant_id
    assert instance_id(REQUEST.tenant_id) == "tenant-contoso-research"


def test_record_survives_storage() -> None:
    """As JSON under its wire names."""
    kept = record(TenantState.PROVISIONING).model_dump_json(by_alias=True)
    assert TenantRecord.model_validate_json(kept) == record(TenantState.PROVISIONING)


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_left_is_picked_up_by_the_same_request_only(state: TenantState) -> None:
    """A different plan would not know of it, and it would be forgotten."""
    left = OpenWork(key="network", resource="/some/id", reason="ScopeLocked")
    existing = record(state, open_work=(left,))
    assert isinstance(admit(REQUEST, existing, "bob", LATER), Restart)
    with pytest.raises(PermanentError) as caught:
        admit(OTHER, existing, "bob", LATER)
    assert caught.value.code == "OpenWork"
