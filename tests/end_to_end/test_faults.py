"""Failures of Azure, injected at any call of an onboarding."""

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.checks import (
    assert_audit_verifies,
    assert_connected,
    assert_whole,
    checked_cloud,
    leftovers,
)
from tests.end_to_end.cloud import Cloud, example
from tests.nightly import by_day

SPEED = 1000.0
CALLS = 210
"""Calls that an undisturbed onboarding makes, about."""

STRIDE = 6
"""Of the calls of an onboarding each so many is hit here; tests/simulation hits every resource."""

SEED = 7
FAULTS: dict[str, dict[str, Any]] = {
    "429-short": {"preset": "throttled"},
    "429-long": {"preset": "throttled-long"},
    "429-without-retry-after": {"preset": "throttled-without-retry-after"},
    "409-busy": {"preset": "another-operation-in-progress"},
    "500": {"preset": "internal-error", "count": 2},
    "reset": {"preset": "connection-reset"},
    "reset-after-acceptance": {"preset": "reset-after-acceptance"},
    "timeout-after-acceptance": {"preset": "timeout-after-acceptance"},
}
LASTING: dict[str, dict[str, Any]] = {
    "policy": {"preset": "disallowed-by-policy"},
    "operation-fails": {"preset": "operation-fails"},
    "forbidden": {"preset": "forbidden"},
    "stuck": {"preset": "stuck-updating"},
    "overlap": {"preset": "address-spaces-overlap"},
    "orphan-peering": {"preset": "another-peering-references-remote"},
}
_names = count(1)


SETTINGS = {
    "SPOKEWRIGHT_RETRY_DEADLINE_SECONDS": "10",
    "SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2",
}
"""Patience is short here."""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud that fails as it is told to."""
    with checked_cloud(tmp_path_factory.mktemp("troubled"), speed=SPEED, **SETTINGS) as found:
        yield found


@pytest.fixture
def troubled_alone(tmp_path: Path) -> Iterator[Cloud]:
    """One of its own: a hub has room for some hundred tenants only."""
    with checked_cloud(tmp_path, speed=SPEED, **SETTINGS) as found:
        yield found


def spots() -> list[tuple[str, int]]:
    """For each fault a call that it hits, the same in every run."""
    dice = random.Random(SEED)  # noqa: S311 - places of a test
    return [(name, dice.randint(1, CALLS)) for name in FAULTS]


def _spots_by_day() -> list[tuple[str, int]]:
    # The connection's own failures are what a simulation cannot show.
    chosen = {"429-short", "500", "reset-after-acceptance", "timeout-after-acceptance"}
    return [spot for spot in spots() if spot[0] in chosen]


def disturbed(cloud: Cloud, fault: dict[str, Any], nth: int) -> None:
    """Onboard a tenant under a fault: it becomes active, or leaves nothing that is not listed."""
    before = {str(item["id"]).lower() for item in cloud.resources()}
    tenant_id = f"troubled-{next(_names)}"
    match = {**fault.get("match", {}), "nth": nth}
    added = cloud.arm("/_local/faults", {**fault, "match": match})
    assert added.status == 201, added.body
    try:
        assert cloud.post(example(tenantId=tenant_id)).status == 202
        tenant = cloud.settled(tenant_id, 60)
    finally:
        assert cloud.arm("/_local/faults", method="DELETE").status < 300
    if tenant["state"] == "active":
        assert_whole(cloud, tenant_id)
        assert_connected(cloud, tenant_id)
    else:
        assert tenant["reason"]
        assert leftovers(cloud, tenant, before) == set()
    assert_audit_verifies(cloud, tenant_id)


@pytest.mark.parametrize(("name", "nth"), by_day(spots(), _spots_by_day()))
def test_a_passing_failure_is_got_over(troubled: Cloud, name: str, nth: int) -> None:
    """Completed, or taken back; nothing is left unlisted."""
    disturbed(troubled, FAULTS[name], nth)


@pytest.mark.parametrize("name", by_day(LASTING, ["policy", "stuck", "orphan-peering"]))
def test_a_lasting_failure_is_taken_back_or_listed(troubled: Cloud, name: str) -> None:
    """What cannot be made is taken back, with a reason that a person can act on."""
    disturbed(troubled, LASTING[name], 3)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", FAULTS)
def test_a_failure_of_any_call_is_got_over(troubled_alone: Cloud, name: str) -> None:
    """Calls from the first to the last, one after the other."""
    for nth in range(1, CALLS + 1, STRIDE):
        disturbed(troubled_alone, FAULTS[name], nth)
