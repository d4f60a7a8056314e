"""Many tenants at once, random failures, a host that dies: nothing is used twice or leaked."""

from typing import Final

import pytest

from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.leaks import assert_nothing_is_shared_or_leaked
from tests.nightly import by_day
from tests.simulation.checks import assert_ended_well
from tests.simulation.crowd import Crowd, crowd

SEEDS: Final = range(2)
TENANTS: Final = 3
NIGHTLY_SEEDS: Final = range(100, 115)
NIGHTLY_TENANTS: Final = 12


def assert_all_ended_well(crowded: Crowd, records: list[TenantRecord]) -> None:
    """Each tenant by itself, and all together."""
    ground = crowded.simulation
    for record in records:
        assert_ended_well(ground, record)
    reserved = {
        record.tenant_id: record.reservation for record in records if record.reservation is not None
    }
    held = {tenant: found for (_, tenant), found in ground.world.ledger.held.items()}
    # Which life of the subscription it is held for is for the record alone to know.
    assert held == {
        tenant: found.model_copy(update={"generation": 1}) for tenant, found in reserved.items()
    }
    active = {one.tenant_id for one in records if one.state is TenantState.ACTIVE}
    assert_nothing_is_shared_or_leaked(
        ground.arm.resources(),
        {tenant: found for tenant, found in reserved.items() if tenant in active},
        {tenant: found for tenant, found in reserved.items() if tenant not in active},
    )


def survive(seed: int, tenants: int) -> None:
    """Let a crowd come, and look at what became of it."""
    with crowd(seed, tenants) as crowded:
        records = crowded.run()
        assert crowded.deaths
        assert_all_ended_well(crowded, records)


@pytest.mark.parametrize("seed", by_day(SEEDS, SEEDS[:1]))
def test_a_crowd_survives_failures_and_deaths(seed: int) -> None:
    """Every tenant ends active or taken back."""
    survive(seed, TENANTS)


def test_a_seed_repeats_its_run() -> None:
    """Whoever looks into a failure meets it again."""
    runs = []
    for _ in range(2):
        with crowd(7, 2) as crowded:
            crowded.run()
            runs.append([(one.at, one.method, one.status) for one in crowded.simulation.arm.log])
    assert runs[0] == runs[1]


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", NIGHTLY_SEEDS)
def test_a_large_crowd_survives_failures_and_deaths(seed: int) -> None:
    """Many more, many times."""
    survive(seed, NIGHTLY_TENANTS)
