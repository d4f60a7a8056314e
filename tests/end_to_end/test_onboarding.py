"""The main job from end to end on the local cloud."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import pytest
from azure.mgmt.subscription import SubscriptionClient
from azure.mgmt.subscription.models import PutAliasRequest, PutAliasRequestProperties

from tests.end_to_end.checks import (
    address_ranges,
    assert_audit_verifies,
    assert_connected,
    assert_whole,
)
from tests.end_to_end.cloud import Cloud, example, wait_for

TWENTY = 20
SOME = 4


def test_a_tenant_becomes_active_with_all_that_its_plan_names(cloud: Cloud) -> None:
    """Posted, accepted, followed, active: each resource once, both peerings connected."""
    answer = cloud.post(example(tenantId="whole-one"))
    assert answer.status == 202
    accepted = answer.json()
    assert answer.headers["location"] == accepted["links"]["operation"]
    assert cloud.settled("whole-one")["state"] == "active"
    assert_whole(cloud, "whole-one")
    assert_connected(cloud, "whole-one")
    records = assert_audit_verifies(cloud, "whole-one")
    actions = [record.entry.action for record in records]
    assert actions[0] == actions[-1] == "tenant.onboard"
    assert actions.count("resource.apply") == len(actions) - 2


def test_every_taggable_resource_carries_the_required_tags(cloud: Cloud) -> None:
    """Subscription, resource groups and resources, and none of them by inheritance."""
    cloud.post(example(tenantId="tagged-one"))
    tenant = cloud.settled("tagged-one")
    subscription = f"/subscriptions/{tenant['subscriptionId']}"
    found = [item for item in cloud.resources() if item["id"].startswith(subscription)]
    taggable = [
        item
        for item in found
        if item["id"] == subscription
        or item["id"].count("/") == 4
        or ("/Microsoft.Network/" in item["id"] and item["id"].count("/") == 8)
    ]
    assert len(taggable) >= 8
    for item in taggable:
        assert item["tags"]["tenantId"] == "tagged-one", item["id"]
        assert len(item["tags"]) == 5


def test_the_operation_tells_its_steps_while_it_runs(cloud: Cloud) -> None:
    """Someone who watches sees resources under way, and why they wait."""
    operation = cloud.post(example(tenantId="watched-one")).json()["links"]["operation"]
    seen: list[str] = []

    def ended() -> bool:
        document = cloud.call("GET", operation).json()
        resources = [one for step in document["steps"] for one in step["resources"]]
        seen.extend(one["wait"]["cause"] for one in resources if one["wait"])
        return bool(document["state"] != "running")

    wait_for(ended, "the operation to end", 60)
    document = cloud.call("GET", operation).json()
    assert any(cause.startswith("waiting ") for cause in seen)
    assert {step["state"] for step in document["steps"]} == {"done"}
    assert document["criticalPath"]["keys"]
    assert document["criticalPath"]["seconds"] > 0
    assert document["seconds"] >= document["criticalPath"]["seconds"]


def test_the_same_request_again_changes_nothing(cloud: Cloud) -> None:
    """Equal requests are one request: nothing starts, nothing is written."""
    cloud.post(example(tenantId="again-one"))
    cloud.settled("again-one")
    before = len(cloud.requests())
    answer = cloud.post(example(tenantId="again-one"))
    assert answer.status == 200
    assert answer.json()["state"] == "active"
    assert len(cloud.requests()) == before


def test_another_request_of_the_same_id_waits_and_then_changes_the_tenant(cloud: Cloud) -> None:
    """It is an update, which is queued while the onboarding is under way."""
    cloud.post(example(tenantId="changed-one"))
    answer = cloud.post(example(tenantId="changed-one", displayName="Renamed"))
    assert (answer.status, answer.json()["queued"]) == (202, ["update"])
    tenant = cloud.settled("changed-one")
    assert (tenant["displayName"], tenant["operationId"]) == ("Renamed", "changed-one.2")


def test_an_adopted_subscription_is_used_and_none_is_made(
    cloud: Cloud, access: dict[str, Any]
) -> None:
    """`adopt` takes a subscription that exists."""
    properties = PutAliasRequestProperties(
        display_name="made by hand",
        workload="Production",
        billing_scope=cloud.ready["hub"]["billingScope"],
    )
    asked = PutAliasRequest(properties=properties)
    with SubscriptionClient(**access, polling_interval=0.1) as client:
        made = client.alias.begin_create("by-hand", asked).result()
    assert made.properties
    subscription = made.properties.subscription_id
    adopt = {"mode": "adopt", "id": subscription}
    cloud.post(example(tenantId="adopting-one", subscription=adopt))
    tenant = cloud.settled("adopting-one")
    assert tenant["state"] == "active", tenant
    assert tenant["subscriptionId"] == subscription
    aliases = [item["name"] for item in cloud.resources() if "/aliases/" in item["id"]]
    assert "spokewright-adopting-one" not in aliases


def test_a_subscription_is_one_tenants_alone(cloud: Cloud) -> None:
    """Nobody gets into another tenant's subscription by adopting it."""
    cloud.post(example(tenantId="holder-one"))
    subscription = cloud.settled("holder-one")["subscriptionId"]
    before = {str(item["id"]) for item in cloud.resources()}
    adopt = {"mode": "adopt", "id": subscription}
    cloud.post(example(tenantId="intruder-one", subscription=adopt))
    tenant = cloud.settled("intruder-one")
    assert (tenant["state"], tenant["openWork"]) == ("failed", [])
    assert "another tenant's" in tenant["reason"]
    assert {str(item["id"]) for item in cloud.resources()} == before


