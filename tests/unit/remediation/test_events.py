"""Events are parsed from both schemas, and nothing else is let in."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.remediation.bounds import MOST_LEVELS
from landing_zone.remediation.events import EventRefused, ResourceEvent, parse_event
from tests.unit.strategies import json_values

SUBSCRIPTION = "0c0ffee0-0000-4000-8000-000000000042"
OTHER = "0c0ffee0-0000-4000-8000-000000000043"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-one/providers/"
    "Microsoft.Storage/storageAccounts/stone"
)
CALLER = "77777777-0000-4000-8000-000000000007"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def grid_event(**changes: Any) -> dict[str, Any]:
    """An event of Event Grid's own schema (learn: event-grid/event-schema-subscriptions)."""
    return {
        "id": "831e1650-001e-001b-66ab-eeb76e069631",
        "topic": f"/subscriptions/{SUBSCRIPTION}",
        "subject": ACCOUNT,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-03-14T18:38:04.6117357Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": data(),
        **changes,
    }


def data(**changes: Any) -> dict[str, Any]:
    """What both schemas hold alike."""
    return {
        "authorization": {"scope": ACCOUNT, "action": "write", "evidence": {"role": "Owner"}},
        "claims": {OBJECT_ID: CALLER.upper(), "aud": "https://management.azure.com"},
        "correlationId": "c1",
        "httpRequest": {"method": "PUT", "url": "https://management.azure.com"},
        "resourceProvider": "Microsoft.Storage",
        "resourceUri": ACCOUNT,
        "operationName": "Microsoft.Storage/storageAccounts/write",
        "status": "Succeeded",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01",
        **changes,
    }


def cloud_event(**changes: Any) -> dict[str, Any]:
    """The same as a CloudEvent (learn: event-grid/cloud-event-schema)."""
    event = grid_event()
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": ACCOUNT,
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
        **changes,
    }


def test_both_schemas_tell_the_same() -> None:
    """Down to the caller, who is compared in lower case."""
    expected = ResourceEvent(
        id="831e1650-001e-001b-66ab-eeb76e069631",
        subject=ACCOUNT,
        event_type="Microsoft.Resources.ResourceWriteSuccess",
        time=datetime(2026, 3, 14, 18, 38, 4, 611735, UTC),
        operation_name="Microsoft.Storage/storageAccounts/write",
        subscription_id=SUBSCRIPTION,
        caller=CALLER,
        correlation_id="c1",
    )
    assert parse_event(grid_event()) == parse_event(cloud_event()) == expected
    assert ResourceEvent.parse(expected.dump()) == expected


def deep(levels: int) -> Any:
    """Lists in lists."""
    made: Any = []
    for _ in range(levels):
        made = [made]
    return made


