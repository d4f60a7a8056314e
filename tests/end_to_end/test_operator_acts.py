"""An operation that hangs, seen and acted upon over HTTP, on the local Functions host."""

import json
from typing import Any

import pytest

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Answer, Cloud, example, wait_for
from tests.end_to_end.test_asking_again import faults

PATIENCE = 120.0
REFUSED: dict[str, Any] = {
    "match": {"method": "PUT", "type": "Microsoft.Consumption/budgets"},
    "effect": {"kind": "respond", "status": 500, "code": "InternalServerError", "message": "down"},
    "count": 1000,
}


def stuck(cloud: Cloud, operation: str, key: str) -> dict[str, Any]:
    """Why a resource does not come on, once it is tried again for the third time."""

    def seen() -> dict[str, Any] | None:
        shown = cloud.call("GET", f"/api/operations/{operation}").json()
        items = [item for step in shown["steps"] for item in step["resources"]]
        found: dict[str, Any] = next((one for one in items if one["key"] == key), {})
        explanation: dict[str, Any] = found.get("explanation", {})
        return explanation if explanation.get("attempts", 0) > 2 else None

    return wait_for(seen, f"{key} to hang", PATIENCE)


def act(cloud: Cloud, operation: str, who: str, **wish: str) -> Answer:
    """Ask for something."""
    body = json.dumps({"reason": "billing is down", **wish}).encode()
    path = f"/api/operations/{operation}/actions"
    return cloud.call("POST", path, body, who=who, content_type="application/json")


@pytest.mark.parametrize("action", ["skip", "compensate"])
def test_what_hangs_is_seen_and_acted_upon(cloud: Cloud, action: str) -> None:
    """By an operator: a requester may not, and network is not given up by anyone."""
    tenant_id = f"hangs-{action}"
    with faults(cloud, REFUSED):
        assert cloud.post(example(tenantId=tenant_id)).status == 202
        operation = f"{tenant_id}.1"
        found = stuck(cloud, operation, "budget")
        assert (found["lastCall"]["code"], found["lastCall"]["method"]) == (
            "InternalServerError",
            "PUT",
        )
        assert {one["action"]: one["safe"] for one in found["actions"]} == {
            "retry": True,
            "skip": True,
        }
        named = {"resource": "budget"} if action == "skip" else {}
        assert act(cloud, operation, "requester", action=action, **named).status == 403
        refused = act(cloud, operation, "operator", action="skip", resource="network")
        assert (refused.status, refused.json()["code"]) == (409, "ActionNotSafe")
        assert act(cloud, operation, "operator", action=action, **named).status == 202
        tenant = cloud.settled(tenant_id, PATIENCE)
    left = [(work["key"], work.get("missing", False)) for work in tenant["openWork"]]
    if action == "skip":
        assert (tenant["state"], left) == ("active", [("budget", True)])
    else:
        assert (tenant["state"], left) == ("failed", [])
        assert "billing is down" in tenant["reason"]
    assert_audit_verifies(cloud, tenant_id)
