"""The server over TLS: who is let in, what it notes, and its control routes."""

import json
import time

import pytest

from localcloud.identity.tokens import automation_of
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_GROUP,
    HUB_NETWORK,
    Live,
    network_body,
    vnet,
)

AUDIENCE = "https://management.azure.com/"


@pytest.mark.parametrize(
    ("resource", "age", "code"),
    [
        ("https://vault.azure.net", 0, "InvalidAuthenticationToken"),
        (AUDIENCE, 200_000, "ExpiredAuthenticationToken"),
    ],
)
def test_a_token_that_does_not_fit_is_challenged(
    live: Live, resource: str, age: int, code: str
) -> None:
    """401 with the challenge that clients look for."""
    identity = automation_of(live.hub)
    token, _ = live.tokens.issue(identity, resource, time.time() - age)
    answer = live.call("GET", HUB_GROUP, GROUPS, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer authorization_uri="https://login.microsoftonline.com/')
    assert 'error="invalid_token"' in challenge


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer ", "Bearer a.b.c"])
def test_a_request_without_a_token_is_challenged(live: Live, header: str) -> None:
    """Nothing but a bearer token is taken."""
    answer = live.call("GET", HUB_GROUP, GROUPS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_exchanges_are_noted_whole_and_without_the_token(live: Live) -> None:
    """A line for each, in the checker's form; control routes are left out."""
    live.call("PUT", vnet(HUB_GROUP, "n"), body=network_body())
    live.local("GET", "profile")
    lines = [json.loads(line) for line in live.local("GET", "requests").text.splitlines()]
    assert [one["method"] for one in lines] == ["PUT"]
    noted = lines[0]
    assert noted["url"].startswith(f"{live.url}/subscriptions/")
    assert "api-version=2025-09-01" in noted["url"]
    assert noted["body"] == network_body()
    assert noted["status"] == 201
    assert noted["response"]["name"] == "n"
    assert "Azure-AsyncOperation" in noted["response_headers"]
    assert "Bearer" not in json.dumps(lines)
    assert live.local("GET", f"requests?since={noted['n']}").text == ""


def test_answers_carry_the_headers_of_azure(live: Live) -> None:
    """Request and correlation ids, and what is left of the limit."""
    answer = live.call(
        "GET", HUB_NETWORK, headers={"x-ms-correlation-request-id": "my-correlation"}
    )
    assert answer.headers["x-ms-correlation-request-id"] == "my-correlation"
    assert answer.headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    assert answer.headers["ETag"] == answer.json()["etag"]
    assert answer.headers["x-ms-request-id"]


def test_the_starting_state_is_what_the_hub_document_says(live: Live) -> None:
    """Everything that the document names is there, as a GET would answer it."""
    resources = live.local("GET", "resources").json()
    ids = {one["id"] for one in resources}
    hub = live.hub.hubs[0]
    assert hub.network_id in ids
    assert hub.resource_id("Microsoft.Network/azureFirewalls", hub.firewall.name) in ids
    for zone in hub.private_dns_zones:
        assert hub.resource_id("Microsoft.Network/privateDnsZones", zone) in ids
    for policy in live.hub.baseline_policies:
        assert policy.definition in ids
    network = next(one for one in resources if one["id"] == hub.network_id)
    assert network == live.call("GET", hub.network_id).json()
    assert live.local("GET", "requests").text.count("\n") == 1


def test_a_reset_brings_the_starting_state_back(live: Live) -> None:
    """What was made is gone, with the log, the events and the faults."""
    live.local("POST", "faults", {"preset": "unavailable", "match": {"path": "*/none"}})
    live.call("PUT", vnet(HUB_GROUP, "n"), body=network_body())
    before = {one["id"] for one in live.local("GET", "resources").json()}
    assert live.local("POST", "reset").status_code == 200
    after = {one["id"] for one in live.local("GET", "resources").json()}
    assert before - after == {vnet(HUB_GROUP, "n")}
    assert live.local("GET", "requests").text == ""
    assert live.local("GET", "events").json() == []
    assert live.local("GET", "faults").json() == []


def test_the_profile_tells_the_scaled_latencies(live: Live) -> None:
    """A thousandth of what Azure takes, by type."""
    profile = live.local("GET", "profile").json()
    row = profile["types"]["Microsoft.Network/virtualNetworks"]
    assert profile["speed"] == 1000
    assert row["write"] == 5
    assert row["scaled"]["write"] == pytest.approx(0.005)


def test_too_large_a_body_is_refused(live: Live) -> None:
    """More than four mebibytes are not read."""
    body = network_body() | {"tags": {"a": "x" * (4 * 1024 * 1024)}}
    answer = live.call("PUT", vnet(HUB_GROUP, "n"), body=body)
    assert answer.json()["error"]["code"] == "RequestContentTooLarge"
