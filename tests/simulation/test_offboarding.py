"""Offboarding after onboarding gives Azure back as it was, whatever happens in between."""

import random
from typing import Final

import pytest

from tests.simulation.kinds import KINDS
from tests.simulation.leaving import (
    assert_gone,
    dump,
    failed_onboarding,
    lived,
    offboard,
    onboard,
    request_for,
    strike,
)
from tests.simulation.matrix import Case, cases
from tests.simulation.simulation import simulation
from tests.unit.strategies import TIERS

SAMPLE: Final = 8
SEED: Final = 23
UNDO: Final = tuple(case for case in cases() if KINDS[case.kind].phase == "undo")


def few(among: tuple[Case, ...], seed: int) -> list[Case]:
    """Some cases, the same in every run."""
    return random.Random(seed).sample(among, SAMPLE)  # noqa: S311 - choosing tests


def each_kind(among: tuple[Case, ...], seed: int) -> list[Case]:
    """One case of each kind, the same in every run."""
    drawn = random.Random(seed).sample(among, len(among))  # noqa: S311 - choosing tests
    return list({case.kind: case for case in drawn}.values())


def leave_after_failed_onboarding(case: Case) -> None:
    """Onboard while a failure strikes; offboard what came of it."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await failed_onboarding(world, case)
            assert_gone(world, before, await offboard(world, record.tenant_id))

        lived(world, life())


def leave_under_failure(case: Case) -> None:
    """Onboard; offboard while a failure strikes, and again without it."""
    with simulation() as world:
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request_for(world, case.tier, "vend"))
            strike(world, case)
            assert_gone(world, before, await offboard(world, record.tenant_id))

        lived(world, life())


@pytest.mark.parametrize("mode", ["vend", "adopt"])
@pytest.mark.parametrize("tier", TIERS)
def test_offboarding_gives_azure_back_as_it_was(tier: str, mode: str) -> None:
    """The whole dump is what it was, but for what the certificate lists as parked."""
    with simulation() as world:
        request = request_for(world, tier, mode)
        before = dump(world)

        async def life() -> None:
            record = await onboard(world, request)
            assert record.reason == ""
            assert_gone(world, before, await offboard(world, record.tenant_id))

        lived(world, life())


@pytest.mark.parametrize("case", few(cases(), SEED), ids=lambda case: case.name)
def test_offboarding_after_a_failed_onboarding_gives_azure_back(case: Case) -> None:
    """Cases by chance: all are tried in the nightly profile."""
    leave_after_failed_onboarding(case)


@pytest.mark.parametrize("case", each_kind(UNDO, SEED), ids=lambda case: case.name)
def test_offboarding_that_fails_goes_on_when_asked_again(case: Case) -> None:
    """Each kind of failure once: with nothing left in the end."""
    leave_under_failure(case)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tier", TIERS)
def test_any_failure_of_an_onboarding_is_offboarded(tier: str, kind: str) -> None:
    """At every resource of a tier, one after the other."""
    problems = []
    for case in cases():
        if (case.tier, case.kind) == (tier, kind):
            try:
                leave_after_failed_onboarding(case)
            except AssertionError as error:
                problems.append(f"{case.name}: {error}")
    assert not problems, "\n".join(problems)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", sorted({case.kind for case in UNDO}))
@pytest.mark.parametrize("tier", TIERS)
def test_any_failure_of_an_offboarding_is_gone_past(tier: str, kind: str) -> None:
    """At every resource of a tier, one after the other."""
    problems = []
    for case in UNDO:
        if (case.tier, case.kind) == (tier, kind):
            try:
                leave_under_failure(case)
            except AssertionError as error:
                problems.append(f"{case.name}: {error}")
    assert not problems, "\n".join(problems)
