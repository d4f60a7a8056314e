"""Lets the rogue act, all at once, and watches Resource Manager until each act is undone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from threading import Thread
from typing import Protocol

from localcloud.demo.mischief import Act, Held
from localcloud.demo.rogue import ArmRefusedError, Write

POLL_SECONDS = 0.2
MOST_SECONDS = 40.0
"""How long a repair may take by the clock: what is not scaled is the machine's own work."""

MOST_AZURE_SECONDS = 1800.0
"""How long a repair may take at Azure's own pace, where that is more."""


class State(StrEnum):
    """How far an act has come."""

    ACTING = "acting"
    BROKEN = "broken"
    REPAIRED = "repaired"
    LEFT = "not repaired"
    REFUSED = "refused"


_OVER = frozenset({State.REPAIRED, State.LEFT, State.REFUSED})


class Doer(Protocol):
    """Who acts."""

    def do(self, writes: Sequence[Write]) -> float:
        """Do it all; returns when it was done, on the clock of the watch."""


class Holder(Protocol):
    """Resource Manager."""

    def resources(self) -> Held:
        """What it holds now."""


@dataclass(slots=True)
class Case:
    """An act and what became of it.

    Attributes:
        act: What is done.
        state: How far it has come.
        broken_at: When Azure had ended the change, on the clock of the watch.
        seconds: From then until Resource Manager was seen to hold all as before.
        trouble: Why it could not be done; empty where it could.
    """

    act: Act
    state: State = State.ACTING
    broken_at: float | None = None
    seconds: float | None = None
    trouble: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more is waited for."""
        return self.state in _OVER


class RepairView(Protocol):
    """Shows what the rogue does, and what is repaired."""

    def update(self, cases: Sequence[Case]) -> None:
        """Show how far all have come."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How repairs are waited for.

    Attributes:
        patience: Longest time for all of them, in seconds.
        clock: Seconds by the clock.
        pause: Waits for so many seconds.
    """

    patience: float
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def patience(speed: float) -> float:
    """How long to wait for repairs at a speed, in seconds by the clock."""
    return max(MOST_SECONDS, MOST_AZURE_SECONDS / speed)


def watch_repairs(
    acts: Sequence[Act], rogue: Doer, arm: Holder, view: RepairView, watch: Watch
) -> list[Case]:
    """Do all acts at once and watch until each is undone, or time is up; returns all cases.

    Each act has a thread of its own, which does not outlive the program.

    Raises:
        OSError: Resource Manager does not answer.
        ApiError: It does not tell what it holds.
    """
    cases = [Case(act) for act in acts]
    view.update(cases)
    end = watch.clock() + watch.patience
    for case in cases:
        Thread(target=_act, args=(case, rogue), daemon=True).start()
    while not all(case.over for case in cases):
        watch.pause(POLL_SECONDS)
        # What becomes broken after this moment is not judged by what was held before.
        broken = _broken(cases)
        if broken:
            _judge(broken, arm.resources(), watch.clock())
        if watch.clock() > end:
            _give_up(cases)
        view.update(cases)
    return cases


def _act(case: Case, rogue: Doer) -> None:
    """Notes how it went; what that means is for the watch to say."""
    try:
        case.broken_at = rogue.do(case.act.writes)
    except (ArmRefusedError, HTTPException, OSError) as error:
        case.trouble = str(error) or type(error).__name__


def _broken(cases: Sequence[Case]) -> list[Case]:
    for case in cases:
        if case.state is State.ACTING and case.trouble:
            case.state = State.REFUSED
        elif case.state is State.ACTING and case.broken_at is not None:
            case.state = State.BROKEN
    return [case for case in cases if case.state is State.BROKEN]


def _judge(broken: Sequence[Case], held: Held, now: float) -> None:
    for case in broken:
        if case.act.is_undone(held) and case.broken_at is not None:
            case.seconds = now - case.broken_at
            case.state = State.REPAIRED


def _give_up(cases: Sequence[Case]) -> None:
    for case in cases:
        if not case.over:
            case.state = State.LEFT
