"""Waits for a person, durably, before an operation is begun."""

from typing import Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Wait
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.progress import LiveStatus
from landing_zone.retries import RetryPolicy
from orchestrators.calls import Steps, WaitNote, settle

LOOK_RETRY: Final = RetryPolicy(deadline_seconds=1800.0)
"""Bounds of one look; where they are not enough, the operation is taken up again by a timer."""

DECIDED: Final = "approval-decided"
"""The event that tells that it is time to look again."""


def await_approval(
    context: DurableOrchestrationContext, operation: OperationRef
) -> Steps[Outcome | None]:
    """Wait until the operation may be begun, as long as it takes.

    1. Look: whether approval is needed, what was decided, what is due. The record knows; where it
       has nothing to wait for, that is all.
    2. Wait for the event that tells of a decision, or until it is time to look all the same: an
       event can be lost, a decision that is on the record cannot.
    3. Begin the history anew, and look again.

    Each wait is the last thing of its history: that stays short, however long a person takes, and
    no event can go to a wait that is over.

    Returns:
        Done: it may be begun. Failed: it is over. None: the history is to be begun anew.
    """
    note = _Note(context)
    outcome = yield from settle(context, "look_at_approval", operation, LOOK_RETRY, note)
    if outcome.state == "failed" or outcome.until is None:
        return outcome
    note.show(outcome.message)
    told = context.wait_for_external_event(DECIDED)
    timer = context.create_timer(outcome.until)
    yield context.task_any([told, timer])
    if not timer.is_completed:
        timer.cancel()
    return None


class _Note(WaitNote):
    """Shows what is waited for."""

    def __init__(self, context: DurableOrchestrationContext) -> None:
        self._context = context
        self._started_at = context.current_utc_datetime

    def __call__(self, wait: Wait) -> None:
        """Show a wait of our own."""
        self.show(f"waiting {wait.seconds:.3g} s: {wait.cause}")

    def show(self, cause: str) -> None:
        """Show a cause."""
        status = LiveStatus(started_at=self._started_at, cause=cause)
        self._context.set_custom_status(status.dump())
