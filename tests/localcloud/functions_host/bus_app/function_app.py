"""The fixture app of the Service Bus listener's tests: what it does is what a message says."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()
LEDGER = Path(os.environ["LEDGER"])
GATE = LEDGER.with_name("gate")


def note(what: str, message: func.ServiceBusMessage) -> None:
    """Write a line of the ledger."""
    facts = {"what": what, "type": type(message.get_body()).__name__, **message.to_dict()}
    with LEDGER.open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


@app.service_bus_queue_trigger(
    arg_name="message", queue_name="%WORK_QUEUE%", connection="BUS", data_type="binary"
)
async def work(message: func.ServiceBusMessage) -> None:
    """Succeed, fail, or wait, as the subject says."""
    note("begun", message)
    match message.subject:
        case "fail":
            raise ValueError("as it was asked for")
        case "fail once" if message.delivery_count == 1:
            raise ValueError("this once")
        case "gate":
            while not GATE.exists():  # noqa: ASYNC110 - another process opens it
                await asyncio.sleep(0.01)
        case "longer than the lock":
            locked = message.locked_until or datetime.now(UTC)
            await asyncio.sleep((locked - datetime.now(UTC)).total_seconds() + 1)
    note("done", message)


@app.service_bus_queue_trigger(arg_name="message", queue_name="texts", connection="BUS")
def read(message: func.ServiceBusMessage) -> None:
    """Take the body as text."""
    note("read", message)


@app.service_bus_queue_trigger(
    arg_name="message", queue_name="manual", connection="BUS", auto_complete_messages=False
)
def keep(message: func.ServiceBusMessage) -> None:
    """Succeed without being done with the message."""
    note("kept", message)


@app.service_bus_queue_trigger(arg_name="message", queue_name="nowhere", connection="UNSET")
def never(message: func.ServiceBusMessage) -> None:
    """Never run: nobody says where its queue is."""
    note("never", message)


@app.service_bus_queue_trigger(arg_name="message", queue_name="%UNSET%", connection="UNSET")
def asleep(message: func.ServiceBusMessage) -> None:
    """Never run: it is disabled, and so what is wrong with it does no harm."""
    note("asleep", message)
