"""What a request for a tenant means, as a table over the states."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.access import Access, AccessRefused, Action, Scope
from landing_zone.admission import (
    Insert,
    Restart,
    Same,
    Update,
    admit,
    faults_of,
    hubs_for,
    require_place,
)
from landing_zone.capacity import CapacityExceeded
from landing_zone.ends import OpenWork
from landing_zone.errors import PermanentError
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import (
    MOST_HEARD,
    TenantRecord,
    instance_id,
    new_tenant,
    tenant_of_operation,
)
from tests.fakes import HUBS, NOON, example_request
from tests.principals import ANN, BEN, principal_of
from tests.unit.hubs import asking_for, holding, two_hubs

LATER = NOON + timedelta(hours=1)
REQUEST = example_request()
OTHER = example_request(displayName="Another name")
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
@pytest.mark.parametrize("wanted", [REQUEST, OTHER], ids=["same", "other"])
def test_request_for_a_living_tenant_is_an_update(state: TenantState, wanted: Any) -> None:
    """Which says what it comes to: perhaps nothing is to be done."""
    existing = record(state)
    assert admit(wanted, existing, "bob", LATER) == Update(existing)


@pytest.mark.parametrize("wanted", [REQUEST, OTHER], ids=["same", "other"])
def test_tenant_that_failed_after_it_was_active_is_changed_and_not_made_anew(wanted: Any) -> None:
    """An onboarding that fails takes back all that there is."""
    existing = record(TenantState.FAILED, active_since=NOON)
    assert admit(wanted, existing, "bob", LATER) == Update(existing)


def test_message_that_has_been_heard_is_heard_once() -> None:
    """However much has been asked for since, up to a bound."""
    first = Reply(origin="first/1")
    existing = record(TenantState.ACTIVE).having_heard(first).having_heard(first)
    for number in range(MOST_HEARD - 1):
        existing = existing.having_heard(Reply(origin=f"later/{number}"))
    assert len(existing.heard) == MOST_HEARD
    assert admit(OTHER, existing, "bus", LATER, first) == Same(existing, under_way=True)
    forgotten = existing.having_heard(Reply(origin="last/1"))
    assert admit(OTHER, forgotten, "bus", LATER, first) == Update(forgotten)


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


def test_hubs_of_a_region_are_tried_in_the_document_s_order() -> None:
    """Only those of the region."""
    assert [hub.name for hub in hubs_for(REQUEST, two_hubs())] == ["hub-one", "hub-two"]
    assert [hub.name for hub in hubs_for(REQUEST, HUBS)] == ["hub-weu"]


def test_region_without_a_hub_is_refused_with_those_that_have_one() -> None:
    """A person sees what could be asked for."""
    elsewhere = example_request(region="eastus2")
    with pytest.raises(PermanentError, match="eastus2") as caught:
        hubs_for(elsewhere, HUBS)
    assert (caught.value.code, caught.value.hint) == (
        "RegionNotServed",
        "regions served: westeurope",
    )
    assert [(fault.path, fault.allowed) for fault in faults_of(elsewhere, HUBS)] == [
        ("region", "regions served: westeurope")
    ]


def test_unknown_deployment_is_a_fault_that_names_those_that_are_known() -> None:
    """Each of them, wherever the list of the region's hubs is complete."""
    request = asking_for({"gpt-5": 1, "gpt-9": 1, "gpt-10": 1})
    faults = list(faults_of(request, HUBS))
    assert [fault.path for fault in faults] == [
        "ai.models[1].deployment",
        "ai.models[2].deployment",
    ]
    assert {fault.allowed for fault in faults} == {"gpt-5, gpt-5-mini, text-embedding-3-large"}


def test_deployment_is_known_in_any_case_and_in_any_hub_of_the_region() -> None:
    """As Azure reads names; and a hub that lists none is asked for anything."""
    document = two_hubs({"small": 10}, {"other": 10})
    assert list(faults_of(asking_for({"SMALL": 1, "Other": 1}), document)) == []
    assert list(faults_of(asking_for({"anything": 1}), two_hubs({"small": 10}, {}))) == []


