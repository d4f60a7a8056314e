"""Several onboardings side by side, on any terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from localcloud.demo.asking import Asked
from localcloud.demo.board import Board
from localcloud.demo.columns import Column, as_columns
from localcloud.demo.live import LiveView
from localcloud.demo.models import Operation
from localcloud.demo.room import shares
from tests.localcloud.demo.fake_cloud import operation, resource

BUSY = "waiting 0.167 s: the hub's firewall is busy with ipGroups/x: 3 writes to go, 2 tenants wait"
LONG_AGO = "2026-01-01T00:00:00+00:00"


def under_way(count: int, *, hub: bool = True) -> Operation:
    """An operation with so many resources under way, and one that waits for the hub."""
    found = [
        resource(f"part:{number}", f"/subscriptions/s/part-{number}", "running")
        for number in range(count)
    ]
    if hub:
        found.append(
            resource("hub:firewall", "/x/afwp", "running", wait={"cause": BUSY, "until": None})
        )
    return Operation.model_validate(operation("running", found))


def board(*states: Operation | str | None, names: Sequence[str] = ()) -> Board:
    """A board on which each tenant is so far; a text is a refusal."""
    called = names or [f"tenant-{number}" for number in range(len(states))]
    made = Board([Asked(Path(name), b"", name, "namespace") for name in called])
    for column, state in zip(made.columns, states, strict=True):
        if isinstance(state, str):
            column.refused(state)
        elif state:
            column.update(state)
    return made


def drawn(picture: Board | LiveView, width: int = 80, height: int = 24) -> list[str]:
    """The picture's lines, without their ends' blanks."""
    shown = StringIO()
    console = Console(
        file=shown, width=width, height=height, force_terminal=True, color_system=None
    )
    console.print(picture, end="")
    return [line.rstrip() for line in shown.getvalue().splitlines()]


@settings(max_examples=60)
@given(
    width=st.integers(60, 200),
    height=st.integers(12, 60),
    counts=st.lists(
        st.none() | st.integers(0, 40) | st.just("refused\nfor many\nreasons"),
        min_size=2,
        max_size=8,
    ),
)
def test_the_picture_fits_every_terminal_and_keeps_its_height(
    width: int, height: int, counts: list[int | str | None]
) -> None:
    """Nothing scrolls, and nothing jumps, whatever there is to tell."""
    states = [under_way(one) if isinstance(one, int) else one for one in counts]
    running = board(*states, under_way(1))
    empty = board(*[None] * len(states), None)
    lines = drawn(running, width, height)
    assert len(lines) < height
    assert len(lines) == len(drawn(empty, width, height))
    assert max(map(len, lines)) < width


def test_what_the_hub_does_is_told_once_for_all_who_wait() -> None:
    """Its queue has a place of its own; the tenants' lines show what is theirs."""
    lines = drawn(board(under_way(1), under_way(1)))
    shown = " ".join(lines)
    assert shown.count("The hub's firewall is busy with ipGroups/x: 3 writes to go") == 1
    assert "part:0" in shown
    assert "hub:firewall" not in shown


def test_who_waits_for_nothing_but_the_hub_says_so() -> None:
    """Its line is not empty."""
    lines = drawn(board(under_way(0), under_way(1)))
    (waiting,) = [line for line in lines if "hub:firewall" in line]
    assert waiting.startswith("tenant-0")
    assert waiting.endswith("the hub's firewall")


def test_the_longest_comes_first_and_the_rest_is_counted() -> None:
    """With the time it has taken."""
    document = operation(
        "running",
        [
            resource("late", "/x/late", "running", startedAt="2026-01-01T00:00:30+00:00"),
            resource("early", "/x/early", "running", startedAt=LONG_AGO),
            *(resource(f"r{n}", f"/x/r{n}", "running", startedAt=None) for n in range(30)),
        ],
    )
    lines = drawn(board(Operation.model_validate(document), None))
    (first,) = [number for number, line in enumerate(lines) if "early" in line]
    assert lines[first].startswith("tenant-0 early")
    assert "late" in lines[first + 1]
    assert any("and 22 more" in line for line in lines)


