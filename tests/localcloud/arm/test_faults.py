"""Failures on demand: each kind, each preset, and documents that are wrong."""

from datetime import datetime
from typing import Any

import pytest
import requests

from localcloud.arm.faults.documents import parse_fault
from localcloud.arm.faults.presets import PRESETS
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_GROUP,
    HUB_NETWORK,
    HUB_SUBSCRIPTION,
    TIER,
    Live,
    network_body,
    vnet,
)

NEW = vnet(HUB_GROUP, "new")
NETWORKS = "Microsoft.Network/virtualNetworks"
SPEED = 1000.0
ROLE = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def fault(live: Live, document: dict[str, Any]) -> str:
    """Put a fault in force; its id."""
    made = live.local("POST", "faults", document)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def put_network(live: Live, **more: Any) -> requests.Response:
    """Write a new network into the hub's group."""
    return live.call("PUT", NEW, body=network_body(), **more)


def ended(live: Live, begun: requests.Response) -> dict[str, Any]:
    """An operation's status once it is no longer in progress."""
    url = begun.headers["Azure-AsyncOperation"].removeprefix(live.url).partition("?")[0]
    while (status := live.call("GET", url)).json().get("status") == "InProgress":
        pass
    found: dict[str, Any] = status.json()
    return found


def code(answer: requests.Response) -> tuple[int, str]:
    """Status and error code."""
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_each_preset_is_a_valid_fault(name: str) -> None:
    """A preset needs nothing but its name, and its parts can be overridden."""
    made = parse_fault({"preset": name, "count": 7, "match": {"nth": 2}})
    assert (made.name, made.count, made.match.nth) == (name, 7, 2)
    assert made.effect.kind == PRESETS[name]["effect"]["kind"]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({}, "effect"),
        ({"preset": "gremlins"}, "gremlins"),
        ({"effect": {"kind": "explode"}}, "kind"),
        ({"effect": {"kind": "respond", "status": 200}}, "status"),
        ({"effect": {"kind": "respond"}, "colour": 1}, "colour"),
        ({"effect": {"kind": "respond"}, "count": 0}, "count"),
        ({"effect": {"kind": "respond"}, "match": {"path": "re:("}}, "regular expression"),
        ({"effect": {"kind": "respond"}, "match": {"probability": 2}}, "probability"),
        ({"effect": {"kind": "stuck", "policy": "p"}}, "policy"),
        ([], "object"),
    ],
)
def test_a_wrong_fault_is_refused_and_says_why(live: Live, document: Any, named: str) -> None:
    """400, naming what is wrong; nothing is put in force."""
    refused = live.local("POST", "faults", document)
    assert refused.status_code == 400
    assert named in refused.json()["error"]["message"]
    assert live.local("GET", "faults").json() == []


def test_throttling_answers_come_with_and_without_a_time_to_wait(live: Live) -> None:
    """Short, long and missing Retry-After, each once."""
    for name, waits in (
        ("throttled", "5"),
        ("throttled-long", "300"),
        ("throttled-without-retry-after", ""),
    ):
        fault(live, {"preset": name})
        answer = put_network(live)
        assert answer.status_code == 429
        scaled = answer.headers.get("x-ms-retry-after-ms", "")
        assert scaled == (waits and str(int(waits)))  # a thousandth, in milliseconds
    assert put_network(live).status_code == 201


def test_a_fault_matches_by_method_path_type_and_number(live: Live) -> None:
    """Only the second PUT of a network is hit, and its count is shown."""
    kind = "Microsoft.Network/virtualNetworks"
    match = {"method": "PUT", "path": "*/virtualNetworks/n*", "type": kind, "nth": 2}
    fault(live, {"preset": "internal-error", "match": match})
    ended(live, put_network(live))
    assert live.call("GET", NEW).status_code == 200
    assert code(put_network(live)) == (500, "InternalServerError")
    assert put_network(live).status_code == 200
    assert live.local("GET", "faults").json()[0]["hit"] == 1


def test_a_policy_is_named_in_the_refusal(live: Live) -> None:
    """RequestDisallowedByPolicy carries the policy."""
    fault(live, {"preset": "disallowed-by-policy", "effect": {"policy": "no-networks"}})
    answer = put_network(live)
    assert code(answer) == (403, "RequestDisallowedByPolicy")
    assert "no-networks" in answer.json()["error"]["message"]