def test_tenant_goes_to_the_first_hub_that_has_room() -> None:
    """The next one takes over when the first is full."""
    document = two_hubs({"small": 100}, {"small": 100})
    request = asking_for({"small": 60})
    held = [holding(document, "hub-one", 0, request)]
    assert require_place(request, document, []).name == "hub-one"
    assert require_place(request, document, held).name == "hub-two"


def test_tenant_goes_only_where_its_deployments_are() -> None:
    """A hub that lists others has no quota for it."""
    document = two_hubs({"small": 100}, {"other": 100})
    assert require_place(asking_for({"other": 1}), document, []).name == "hub-two"
    with pytest.raises(CapacityExceeded) as caught:
        require_place(asking_for({"small": 1, "other": 1}), document, [])
    assert [refusal.binding.limit.total for refusal in caught.value.refusals] == [0, 0]


def test_refusal_names_what_each_hub_of_the_region_is_short_of() -> None:
    """The binding limit, what is left of it and what was asked."""
    document = two_hubs({"small": 100}, {"small": 30})
    request = asking_for({"small": 60})
    held = [holding(document, "hub-one", 0, request)]
    with pytest.raises(CapacityExceeded) as caught:
        require_place(request, document, held)
    told = [
        (refusal.hub, refusal.binding.limit.title, refusal.binding.left, refusal.binding.asked)
        for refusal in caught.value.refusals
    ]
    assert told == [("hub-one", "small quota", 40, 60), ("hub-two", "small quota", 30, 60)]
    assert caught.value.hint
    for word in ("hub-one", "hub-two", "small quota (asked 60, left 40 of 100"):
        assert word in caught.value.message


def test_tenant_that_is_under_way_has_its_place_already() -> None:
    """Though it holds no reservation yet: the place is not promised twice."""
    document = two_hubs({"small": 100}, {"small": 10})
    request = asking_for({"small": 60})
    waiting = new_tenant(request, "ann", NOON)
    with pytest.raises(CapacityExceeded):
        require_place(request, document, [waiting])
    over = waiting.model_copy(update={"state": TenantState.FAILED})
    assert require_place(request, document, [over]).name == "hub-one"


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


def asking(object_id: str, scope: Scope) -> Access:
    """A caller who may ask for tenants, for own ones or for all."""
    return Access(principal_of(object_id), Action.REQUEST_TENANT, scope)


def test_a_caller_owns_what_it_asks_for_first() -> None:
    """A part of the application owns nothing."""
    admission = admit(REQUEST, None, asking(ANN, Scope.OWN), NOON)
    assert isinstance(admission, Insert)
    assert (admission.record.owner, admission.record.actor) == (
        principal_of(ANN).id,
        f"person:{ANN}",
    )
    by_message = admit(REQUEST, None, "service-bus", NOON)
    assert isinstance(by_message, Insert)
    assert by_message.record.owner is None


@pytest.mark.parametrize("state", TenantState)
@pytest.mark.parametrize("request_again", [REQUEST, OTHER], ids=["same", "other"])
def test_anothers_tenant_is_taken_whatever_its_state(
    state: TenantState, request_again: TenantRequest
) -> None:
    """Nothing of it is told; who may ask for all is answered as ever."""
    existing = record(state, owner=principal_of(ANN).id)
    with pytest.raises(AccessRefused) as raised:
        admit(request_again, existing, asking(BEN, Scope.OWN), LATER)
    assert raised.value.code == "TenantIdTaken"
    assert str(state) not in raised.value.message + raised.value.hint
    for asker in (asking(BEN, Scope.ALL), asking(ANN, Scope.OWN), "service-bus"):
        assert _meaning(request_again, existing, asker) == _meaning(request_again, existing, "ann")


def _meaning(request: TenantRequest, existing: TenantRecord, asker: Access | str) -> str:
    """What a request means, in a word, whoever asks; the owner stays."""
    try:
        admission = admit(request, existing, asker, LATER)
    except PermanentError as error:
        return error.code
    assert admission.record.owner == existing.owner
    return type(admission).__name__
