"""Decisions of applying: what is sent for what is there."""

from typing import Any

import pytest

from landing_zone.applying import (
    apply_request,
    bound,
    is_as_wanted,
    is_ready,
    is_settling,
    outputs_of,
    shortfalls,
    undo_requests,
)
from landing_zone.differences import Difference
from landing_zone.errors import PermanentError
from landing_zone.plan import Resource, Step, Write
from tests.fakes import example_request
from tests.unit.planned import OUTPUTS, VENDED, plan_of

PLAN = plan_of(example_request())
TAGS = {
    "tenantId": "contoso-research",
    "costCenter": "CC-1042",
    "application": "research-assistant",
    "environment": "prod",
    "owner": "research@contoso.com",
}


def resource(key: str) -> Resource:
    """A resource of the example's plan, its references resolved."""
    return bound(PLAN.by_key[key], OUTPUTS)


@pytest.mark.parametrize(
    ("body", "settling"),
    [
        (None, False),
        ({}, False),
        ({"properties": None}, False),
        ({"properties": {}}, False),
        ({"properties": {"provisioningState": None}}, False),
        ({"properties": {"provisioningState": "Succeeded"}}, False),
        ({"properties": {"provisioningState": "Failed"}}, False),
        ({"properties": {"provisioningState": "Canceled"}}, False),
        ({"properties": {"provisioningState": "Accepted"}}, True),
        ({"properties": {"provisioningState": "Creating"}}, True),
        ({"properties": {"provisioningState": "Updating"}}, True),
        ({"properties": {"provisioningState": "DELETING"}}, True),
        ({"properties": {"provisioningState": "Provisioning"}}, True),
        ({"registrationState": "Registering"}, True),
        ({"registrationState": "Registered"}, False),
        ({"registrationState": "NotRegistered"}, False),
    ],
    ids=str,
)
def test_settling_is_what_azure_is_still_working_on(
    body: dict[str, Any] | None, settling: bool
) -> None:
    """In whatever case it writes the state."""
    assert is_settling(body) is settling


def test_reference_that_is_not_known_stops_the_resource() -> None:
    """Nothing is written to an id that is half known."""
    with pytest.raises(PermanentError, match="UnresolvedReference"):
        bound(PLAN.by_key["network"], {})


@pytest.mark.parametrize("key", [item.key for item in PLAN.resources])
def test_nothing_is_as_wanted_when_it_is_not_there(key: str) -> None:
    """Then it is made."""
    assert not is_as_wanted(resource(key), None)


@pytest.mark.parametrize("key", [item.key for item in PLAN.resources if item.body])
def test_resource_that_holds_its_body_is_as_wanted_unless_it_failed(key: str) -> None:
    """A failed one is written again although it says what it should."""
    item = resource(key)
    properties = item.body.get("properties", {})
    for state, wanted in {"Succeeded": True, "Failed": False, "canceled": False}.items():
        current = item.body | {"properties": properties | {"provisioningState": state}}
        assert is_as_wanted(item, current) is wanted


@pytest.mark.parametrize(
    ("state", "wanted"),
    [("Registered", True), ("registered", True), ("NotRegistered", False), (None, False)],
)
def test_provider_is_as_wanted_once_it_is_registered(state: str | None, wanted: bool) -> None:
    """Being known is not enough: each provider can be read always."""
    current = {"namespace": "Microsoft.Network", "registrationState": state}
    assert is_as_wanted(resource("provider:microsoft-network"), current) is wanted


def test_put_sends_the_whole_body_by_id() -> None:
    """With the pinned api-version."""
    table = resource("route-table")
    sent = apply_request(table, None)
    assert (sent.method, sent.path, sent.api_version) == ("PUT", table.id, table.api_version)
    assert sent.body == table.body


def test_put_keeps_the_tags_that_others_put_on_it() -> None:
    """Ours win where both have one; what was planned is not changed."""
    table = resource("route-table")
    current = {"tags": {"theirs": "1", "costCenter": "wrong"}}
    sent = apply_request(table, current)
    assert sent.body is not None
    assert sent.body["tags"] == {"theirs": "1", **TAGS}
    assert table.body["tags"] == TAGS


def test_put_over_a_resource_without_tags_sends_ours() -> None:
    """Azure leaves the property out, or gives null."""
    table = resource("route-table")
    found: tuple[dict[str, Any], ...] = ({}, {"tags": None}, {"tags": {}})
    for current in found:
        sent = apply_request(table, current)
        assert sent.body == table.body


def test_put_of_what_takes_no_tags_sends_none() -> None:
    """A peering would be refused with them."""
    peering = resource("peering:spoke")
    assert apply_request(peering, {"tags": {"x": "y"}}).body == peering.body


def test_placement_is_put_without_a_body() -> None:
    """Azure wants none there."""
    sent = apply_request(resource("management-group"), None)
    assert (sent.method, sent.body) == ("PUT", None)
    assert sent.path.endswith(f"/subscriptions/{VENDED}")


def test_provider_is_registered_by_post() -> None:
    """On its id, with an action behind it."""
    sent = apply_request(resource("provider:microsoft-network"), None)
    wanted = f"/subscriptions/{VENDED}/providers/Microsoft.Network/register"
    assert (sent.method, sent.path, sent.body) == ("POST", wanted, None)


