"""Every request that the whole plan makes, held against Microsoft's own API descriptions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from landing_zone.applying import apply_request
from landing_zone.plan import Plan
from landing_zone.planning.suspended import powered, suspended
from landing_zone.tenant_request import TenantRequest
from tests.unit.planned_whole import bound_resources, is_arms, wanting, whole_plan_of
from tests.unit.strategies import TIERS, tenant_requests

CHECKER = Path(__file__).resolve().parents[3] / "shared" / "arm-conformance" / "check_arm.py"
RANDOM_REQUESTS = 40
DATABASES = ("cosmos", "postgresql")

pytestmark = pytest.mark.skipif(
    not CHECKER.exists(), reason="../shared/arm-conformance is absent: nothing to check against"
)


def records(made: Plan) -> list[str]:
    """The requests that make a plan, as the checker reads them."""
    lines = []
    for item in bound_resources(made):
        if is_arms(item):
            sent = apply_request(item, None)
            record = {
                "id": item.key,
                "method": sent.method,
                "url": f"https://management.azure.com{sent.path}?api-version={sent.api_version}",
                "body": sent.body,
                "status": None,
                "response": None,
            }
            lines.append(json.dumps(record))
    return lines


def check(lines: list[str], directory: Path) -> None:
    """Let the checker read the records; it says what it finds."""
    file = directory / "records.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, str(CHECKER), "--fail-on", "warn", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert f"{len(lines)} requests" in done.stdout


def test_everything_that_can_be_asked_for_is_written_as_azure_takes_it(tmp_path: Path) -> None:
    """All tiers, with each database and each kind of index."""
    lines: list[str] = []
    for tier in TIERS:
        for database in DATABASES:
            for index in ("shared", "dedicated"):
                data = {"storage": True, "database": database, "vectorIndex": index}
                lines += records(whole_plan_of(wanting(tier, data=data)))
    check(lines, tmp_path)


def test_what_suspends_and_resumes_is_written_as_azure_takes_it(tmp_path: Path) -> None:
    """Every body of a suspended tenant, and the actions that stop and start its cluster."""
    lines: list[str] = []
    for tier in TIERS:
        closed = suspended(whole_plan_of(wanting(tier)))
        lines += records(closed)
        lines += [one for one in records(powered(closed, "Running")) if '"cluster"' in one[:20]]
    sent = [json.loads(line) for line in lines]
    assert [one["url"].rpartition("/")[2][:5] for one in sent if one["id"] == "cluster"] == [
        "stop?",
        "start",
    ]
    check(lines, tmp_path)


def drawn_requests(number: int) -> list[TenantRequest]:
    """Random valid requests, the same ones each time."""
    found: list[TenantRequest] = []

    @settings(
        max_examples=number,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tenant_requests())
    def collect(request: TenantRequest) -> None:
        found.append(request)

    collect()
    return found[:number]


def test_random_requests_are_written_as_azure_takes_them(tmp_path: Path) -> None:
    """Whatever is asked for, no body has a fault that Microsoft's descriptions know."""
    lines = [
        line
        for request in drawn_requests(RANDOM_REQUESTS)
        for line in records(whole_plan_of(request))
    ]
    check(lines, tmp_path)
