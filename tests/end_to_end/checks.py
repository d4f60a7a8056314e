"""What must hold after an onboarding, whatever happened during it."""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from azure.data.tables.aio import TableClient

from azure_adapters.audit_log import TableAuditLog
from landing_zone.audit import AuditRecord, verify
from tests.end_to_end.cloud import ROOT, Cloud, running_cloud
from tests.mentions import mentions

_ALONG = (
    *("/subnets/", "/securityrules/", "/routes/", "/agentpools/system"),
    *("/blobservices/default", "/networkinterfaces/nic-pe-", "/privatednszones/"),
)
"""What is made along with a resource: what its body holds, and what Azure adds to it."""

_KEPT = ("/deletedvaults/", "/deletedaccounts/")
"""What Azure keeps of something deleted, for a while."""

CHECKER = ROOT.parent / "shared" / "arm-conformance" / "check_arm.py"


def audit_records(cloud: Cloud, tenant_id: str) -> list[AuditRecord]:
    """The tenant's audit chain."""

    async def read() -> list[AuditRecord]:
        table = TableClient.from_connection_string(cloud.ready["storage"], "spokewrightaudit")
        async with table:
            return [record async for record in TableAuditLog(table).read(tenant_id)]

    return asyncio.run(read())


def assert_audit_verifies(cloud: Cloud, tenant_id: str) -> list[AuditRecord]:
    """The chain is whole, and notes nothing twice."""
    records = audit_records(cloud, tenant_id)
    verdict = verify(records)
    assert verdict.valid, verdict.reason
    events = Counter(record.entry.event_id for record in records)
    assert set(events.values()) == {1}
    return records


def assert_whole(cloud: Cloud, tenant_id: str) -> None:
    """The tenant is active, and each resource of its plan is there, once."""
    operation = cloud.call("GET", f"/api/operations/{cloud.tenant(tenant_id)['operationId']}")
    document = operation.json()
    assert document["state"] == "succeeded", document.get("reason")
    found = Counter(str(item["id"]).lower() for item in cloud.resources())
    planned = [
        resource
        for step in document["steps"]
        for resource in step["resources"]
        if resource["type"] not in {"Microsoft.Resources/providers", "Microsoft.Resources/tags"}
    ]
    assert planned
    assert {resource["key"]: found[resource["id"].lower()] for resource in planned} == {
        resource["key"]: 1 for resource in planned
    }
    # Neither here nor on the hub is there anything of this tenant that the plan does not name.
    subscription = cloud.tenant(tenant_id)["subscriptionId"]
    own = f"/subscriptions/{subscription}/"
    ours = {one for one in found if own in one or mentions(one, tenant_id)}
    named = {resource["id"].lower() for resource in planned}
    assert {one for one in ours - named if not any(part in one for part in _ALONG)} == set()


def assert_connected(cloud: Cloud, tenant_id: str) -> None:
    """Both sides of the peering are connected."""
    states = [
        item["properties"]["peeringState"]
        for item in cloud.resources()
        if "/virtualNetworkPeerings/" in item["id"] and mentions(item["id"], tenant_id)
    ]
    assert states == ["Connected", "Connected"]


def address_ranges(cloud: Cloud, tenant_ids: list[str]) -> list[IPv4Network]:
    """The tenants' ranges, as their networks in ARM have them."""
    networks = [
        item
        for item in cloud.resources()
        if item["type"] == "Microsoft.Network/virtualNetworks"
        and any(f"vnet-{tenant}" == item["name"] for tenant in tenant_ids)
    ]
    return [
        IPv4Network(prefix)
        for item in networks
        for prefix in item["properties"]["addressSpace"]["addressPrefixes"]
    ]


@contextmanager
def checked_cloud(folder: Path, *, speed: float, **settings: str) -> Iterator[Cloud]:
    """A local cloud whose every exchange with ARM is checked when it ends."""
    with running_cloud(folder, speed=speed, **settings) as cloud:
        yield cloud
        records = folder / "requests.jsonl"
        exchanges = cloud.requests()
        records.write_text("".join(f"{json.dumps(item)}\n" for item in exchanges), encoding="utf-8")
        # Where only refusals were tested, nothing was asked of Azure.
        idle = not exchanges and not cloud.call("GET", "/api/tenants").json()["value"]
    if not idle:
        assert_conforms(records)


# Lists whose answers the descriptions tell as if they were of one item, or without its type.
_TOLD_BY_ITEM = re.compile(
    r"/(Microsoft\.Authorization/roleAssignments|Microsoft\.EventGrid/systemTopics"
    r"|Microsoft\.Search/searchServices|privateDnsZoneGroups)\?",
    re.IGNORECASE,
)


def checkable(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """An exchange as the descriptions tell it: of some lists, a read of each item."""
    answer = exchange.get("response")
    listed = exchange["method"] == "GET" and _TOLD_BY_ITEM.search(exchange["url"])
    if not listed or not isinstance(answer, dict) or "value" not in answer:
        return [exchange]
    url = urlsplit(exchange["url"])
    return [
        exchange | {"url": urlunsplit(url._replace(path=item["id"])), "response": item}
        for item in answer["value"]
    ]


def assert_conforms(records: Path) -> None:
    """Every exchange with ARM keeps to Microsoft's own descriptions, without a warning."""
    assert records.stat().st_size
    if not CHECKER.exists():
        return
    exchanges = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    items = (one for exchange in exchanges for one in checkable(exchange))
    checked = records.with_suffix(".checked.jsonl")
    checked.write_text("".join(f"{json.dumps(one)}\n" for one in items), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(CHECKER), "--fail-on", "warn", str(checked)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def leftovers(cloud: Cloud, tenant: dict[str, Any], before: set[str]) -> set[str]:
    """What ARM holds more than before and that the tenant's open work does not list.

    A cancelled subscription stays on below the root management group, as in Azure; one that is
    not cancelled is left over. Deleted vaults and AI accounts keep their names for a while.
    """
    listed = {item["resource"].lower() for item in tenant["openWork"]}
    now = {str(item["id"]).lower(): item for item in cloud.resources()}
    cancelled = {
        one.rsplit("/", 1)[-1]
        for one, item in now.items()
        if one.startswith("/subscriptions/") and item.get("state") in {"Warned", "Disabled"}
    }
    return {
        one
        for one in now.keys() - before
        if not any(one == known or one.startswith(f"{known}/") for known in listed)
        and one.rsplit("/", 1)[-1] not in cancelled
        and not any(part in one for part in _KEPT)
    }
