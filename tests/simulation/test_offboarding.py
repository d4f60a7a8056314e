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
from tests.simulation.matrix import Case, cases, sample
from tests.simulation.simulation import simulation
from tests.unit.strategies import TIERS

SAMPLE: Final = 45
SEED: Final = 23
UNDO: Final = tuple(case for case in cases() if KINDS[case.kind].phase == "undo")


def undo_sample(number: int, seed: int) -> list[Case]:
    """Some failures of what takes resources back, the same in every run: each kind once."""
    dice = random.Random(seed)  # noqa: S311 - choosing tests
    drawn = list(UNDO)
    dice.shuffle(drawn)
    each = list({case.kind: case for case in drawn}.values())
    return [*each, *[case for case in drawn if case not in each][: number - len(each)]]


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


@pytest.mark.parametrize("case", sample(SAMPLE, SEED), ids=lambda case: case.name)
def test_offboarding_after_a_failed_onboarding_gives_azure_back(case: Case) -> None:
    """Each kind of failure once, and others by chance."""
    leave_after_failed_onboarding(case)


@pytest.mark.parametrize("case", undo_sample(SAMPLE, SEED), ids=lambda case: case.name)
def test_offboarding_that_fails_goes_on_when_asked_again(case: Case) -> None:
    """Each kind of failure once, and others by chance: with nothing left in the end."""
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
