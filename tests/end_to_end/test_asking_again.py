"""Asking again for a tenant that was taken back, whose deleted vault and account keep names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Cloud, example

VAULTS = "Microsoft.KeyVault/vaults"
ACCOUNTS = "Microsoft.CognitiveServices/accounts"
KEPT = (
    "Microsoft.KeyVault/locations/deletedVaults",
    "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts",
)
PATIENCE = 180.0


@contextmanager
def faults(cloud: Cloud, *wanted: dict[str, Any]) -> Iterator[None]:
    """Faults that are in force as long as the block lasts, whatever others are."""
    added = [cloud.arm("/_local/faults", fault) for fault in wanted]
    assert [answer.status for answer in added] == [201 for _ in wanted], added
    try:
        yield
    finally:
        for answer in added:
            path = f"/_local/faults/{answer.json()['id']}"
            assert cloud.arm(path, method="DELETE").status == 200


def too_late(tenant_id: str) -> dict[str, Any]:
    """A refusal of something that nothing waits for: all the rest is made, and taken back."""
    export = f"*/providers/Microsoft.CostManagement/exports/focus-{tenant_id}"
    return {"preset": "disallowed-by-policy", "match": {"path": export}, "count": 1000}


def undeletable(path: str) -> dict[str, Any]:
    """A lock."""
    return {"preset": "scope-locked", "match": {"path": path}}


def taken_back(cloud: Cloud, tenant_id: str, *further: dict[str, Any]) -> dict[str, Any]:
    """The tenant once its onboarding has failed, late."""
    with faults(cloud, too_late(tenant_id), *further):
        assert cloud.post(example(tenantId=tenant_id)).status == 202
        tenant = cloud.settled(tenant_id, PATIENCE)
    assert tenant["state"] == "failed", tenant
    assert "disallowed by policy" in tenant["reason"]
    return tenant


def asked_again(cloud: Cloud, tenant_id: str) -> dict[str, Any]:
    """The tenant once it has been asked for a second time, without any fault."""
    assert cloud.post(example(tenantId=tenant_id)).status == 202
    tenant = cloud.settled(tenant_id, PATIENCE)
    assert tenant["state"] == "active", (tenant["reason"], tenant["openWork"])
    assert tenant["openWork"] == []
    assert_audit_verifies(cloud, tenant_id)
    return tenant


def names(cloud: Cloud, tenant_id: str, *kinds: str) -> set[str]:
    """Names of the tenant's resources of those types, the hub's aside."""
    return {
        item["name"]
        for item in cloud.resources()
        if item["type"] in kinds and tenant_id in str(item)
    }


def secret_versions(cloud: Cloud, vaults: set[str]) -> list[int]:
    """Numbers of the current versions of the secrets in those vaults."""
    return [
        int(item["properties"]["secretUriWithVersion"].rpartition("/")[2], 16)
        for item in cloud.resources()
        if item["type"] == f"{VAULTS}/secrets" and any(f"/{one}/" in item["id"] for one in vaults)
    ]


def brought_back(cloud: Cloud, name: str) -> list[Any]:
    """How a name was asked to be brought back."""
    sent = [
        (one["body"] or {}).get("properties", {})
        for one in cloud.requests()
        if one["method"] == "PUT" and f"/{name}?" in one["url"]
    ]
    return [one.get("createMode") or one.get("restore") for one in sent]


def test_a_tenant_that_was_taken_back_is_made_under_new_names(cloud: Cloud) -> None:
    """Its subscription is gone, and so is whatever could have been brought back into it."""
    failed = taken_back(cloud, "again-late")
    assert failed["openWork"] == []
    kept = names(cloud, "again-late", *KEPT)
    assert len(kept) == 2, "the vault and one account"
    assert names(cloud, "again-late", VAULTS, ACCOUNTS) == set()
    asked_again(cloud, "again-late")
    made = names(cloud, "again-late", VAULTS, ACCOUNTS)
    assert len(made) == 2
    assert made & kept == set()
    assert names(cloud, "again-late", *KEPT) == kept


@pytest.mark.nightly
def test_what_was_deleted_beside_what_is_left_is_brought_back(cloud: Cloud) -> None:
    """The subscription is still there: the same vault and the same account, recovered."""
    failed = taken_back(cloud, "again-locked", undeletable("*/virtualNetworks/vnet-again-locked"))
    assert "network" in {work["key"] for work in failed["openWork"]}
    kept = names(cloud, "again-locked", *KEPT)
    assert len(kept) == 2
    tenant = asked_again(cloud, "again-locked")
    assert names(cloud, "again-locked", VAULTS, ACCOUNTS) == kept
    assert names(cloud, "again-locked", *KEPT) == set()
    assert {mode for name in kept for mode in brought_back(cloud, name)} == {None, "recover", True}
    assert secret_versions(cloud, kept) == [2], "a key that works, over that of the first attempt"
    assert tenant["addressRange"]


@pytest.mark.nightly
def test_what_is_left_in_the_hub_alone_does_not_bind_the_names(cloud: Cloud) -> None:
    """The product is picked up again; the vault of the cancelled subscription is not waited for."""
    failed = taken_back(cloud, "again-hub", undeletable("*/products/tenant-again-hub"))
    assert [work["key"] for work in failed["openWork"]] == ["api-product"]
    kept = names(cloud, "again-hub", *KEPT)
    tenant = asked_again(cloud, "again-hub")
    assert tenant["addressRange"] == failed["addressRange"]
    assert names(cloud, "again-hub", VAULTS, ACCOUNTS) & kept == set()


@pytest.mark.parametrize("preset", ["soft-deleted-key-vault", "soft-deleted-cognitive-services"])
def test_a_name_that_is_not_seen_as_kept_yet_is_waited_for(cloud: Cloud, preset: str) -> None:
    """Azure refuses the name before it shows what keeps it."""
    tenant_id = f"again-{'vault' if preset.endswith('vault') else 'account'}"
    kind = "vaults/kv-again-va*" if preset.endswith("vault") else f"accounts/docintel-{tenant_id}*"
    with faults(cloud, {"preset": preset, "match": {"path": f"*/{kind}"}, "count": 2}):
        asked_again(cloud, tenant_id)
