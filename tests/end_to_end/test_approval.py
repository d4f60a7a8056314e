"""A request that waits for an approver, on the whole local cloud."""

import json
from http import HTTPStatus
from typing import Any, Final

import pytest

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Answer, Cloud, example, wait_for

TENANT: Final = "approval-one"
PATH: Final = f"/api/tenants/{TENANT}/approval"


def asked(cloud: Cloud) -> dict[str, Any]:
    """A requester has asked for a cluster of its own, which waits for an approver."""
    vended = {"mode": "vend"}
    body = json.dumps(example("cluster", tenantId=TENANT, subscription=vended)).encode()
    answer = cloud.call(
        "POST", "/api/tenants", body, who="requester", content_type="application/json"
    )
    assert answer.status == HTTPStatus.ACCEPTED, answer.body
    return in_state(cloud, "awaiting-approval")


def in_state(cloud: Cloud, state: str) -> dict[str, Any]:
    """The tenant, once it is in that state."""

    def found() -> dict[str, Any] | None:
        tenant = cloud.tenant(TENANT)
        return tenant if tenant.get("state") == state else None

    return wait_for(found, f"{TENANT} to be {state}")


def code(answer: Answer) -> tuple[int, str]:
    """The status and the code of a problem."""
    return answer.status, answer.json()["code"]


@pytest.mark.timeout(120)
def test_nothing_is_made_of_what_is_rejected(cloud: Cloud) -> None:
    """Others than approvers cannot decide; a rejection ends it, and counts for nothing later."""
    tenant = asked(cloud)
    waiting = cloud.call("GET", PATH, who="requester").json()
    assert (waiting["state"], waiting["neededFor"]) == ("pending", "isolation cluster")
    assert cloud.call("GET", PATH, who="other-requester").status == HTTPStatus.NOT_FOUND
    operation = cloud.call("GET", tenant["links"]["operation"]).json()
    assert operation["waitingFor"] == waiting["waitingFor"]
    plan = cloud.call("GET", waiting["links"]["dryRun"], who="approver")
    assert (plan.status, plan.json()["summary"]["delete"]) == (HTTPStatus.OK, 0)
    for who in ("requester", "other-requester", "platform", "operator", "reader", "nobody"):
        assert code(cloud.decide(tenant, who=who)) == (HTTPStatus.FORBIDDEN, "Forbidden")
    other = tenant | {"operationId": f"{TENANT}.7"}
    assert code(cloud.decide(other)) == (HTTPStatus.CONFLICT, "ApprovalOutdated")
    assert cloud.decide(tenant, "reject").status == HTTPStatus.OK
    ended = in_state(cloud, "offboarded")
    assert ended["reason"] == "rejected by an approver: seen"
    assert code(cloud.decide(tenant, "approve")) == (HTTPStatus.CONFLICT, "ApprovalDecided")
    document = cloud.call("GET", tenant["links"]["operation"]).json()
    assert (document["state"], document["reason"]) == ("rejected", ended["reason"])
    writes = [one["url"] for one in cloud.requests() if one["method"] != "GET"]
    assert not [one for one in writes if TENANT in one]
    entries = [one.entry for one in assert_audit_verifies(cloud, TENANT)]
    assert [(one.action, one.outcome) for one in entries] == [
        ("tenant.approval", "asked"),
        ("tenant.approval", "rejected"),
    ]
    again = asked(cloud)
    assert again["operationId"] == f"{TENANT}.2"
    assert code(cloud.decide(tenant, "reject")) == (HTTPStatus.CONFLICT, "ApprovalOutdated")
    assert cloud.decide(again, "reject").status == HTTPStatus.OK
    in_state(cloud, "offboarded")
