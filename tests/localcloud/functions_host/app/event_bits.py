"""Event Grid functions: one of each schema, and one that fails when told to."""

from __future__ import annotations

import json
import os
from typing import Any

import azure.functions as func

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK is untyped here


def _note(*what: Any) -> None:
    descriptor = os.open(f"{os.environ['LEDGER']}.events", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, (json.dumps(what) + "\n").encode())
    os.close(descriptor)


@bp.event_grid_trigger(arg_name="event")
async def on_event(event: func.EventGridEvent) -> None:
    """Note an event; fail where its data asks for it."""
    data = event.get_json()
    if isinstance(data, dict) and data.get("fail"):
        raise RuntimeError("a secret detail")
    _note("event", event.id, event.subject, event.event_type, data)


@bp.function_name(name="resource_events")
@bp.event_grid_trigger(arg_name="event")
async def on_resource_event(event: func.EventGridEvent) -> None:
    """Note an event of the local cloud."""
    _note("resource", event.id, event.subject, event.event_type, event.topic)


@bp.event_grid_trigger(arg_name="event")
def on_cloud_event(event: func.CloudEvent) -> None:
    """Note a CloudEvent."""
    _note("cloud", event.id, event.source, event.type, event.get_json())
