"""Random lives of some tenants: after each step the registry, Azure and the hub agree."""

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Life

STEPS: Final = 20
LIVES: Final = 5
NIGHTLY_STEPS: Final = 40
NIGHTLY_LIVES: Final = 3
FIRST: Final = int(os.environ.get("LIFE_SEED", "1"))
NIGHTLY_SEEDS: Final = range(FIRST, FIRST + 10)


def live(lives: int, steps: int, *, begun_with: int) -> None:
    """Drive some lives, the same for the same seed."""
    chosen = settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        # A failure is told with its steps; to make them fewer takes many lives more.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    seeded = seed(begun_with)(type("SeededLife", (Life,), {}))
    run_state_machine_as_test(seeded, settings=chosen)


@pytest.mark.timeout(600)
def test_a_hundred_steps_of_life() -> None:
    """Some lives."""
    live(LIVES, STEPS, begun_with=0)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", NIGHTLY_SEEDS)
def test_a_thousand_steps_of_life(number: int) -> None:
    """Longer ones, 1,200 steps in all; `LIFE_SEED` names the first of other seeds."""
    live(NIGHTLY_LIVES, NIGHTLY_STEPS, begun_with=number)
