"""Changing a tenant on the local cloud, over HTTP."""

import json
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Answer, Cloud, example
from tests.end_to_end.test_dry_run import changes

TENANT: Final = "patched-one"
CHANGE: Final[dict[str, Any]] = {
    "compute": {"cpu": 6},
    "budget": {"monthly": 4000},
    "egress": {"profiles": ["azure"], "fqdns": []},
}
BARE: Final[dict[str, Any]] = {"data": {"database": "none"}}


def patch(cloud: Cloud, change: dict[str, Any], who: str = "platform", **params: str) -> Answer:
    """The answer to a change."""
    path = f"/api/tenants/{TENANT}?{urlencode(params)}"
    return cloud.call("PATCH", path, json.dumps(change).encode(), who=who)


def held(cloud: Cloud, kind: str) -> list[dict[str, Any]]:
    """What ARM holds of a type for the tenant."""
    own = str(cloud.tenant(TENANT)["subscriptionId"])
    return [
        one
        for one in cloud.resources()
        if one["type"] == kind and (own in one["id"] or TENANT in one["id"])
    ]


@pytest.fixture(scope="module", autouse=True)
def tenant(cloud: Cloud) -> None:
    """An active tenant."""
    assert cloud.post(example(tenantId=TENANT)).status == 202
    assert cloud.settled(TENANT)["state"] == "active"


def test_change_is_foretold_made_and_then_nothing_is_left_to_do(cloud: Cloud) -> None:
    """The dry run names what will change; after it, the same change is none and sends nothing."""
    foretold = changes(patch(cloud, CHANGE, dryRun="true"))
    assert set(foretold) == {"namespace", "budget", "hub:firewall"}
    answer = patch(cloud, CHANGE, reason="too dear")
    assert (answer.status, answer.json()["kind"]) == (202, "update")
    tenant = cloud.settled(TENANT)
    assert (tenant["state"], tenant["operationId"]) == ("active", f"{TENANT}.2")
    ended = cloud.call("GET", tenant["links"]["operation"]).json()
    assert (ended["kind"], ended["state"]) == ("update", "succeeded")
    written = [one["key"] for one in ended["stages"][0]["resources"] if one["wrote"]]
    assert set(written) == set(foretold)
    [budget] = held(cloud, "Microsoft.Consumption/budgets")
    assert budget["properties"]["amount"] == 4000
    known = len(cloud.requests())
    again = patch(cloud, CHANGE)
    assert (again.status, again.json()["told"]) == (200, "it is so already")
    ours = [one for one in cloud.requests()[known:] if one["method"] != "GET"]
    assert [one for one in ours if TENANT in str(one)] == []
    assert changes(patch(cloud, {}, dryRun="true")) == {}
    assert_audit_verifies(cloud, TENANT)


def test_loss_of_data_needs_a_word_and_others_cannot_give_it(cloud: Cloud) -> None:
    """Refused without it, and to those whose tenant it is not; made with it."""
    assert patch(cloud, BARE, who="requester").status == 404
    assert patch(cloud, BARE, who="reader").status == 403
    refused = patch(cloud, BARE)
    assert refused.status == 400
    lost = [one["message"].partition(" ")[0] for one in refused.json()["errors"]]
    databases = "Microsoft.DocumentDB/databaseAccounts"
    assert len(held(cloud, databases)) == 1
    assert patch(cloud, BARE, allowDataLoss=",".join(lost)).status == 202
    assert cloud.settled(TENANT)["state"] == "active"
    assert held(cloud, databases) == []
    assert changes(patch(cloud, {}, dryRun="true")) == {}
