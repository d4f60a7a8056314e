"""The audit over HTTP on the local cloud: what an onboarding says of itself, and who tampers."""

import asyncio
from typing import Any

from azure.data.tables.aio import TableClient

from landing_zone.hub_state.members import Lane, chain_of
from tests.end_to_end.cloud import Cloud, example
from tests.fakes import HUBS

TENANT = "audited-one"


def entries(cloud: Cloud, query: str) -> list[dict[str, Any]]:
    """All entries that are asked for, over their pages."""
    found: list[dict[str, Any]] = []
    continuation = ""
    while True:
        page = cloud.call("GET", f"/api/audit?top=50&{query}{continuation}").json()
        found += page["value"]
        if "continuation" not in page:
            return found
        continuation = f"&continuation={page['continuation']}"


def verdict(cloud: Cloud, query: str) -> dict[str, Any]:
    """What a verification finds."""
    answer = cloud.call("GET", f"/api/audit/verify?{query}")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def change_row(cloud: Cloud, number: int) -> None:
    """Let a record say that somebody else asked."""

    async def change() -> None:
        table = TableClient.from_connection_string(cloud.ready["storage"], "spokewrightaudit")
        async with table:
            row = await table.get_entity(TENANT, f"record:{number:012d}")
            row["Record0"] = str(row["Record0"]).replace("spokewright", "sp0kewright")
            await table.update_entity(row)

    asyncio.run(change())


def test_an_onboarding_is_told_filtered_verified_and_a_changed_row_is_named(cloud: Cloud) -> None:
    """Who, why, the plan's hash, before and after; over pages that hold each entry once."""
    cloud.post(example(tenantId=TENANT))
    tenant = cloud.settled(TENANT)
    assert tenant["state"] == "active"
    found = entries(cloud, f"tenant={TENANT}")
    assert [one["sequence"] for one in found] == list(range(1, len(found) + 1))
    assert all(one["intact"] for one in found)
    begun, *resources, ended = found
    assert (begun["action"], begun["outcome"], begun["actor"]) == (
        "tenant.onboard",
        "begun",
        f"person:{tenant['owner']['objectId']}",
    )
    assert (begun["details"]["why"], begun["details"]["before"]) == ("asked", "requested")
    assert (ended["outcome"], ended["details"]["after"]) == ("active", "active")
    assert ended["details"]["planHash"] == tenant["planHash"]
    assert {one["details"]["planHash"] for one in resources} == {tenant["planHash"]}
    written = [one for one in resources if one["details"]["wrote"] == "true"]
    assert str(len(written)) == ended["details"]["written"]
    assert all(one["details"]["body"].startswith("sha256:") for one in written)
    subscription = f"/subscriptions/{tenant['subscriptionId']}"
    below = entries(cloud, f"tenant={TENANT}&resource={subscription}&outcome=done")
    assert 0 < len(below) < len(found)
    assert entries(cloud, f"operation={tenant['operationId']}") == found
    whole = verdict(cloud, f"tenant={TENANT}")
    assert (whole["valid"], whole["length"]) == (True, len(found))
    lanes: tuple[Lane, ...] = ("firewall", "network")
    for lane in lanes:
        assert verdict(cloud, f"chain={chain_of(HUBS.hubs[0].name, lane)}")["valid"], lane
    change_row(cloud, 3)
    broken = verdict(cloud, f"tenant={TENANT}&receipt={whole['receipt']}")
    assert (broken["valid"], broken["length"]) == (False, 2)
    assert (broken["firstBroken"]["sequence"], broken["firstBroken"]["kind"]) == (3, "changed")
