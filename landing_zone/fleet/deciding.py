"""What comes next in a rollout, and when it is halted. Pure: a rollout gives another one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from landing_zone.errors import PermanentError
from landing_zone.fleet.model import (
    MOVING,
    Member,
    MemberState,
    Rollout,
    RolloutState,
    UnderWay,
)

TURNS: Final = 6
"""Turns over a ring: a tenant that has no time in any of them is skipped."""

TURN_WAIT: Final = timedelta(minutes=10)
"""Time that busy tenants are given before they are asked again."""


def too_many(rollout: Rollout) -> str:
    """Why it is to be halted; empty where it is not. A failure more never makes it go on."""
    total = sum(tally.failures for tally in rollout.tallies)
    if total > rollout.threshold.failures:
        return f"{total} failures, and {rollout.threshold.failures} are put up with"
    for ring, tally in zip(rollout.rings, rollout.tallies, strict=True):
        if tally.failures * 100 > rollout.threshold.percent * tally.enrolled:
            return (
                f"{tally.failures} failures of {tally.enrolled} tenants in ring {ring.name}, "
                f"and {rollout.threshold.percent} % are put up with"
            )
    return ""


def room(rollout: Rollout, now: datetime) -> int:
    """How many tenants may be begun with now."""
    turning = rollout.back and any(not one.back for one in rollout.under_way)
    if rollout.state not in MOVING or not rollout.enrolled or turning or too_many(rollout):
        return 0
    if rollout.swept or (rollout.not_before is not None and now < rollout.not_before):
        return 0
    return max(0, rollout.at_once - len(rollout.under_way))


def is_due(member: Member, turn: int) -> bool:
    """Whether a row is to be judged in a turn.

    One that was judged in this very turn is judged again: who did so died before it was counted.
    """
    if member.turn == turn:
        return True
    return member.state in {MemberState.PENDING, MemberState.WAITING}


def with_judged(rollout: Rollout, members: Iterable[Member]) -> Rollout:
    """The rollout once some tenants of a turn were found to need nothing, or to have no time."""
    for member in members:
        if member.state is MemberState.WAITING:
            rollout = rollout.model_copy(update={"waiting": rollout.waiting + 1})
        else:
            rollout = _counted(rollout, member)
    return rollout


def with_ended(rollout: Rollout, ended: Iterable[Member]) -> Rollout:
    """The rollout once some of those under way have ended: each is counted once, and halts it."""
    known = {one.tenant_id: one for one in rollout.under_way}
    ended = [member for member in ended if member.tenant_id in known]
    gone = {member.tenant_id for member in ended}
    left = tuple(one for one in rollout.under_way if one.tenant_id not in gone)
    return _halted(with_judged(rollout.model_copy(update={"under_way": left}), ended))


def _counted(rollout: Rollout, member: Member) -> Rollout:
    """Counted; who comes back is upgraded no more."""
    if member.state in {MemberState.RETURNED, MemberState.KEPT, MemberState.STRANDED}:
        rollout = rollout.counting(member.ring, MemberState.UPGRADED, -1)
    return rollout.counting(member.ring, member.state)


def _halted(rollout: Rollout) -> Rollout:
    trouble = too_many(rollout)
    if not trouble or rollout.state not in MOVING:
        return rollout
    return _changed(rollout, state=RolloutState.HALTED, trouble=trouble)


def with_begun(rollout: Rollout, begun: Iterable[UnderWay]) -> Rollout:
    """The rollout once it is decided to begin with some tenants."""
    begun = tuple(begun)
    orders = max((one.order for one in begun), default=rollout.orders)
    return rollout.model_copy(
        update={"under_way": (*rollout.under_way, *begun), "orders": max(orders, rollout.orders)}
    )


def onward(rollout: Rollout, now: datetime) -> Rollout:
    """The rollout once a turn has come to its end and nothing of it is under way any more."""
    if rollout.state not in MOVING or not rollout.swept or rollout.under_way:
        return rollout
    if rollout.waiting:
        return rollout.model_copy(update={**_anew(rollout.turn + 1), "not_before": now + TURN_WAIT})
    if rollout.back:
        return _changed(rollout, state=RolloutState.ROLLED_BACK)
    if rollout.ring == len(rollout.rings) - 1:
        return _changed(rollout, state=RolloutState.DONE)
    ring, tally = rollout.rings[rollout.ring], rollout.tallies[rollout.ring]
    # Where nobody was upgraded there is nothing to be watched.
    bakes = timedelta(minutes=ring.bake_minutes if tally.of(MemberState.UPGRADED) else 0)
    return rollout.model_copy(
        update={**_anew(1), "ring": rollout.ring + 1, "not_before": now + bakes}
    )


def _anew(turn: int) -> dict[str, Any]:
    return {"turn": turn, "cursor": "", "swept": False, "waiting": 0}


def is_last_turn(rollout: Rollout) -> bool:
    """Whether who has no time now is skipped."""
    return rollout.turn >= TURNS


def paused(rollout: Rollout) -> Rollout:
    """Nothing more is begun; what is under way ends.

    Raises:
        PermanentError: Nothing is being begun (`NotMoving`).
    """
    if rollout.state not in MOVING:
        raise PermanentError(
            "NotMoving", f"the rollout is {rollout.state.value}: nothing is being begun"
        )
    return _changed(rollout, state=RolloutState.PAUSED)


def resumed(rollout: Rollout) -> Rollout:
    """It goes on the way that it was on; failures so far count against it no more.

    Raises:
        PermanentError: It is neither paused nor halted (`NotPaused`).
    """
    if rollout.state not in {RolloutState.PAUSED, RolloutState.HALTED}:
        raise PermanentError(
            "NotPaused", f"the rollout is {rollout.state.value}, neither paused nor halted"
        )
    state = RolloutState.ROLLING_BACK if rollout.back else RolloutState.RUNNING
    return _changed(_forgiven(rollout), state=state, trouble="")


def rolling_back(rollout: Rollout, allow_data_loss: tuple[str, ...] = ()) -> Rollout:
    """From now on those who were upgraded are brought back, the newest first.

    Raises:
        PermanentError: It is on the way back already, or has been brought back (`RolledBack`).
    """
    if rollout.back:
        raise PermanentError(
            "RolledBack", f"the rollout is {rollout.state.value}, on the way back already"
        )
    return _changed(
        _forgiven(rollout),
        **_anew(1),
        state=RolloutState.ROLLING_BACK,
        back=True,
        enrolled=True,
        not_before=None,
        trouble="",
        allow_return_loss=allow_data_loss,
    )


def _forgiven(rollout: Rollout) -> Rollout:
    tallies = tuple(
        tally.model_copy(update={"forgiven": tally.forgiven + tally.failures})
        for tally in rollout.tallies
    )
    return rollout.model_copy(update={"tallies": tallies})


def halted(rollout: Rollout, trouble: str) -> Rollout:
    """Nothing more is begun, for a reason of ours."""
    if rollout.state not in MOVING:
        return rollout
    return _changed(rollout, state=RolloutState.HALTED, trouble=trouble)


def _changed(rollout: Rollout, **changes: Any) -> Rollout:
    return rollout.model_copy(update={**changes, "changes": rollout.changes + 1})
