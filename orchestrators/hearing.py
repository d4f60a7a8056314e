"""How an orchestration that waits hears what an operator asks for.

Only waits are cut short: nothing is asked for this in the ordinary case, and nothing is read. An
event that comes while an activity runs is there when the next wait begins.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.contracts import Contract, OperationRef, Outcome
from landing_zone.explaining.acts import Act, Deed, Hearing, Stopping, event_name
from landing_zone.explaining.heeding import stopped
from landing_zone.retries import RetryPolicy
from orchestrators.calls import Steps, WaitNote, settle

FAR: Final = timedelta(days=1)
"""A time that nobody waits for: the extension goes on with what follows only once something of what
is awaited together has happened, so that an event is never awaited alone."""

TELLING: Final = RetryPolicy(max_attempts=6, deadline_seconds=120.0)
"""Bounds of noting what was heard, and of telling it to others."""


class Ear:
    """Hears the acts of one orchestration, one after the other."""

    def __init__(
        self, context: DurableOrchestrationContext, operation: OperationRef, heard: int = 0
    ) -> None:
        """Begin to listen.

        Args:
            context: The orchestration's context.
            operation: The operation that it is part of.
            heard: How many acts it has heard before its history was begun anew.
        """
        self.heard = heard
        self.operation = operation
        self._context = context
        self._event: Any = None
        self._far: Any = None

    def hear(self, until: datetime) -> Steps[Act | None]:
        """Wait until then, or until there is an act; None when the time has come."""
        clock = self._context.create_timer(until)
        yield self._context.task_any([self._next(), clock])
        if not clock.is_completed:
            clock.cancel()
        return self.take()

    def beside(self, *, first: bool) -> list[Any]:
        """What is awaited beside other tasks.

        Args:
            first: Whether those others are begun at the same time.
        """
        if self._far is not None and self._far.is_completed:
            self._far = None
        if self._event is None and not first:
            self.rest()
            self._far = self._context.create_timer(self._context.current_utc_datetime + FAR)
        event = self._next()
        return [event] if self._far is None else [event, self._far]

    def rest(self) -> None:
        """Wait beside others no more."""
        if self._far is not None and not self._far.is_completed:
            self._far.cancel()
        self._far = None

    def take(self) -> Act | None:
        """The act that has come, if one has."""
        if self._event is None or not self._event.is_completed:
            return None
        act = Act.told(self._event.result)
        self._event = None
        self.heard += 1
        return act

    def _next(self) -> Any:
        if self._event is None:
            name = event_name(self.operation, self.heard + 1)
            self._event = self._context.wait_for_external_event(name)
        return self._event


class Attention:
    """What an operation's own orchestration makes of what it hears.

    Attributes:
        ear: Where it hears.
        open: Whether it can go on no further now: there is a way back, and it is not on it.
        again: Whether what has failed is to be begun again.
        on_again: Told that some resources are begun again, for the n-th time.
    """

    def __init__(
        self,
        context: DurableOrchestrationContext,
        operation: OperationRef,
        on_again: Callable[[int, frozenset[str]], None],
    ) -> None:
        """Begin with nothing asked for."""
        self.ear = Ear(context, operation)
        self.open = True
        self.again = False
        self.on_again = on_again
        self._context = context
        self._stop: Act | None = None

    @property
    def problem(self) -> Outcome | None:
        """Why it goes on no further, if it was asked not to."""
        return None if self._stop is None else stopped(self._stop)

    def pause(self, seconds: float) -> Steps[Act | None]:
        """Wait; an act that ends the wait is given."""
        until = self._context.current_utc_datetime + timedelta(seconds=seconds)
        while True:
            act = yield from self.ear.hear(until)
            if act is None or (yield from self.mind(act, retry="called again")):
                return act

    def mind(self, act: Act, *, retry: str) -> Steps[bool]:
        """Note an act; whether it changes what is done.

        Args:
            act: What was heard.
            retry: What calling again means here; empty where it means nothing.
        """
        stops = act.deed is Deed.COMPENSATE and self.open
        if stops:
            self._stop, self.open = act, False
        retries = act.deed is Deed.RETRY and bool(retry)
        told = "goes on no further" if stops else retry if retries else "came too late"
        yield from noted(self._context, self.ear.operation, act, told)
        return stops or retries

    def pass_on(self, act: Act, instances: tuple[str, ...]) -> Steps[None]:
        """Let those who work on resources hear that they are to end."""
        data = Stopping(operation=self.ear.operation, instances=instances, act=act)
        yield from _attempt(self._context, "pass_on", data)


def noted(
    context: DurableOrchestrationContext, operation: OperationRef, act: Act, told: str
) -> Steps[None]:
    """Note that an act has been heard: it is told again as long as this is not noted."""
    yield from _attempt(context, "hear_act", Hearing(operation=operation, act=act, told=told))


def _attempt(context: DurableOrchestrationContext, activity: str, data: Contract) -> Steps[None]:
    try:
        yield from settle(context, activity, data, TELLING, WaitNote())
    except Exception:  # noqa: BLE001 - what was asked for is done, whether it can be noted or not
        return
