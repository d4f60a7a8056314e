"""The values of a tenant's API key after an onboarding: where they are, and where they are not."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.secrets import SecretClient
from azure.mgmt.apimanagement import ApiManagementClient

from tests.end_to_end.checks import audit_records
from tests.end_to_end.cloud import Cloud, example

TENANT = "secretive-one"
PATH = "/vaults/*/secrets/api-key"
# The parts of a local cloud whose files must not hold a key; ARM's are where it is kept.
STORES = ("functions", "azurite", "logs", "identity")
# Failures on the way: errors are what is logged and kept most of all.
FAULTS: tuple[dict[str, Any], ...] = (
    {"method": "PUT", "kind": "respond", "status": 500, "code": "InternalServerError"},
    {"method": "GET", "kind": "respond", "status": 429, "code": "TooManyRequests"},
    {"method": "PUT", "kind": "reset-after"},
)


def spellings(value: str) -> Iterator[bytes]:
    """A value as it could stand in a file: as it is, in wide characters, in hex, in base64."""
    plain = value.encode()
    yield plain
    yield value.encode("utf-16-le")
    yield plain.hex().encode()
    for offset in range(3):
        # The characters in the middle do not depend on what stands before and after.
        yield base64.b64encode(b"-" * offset + plain)[4:-4]


def files_of(cloud: Cloud, parts: tuple[str, ...]) -> dict[Path, bytes]:
    """Every file of some parts, with its content."""
    state = Path(cloud.ready["state"])
    found = [path for part in parts for path in (state / part).rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in (*found, *state.glob("*.log*"))}


def holding(texts: dict[Any, bytes], values: list[str]) -> list[Any]:
    """Which of the texts hold one of the values."""
    sought = [spelling for value in values for spelling in spellings(value)]
    return [name for name, text in texts.items() if any(one in text for one in sought)]


def put_in_force(cloud: Cloud) -> None:
    """Let the vault's data plane fail a few times for this tenant."""
    for fault in FAULTS:
        effect = {name: value for name, value in fault.items() if name != "method"}
        match = {"path": PATH, "method": fault["method"]}
        document = {"match": match, "count": 1, "effect": effect}
        assert cloud.arm("/_local/faults", document).status == 201


def name_of(cloud: Cloud, kind: str, part: str) -> str:
    """The name of the one resource of a type with a part of its id."""
    [name] = [
        str(item["name"])
        for item in cloud.resources()
        if item["type"] == kind and part in str(item["id"])
    ]
    return name


def keys_of(cloud: Cloud, access: dict[str, Any]) -> list[str]:
    """Both keys, as API Management's own client is told them."""
    hub = cloud.ready["hub"]
    name = name_of(cloud, "Microsoft.ApiManagement/service/subscriptions", TENANT)
    with ApiManagementClient(subscription_id=hub["subscriptionId"], **access) as client:
        kept = client.subscription.list_secrets(hub["resourceGroup"], "apim-hub-weu", name)
    return [str(kept.primary_key), str(kept.secondary_key)]


def stored_key(cloud: Cloud, access: dict[str, Any]) -> tuple[str | None, Any]:
    """What the tenant's vault holds, as Key Vault's own client is told it."""
    vault = name_of(cloud, "Microsoft.KeyVault/vaults", cloud.tenant(TENANT)["subscriptionId"])
    url = f"{cloud.ready['data']}/vaults/{vault}"
    with SecretClient(url, access["credential"], verify_challenge_resource=False) as client:
        secret = client.get_secret("api-key")
    return secret.value, secret.properties.tags


def events_of(cloud: Cloud) -> list[dict[str, Any]]:
    """Every event that ARM has emitted, its pages followed."""
    found: list[dict[str, Any]] = []
    while page := cloud.arm(f"/_local/events?since={found[-1]['n'] if found else 0}").json():
        found += page
    return found


@pytest.fixture
def onboarded(cloud: Cloud) -> dict[str, Any]:
    """A tenant that became active although its vault failed on the way."""
    put_in_force(cloud)
    cloud.post(example(tenantId=TENANT))
    tenant = cloud.settled(TENANT, 120)
    assert tenant["state"] == "active", tenant
    left = cloud.arm("/_local/faults").json()
    met = [
        one["hit"] for one in left if one["fault"]["match"].get("path", "").startswith("/vaults")
    ]
    assert met == [1] * len(FAULTS)
    return tenant


def test_an_api_key_is_in_its_vault_and_nowhere_else(
    cloud: Cloud, access: dict[str, Any], onboarded: dict[str, Any]
) -> None:
    """No store, no log, no exchange, no audit record and no document of ours holds either key."""
    keys = keys_of(cloud, access)
    assert len(set(keys)) == 2
    assert min(map(len, keys)) >= 20
    value, tags = stored_key(cloud, access)
    assert value == keys[0]
    assert tags == {"key": "primary"}
    documents = {
        "operation": cloud.call("GET", onboarded["links"]["operation"]).body,
        "tenant": json.dumps(onboarded).encode(),
        "audit": repr(audit_records(cloud, TENANT)).encode(),
        "exchanges": json.dumps(cloud.requests()).encode(),
        "events": json.dumps(events_of(cloud)).encode(),
        "resources": json.dumps(cloud.resources()).encode(),
    }
    files = files_of(cloud, STORES)
    assert holding(files | documents, keys) == []
    # That the scan can see at all: the tenant is in each of them, and the keys are where they are
    # kept.
    assert {path.parent.name for path in holding(files, [TENANT])} >= {"functions", "logs"}
    assert set(holding(documents, [TENANT])) == set(documents)
    assert holding(files_of(cloud, ("arm",)), keys)
