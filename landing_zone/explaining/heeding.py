"""What one who waits makes of an operator's act."""

from dataclasses import dataclass
from datetime import datetime

from landing_zone.attempts import Wait
from landing_zone.contracts import Direction, Outcome, Progress
from landing_zone.explaining.acts import COMPENSATED, GIVEN_UP, Act, Deed


@dataclass(frozen=True)
class Heeded:
    """What becomes of a wait.

    Attributes:
        progress: How far things have come.
        wakes: Whether the next call is made now.
        ends: What it ends with, if it does.
        told: What is made of the act, for the audit.
    """

    progress: Progress
    told: str
    wakes: bool = False
    ends: Outcome | None = None


def heeded(act: Act, wait: Wait, direction: Direction, now: datetime) -> Heeded:
    """What a waiting resource makes of an act.

    A time that Azure asked to wait for is waited for in any case: of a whole subscription that is
    throttled nothing is asked before.

    Args:
        act: What was asked for.
        wait: What is waited for.
        direction: Whether it is being made or taken back.
        now: The time.
    """
    match act.deed:
        case Deed.COMPENSATE:
            return Heeded(wait.progress, "stopped", ends=stopped(act))
        case Deed.SKIP:
            told = "given up" if direction == "apply" else "left as it is"
            return Heeded(wait.progress, told, ends=_given_up(act, wait))
        case Deed.RETRY:
            progress = renewed(wait.progress, now) if act.anew else wait.progress
            if wait.asked:
                return Heeded(progress, "goes on waiting, as Azure has asked for it")
            # What tells of an operation may be what is lost: the resource itself is looked at.
            anew = progress.model_copy(update={"target": None})
            return Heeded(anew, "called again", wakes=True)


def renewed(progress: Progress, now: datetime) -> Progress:
    """The same with attempts and deadline as at the beginning."""
    passed = (now - progress.started_at).total_seconds()
    return progress.model_copy(
        update={"attempts": 0, "failed_operations": 0, "asked_seconds": passed}
    )


def stopped(act: Act) -> Outcome:
    """What ends because the operation goes on no further."""
    return Outcome(
        state="failed",
        code=COMPENSATED,
        message=f"stopped: {act.words}",
        hint="ask for it again once the cause is gone",
    )


def _given_up(act: Act, wait: Wait) -> Outcome:
    return Outcome(
        state="failed",
        code=GIVEN_UP,
        message=f"given up while waiting for {wait.cause}; {act.words}",
        hint="ask for the tenant's update: it is then made",
    )