def test_some_at_once_get_disjoint_ranges(cloud: Cloud) -> None:
    """No two tenants share an address, however close their requests."""
    at_once(cloud, "crowd", SOME)


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_twenty_at_once_get_disjoint_ranges(cloud: Cloud) -> None:
    """The same for many."""
    at_once(cloud, "many", TWENTY)


def at_once(cloud: Cloud, word: str, number: int) -> None:
    """Onboard so many tenants at once, and look at where they are."""
    names = [f"{word}-{place:02d}" for place in range(number)]
    with ThreadPoolExecutor(number) as pool:
        answers = list(pool.map(lambda name: cloud.post(example(tenantId=name)), names))
    assert [answer.status for answer in answers] == [202] * number
    states = {name: cloud.settled(name, 120) for name in names}
    assert {name: found.get("reason", "") for name, found in states.items()} == dict.fromkeys(
        names, ""
    )
    ranges = address_ranges(cloud, names)
    assert len(ranges) == number
    assert not [(a, b) for a, b in combinations(ranges, 2) if a.overlaps(b)]
    for name in names:
        assert_whole(cloud, name)
        assert_connected(cloud, name)


def test_tenants_are_listed_page_by_page(cloud: Cloud) -> None:
    """Paging finds every tenant once."""
    cloud.post(example(tenantId="listed-one"))
    cloud.settled("listed-one")
    found: list[str] = []
    continuation = ""
    while True:
        page = cloud.call("GET", f"/api/tenants?top=3&continuation={continuation}").json()
        found += [item["tenantId"] for item in page["value"]]
        continuation = page.get("continuation", "")
        if not continuation:
            break
    assert found == sorted(set(found))
    assert "listed-one" in found


@pytest.mark.parametrize("path", ["/api/tenants", "/api/tenants/x", "/api/operations/x.1"])
def test_without_a_token_nothing_is_told(cloud: Cloud, path: str) -> None:
    """Every route but the health check asks who it is."""
    assert cloud.call("GET", path, who="").status == 401
    assert cloud.call("GET", "/api/health", who="").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/tenants/nobody",
        "/api/operations/nobody.1",
        "/api/operations/nobody",
        "/api/tenants/a'%20or%20'1",
        "/api/tenants/..%2f..%2fhost.json",
        "/api/operations/%00.1",
    ],
)
def test_what_is_not_there_is_a_problem_document(cloud: Cloud, path: str) -> None:
    """An unknown id is a 404 that says so."""
    answer = cloud.call("GET", path)
    assert answer.status == 404
    assert json.loads(answer.body)["detail"].startswith("there is no such")