def test_a_reset_before_handling_leaves_nothing(live: Live) -> None:
    """The connection breaks, and the resource is not there."""
    fault(live, {"preset": "connection-reset", "match": {"method": "PUT"}})
    with pytest.raises(requests.ConnectionError):
        put_network(live)
    assert live.call("GET", NEW).status_code == 404


@pytest.mark.parametrize("name", ["reset-after-acceptance", "timeout-after-acceptance"])
def test_a_break_after_acceptance_leaves_the_resource(live: Live, name: str) -> None:
    """The connection breaks, and the resource exists."""
    fault(live, {"preset": name})
    with pytest.raises(requests.ConnectionError):
        put_network(live)
    assert live.call("GET", NEW).status_code == 200
    lines = live.local("GET", "requests").text
    assert '"status": null' in lines


def test_a_late_answer_keeps_whoever_asked_waiting_for_what_is_already_done(live: Live) -> None:
    """The resource is there while its answer is still kept back; others are answered as ever."""
    match = {"method": "PUT", "path": NEW}
    fault(live, {"match": match, "count": 1, "effect": {"kind": "late", "seconds": 3 * SPEED}})
    with pytest.raises(requests.ReadTimeout):
        put_network(live, timeout=0.5)
    while live.call("GET", NEW).status_code == 404:
        pass
    assert put_network(live).status_code == 200


def test_a_late_answer_comes_in_the_end(live: Live) -> None:
    """It is the answer that it would have been."""
    fault(live, {"count": 1, "effect": {"kind": "late", "seconds": 10}})
    assert put_network(live).status_code == 201


def test_a_store_that_fails_shows_no_state_that_its_type_does_not_have(live: Live) -> None:
    """Its operation tells the failure (learn: rest/api/storagerp, ProvisioningState)."""
    account = b.at(HUB_GROUP, "Microsoft.Storage/storageAccounts", "stfails")
    fault(live, {"preset": "operation-fails", "effect": {"code": "AllocationFailed"}})
    begun = live.call("PUT", account, b.STORAGE, body=b.storage())
    assert begun.status_code == 202
    location = begun.headers["Location"].removeprefix(live.url).partition("?")[0]
    while (answer := live.call("GET", location)).status_code == 202:
        pass
    assert code(answer)[1] == "AllocationFailed"
    shown = live.call("GET", account, b.STORAGE)
    assert shown.json()["properties"]["provisioningState"] == "Succeeded"


def test_a_vault_that_fails_is_refused_since_nothing_could_tell_it_later(live: Live) -> None:
    """It has no operation and no state of failure (learn: rest/api/keyvault)."""
    vault = b.at(HUB_GROUP, "Microsoft.KeyVault/vaults", "kv-fails")
    fault(live, {"preset": "operation-fails", "effect": {"code": "Broken", "status": 500}})
    assert code(live.call("PUT", vault, b.VAULT, body=b.vault())) == (500, "Broken")
    assert live.call("GET", vault, b.VAULT).status_code == 404


def test_an_operation_ends_in_failure(live: Live) -> None:
    """It is accepted, and Failed with the error after its latency."""
    fault(live, {"preset": "operation-fails", "effect": {"code": "AllocationFailed"}})
    status = ended(live, put_network(live))
    assert (status["status"], status["error"]["code"]) == ("Failed", "AllocationFailed")
    assert live.call("GET", NEW).json()["properties"]["provisioningState"] == "Failed"
    assert ended(live, put_network(live))["status"] == "Succeeded"


def test_a_synchronous_write_fails_at_once(live: Live) -> None:
    """Where there is no operation to fail, the answer is the error, and nothing is stored."""
    fault(live, {"preset": "operation-fails", "effect": {"code": "Broken", "status": 503}})
    group = f"{HUB_SUBSCRIPTION}/resourceGroups/rg-new"
    body = {"location": "westeurope"}
    assert code(live.call("PUT", group, GROUPS, body)) == (503, "Broken")
    assert live.call("GET", group, GROUPS).status_code == 404


