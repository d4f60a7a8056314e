"""The outbox: when Azure emits an event, and what is in it."""

import time
from typing import Any

import pytest

from localcloud.arm.authentication import AUDIENCES
from localcloud.arm.effects import Effect
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from localcloud.arm.routes.dispatch import handle
from localcloud.identity.tokens import Tokens, automation_of
from tests.localcloud.arm.conftest import GROUPS, HUB_SUBSCRIPTION, Arm, network_body, vnet

CLAIMS = "http://schemas.microsoft.com/identity/claims"
CALLER = "0f000000-0000-4000-8000-000000000001"
TAGS = "providers/Microsoft.Resources/tags/default"


class Outbox:
    """What is emitted from now on."""

    def __init__(self, arm: Arm) -> None:
        self._database = arm.cloud.store.database
        self._since = self._database.last("events")

    def news(self) -> list[dict[str, Any]]:
        """The events since the last time."""
        found = self._database.log_since("events", self._since, 1000)
        self._since = found[-1][0] if found else self._since
        return [event for _, event in found]

    def names(self) -> list[tuple[str, str]]:
        """Their types, shortened, and operations."""
        return [
            (one["eventType"].removeprefix("Microsoft.Resources.Resource"),
             one["data"]["operationName"])
            for one in self.news()
        ]  # fmt: skip


def test_an_event_tells_of_the_end_of_an_operation(arm: Arm) -> None:
    """Not of its beginning; reads tell nothing."""
    network = vnet(arm.group())
    outbox = Outbox(arm)
    arm.put(network, network_body())
    assert outbox.news() == []
    arm.advance(500)
    arm.get(network)
    (event,) = outbox.news()
    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"] == event["data"]["resourceUri"] == network
    assert event["data"]["authorization"]["scope"] == network
    assert event["eventTime"].endswith("Z")
    assert event["topic"] == f"/subscriptions/{event['data']['subscriptionId']}"
    assert event["data"]["claims"][f"{CLAIMS}/objectidentifier"] == CALLER
    assert "properties" not in event["data"]


def test_the_request_is_shown_of_an_update_and_a_deletion_only(arm: Arm) -> None:
    """Not of a creation."""
    network = vnet(arm.group())
    outbox = Outbox(arm)
    arm.made(network, network_body())
    arm.made(network, network_body() | {"tags": {"a": "b"}})
    arm.delete(network)
    arm.advance(500)
    shown = [event["data"].get("httpRequest", {}) for event in outbox.news()]
    assert [one.get("method") for one in shown] == [None, "PUT", "DELETE"]
    assert shown[1]["url"].startswith(f"https://management.azure.com{network}?api-version=")


def test_the_claims_are_those_of_the_callers_token(arm: Arm) -> None:
    """With the application's id, and every value a text."""
    identity = automation_of(arm.cloud.hub)
    tokens = Tokens(arm.settings.identity_state)
    directory = arm.cloud.directory
    token, _ = tokens.issue(identity, AUDIENCES[0], time.time())
    claims = tokens.verify(token, AUDIENCES, directory)
    outbox = Outbox(arm)
    path = f"{HUB_SUBSCRIPTION}/resourceGroups/new"
    call = Call(
        "PUT", path, {"api-version": GROUPS}, content=b'{"location": "westeurope"}',
        principal=identity.object_id, claims=claims,
    )  # fmt: skip
    handle(arm.cloud, call)
    (event,) = outbox.news()
    told = event["data"]["claims"]
    assert told["appid"] == identity.client_id
    assert told[f"{CLAIMS}/objectidentifier"] == identity.object_id
    assert told[f"{CLAIMS}/tenantid"] == directory
    assert all(isinstance(value, str) for value in told.values())
    assert token not in str(event)


