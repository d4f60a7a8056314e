"""A fleet upgrade on the local cloud, by the genuine worker."""

import asyncio
import json
from typing import Any

from azure.data.tables.aio import TableClient

from landing_zone.planning import RULES_VERSION
from tests.end_to_end.cloud import Cloud, example, wait_for

TENANT = "fleet-one"
DEADLINE_SECONDS = 90.0


def made_by_older_rules(cloud: Cloud) -> None:
    """Let the tenant's record say that older rules have made its plan."""

    async def change() -> None:
        table = TableClient.from_connection_string(cloud.ready["storage"], "spokewrighttenants")
        async with table:
            row = await table.get_entity("tenant", TENANT)
            known = f'"rules_version":{RULES_VERSION}'
            parts = {name: str(text) for name, text in row.items() if name.startswith("Record")}
            assert sum(known in text for text in parts.values()) == 1
            row |= {name: text.replace(known, '"rules_version":1') for name, text in parts.items()}
            await table.update_entity(row)

    asyncio.run(change())


def over(cloud: Cloud, path: str) -> dict[str, Any]:
    """A rollout once it is over."""

    def is_over() -> dict[str, Any] | None:
        found: dict[str, Any] = cloud.call("GET", path).json()
        return found if found["state"] in {"done", "halted"} else None

    return wait_for(is_over, f"{path} to be over", DEADLINE_SECONDS)


def test_a_tenant_of_older_rules_is_led_to_those_of_the_release(cloud: Cloud) -> None:
    """Foretold by a dry run; its plan stays the same, so that only the version is recorded."""
    cloud.post(example(tenantId=TENANT))
    before = cloud.settled(TENANT)
    assert before["state"] == "active"
    assert before["rulesVersion"] == RULES_VERSION
    made_by_older_rules(cloud)
    wanted = {
        "rings": [{"name": "canary", "tenants": [TENANT]}, {"name": "rest"}],
        "reason": "end to end",
    }
    body = json.dumps(wanted).encode()
    foretold = cloud.call("POST", "/api/fleet/upgrades?dryRun=true&top=200", body).json()
    actions = {one["tenantId"]: one["action"] for one in foretold["tenants"]}
    assert actions[TENANT] == "record"
    answer = cloud.call("POST", "/api/fleet/upgrades", body)
    assert answer.status == 202, answer.body
    path = answer.json()["links"]["self"]
    found = over(cloud, path)
    assert found["state"] == "done"
    assert found["rings"][0]["counts"] == {"upgraded": 1}
    [upgraded] = cloud.call("GET", f"{path}?state=upgraded").json()["value"]
    assert (upgraded["tenantId"], upgraded["planAfter"]) == (TENANT, before["planHash"])
    operation = cloud.call("GET", f"/api/operations/{upgraded['operationId']}").json()
    assert (operation["kind"], operation["state"]) == ("upgrade", "succeeded")
    assert operation["stages"] == []
    after = cloud.call("GET", f"/api/tenants/{TENANT}").json()
    assert (after["state"], after["rulesVersion"]) == ("active", RULES_VERSION)
    verdict = cloud.call("GET", "/api/audit/verify?chain=fleet:upgrades").json()
    assert verdict["valid"]
