"""How remediation stands, asked of a running application."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.end_to_end.cloud import Cloud
from tests.end_to_end.tiers import Onboarded
from tests.fakes import HUBS

HUB: Final = HUBS.hubs[0]
GROUP: Final = f"/subscriptions/{HUB.subscription_id}/resourceGroups/{HUB.resource_group}"


def sent(cloud: Cloud, method: str, path: str, body: Any) -> Any:
    """The answer to a document."""
    return cloud.call(method, path, json.dumps(body).encode(), content_type="application/json")


def test_compliance_is_told(cloud: Cloud) -> None:
    """Each part of it; a question that is not understood is refused."""
    answer = cloud.call("GET", f"/api/compliance?owner={HUB.name}&state=parked&top=5")
    assert answer.status == 200
    parts = {"at", "events", "pending", "findings", "serviceLevels", "policy", "sweep", "links"}
    assert set(answer.json()) == parts
    answer = cloud.call("GET", "/api/compliance?state=x&top=0")
    assert answer.status == 400
    assert [error["path"] for error in answer.json()["errors"]] == ["state", "top"]


def test_an_exemption_comes_and_goes(cloud: Cloud, tiers: tuple[Onboarded, ...]) -> None:
    """At a tenant that was just onboarded: granted, changed, shown, listed and taken back."""
    path = "/api/exemptions/end-to-end"
    expires = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    wanted = {
        "rule": "monitoring",
        "scope": f"{tiers[0].subscription}/resourceGroups/none",
        "reason": "tried out",
        "by": "ann",
        "expires": expires,
    }
    assert sent(cloud, "PUT", path, wanted).status == 201
    assert sent(cloud, "PUT", path, wanted | {"reason": "tried again"}).status == 200
    shown = cloud.call("GET", path)
    assert (shown.status, shown.json()["reason"], shown.json()["holds"]) == (
        200,
        "tried again",
        True,
    )
    assert shown.json() in cloud.call("GET", "/api/exemptions").json()["value"]
    assert [cloud.call("DELETE", path).status for _ in range(2)] == [204, 404]
    assert sent(cloud, "PUT", path, {}).status == 400


def test_what_was_not_found_cannot_be_acted_on(cloud: Cloud) -> None:
    """It says so."""
    body = {"resourceId": f"{GROUP}/none", "rule": "monitoring", "action": "reset"}
    answer = sent(cloud, "POST", "/api/compliance/findings", body)
    assert (answer.status, answer.json()["code"]) == (404, "FindingNotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/compliance"),
        ("POST", "/api/compliance/sweep"),
        ("POST", "/api/compliance/findings"),
        ("GET", "/api/exemptions"),
        ("PUT", "/api/exemptions/x"),
        ("DELETE", "/api/exemptions/x"),
    ],
)
def test_nobody_is_let_in_without_a_token(cloud: Cloud, method: str, path: str) -> None:
    """To look or to act."""
    body = b"{}" if method in {"POST", "PUT"} else None
    assert cloud.call(method, path, body, who="").status == 401
