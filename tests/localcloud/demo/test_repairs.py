"""Repairs are watched in Resource Manager, and timed without flattery."""

from collections.abc import Callable, Sequence
from io import StringIO
from threading import Event

import pytest
from rich.console import Console

from localcloud.demo.mischief import Act, Held
from localcloud.demo.repair_views import RepairBoard, RepairLines, show_repairs
from localcloud.demo.repairs import Case, State, Watch, patience, watch_repairs
from localcloud.demo.rogue import ArmRefusedError, Write

BROKEN: Held = {"drift": {}}
WHOLE: Held = {}
SPEED = 60.0


def act(title: str = "opened storage to the internet", path: str = "/a") -> Act:
    """An act that shows as long as there is drift."""
    write = Write("DELETE", path, "1")
    return Act(title, "contoso", "stcontoso", (write,), lambda held: "drift" not in held)


class FakeRogue:
    """Does everything at once, but what is refused.

    Attributes:
        done: Set when he has done it, or been refused.
    """

    def __init__(self, refusal: str | None = None, at: float = 0.0) -> None:
        self.done = Event()
        self._refusal = refusal
        self._at = at

    def do(self, writes: Sequence[Write]) -> float:
        """Do it, or not."""
        assert writes
        self.done.set()
        if self._refusal is not None:
            raise ArmRefusedError(self._refusal)
        return self._at


class FakeArm:
    """Holds one thing after the other; the last one stays."""

    def __init__(self, *held: Held) -> None:
        self._held = list(held)

    def resources(self) -> Held:
        """The next one."""
        return self._held.pop(0) if len(self._held) > 1 else self._held[0]


class FakeView:
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[list[State]] = []

    def update(self, cases: Sequence[Case]) -> None:
        """Note how far all have come."""
        self.shown.append([case.state for case in cases])


def passing(rogue: FakeRogue, patience: float, seconds: float = 0.0) -> Watch:
    """A watch whose time passes only by its pauses, and that lets the rogue act in the first."""
    now = [0.0]

    def pause(_seconds: float) -> None:
        assert rogue.done.wait(10)
        now[0] += seconds

    return Watch(patience, clock=lambda: now[0], pause=pause)


def watched(
    rogue: FakeRogue, arm: FakeArm, patience: float = 1.0, seconds: float = 0.0
) -> tuple[list[Case], list[list[State]]]:
    """Watch one act; its case, and the states that were shown."""
    view = FakeView()
    cases = watch_repairs([act()], rogue, arm, view, passing(rogue, patience, seconds))
    return cases, view.shown


def test_a_repair_is_seen_when_all_is_as_before() -> None:
    """Not sooner, however often one looks."""
    [case], shown = watched(FakeRogue(), FakeArm(BROKEN, BROKEN, WHOLE))
    assert case.state is State.REPAIRED
    assert shown[0] == [State.ACTING]
    assert shown.count([State.BROKEN]) == 2
    assert shown[-1] == [State.REPAIRED]


def test_a_repair_takes_from_the_change_to_the_look_that_shows_it() -> None:
    """The time of the change is the rogue's to say."""
    rogue = FakeRogue(at=-2.0)
    [case], _ = watched(rogue, FakeArm(BROKEN, WHOLE), patience=1e9, seconds=5.0)
    assert case.seconds is not None
    assert case.seconds % 5.0 == 2.0
    assert case.seconds >= 12.0


def test_what_is_not_repaired_in_time_is_given_up() -> None:
    """It has no time."""
    [case], _ = watched(FakeRogue(), FakeArm(BROKEN), patience=1.0, seconds=0.2)
    assert (case.state, case.seconds) == (State.LEFT, None)


@pytest.mark.parametrize("refusal", ["HTTP 403: no", ""])
def test_what_is_refused_is_not_waited_for(refusal: str) -> None:
    """With the reason, if there is one."""
    [case], _ = watched(FakeRogue(refusal), FakeArm(BROKEN))
    assert case.state is State.REFUSED
    assert case.trouble == (refusal or "ArmRefusedError")


def test_patience_is_that_of_the_clock_or_of_azure() -> None:
    """Whichever is longer: what the machine does is not scaled."""
    assert patience(60) == 40
    assert patience(1) == 1800


def ended() -> list[Case]:
    """One case of each end."""
    refused = act("peered two spokes", "/c")
    return [
        Case(act(), State.REPAIRED, broken_at=0.0, seconds=0.75),
        Case(act("stripped all required tags"), State.REPAIRED, broken_at=0.0, seconds=1.5),
        Case(act("deleted a DNS zone link", "/b"), State.LEFT, broken_at=0.0),
        Case(refused, State.REFUSED, trouble="HTTP 403: [no]"),
    ]


def shown(show: Callable[[Console], object], width: int = 80) -> list[str]:
    """The lines that are shown."""
    file = StringIO()
    show(Console(file=file, width=width, force_terminal=True, color_system=None))
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [70, 80, 100, 160])
def test_the_board_shows_both_times_and_fits(width: int) -> None:
    """At Azure's own pace, and here."""
    board = RepairBoard(SPEED, clock=lambda: 2.0)
    running = [Case(act("added a public IP address"), State.BROKEN, broken_at=1.0)]
    board.update([*ended(), *running])
    lines = shown(lambda console: console.print(board), width)
    assert len(lines) == 6
    assert max(map(len, lines)) < width
    assert lines[1].startswith("✔ opened storage to the internet")
    assert lines[1].endswith("repaired    45 s  0.8 s")
    assert "not repaired" in lines[3]
    assert lines[5].endswith("broken    60 s  1.0 s")
    assert ("contoso: stcontoso" in lines[1]) is (width >= 100)


def test_the_summary_names_the_slowest_and_what_is_left() -> None:
    """Whoever reads only this knows enough."""
    whole: list[bool] = []
    lines = shown(lambda console: whole.append(show_repairs(console, ended(), SPEED)), 200)
    assert whole == [False]
    assert lines[1] == (
        "Repaired 2 of 4, each seen in Resource Manager itself; the slowest"
        " (stripped all required tags) took 90 s of Azure's time (1.5 s here)."
    )
    assert lines[2] == "  not repaired: deleted a DNS zone link (contoso: stcontoso)"
    assert lines[3].endswith("refused: peered two spokes (contoso: stcontoso: HTTP 403: [no])")


def test_without_a_terminal_each_act_and_each_end_is_one_line() -> None:
    """An act that was undone between two looks is told nevertheless."""
    lines: list[str] = []
    view = RepairLines(lines.append, SPEED)
    cases = ended()
    view.update([Case(act())])
    view.update([Case(act(), State.BROKEN, broken_at=0.0)])
    assert lines == ["opened storage to the internet (contoso: stcontoso)"]
    view.update(cases)
    view.update(cases)
    assert lines[1:] == [
        "   repaired after 45 s of Azure's time (0.8 s here): opened storage to the internet",
        "stripped all required tags (contoso: stcontoso)",
        "   repaired after 90 s of Azure's time (1.5 s here): stripped all required tags",
        "   not repaired: deleted a DNS zone link",
        "   refused: peered two spokes: HTTP 403: [no]",
    ]
