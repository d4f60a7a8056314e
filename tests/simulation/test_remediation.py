"""Drift of every kind, told by events, on the genuine local Azure Resource Manager."""

from collections.abc import Iterator

import pytest

from landing_zone.remediation.findings import FindingState
from tests.simulation.drifting import Drifting, drifting
from tests.simulation.drifts import DRIFTS
from tests.simulation.requests import request_of


@pytest.fixture(scope="module")
def ground() -> Iterator[Drifting]:
    """Two tenants, who share it: each test leaves it as it was."""
    with drifting(request_of("namespace"), request_of("namespace", "fabrikam")) as found:
        yield found


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_is_repaired_and_verified(ground: Drifting, name: str) -> None:
    """Azure is as before; the finding says so; the same events once more change nothing."""
    before = ground.held()
    drift = DRIFTS[name]

    async def happen() -> None:
        drift.make(ground)
        await ground.passed()
        assert ground.held() != before
        told = await ground.repair()
        assert told
        ground.clear_log()
        await ground.deliver([*told, *reversed(told)])
        await ground.remediated()

    ground.run(happen)
    assert ground.held() == before
    assert ground.findings()[drift.rule].state is FindingState.FIXED
    assert ground.writes() == []
    assert ground.simulation.engine.crashes == []
