"""Rotates a tenant's API key, so that the vault holds a working one at every moment."""

from datetime import timedelta
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Wait
from landing_zone.contracts import Contract, Outcome
from landing_zone.data_planes import KeyName
from landing_zone.key_contracts import KeyTask, RotationEnd, RotationRef, RotationStatus
from landing_zone.key_records import KeyTurn
from landing_zone.retries import RetryPolicy
from orchestrators.calls import Steps, WaitNote, settle, timer

KEY_RETRY: Final = RetryPolicy(deadline_seconds=3600.0)
"""Bounds of each step; what takes longer is left to the next tick of the timer."""

MOST_TURNS: Final = 3
"""Turns of one run: what was due, and what was asked for meanwhile."""


def rotate_key(context: DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """Let the two keys of a tenant's API subscription take turns.

    1. Look: give the vault a working key if it holds none; find out what is to be done, if anything
       is.
    2. Renew the idle key, the one that the vault does not hold.
    3. Wait, durably, until the gateway knows the new key; the vault still holds the other one.
    4. Store the new key in the vault. The key that was there goes on working.
    5. If both were to be made anew: wait, durably, as long as clients were given to read the vault
       again, then renew the other key, too.
    6. Note how it ended, and look again: something may have been asked for meanwhile.
    """
    run = RotationRef.parse(context.get_input(dict)).model_copy(
        update={"started_at": context.current_utc_datetime}
    )
    board = Board(context)
    for _ in range(MOST_TURNS):
        board.show(phase="looking", key=None, full=False)
        looked = yield from settle(context, "look_at_key", run, KEY_RETRY, board)
        if looked.state == "failed":
            return (yield from _ended(context, board, RotationEnd(run=run, ok=False), looked))
        if looked.turn is None or looked.turn.renew is None:
            break
        end = RotationEnd(run=run, turn=looked.turn, ok=True)
        problem = yield from _turned(context, board, run, looked.turn, looked.turn.renew)
        if problem is not None:
            return (yield from _ended(context, board, end, problem))
        ended = yield from _ended(context, board, end, None)
        if not ended["ok"]:
            return ended
    return {"ok": True}


def _turned(
    context: DurableOrchestrationContext,
    board: "Board",
    run: RotationRef,
    turn: KeyTurn,
    renew: KeyName,
) -> Steps[Outcome | None]:
    """What went wrong, if anything did."""
    new = KeyTask(tenant_id=run.tenant_id, place=turn.place, key=renew)
    board.show(phase="renewing", key=renew, full=turn.retire is not None)
    problem = yield from _done(context, board, "renew_key", new)
    if problem is not None:
        return problem
    yield from _wait(context, board, turn.settle_seconds, phase="settling")
    board.show(phase="storing")
    problem = yield from _done(context, board, "store_key", new)
    if problem is not None or turn.retire is None:
        return problem
    yield from _wait(context, board, turn.grace_seconds, phase="grace")
    board.show(phase="retiring")
    old = new.model_copy(update={"key": turn.retire})
    return (yield from _done(context, board, "renew_key", old))


def _done(
    context: DurableOrchestrationContext, board: "Board", activity: str, data: Contract
) -> Steps[Outcome | None]:
    outcome = yield from settle(context, activity, data, KEY_RETRY, board)
    return outcome if outcome.state == "failed" else None


def _wait(
    context: DurableOrchestrationContext, board: "Board", seconds: float, **shown: Any
) -> Steps[None]:
    if seconds > 0:
        until = context.current_utc_datetime + timedelta(seconds=seconds)
        board.show(until=until, **shown)
        yield timer(context, seconds)


def _ended(
    context: DurableOrchestrationContext,
    board: "Board",
    end: RotationEnd,
    problem: Outcome | None,
) -> Steps[dict[str, Any]]:
    if problem is not None:
        told = {"code": problem.code, "reason": problem.message, "hint": problem.hint}
        end = end.model_copy(update={"ok": False, **told})
    board.show(phase="ending")
    noted = yield from settle(context, "end_rotation", end, KEY_RETRY, board)
    return {"ok": end.ok and noted.state == "done"}


class Board(WaitNote):
    """Keeps the custom status: what the rotation is at, for people."""

    def __init__(self, context: DurableOrchestrationContext) -> None:
        """Begin with nothing done."""
        self._context = context
        self._status = RotationStatus(started_at=context.current_utc_datetime, phase="looking")

    def __call__(self, wait: Wait) -> None:
        """Show what is waited for."""
        self.show(cause=f"waiting {wait.seconds:.3g} s: {wait.cause}")

    def show(self, **changes: Any) -> None:
        """Change the status and show it."""
        update = {"cause": "", "until": None, **changes}
        self._status = self._status.model_copy(update=update)
        self._context.set_custom_status(self._status.dump())
