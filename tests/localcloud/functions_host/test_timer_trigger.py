"""Timer triggers: NCRONTAB's rules, and runs across restarts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.functions import Function
from localcloud.functions_host.triggers.ncrontab import parse
from localcloud.functions_host.triggers.timer import StatusFile, TimerListener
from tests.localcloud.functions_host.engines import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.functions_host.invoker import WorkerInvoker

THURSDAY = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("*/5 * * * * *", "2026-01-01T12:00:05"),
        ("0 */5 * * * *", "2026-01-01T12:05:00"),
        ("0 0 2 * * *", "2026-01-02T02:00:00"),
        ("30 15 8 1 * *", "2026-02-01T08:15:30"),
        ("0 0 0 * * 1", "2026-01-05T00:00:00"),
        ("0 0 0 * Mar SUN", "2026-03-01T00:00:00"),
        ("0 0 9-17 * * Mon-Fri", "2026-01-01T13:00:00"),
        ("0 0,30 12 * * *", "2026-01-01T12:30:00"),
        ("0 0 0 13 * 5", "2026-02-13T00:00:00"),  # both must match: Friday the 13th
        ("*/10 * * * *", "2026-01-01T12:10:00"),  # five fields: seconds are 0
        ("00:30:00", "2026-01-01T12:30:00"),
        ("1.00:00:00", "2026-01-02T12:00:00"),
    ],
)
def test_the_next_run_is_ncrontabs(text: str, following: str) -> None:
    """Seconds come first, and day and day of week must both match."""
    found = parse(text, "test").next_after(THURSDAY)
    assert found == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "* * *", "* * * * * * *", "60 * * * * *", "* * 24 * * *", "* * * 0 * *", "* * * 32 * *",
     "* * * * 13 *", "* * * * * 7", "* * * * * L", "* * * ? * *", "* * * * * 1#2", "@daily",
     "5-1 * * * * *", "*/0 * * * * *", "*-5 * * * * *", "a * * * * *", "00:00:00"],
)  # fmt: skip
def test_what_ncrontab_refuses_is_refused(text: str) -> None:
    """The extensions of other crons are none of NCRONTAB."""
    with pytest.raises(HostError):
        parse(text, "test")


@given(st.integers(0, 59), st.integers(0, 59), st.integers(0, 23), st.integers(0, 10**8))
def test_every_run_matches_its_fields(second: int, minute: int, hour: int, offset: int) -> None:
    """The next run is later, and shows exactly the fields asked for, within a day."""
    moment = THURSDAY + timedelta(seconds=offset)
    found = parse(f"{second} {minute} {hour} * * *", "test").next_after(moment)
    assert (found.second, found.minute, found.hour) == (second, minute, hour)
    assert timedelta(0) < found - moment <= timedelta(days=1)


class Runs:
    """Takes note of the runs instead of running anything."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.gate: asyncio.Event | None = None

    async def invoke(self, _: Function, trigger: list[Any]) -> list[Any]:
        """Note one run, and hold it while the gate is shut."""
        self.seen.append(json.loads(trigger[1]))
        if self.gate is not None:
            await self.gate.wait()
        return [None, None]


def _listener(
    path: Path, clock: FakeClock, runs: Runs, schedule: str, **options: Any
) -> TimerListener:
    binding = {"type": "timerTrigger", "name": "timer", "direction": "IN", "schedule": schedule}
    function = Function("tick", "tick", (binding | options,))
    status = StatusFile(path / "schedules.json")
    invoker: WorkerInvoker = runs  # type: ignore[assignment] # a fake of the one method used
    return TimerListener([function], {"EVERY": "0 0 * * * *"}, status, clock, invoker)


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_timer_runs_on_schedule_and_tells_its_status(tmp_path: Path) -> None:
    """The schedule may be a setting."""
    clock, runs = FakeClock(), Runs()
    listener = _listener(tmp_path, clock, runs, "%EVERY%")
    await listener.start()
    clock.advance(3599)
    await _turns()
    assert not runs.seen
    clock.advance(1)
    await _turns()
    clock.advance(3600)
    await _turns()
    assert [run["IsPastDue"] for run in runs.seen] == [False, False]
    assert runs.seen[1]["ScheduleStatus"]["Last"] == "2026-01-01T01:00:00.000000Z"
    await listener.close()


async def test_a_run_missed_during_downtime_is_past_due(tmp_path: Path) -> None:
    """It runs once at the next start, and says so."""
    clock, runs = FakeClock(), Runs()
    listener = _listener(tmp_path, clock, runs, "%EVERY%")
    await listener.start()
    await listener.close()
    clock.advance(3 * 3600 + 60)
    listener = _listener(tmp_path, clock, runs, "%EVERY%")
    await listener.start()
    await _turns()
    assert [run["IsPastDue"] for run in runs.seen] == [True]
    clock.advance(3540)
    await _turns()
    assert [run["IsPastDue"] for run in runs.seen] == [True, False]
    await listener.close()


async def test_run_on_startup_runs_at_once(tmp_path: Path) -> None:
    """Whatever the schedule says."""
    clock, runs = FakeClock(), Runs()
    listener = _listener(tmp_path, clock, runs, "0 0 0 1 1 *", runOnStartup=True)
    await listener.start()
    await _turns()
    assert len(runs.seen) == 1
    await listener.close()


async def test_a_slow_run_is_never_joined_by_another(tmp_path: Path) -> None:
    """What falls due meanwhile is skipped."""
    clock, runs = FakeClock(), Runs()
    runs.gate = asyncio.Event()
    listener = _listener(tmp_path, clock, runs, "*/10 * * * * *")
    await listener.start()
    clock.advance(10)
    await _turns()
    clock.advance(35)
    assert listener.run_now("TICK")
    await _turns()
    assert len(runs.seen) == 1
    runs.gate.set()
    await _turns()
    clock.advance(5)
    await _turns()
    assert len(runs.seen) == 2
    await listener.close()
