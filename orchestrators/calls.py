"""Calling activities the way all orchestrators here do: by name, with the host's retries beneath.

An activity tells success, waiting and refusal as an `Outcome`; what it raises is a crash of the
worker or a mistake of ours, which the host retries a few times.
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from landing_zone.attempts import Stop, Wait, after_call
from landing_zone.contracts import Contract, Outcome, Progress
from landing_zone.explaining.acts import Act, Deed
from landing_zone.explaining.heeding import renewed, stopped
from landing_zone.retries import RetryPolicy

CRASH_FIRST_WAIT_MS: Final = 1_000
CRASH_ATTEMPTS: Final = 5

type Steps[T] = Generator[Any, Any, T]


def call(context: DurableOrchestrationContext, activity: str, data: Contract) -> Any:
    """The task of calling an activity, retried when it crashes."""
    options = RetryOptions(CRASH_FIRST_WAIT_MS, CRASH_ATTEMPTS)
    return context.call_activity_with_retry(activity, options, data.dump(), expected_type=dict)


def settle(
    context: DurableOrchestrationContext,
    activity: str,
    data: Contract,
    policy: RetryPolicy,
    on_wait: "WaitNote",
) -> Steps[Outcome]:
    """Call an activity until it is done or failed, waiting in between as it says."""
    progress = Progress(started_at=context.current_utc_datetime)
    name = f"{context.instance_id}/{activity}"
    while True:
        outcome = Outcome.parse((yield call(context, activity, data)))
        decision = after_call(policy, progress, outcome, context.current_utc_datetime, name)
        if isinstance(decision, Stop):
            return decision.outcome
        on_wait(replace(decision, activity=activity))
        act = yield from on_wait.pause(context, decision.seconds)
        progress = decision.progress
        if act is not None and act.deed is Deed.COMPENSATE:
            return stopped(act)
        if act is not None and act.anew:
            progress = renewed(progress, context.current_utc_datetime)


def timer(context: DurableOrchestrationContext, seconds: float) -> Any:
    """The task of waiting durably."""
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


class WaitNote:
    """Told of each wait, which it then waits; this one keeps it to itself."""

    def __call__(self, wait: Wait) -> None:
        """Note that a wait begins."""

    def pause(self, context: DurableOrchestrationContext, seconds: float) -> Steps[Act | None]:
        """Wait; an operator's act that ends the wait is given."""
        yield timer(context, seconds)
        return None