def test_tags_are_merged_never_replaced() -> None:
    """A read-modify-write would erase what was added in between."""
    sent = apply_request(resource("subscription-tags"), {"properties": {"tags": {"x": "y"}}})
    assert sent.method == "PATCH"
    assert sent.body == {"operation": "Merge", "properties": {"tags": TAGS}}


@pytest.mark.parametrize("key", [item.key for item in PLAN.resources])
def test_nothing_is_taken_back_that_is_not_there(key: str) -> None:
    """However it would be taken back."""
    assert undo_requests(resource(key), None) == ()


def test_provider_stays_registered() -> None:
    """Others may use it by now."""
    current = {"registrationState": "Registered"}
    assert undo_requests(resource("provider:microsoft-network"), current) == ()


def test_resource_is_taken_back_by_delete() -> None:
    """By its id."""
    network = resource("network")
    sent = undo_requests(network, {"properties": {}})
    assert [(item.method, item.path, item.body) for item in sent] == [("DELETE", network.id, None)]


def test_only_our_tags_are_taken_back() -> None:
    """By the Tags API's own deletion."""
    sent = undo_requests(resource("subscription-tags"), {"properties": {"tags": TAGS}})
    body = {"operation": "Delete", "properties": {"tags": TAGS}}
    assert [(item.method, item.body) for item in sent] == [("PATCH", body)]


def test_vended_subscription_is_cancelled_then_its_alias_deleted() -> None:
    """In that order: without the alias nobody would know what to cancel."""
    alias = resource("subscription")
    sent = undo_requests(alias, {"properties": {"subscriptionId": VENDED}})
    cancel = f"/subscriptions/{VENDED}/providers/Microsoft.Subscription/cancel"
    assert [(item.method, item.path) for item in sent] == [("POST", cancel), ("DELETE", alias.id)]


@pytest.mark.parametrize(
    ("state", "methods"),
    [
        ("Enabled", ["POST", "DELETE"]),
        ("PastDue", ["POST", "DELETE"]),
        ("Warned", ["DELETE"]),
        ("Disabled", ["DELETE"]),
    ],
)
def test_cancelled_subscription_is_not_cancelled_again(state: str, methods: list[str]) -> None:
    """Taking back is tried again after a failure, and finds what was done before."""
    alias = {"properties": {"subscriptionId": VENDED}}
    sent = undo_requests(resource("subscription"), alias, {"state": state})
    assert [item.method for item in sent] == methods


def test_alias_that_yielded_no_subscription_is_only_deleted() -> None:
    """There is nothing to cancel."""
    sent = undo_requests(resource("subscription"), {"properties": {"provisioningState": "Failed"}})
    assert [item.method for item in sent] == ["DELETE"]


def test_outputs_are_read_where_they_are_there() -> None:
    """What is empty is not there yet."""
    alias = resource("subscription")
    assert outputs_of(alias, {"properties": {"subscriptionId": VENDED}}) == OUTPUTS["subscription"]
    assert outputs_of(alias, {"properties": {"subscriptionId": ""}}) == {}
    assert outputs_of(alias, {}) == {}


@pytest.mark.parametrize(
    ("current", "ready"),
    [
        (None, False),
        ({}, False),
        ({"properties": {"peeringState": "Initiated"}}, False),
        ({"properties": {"peeringState": "Connected"}}, True),
    ],
    ids=str,
)
def test_peering_is_ready_once_it_is_connected(current: dict[str, Any] | None, ready: bool) -> None:
    """That takes the other side's."""
    assert is_ready(resource("peering:hub"), current) is ready


def test_resource_without_a_condition_is_ready_when_it_is_there() -> None:
    """Nothing else is asked of it."""
    assert is_ready(resource("network"), {})
    assert not is_ready(resource("network"), None)


@pytest.mark.parametrize(("power", "action"), [("Stopped", "stop"), ("Running", "start")])
def test_power_is_switched_by_an_action_and_judged_by_itself(power: str, action: str) -> None:
    """Whatever else differs; nothing is sent, and nothing is asked of what is so already."""
    cluster = Resource(
        key="cluster",
        step=Step.RUNTIME_AND_DATA,
        type="Microsoft.ContainerService/managedClusters",
        id="/subscriptions/1/cluster",
        api_version="2026-05-01",
        body={"location": "westeurope", "properties": {"powerState": {"code": power}}},
        write=Write.POWER,
    )
    other = {"Stopped": "Running", "Running": "Stopped"}[power]
    there = {"location": "elsewhere", "properties": {"powerState": {"code": power}}}
    assert is_as_wanted(cluster, there)
    found = list(shortfalls(cluster, {"properties": {"powerState": {"code": other}}}))
    assert found == [Difference("properties.powerState.code", power, other)]
    sent = apply_request(cluster, there)
    assert sent == ("POST", f"/subscriptions/1/cluster/{action}", "2026-05-01", None)
    # What it asked for is no part of the body of a cluster that is written.
    written = cluster.model_copy(update={"write": Write.PUT, "body": {"location": "westeurope"}})
    running = there | {"location": "westeurope"}
    assert is_as_wanted(written, running, cluster)
