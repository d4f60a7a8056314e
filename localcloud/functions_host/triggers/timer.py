"""Timer triggers: one run at a time, the schedule's status kept across restarts."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.clock import from_text, to_text
from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger
from localcloud.functions_host.settings import resolve
from localcloud.functions_host.triggers.ncrontab import Cron, Interval, Schedule, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from localcloud.functions_host.clock import Cancellable, Clock
    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.invoker import WorkerInvoker

_MONITORED_FROM = timedelta(minutes=1)


class StatusFile:
    """The last and next run of each timer, in one small file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._statuses: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            self._statuses = {}

    def get(self, name: str) -> dict[str, str] | None:
        """Return a timer's status."""
        return self._statuses.get(name)

    def set(self, name: str, status: dict[str, str]) -> None:
        """Write a timer's status."""
        self._statuses[name] = status
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._statuses), "utf-8")
        draft.replace(self._path)


@dataclass
class _Timer:
    function: Function
    schedule: Schedule
    monitored: bool
    due: datetime
    alarm: Cancellable | None = None
    running: asyncio.Task[None] | None = None


class TimerListener:
    """Runs the timer functions of an app."""

    def __init__(
        self,
        functions: list[Function],
        settings: Mapping[str, str],
        status: StatusFile,
        clock: Clock,
        invoker: WorkerInvoker,
    ) -> None:
        self._functions = functions
        self._settings = settings
        self._status = status
        self._clock = clock
        self._invoker = invoker
        self._timers: dict[str, _Timer] = {}

    async def start(self) -> None:
        """Read every schedule, then run what is past due or wants to run at startup.

        Raises:
            HostError: a schedule is wrong or names a setting that is missing.
        """
        now = self._clock.now()
        for function in self._functions:
            where = f"timer of {function.name}"
            text = resolve(str(function.trigger["schedule"]), self._settings, where)
            schedule = parse(text, where)
            due = schedule.next_after(now)
            distance = schedule.next_after(due) - due
            monitored = function.trigger.get("useMonitor") is not False
            self._timers[function.name] = _Timer(
                function, schedule, monitored and distance >= _MONITORED_FROM, due
            )
        for timer in self._timers.values():
            self._begin(timer, now)

    def _begin(self, timer: _Timer, now: datetime) -> None:
        status = self._status.get(timer.function.name) if timer.monitored else None
        missed = status is not None and from_text(status["Next"]) <= now
        if missed or timer.function.trigger.get("runOnStartup"):
            self._run(timer, past_due=missed)
        else:
            if timer.monitored:
                self._remember(timer, status["Last"] if status else None)
            self._arm(timer)

    def run_now(self, name: str) -> bool:
        """Run a timer by hand, unless it runs already."""
        timer = next((t for n, t in self._timers.items() if n.lower() == name.lower()), None)
        if timer is None:
            return False
        if timer.running is None:
            self._run(timer, past_due=False)
        return True

    def _arm(self, timer: _Timer) -> None:
        timer.alarm = self._clock.call_at(timer.due, lambda: self._ring(timer))

    def _ring(self, timer: _Timer) -> None:
        if self._clock.now() < timer.due:
            self._arm(timer)
        elif timer.running is None:
            self._run(timer, past_due=False)

    def _run(self, timer: _Timer, *, past_due: bool) -> None:
        if timer.alarm is not None:
            timer.alarm.cancel()
        timer.running = asyncio.create_task(self._invoke(timer, past_due=past_due))

    async def _invoke(self, timer: _Timer, *, past_due: bool) -> None:
        begun = self._clock.now()
        name = timer.function.name
        request = {
            "Schedule": _describe(timer.schedule),
            "ScheduleStatus": self._status.get(name) if timer.monitored else None,
            "IsPastDue": past_due,
        }
        try:
            await self._invoker.invoke(timer.function, ["json", json.dumps(request)])
        except InvocationError as error:
            logger.error("timer %s failed: %s\n%s", name, error.message, error.stack)
        except WorkerLostError:
            logger.error("timer %s failed: the worker died", name)
        timer.running = None
        timer.due = timer.schedule.next_after(max(begun, self._clock.now()))
        if timer.monitored:
            self._remember(timer, to_text(begun))
        self._arm(timer)

    def _remember(self, timer: _Timer, last: str | None) -> None:
        self._status.set(timer.function.name, {
            "Last": last or "0001-01-01T00:00:00+00:00",
            "Next": to_text(timer.due),
            "LastUpdated": to_text(self._clock.now()),
        })  # fmt: skip

    async def close(self) -> None:
        """Stop; a run under way is abandoned."""
        for timer in self._timers.values():
            if timer.alarm is not None:
                timer.alarm.cancel()
            if timer.running is not None:
                timer.running.cancel()


def _describe(schedule: Schedule) -> dict[str, Any]:
    match schedule:
        case Cron(expression):
            return {"AdjustForDST": True, "Expression": expression}
        case Interval(every):
            return {"AdjustForDST": False, "Interval": str(every)}
        case _:
            return {}