def test_each_kind_of_write_has_its_operation(arm: Arm) -> None:
    """Tags have one of their own, below the resource; groups stand below subscriptions."""
    group = arm.group()
    network = vnet(group)
    outbox = Outbox(arm)
    arm.put(group, {"location": "westeurope", "tags": {"a": "b"}}, GROUPS)
    arm.made(network, network_body())
    arm.call("PATCH", network, body={"tags": {"a": "b"}})
    patch = {"operation": "Merge", "properties": {"tags": {"c": "d"}}}
    arm.call("PATCH", f"{network}/{TAGS}", GROUPS, patch)
    arm.delete(f"{network}/{TAGS}", GROUPS)
    arm.call("POST", f"{group.rpartition('/resourceGroups')[0]}/providers/Microsoft.Web/register",
             GROUPS)  # fmt: skip
    events = outbox.news()
    names = [(one["eventType"].rpartition("Resource")[2], one["data"]["operationName"])
             for one in events]  # fmt: skip
    assert names == [
        ("WriteSuccess", "Microsoft.Resources/subscriptions/resourceGroups/write"),
        ("WriteSuccess", "Microsoft.Network/virtualNetworks/write"),
        ("WriteSuccess", "Microsoft.Network/virtualNetworks/write"),
        ("WriteSuccess", "Microsoft.Resources/tags/write"),
        ("DeleteSuccess", "Microsoft.Resources/tags/delete"),
        ("ActionSuccess", "Microsoft.Web/register/action"),
    ]
    assert events[3]["subject"] == f"{network}/{TAGS}"


@pytest.mark.parametrize("fails", ["write", "delete"])
def test_a_failed_operation_is_told_as_a_failure(arm: Arm, fails: str) -> None:
    """With the status Failed."""
    network = vnet(arm.group())
    if fails == "delete":
        arm.made(network, network_body())
    outbox = Outbox(arm)
    _ = arm.put(network, network_body()) if fails == "write" else arm.delete(network)
    for operation in arm.cloud.store.running():
        operation.failure = {"code": "InternalServerError", "message": "no"}
        arm.cloud.store.save(operation)
    arm.advance(500)
    (event,) = outbox.news()
    assert event["eventType"] == f"Microsoft.Resources.Resource{fails.title()}Failure"
    assert event["data"]["status"] == "Failed"


def test_a_synchronous_write_that_fails_is_told_too(arm: Arm) -> None:
    """There is no operation that could tell of it."""
    outbox = Outbox(arm)
    path = f"{HUB_SUBSCRIPTION}/resourceGroups/new"
    call = Call(
        "PUT", path, {"api-version": GROUPS}, content=b'{"location": "westeurope"}',
        effect=Effect(failure={"code": "InternalServerError", "message": "no"}),
    )  # fmt: skip
    with pytest.raises(ArmError):
        handle(arm.cloud, call)
    assert outbox.names() == [
        ("WriteFailure", "Microsoft.Resources/subscriptions/resourceGroups/write")
    ]


def test_a_refused_request_tells_nothing(arm: Arm) -> None:
    """Nothing has happened to any resource."""
    outbox = Outbox(arm)
    assert arm.put(vnet(arm.group()), {"location": "westeurope", "wrong": 1}).status == 400
    assert {verb for verb, _ in outbox.names()} <= {"WriteSuccess", "ActionSuccess"}


def test_a_group_tells_of_each_resource_that_goes_with_it(arm: Arm) -> None:
    """And of itself in the end."""
    group = arm.group()
    arm.made(vnet(group), network_body())
    outbox = Outbox(arm)
    arm.delete(group, GROUPS)
    arm.advance(5000)
    assert outbox.names() == [
        ("DeleteSuccess", "Microsoft.Network/virtualNetworks/delete"),
        ("DeleteSuccess", "Microsoft.Resources/subscriptions/resourceGroups/delete"),
    ]


def test_what_was_taken_is_trimmed_and_nothing_else(arm: Arm) -> None:
    """Some thousand of those that were taken stay, to be looked at."""
    database = arm.cloud.store.database
    start = database.last("events")
    database.took("events", start)
    with database.transaction():
        for number in range(12_500):
            database.append("events", {"number": number})
    assert len(database.log_since("events", start, 20_000)) == 12_500
    database.took("events", start + 12_000)
    left = database.log_since("events", 0, 20_000)
    assert (len(left), left[0][0]) == (10_500, start + 2_001)
    database.took("events", start + 10)  # an answer that came late
    assert len(database.log_since("events", 0, 20_000)) == 10_500
