"""How fast the local Service Bus is: `python benchmarks/service_bus.py [--messages 2000]`.

Runs the broker as a process on a new state directory and measures through the genuine SDK, whose
own work is most of the time: messages of 1 KB sent one by one, by eight senders at once, and in
batches of 100; then received ahead and completed. Each acknowledged message is on the disk. All
figures come from one run on one machine, so their ratios say more than they do. Ends with one JSON
line: `sendsPerSecond`, `parallelSendsPerSecond`, `batchedSendsPerSecond`,
`receivedAndCompletedPerSecond`, `syncMicroseconds` (what the disk takes for one acknowledgement),
`parallelRatio` and `batchedRatio` (to one by one).
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from localcloud.service_bus.keys import connection_string, load_or_create_key  # noqa: E402
from localcloud.supervisor.probes import speaks_amqp  # noqa: E402

QUEUES = "queues: [{name: bench}]"
BODY = b"x" * 1024
SENDERS = 8
BATCH = 100
SYNCS = 200
PATIENCE = 20.0


@contextlib.contextmanager
def broker(directory: Path) -> Iterator[str]:
    """Run the broker; yields its connection string."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    queues = directory / "queues.yaml"
    queues.write_text(QUEUES, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "localcloud.service_bus", "--port", str(port)),
        *("--state", str(directory / "state"), "--queues", str(queues)),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not speaks_amqp(port)():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the broker does not start")
                time.sleep(0.02)
            yield connection_string(port, load_or_create_key(directory / "state"))
        finally:
            process.terminate()


def sync_microseconds(directory: Path) -> float:
    """What a sync of the disk takes, in the mean."""
    with (directory / "sync").open("wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(SYNCS):
            file.write(BODY)
            os.fsync(file.fileno())
        return (time.perf_counter() - start) / SYNCS * 1e6


async def one_by_one(sender: ServiceBusSender, count: int) -> float:
    """Messages a second, each acknowledged before the next."""
    start = time.perf_counter()
    for _ in range(count):
        await sender.send_messages(ServiceBusMessage(BODY))
    return count / (time.perf_counter() - start)


@contextlib.asynccontextmanager
async def senders(client: ServiceBusClient, count: int) -> AsyncIterator[list[ServiceBusSender]]:
    """Senders with a link of their own each."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(client.get_queue_sender("bench")) for _ in range(count)
        ]


async def in_parallel(several: list[ServiceBusSender], count: int) -> float:
    """Messages a second of several senders at once."""
    start = time.perf_counter()
    await asyncio.gather(*(one_by_one(sender, count // len(several)) for sender in several))
    return count / (time.perf_counter() - start)


async def batched(sender: ServiceBusSender, count: int) -> float:
    """Messages a second in batches."""
    start = time.perf_counter()
    for _ in range(count // BATCH):
        await sender.send_messages([ServiceBusMessage(BODY) for _ in range(BATCH)])
    return count / (time.perf_counter() - start)


async def received(receiver: ServiceBusReceiver, count: int) -> float:
    """Messages a second, each completed and confirmed."""
    start = time.perf_counter()
    done = 0
    while done < count:
        messages = await receiver.receive_messages(min(BATCH, count - done), max_wait_time=5)
        for message in messages:
            await receiver.complete_message(message)
        done += len(messages)
    return count / (time.perf_counter() - start)


async def measure(connection: str, count: int) -> dict[str, float]:
    """All rates."""
    async with ServiceBusClient.from_connection_string(connection) as client:
        async with senders(client, SENDERS) as several:
            single = await one_by_one(several[0], count)
            parallel = await in_parallel(several, count)
            batch = await batched(several[0], count)
        async with client.get_queue_receiver("bench", prefetch_count=BATCH) as receiver:
            rate = await received(receiver, count)
    return {
        "sendsPerSecond": round(single),
        "parallelSendsPerSecond": round(parallel),
        "batchedSendsPerSecond": round(batch),
        "receivedAndCompletedPerSecond": round(rate),
        "parallelRatio": round(parallel / single, 2),
        "batchedRatio": round(batch / single, 2),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="rates of the local Service Bus")
    parser.add_argument("--messages", type=int, default=2000, help="of each kind")
    count = max(parser.parse_args().messages // BATCH, 1) * BATCH
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        sync = sync_microseconds(directory)
        with broker(directory) as connection:
            figures = asyncio.run(measure(connection, count))
    print(json.dumps({**figures, "syncMicroseconds": round(sync)}))


if __name__ == "__main__":
    main()