WRONG: dict[str, dict[str, Any]] = {
    "no id": grid_event(id=None),
    "blank id": grid_event(id=" "),
    "long id": grid_event(id="x" * 300),
    "control characters": grid_event(id="a\nb"),
    "no subject": grid_event(subject=None),
    "subject of no subscription": grid_event(subject="/providers/Microsoft.Management/x/y"),
    "subject in another subscription": grid_event(subject=ACCOUNT.replace(SUBSCRIPTION, OTHER)),
    "topic of another subscription": grid_event(topic=f"/subscriptions/{OTHER}"),
    "data of another subscription": grid_event(data=data(subscriptionId=OTHER)),
    "resource of another subscription": grid_event(
        data=data(resourceUri=ACCOUNT.replace(SUBSCRIPTION, OTHER))
    ),
    "origin not told": grid_event(topic=None, data=data(subscriptionId=None, resourceUri=None)),
    "topic is no id": grid_event(topic="everything"),
    "steps up": grid_event(subject=f"{ACCOUNT}/../../other"),
    "a query": grid_event(subject=f"{ACCOUNT}?api-version=1"),
    "a fragment": grid_event(subject=f"{ACCOUNT}#x"),
    "an escape": grid_event(subject=f"{ACCOUNT}%2f.."),
    "an empty segment": grid_event(subject=ACCOUNT.replace("/providers", "//providers")),
    "a line break": grid_event(subject=f"{ACCOUNT}\n"),
    "a hidden character": grid_event(subject=f"{ACCOUNT}\u202e"),
    "not absolute": grid_event(subject=ACCOUNT[1:]),
    "a long subject": grid_event(subject=f"{ACCOUNT}/{'x' * 3000}"),
    "a subscription that is none": grid_event(subject="/subscriptions/x/resourceGroups/y"),
    "type of something else": grid_event(eventType="Microsoft.Storage.BlobCreated"),
    "no time": grid_event(eventTime=None),
    "time of no zone": grid_event(eventTime="2026-03-14T18:38:04"),
    "time beyond all time": grid_event(eventTime="0001-01-01T00:00:00+23:59"),
    "no time at all": grid_event(eventTime="yesterday"),
    "no data": grid_event(data=None),
    "data that is text": grid_event(data="{}"),
    "no operation": grid_event(data=data(operationName=None)),
    "correlation that is a list": grid_event(data=data(correlationId=["c"])),
    "huge": grid_event(data=data(more="x" * 300_000)),
    "many": grid_event(data=data(more=[0] * 20_000)),
    "deep": grid_event(data=data(more=deep(MOST_LEVELS))),
    "very deep": grid_event(data=data(more=deep(100_000))),
    "not JSON": grid_event(data=data(more=object())),
    "keys that are numbers": grid_event(data=data(more={1: 2})),
    "another CloudEvents": cloud_event(specversion="0.3"),
    "schemas mixed": cloud_event(type=None, eventType="Microsoft.Resources.ResourceWriteSuccess"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_malformed_huge_deep_or_forged_is_refused_with_its_reason(name: str) -> None:
    """A person can read why."""
    with pytest.raises(EventRefused) as refused:
        parse_event(WRONG[name])
    assert "event" in refused.value.reason
    assert len(refused.value.reason) < 200


@pytest.mark.parametrize("raw", [None, [], "text", 7])
def test_what_is_no_object_is_refused(raw: Any) -> None:
    """Whatever the transport handed on."""
    with pytest.raises(EventRefused):
        parse_event(raw)


@pytest.mark.parametrize(
    "claims", [None, {}, {OBJECT_ID: 7}, {OBJECT_ID: "someone"}, ["x"], {OBJECT_ID: None}]
)
def test_caller_that_is_not_told_is_nobody(claims: Any) -> None:
    """Then nothing counts as our own write."""
    assert parse_event(grid_event(data=data(claims=claims))).caller == ""


def test_casing_of_the_origin_does_not_matter() -> None:
    """Azure writes ids in any casing."""
    event = grid_event(topic=f"/SUBSCRIPTIONS/{SUBSCRIPTION.upper()}")
    assert parse_event(event).subscription_id == SUBSCRIPTION


@given(json_values())
def test_any_json_is_an_event_or_refused(raw: Any) -> None:
    """Nothing else is ever raised."""
    try:
        parse_event(raw)
    except EventRefused:
        return
    raise AssertionError("drawn JSON is no event")


@st.composite
def damaged_events(draw: st.DrawFn) -> dict[str, Any]:
    """Events in which one value has become something else."""
    event: dict[str, Any] = copy.deepcopy(draw(st.sampled_from([grid_event(), cloud_event()])))
    place: dict[str, Any] = event
    if draw(st.booleans()):
        place = event["data"]
    place[draw(st.sampled_from(sorted(place)))] = draw(json_values())
    return event


@given(damaged_events())
def test_damaged_event_is_read_as_it_is_or_refused(event: dict[str, Any]) -> None:
    """What is read tells of the one subscription."""
    try:
        read = parse_event(event)
    except EventRefused:
        return
    assert read.subscription_id == SUBSCRIPTION
    assert read.subject.lower().startswith(f"/subscriptions/{SUBSCRIPTION}")
