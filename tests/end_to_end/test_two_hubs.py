"""Two hubs of one region, each with little room, on a local cloud of their own."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.checks import assert_conforms, assert_connected, assert_whole
from tests.end_to_end.cloud import ROOT, Cloud, example, some_free_offset, wait_for

SECOND = {
    "name": "hub-two",
    "subscriptionId": "a1b2c3d4-0000-4000-8000-00000000a002",
    "resourceGroup": "rg-hub-two",
    "network": {
        "name": "vnet-hub-two",
        "addressSpace": ["10.1.0.0/20"],
        "subnets": [
            {"name": "AzureFirewallSubnet", "prefix": "10.1.0.0/26"},
            {"name": "private-endpoints", "prefix": "10.1.3.0/24"},
        ],
    },
    "spokePool": ["10.64.0.0/22"],
    "nodePools": {"range": "10.1.12.0/22", "prefixLength": 27, "routeTable": "rt-hub-two-nodes"},
    "resourceEvents": (
        "/subscriptions/a1b2c3d4-0000-4000-8000-00000000a002/resourceGroups/rg-hub-two/providers"
        "/Microsoft.Web/sites/func-hub-two/functions/resource_events"
    ),
    "firewall": {"name": "afw-hub-two", "policy": "afwp-hub-two", "privateIp": "10.1.0.4"},
    "sharedServices": {
        "logAnalytics": "log-hub-two",
        "apiManagement": "apim-hub-two",
        "kubernetes": "aks-hub-two",
        "search": "srch-hub-two",
        "foundry": "aif-hub-two",
    },
    "modelDeployments": [{"name": "gpt-5-mini", "tokensPerMinute": 50_000}],
}


def hub_document() -> dict[str, Any]:
    """The first hub has one peering, the second the quota of one tenant."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "localcloud" / "hub.yaml").read_text("utf-8"))
    first = document["hubs"][0]
    first["limits"] = {"peerings": 1}
    document["hubs"] = [first, copy.deepcopy(first) | SECOND | {"limits": {}}]
    return document


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Cloud]:
    """A local cloud with the two hubs, whose exchanges with ARM are checked when it ends."""
    hubs = tmp_path / "hubs.yaml"
    hubs.write_text(yaml.safe_dump(hub_document()), encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    command = [sys.executable, "-m", "tests.end_to_end.own_hubs", str(state)]
    command += [str(some_free_offset()), "200", str(hubs)]
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    try:
        line = process.stdout.readline() if process.stdout else b""
        assert line, (tmp_path / "up.log").read_text(encoding="utf-8")
        found = Cloud(json.loads(line), process)
        yield found
        text = "".join(f"{json.dumps(item)}\n" for item in found.requests())
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()
    records = tmp_path / "requests.jsonl"
    records.write_text(text, encoding="utf-8")
    assert_conforms(records)


def test_second_hub_takes_over_when_the_first_is_full(pair: Cloud) -> None:
    """Two tenants at once find their places, the third is told what each hub is short of."""
    names = ["first-come", "second-come"]
    assert [pair.post(example(tenantId=name)).status for name in names] == [202, 202]
    settled = [pair.settled(name) for name in names]
    assert [tenant.get("reason") for tenant in settled] == [None, None]
    assert [tenant["state"] for tenant in settled] == ["active", "active"]
    assert {tenant["hub"] for tenant in settled} == {"hub-weu", "hub-two"}
    for name in names:
        assert_whole(pair, name)
        assert_connected(pair, name)
    answer = pair.post(example(tenantId="third-come"))
    assert answer.status == 409, answer.body
    told = {hub["hub"]: hub["bindingLimit"] for hub in answer.json()["hubs"]}
    assert told == {"hub-weu": "peerings of the hub network", "hub-two": "gpt-5-mini quota"}
    hubs = pair.call("GET", "/api/capacity").json()["hubs"]
    assert [hub["summary"] for hub in hubs] == [
        "0 tenants left; binding limit: peerings of the hub network",
        "0 tenants left; binding limit: gpt-5-mini quota",
    ]


@pytest.mark.nightly
def test_kills_give_no_place_twice(pair: Cloud) -> None:
    """Eight ask at once for two places while the host dies again and again."""
    names = [f"rush-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(lambda name: pair.post(example(tenantId=name)), names))
    assert {answer.status for answer in answers} <= {202, 409}
    for _ in range(3):
        wait_for(lambda: pair.kill("functions_host"), "the host to be killed")
        wait_for(pair.is_up, "the host to be back", 60)
    accepted = [name for name, one in zip(names, answers, strict=True) if one.status == 202]
    settled = [pair.settled(name, 150) for name in accepted]
    active = [tenant for tenant in settled if tenant["state"] == "active"]
    assert sorted(tenant["hub"] for tenant in active) == ["hub-two", "hub-weu"]
    for tenant in settled:
        if tenant not in active:
            assert "no hub of the region has room" in tenant["reason"]
            assert pair.of_tenant(tenant["tenantId"]) == {}
    hubs = pair.call("GET", "/api/capacity").json()["hubs"]
    assert [(hub["tenants"], hub["tenantsLeft"]) for hub in hubs] == [(1, 0), (1, 0)]
