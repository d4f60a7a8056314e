"""Dry runs on the local cloud: what they find, and that they leave nothing behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
import yaml
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from tests.end_to_end.cloud import Answer, Cloud, example
from tests.end_to_end.test_asking_again import faults

TABLES: Final = (
    *("spokewrighttenants", "spokewrightranges"),
    *("spokewrighthubs", "spokewrightaudit"),
)


def dry_run(cloud: Cloud, document: dict[str, Any], dry: str = "true") -> Answer:
    """The answer to a dry run."""
    text = yaml.safe_dump(document).encode()
    path = f"/api/tenants?dryRun={dry}"
    return cloud.call("POST", path, text, content_type="application/yaml")


def changes(answer: Answer) -> dict[str, list[tuple[str, Any, Any]]]:
    """What would change, by key: each property, from what to what."""
    assert answer.status == 200, answer.body
    found = answer.json()
    assert found["unjudged"] == []
    return {
        one["key"]: [
            (item["property"], item["from"], item["to"]) for item in one.get("properties", ())
        ]
        for one in found["changes"]
    }


def rows(cloud: Cloud, tenant_id: str) -> dict[str, list[str]]:
    """All rows of the application that say something of a tenant, with their versions."""
    with TableServiceClient.from_connection_string(cloud.ready["storage"]) as service:
        found = {
            name: [
                json.dumps([row.metadata["etag"], dict(row)], default=str)
                for row in service.get_table_client(name).list_entities()
            ]
            for name in TABLES
        }
    return {
        name: sorted(row for row in all_of if tenant_id in row) for name, all_of in found.items()
    }


def blobs(cloud: Cloud, word: str) -> list[str]:
    """All blobs of the application whose name holds a word."""
    with BlobServiceClient.from_connection_string(cloud.ready["storage"]) as service:
        return sorted(
            f"{container.name}/{blob.name} {blob.etag}"
            for container in service.list_containers()
            for blob in service.get_container_client(container.name).list_blobs()
            if word in blob.name
        )


@contextmanager
def nothing_written(cloud: Cloud, tenant_id: str) -> Iterator[None]:
    """Hold what happens to a tenant within the block to reading; others may go about their work."""
    words = {tenant_id, cloud.tenant(tenant_id).get("subscriptionId") or tenant_id}
    before = rows(cloud, tenant_id), blobs(cloud, tenant_id), cloud.of_tenant(tenant_id)
    known = len(cloud.requests())
    yield
    sent = [one for one in cloud.requests()[known:] if any(word in str(one) for word in words)]
    # The keys of an API subscription are read by POST.
    writes = [
        (one["method"], one["url"])
        for one in sent
        if one["method"] != "GET" and "/listSecrets?" not in one["url"]
    ]
    assert sent
    assert writes == []
    assert (rows(cloud, tenant_id), blobs(cloud, tenant_id), cloud.of_tenant(tenant_id)) == before


@pytest.fixture(scope="module")
def document(cloud: Cloud) -> dict[str, Any]:
    """What an active tenant was asked for by."""
    wanted = example(tenantId="dry-one")
    assert cloud.post(wanted).status == 202
    assert cloud.settled("dry-one")["state"] == "active"
    return wanted


def test_unchanged_tenant_is_empty(cloud: Cloud, document: dict[str, Any]) -> None:
    """By either way of asking: every resource is there as it should be."""
    with nothing_written(cloud, "dry-one"):
        answers = [dry_run(cloud, document), cloud.call("GET", "/api/tenants/dry-one/plan")]
    assert [changes(answer) for answer in answers] == [{}, {}]
    found = answers[0].json()
    tenant = cloud.tenant("dry-one")
    assert found["planHash"] == tenant["planHash"]
    assert len(blobs(cloud, found["planHash"])) == 1
    assert found["capacity"]["addressRange"] == tenant["addressRange"]
    assert found["summary"]["unchanged"] == len(found["unchanged"]) > 80


def test_changed_tenant_names_exactly_the_changed_properties(
    cloud: Cloud, document: dict[str, Any]
) -> None:
    """A quota, a profile, a name of its own, a warning less, a database less."""
    changed = document | {
        "compute": document["compute"] | {"cpu": 6},
        "egress": {"profiles": ["azure"], "fqdns": ["api.contoso.com", "b.contoso.com"]},
        "budget": document["budget"] | {"alertAt": [50, 80]},
    }
    with nothing_written(cloud, "dry-one"):
        found = changes(dry_run(cloud, changed))
    warning = {
        "contactEmails": ["research@contoso.com"],
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "threshold": 100.0,
        "thresholdType": "Actual",
    }
    names = ["api.contoso.com", "b.contoso.com"]
    assert found == {
        "hub:firewall": [
            ("profiles", ["azure", "github"], ["azure"]),
            ("fqdns", names[:1], names),
        ],
        "namespace": [
            ("properties.defaultResourceQuota.cpuRequest", "8000m", "6000m"),
            ("properties.defaultResourceQuota.cpuLimit", "8000m", "6000m"),
        ],
        "budget": [("properties.notifications.actual-100", warning, None)],
    }


def test_what_is_not_asked_for_any_more_would_be_deleted(
    cloud: Cloud, document: dict[str, Any]
) -> None:
    """A database with all that hangs on it, last things first; what else is there stays."""
    without = document | {"data": document["data"] | {"database": "none"}}
    with nothing_written(cloud, "dry-one"):
        found = dry_run(cloud, without).json()["changes"]
    assert {one["action"] for one in found} == {"delete"}
    keys = [one["key"] for one in found]
    assert "cosmos" in keys
    assert "cosmos-database" in keys
    assert all("cosmos" in key for key in keys), keys
    assert keys.index("endpoint:cosmos") < keys.index("cosmos")


def test_tokens_change_the_policy_of_the_product_alone(
    cloud: Cloud, document: dict[str, Any]
) -> None:
    """The limits of a model stand in it."""
    [model] = document["ai"]["models"]
    models = [model | {"tokensPerMinute": 60_000}]
    with nothing_written(cloud, "dry-one"):
        found = changes(dry_run(cloud, document | {"ai": document["ai"] | {"models": models}}))
    [(key, [(path, before, after)])] = found.items()
    assert (key, path) == ("api-policy", "properties.value")
    assert ("50000" in before, "60000" in after) == (True, True)


def test_owner_and_cost_centre_change_tags_alone(cloud: Cloud, document: dict[str, Any]) -> None:
    """On all that has tags, and nothing else of it; and who is warned."""
    owner = document["owner"] | {"email": "new@contoso.com"}
    with nothing_written(cloud, "dry-one"):
        found = changes(dry_run(cloud, document | {"owner": owner, "costCenter": "CC-7"}))
    warned = {path.rpartition(".")[2] for path, _, _ in found.pop("budget")}
    assert warned == {"contactEmails[0]"}
    assert {"subscription-tags", "network", "vault", "cosmos", "resource-group:network"} <= set(
        found
    )
    for key, properties in found.items():
        assert {(path.rpartition(".")[2], *values) for path, *values in properties} == {
            ("costCenter", "CC-1042", "CC-7"),
            ("owner", "research@contoso.com", "new@contoso.com"),
        }, key


def test_unknown_tenant_would_be_made_whole(cloud: Cloud) -> None:
    """Nothing is left of having asked: the same range is shown again, and the tenant is unknown."""
    wanted = example(tenantId="dry-unknown")
    with nothing_written(cloud, "dry-unknown"):
        first, second = dry_run(cloud, wanted), dry_run(cloud, wanted)
    found = first.json()
    assert found["capacity"] == second.json()["capacity"]
    assert (found["state"], found["capacity"]["reserved"]) == (None, False)
    assert {one["action"] for one in found["changes"]} == {"create"}
    assert {one["key"] for one in found["unchanged"]} == {"shared-cluster"}
    assert "${subscription.subscriptionId}" in first.body.decode()
    assert blobs(cloud, found["planHash"]) == []
    assert cloud.call("GET", "/api/tenants/dry-unknown").status == 404
    assert cloud.call("GET", "/api/tenants/dry-unknown/plan").status == 404


def test_what_azure_refuses_to_show_is_told(cloud: Cloud, document: dict[str, Any]) -> None:
    """A lack of rights or a server error at one resource, and nothing is taken for unchanged."""
    codes = {"forbidden": "AuthorizationFailed", "internal-error": "InternalServerError"}
    for preset, code in codes.items():
        with faults(cloud, {"preset": preset, "match": {"path": "*/vnet-dry-one"}}):
            answer = dry_run(cloud, document)
        found = answer.json()
        assert (answer.status, found["changes"]) == (200, [])
        assert [one["key"] for one in found["unjudged"]] == ["network"]
        assert found["unjudged"][0]["code"] == code
        assert found["summary"]["unchanged"] == len(found["unchanged"])


def test_throttling_refuses_the_whole_with_the_time_to_wait(
    cloud: Cloud, document: dict[str, Any]
) -> None:
    """As Azure asked for it."""
    with faults(cloud, {"preset": "throttled", "match": {"path": "*/vnet-dry-one"}, "count": 1}):
        answer = dry_run(cloud, document)
    assert answer.status == 503
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] == "SubscriptionRequestsThrottled"


def test_dry_run_that_is_neither_yes_nor_no_is_refused(
    cloud: Cloud, document: dict[str, Any]
) -> None:
    """With what is allowed."""
    answer = dry_run(cloud, document, "maybe")
    assert answer.status == 400
    assert answer.json()["errors"][0]["allowed"] == "true or false"