def test_a_wait_is_counted_down() -> None:
    """The rest of it, with its cause."""
    until = (datetime.now(UTC) + timedelta(seconds=600.5)).isoformat()
    wait = {"cause": "waiting 900 s: too many requests", "until": until}
    item = resource("vault", "/x/kv", "running", wait=wait, attempts=2)
    shown = " ".join(
        drawn(board(Operation.model_validate(operation("running", [item])), None), 160)
    )
    assert "virtualNetworks, attempt 2, too many requests, 600 s more" in shown


def test_a_refusal_is_shown_while_the_others_go_on() -> None:
    """Each fault in a line."""
    lines = drawn(board("HTTP 400: Invalid request\n  region: no hub there", under_way(2)))
    assert any("refused" in line and "HTTP 400: Invalid request" in line for line in lines)
    assert any("region: no hub there" in line for line in lines)
    total = next(line for line in lines if "all of it" in line)
    assert "✘" in total


def test_the_end_is_the_table_alone() -> None:
    """No empty lines stay behind."""
    over = Operation.model_validate(operation("succeeded", [resource("a", "/x/a", "done")]))
    failed = Operation.model_validate(
        operation("compensated", [resource("a", "/x/a", "undone")], reason="no quota")
    )
    assert len(drawn(board(over, over))) == 10
    lines = drawn(board(failed, under_way(1)))
    assert any("compensated" in line and "no quota" in line for line in lines)


def test_many_tenants_stand_below_each_other() -> None:
    """Where there is no room for a column each, each has a row with a mark for each step."""
    names = [f"a-long-tenant-name-{number}" for number in range(6)]
    lines = drawn(board(*[under_way(3)] * 6, names=names), 80)
    assert [line.split()[0] for line in lines[1:7]] == names
    assert lines[0].split() == ["step", "1", "2", "3", "4", "5", "6", "7"]
    assert "0/4" in lines[1]


def test_a_wide_terminal_shows_bars() -> None:
    """How much of each step is there, without reading."""
    half = operation("running", [resource("a", "/x/a", "done"), resource("b", "/x/b", "running")])
    lines = drawn(board(Operation.model_validate(half), None, None), 120)
    row = next(line for line in lines if "3. Spoke network" in line)
    assert abs(row.count("━") - row.count("┄")) <= 1 < row.count("━")
    assert "1/2" in row


def test_long_times_have_room() -> None:
    """From 100 s on there are no fractions."""
    over = operation("succeeded", [resource("a", "/x/a", "done")]) | {"seconds": 1234.5}
    column = Column("contoso", "namespace", operation=Operation.model_validate(over))
    shown = StringIO()
    console = Console(file=shown, width=80, color_system=None)
    mark = console.render_str("*")
    console.print(as_columns([column, column, column], 77, mark, datetime.now(UTC)))
    assert shown.getvalue().count("1/1 1234 s") == 3


@settings(max_examples=40)
@given(height=st.integers(10, 60), counts=st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_one_tenant_alone_fits_too(height: int, counts: list[int]) -> None:
    """Its resources share what its steps leave; the longest of each step is shown where it can."""
    steps = [
        {
            "number": number,
            "name": f"Step {number}",
            "state": "running",
            "resources": [
                resource(f"r{number}-{one}", f"/x/r{number}-{one}", "running")
                for one in range(count)
            ],
        }
        for number, count in enumerate(counts, start=2)
    ]
    view = LiveView()
    view.update(Operation.model_validate(operation("running", []) | {"steps": steps}))
    lines = drawn(view, 100, height)
    assert len(lines) < height
    shown = sum("virtualNetworks" in line for line in lines)
    assert shown >= min(sum(count > 0 for count in counts), height - 2 - len(counts))
    for number in range(2, 2 + len(counts)):
        assert any(f"{number}. Step {number}" in line for line in lines)


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 100))
def test_lines_are_divided_alike(wanted: list[int], lines: int) -> None:
    """All are given out as far as they are wanted; who gets fewer than another wanted no more."""
    given_out = shares(wanted, lines)
    assert sum(given_out) == min(lines, sum(wanted))
    for mine, wish in zip(given_out, wanted, strict=True):
        assert mine == wish or mine >= max(given_out) - 1
