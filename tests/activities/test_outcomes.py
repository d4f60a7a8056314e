"""Errors of ours become outcomes; others are crashes and pass."""

import pytest

from activities.outcomes import outcome_of
from landing_zone.contracts import Outcome
from landing_zone.errors import (
    ConfigurationError,
    OperationFailedError,
    PermanentError,
    TemporaryError,
)

BUSY = TemporaryError("Busy", "wait", 3.0)
WRONG = PermanentError("Wrong", "no", "mend it")


async def raising(error: Exception) -> Outcome:
    """Work that fails."""
    raise error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BUSY, Outcome(state="retry", wait=3.0, code="Busy", message="wait")),
        (TemporaryError("Busy", "wait"), Outcome(state="retry", code="Busy", message="wait")),
        (
            TemporaryError("Busy", "wait", 0.0),
            Outcome(state="retry", wait=0.0, code="Busy", message="wait"),
        ),
        (WRONG, Outcome(state="failed", code="Wrong", message="no", hint="mend it")),
        (
            OperationFailedError(BUSY),
            Outcome(state="retry", wait=3.0, operation_failed=True, code="Busy", message="wait"),
        ),
        (
            OperationFailedError(WRONG),
            Outcome(
                state="failed", operation_failed=True, code="Wrong", message="no", hint="mend it"
            ),
        ),
        (
            ConfigurationError("settings: x"),
            Outcome(state="failed", code="Configuration", message="settings: x"),
        ),
    ],
    ids=str,
)
async def test_each_error_of_ours_has_its_outcome(error: Exception, outcome: Outcome) -> None:
    """With everything that an orchestrator decides by."""
    assert await outcome_of(raising(error)) == outcome


async def test_mistake_of_ours_is_a_crash() -> None:
    """The host retries it and logs it; it is no refusal of Azure's."""
    with pytest.raises(ZeroDivisionError):
        await outcome_of(raising(ZeroDivisionError()))


async def test_success_passes() -> None:
    """Unchanged."""

    async def work() -> Outcome:
        return Outcome(state="done", wrote=True)

    assert await outcome_of(work()) == Outcome(state="done", wrote=True)
