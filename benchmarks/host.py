"""How fast the local Functions host is: `python benchmarks/host.py`.

Starts the host with a small app in the real worker child and measures through its public webhooks:
an empty orchestration and a fan-out of 100 activities from the start request to the answer that
tells the completion (the webhook waits for it, nothing polls), and the empty one again with 10,000
finished instances in the store. Ends with one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[1]
HOST_JSON = {"version": "2.0", "extensions": {"durableTask": {"hubName": "BenchHub"}}}
APP = """
import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def empty(context):
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def fan_out(context):
    tasks = [context.call_activity("double", number) for number in range(context.get_input())]
    results = yield context.task_all(tasks)
    return sum(results)


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2
"""


class RunningHost:
    """The host under measurement: its process, address and key."""

    def __init__(self, directory: Path) -> None:
        self._app = directory / "app"
        self._state = directory / "state"
        self._process: asyncio.subprocess.Process | None = None
        self._app.mkdir(exist_ok=True)
        (self._app / "function_app.py").write_text(APP)
        (self._app / "host.json").write_text(json.dumps(HOST_JSON))
        self.base = ""
        self.key = ""

    async def start(self) -> float:
        """Start the host and return the seconds until it answered."""
        begin = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "localcloud.functions_host",
            "--app", str(self._app), "--state", str(self._state), "--port", "0",
            stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self._process.stderr is not None  # noqa: S101 - asked for above
        async for line in self._process.stderr:
            if b"host is running on " in line:
                self.base = line.decode().partition("running on ")[2].partition(",")[0]
                break
        if not self.base:
            raise SystemExit("the host ended while it started")
        seconds = time.perf_counter() - begin
        self._drain = asyncio.create_task(self._process.stderr.read())
        self.key = json.loads((self._state / "keys.json").read_text())["masterKey"]
        return seconds

    async def stop(self) -> None:
        """End the host."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()

    def add_finished_instances(self, count: int) -> None:
        """Write finished instances with histories into the store, as the engine leaves them."""
        db = sqlite3.connect(self._state / "benchhub.db")
        now = "2026-01-01T00:00:00.000000Z"
        bodies = [json.dumps({"EventType": kind, "EventId": -1, "Timestamp": now})
                  for kind in (12, 0, 13, 1)]  # fmt: skip
        with db:
            for _ in range(count):
                name = uuid.uuid4().hex
                row = (name, uuid.uuid4().hex, "empty", "Completed", '"1"', "1", None, now, now)
                db.execute(
                    "INSERT INTO instances VALUES(?,?,?,?,?,?,?,?,?,NULL,NULL,NULL,NULL)", row
                )
                for seq, body in enumerate(bodies):
                    db.execute("INSERT INTO history VALUES(?,?,?)", (name, seq, body))
        db.close()


async def measure(
    session: aiohttp.ClientSession, host: RunningHost, name: str, value: int, times: int
) -> list[float]:
    """Run an orchestration so many times, one after the other; return milliseconds."""
    url = f"{host.base}/runtime/webhooks/durabletask/orchestrators/{name}"
    query = {"timeout": "30", "pollingInterval": "1", "code": host.key}
    figures = []
    for _ in range(times):
        begin = time.perf_counter()
        async with session.post(url, params=query, json=json.dumps(value)) as response:
            await response.json()
            if response.status != 200:
                raise SystemExit(f"{name} answered {response.status}")
        figures.append((time.perf_counter() - begin) * 1000)
    return figures


def line(label: str, figures: list[float]) -> float:
    """Print one measurement for people and return its median."""
    median = statistics.median(figures)
    slow = sorted(figures)[int(len(figures) * 0.95)]
    print(f"{label:42} median {median:7.2f} ms   p95 {slow:7.2f} ms   n {len(figures)}")
    return round(median, 2)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as directory:
        host = RunningHost(Path(directory))
        print(f"{'start to ready':42} {await host.start():.2f} s")
        async with aiohttp.ClientSession() as session:
            await measure(session, host, "empty", 1, 20)
            empty = line("empty orchestration", await measure(session, host, "empty", 1, times))
            await measure(session, host, "fan_out", 100, 3)
            fan = line("fan-out of 100 activities",
                       await measure(session, host, "fan_out", 100, times // 4))  # fmt: skip
            await asyncio.to_thread(host.add_finished_instances, 10_000)
            full = line("empty, 10,000 finished instances in store",
                        await measure(session, host, "empty", 1, times))  # fmt: skip
        await host.stop()
    print(json.dumps({"emptyMs": empty, "fanOut100Ms": fan, "emptyMsAt10000": full}))


if __name__ == "__main__":
    asyncio.run(main())
