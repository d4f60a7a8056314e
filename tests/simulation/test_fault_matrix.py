"""Any single failure of Azure, at any resource of the plan: active, or taken back, or listed."""

from typing import Final

import pytest

from localcloud.arm.faults.presets import PRESETS
from tests.simulation.checks import assert_ended_well
from tests.simulation.kinds import KINDS
from tests.simulation.matrix import Case, cases, planned, run_case, sample
from tests.simulation.requests import request_of
from tests.simulation.simulation import simulation
from tests.unit.strategies import TIERS

SAMPLE: Final = 30
SEED: Final = 11


@pytest.mark.parametrize("tier", TIERS)
def test_an_undisturbed_onboarding_ends_whole(tier: str) -> None:
    """Everything of the plan is there, once, and nothing beside it."""
    with simulation() as undisturbed:
        [record] = undisturbed.onboard(request_of(tier))
        assert record.reason == ""
        assert_ended_well(undisturbed, record)
        assert undisturbed.plan_of(record).by_key.keys() == planned(tier).by_key.keys()


def test_every_preset_strikes_somewhere() -> None:
    """The local cloud knows no failure that is not tried here."""
    assert {str(kind.fault["preset"]) for kind in KINDS.values()} == set(PRESETS)


def test_every_resource_is_struck_in_every_tier() -> None:
    """And by every phase that it has."""
    struck = {(case.tier, case.key) for case in cases()}
    assert struck == {(tier, one.key) for tier in TIERS for one in planned(tier).resources}


@pytest.mark.parametrize("case", sample(SAMPLE, SEED), ids=lambda case: case.name)
def test_a_failure_ends_active_or_taken_back(case: Case) -> None:
    """Each kind once, and others by chance."""
    run_case(case)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tier", TIERS)
def test_any_failure_at_any_resource_ends_active_or_taken_back(tier: str, kind: str) -> None:
    """All resources of a tier, one after the other."""
    problems = []
    for case in cases():
        if (case.tier, case.kind) == (tier, kind):
            try:
                run_case(case)
            except AssertionError as error:
                problems.append(f"{case.name}: {error}")
    assert not problems, "\n".join(problems)
