"""Random lives of some tenants: after each step the registry, Azure and the hub agree."""

from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Life

LIVES: Final = 5
STEPS: Final = 20
NIGHTLY_LIVES: Final = 25
NIGHTLY_STEPS: Final = 40


def live(lives: int, steps: int, *, derandomize: bool) -> None:
    """Drive some lives."""
    chosen = settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        derandomize=derandomize,
        database=None,
        # A failure is told with its steps; to make them fewer takes many lives more.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=chosen)


@pytest.mark.timeout(600)
def test_a_hundred_steps_of_life() -> None:
    """The same in every run."""
    live(LIVES, STEPS, derandomize=True)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
def test_a_thousand_steps_of_life() -> None:
    """Others in every run; a failure is told with its steps."""
    live(NIGHTLY_LIVES, NIGHTLY_STEPS, derandomize=False)