def test_a_stuck_resource_goes_on_once_the_fault_is_removed(live: Live) -> None:
    """It stays in Updating, and others are refused, until then."""
    key = fault(live, {"preset": "stuck-updating"})
    begun = put_network(live)
    assert code(put_network(live)) == (409, "AnotherOperationInProgress")
    assert live.call("GET", NEW).json()["properties"]["provisioningState"] == "Updating"
    assert live.local("DELETE", f"faults/{key}").json() == {"removed": [key]}
    assert ended(live, begun)["status"] == "Succeeded"


def test_an_operation_takes_longer(live: Live) -> None:
    """By the seconds that are asked for, as when a group takes long to empty."""
    slow = {"preset": "slow-group", "match": {"method": "PUT", "type": NETWORKS}}
    fault(live, slow | {"effect": {"seconds": 400}})
    status = ended(live, put_network(live))
    began, over = (datetime.fromisoformat(status[name]) for name in ("startTime", "endTime"))
    assert status["status"] == "Succeeded"
    assert (over - began).total_seconds() == pytest.approx((400 + 5) / SPEED, abs=1e-5)


def test_a_lost_operation_is_never_found(live: Live) -> None:
    """Its URL answers 404 while the resource comes into being."""
    fault(live, {"preset": "operation-lost"})
    begun = put_network(live)
    url = begun.headers["Azure-AsyncOperation"].removeprefix(live.url).partition("?")[0]
    while live.call("GET", NEW).json()["properties"]["provisioningState"] == "Updating":
        assert live.call("GET", url).status_code == 404
    assert live.call("GET", url).status_code == 404


def test_an_operation_is_not_found_for_a_while(live: Live) -> None:
    """Its URL answers 404, and then its status."""
    fault(live, {"preset": "operation-not-found", "effect": {"seconds": 400}})
    begun = put_network(live)
    url = begun.headers["Azure-AsyncOperation"].removeprefix(live.url).partition("?")[0]
    assert live.call("GET", url).status_code == 404
    while live.call("GET", url).status_code == 404:
        pass
    assert live.call("GET", url).json()["status"] == "Succeeded"


def test_a_principal_is_not_found_for_a_while(live: Live) -> None:
    """A role assignment is refused until the directory has caught up."""
    fault(live, {"preset": "principal-not-found", "forSeconds": 300})
    name = "11111111-2222-4333-8444-555555555555"
    path = f"{HUB_SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{name}"
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": name}}
    first = live.call("PUT", path, "2022-04-01", body)
    assert code(first) == (400, "PrincipalNotFound")
    while (answer := live.call("PUT", path, "2022-04-01", body)).status_code == 400:
        pass
    assert answer.status_code == 201


def test_a_subscription_is_not_visible_in_its_group_at_once(live: Live) -> None:
    """The placement succeeds, and is seen only after a while."""
    fault(live, {"preset": "subscription-not-visible", "effect": {"seconds": 400}})
    member = f"{TIER}/subscriptions/{HUB_SUBSCRIPTION.rpartition('/')[2]}"
    assert live.call("PUT", member, "2023-04-01").status_code == 200
    assert live.call("GET", member, "2023-04-01").status_code == 404
    while live.call("GET", member, "2023-04-01").status_code == 404:
        pass


@pytest.mark.parametrize(
    ("name", "method", "path", "expected"),
    [
        ("another-operation-in-progress", "PUT", NEW, "AnotherOperationInProgress"),
        ("soft-deleted", "PUT", NEW, "ConflictingName"),
        ("scope-locked", "DELETE", HUB_NETWORK, "ScopeLocked"),
        ("deleted-out-of-order", "DELETE", HUB_NETWORK, "CannotDeleteResource"),
        ("missing-registration", "PUT", NEW, "MissingSubscriptionRegistration"),
    ],
)
def test_conflicts_on_demand(live: Live, name: str, method: str, path: str, expected: str) -> None:
    """Each is a 409 with Azure's own code."""
    fault(live, {"preset": name})
    assert code(live.call(method, path, body=network_body())) == (409, expected)


def test_a_probability_hits_the_same_requests_each_time(live: Live) -> None:
    """The dice are seeded."""
    runs = []
    for _ in range(2):
        match = {"method": "GET", "probability": 0.5, "seed": 7}
        fault(live, {"preset": "internal-error", "match": match, "count": 100})
        runs.append([live.call("GET", HUB_GROUP, GROUPS).status_code for _ in range(12)])
        live.local("DELETE", "faults")
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}
