"""A timer that starts the rotations of keys that are due."""

import heapq
import logging
from datetime import datetime
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from landing_zone.key_rotation import due_at, is_to_be_started
from landing_zone.tenants import TenantRecord
from triggers.key_asking import start_rotation
from triggers.starting import Starter

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

PAGE: Final = 200
MOST_STARTS: Final = 50
"""Rotations that one tick starts; what is left over is more overdue at the next."""


async def rotate_due_keys(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Start the rotations that are due."""
    started = await start_due(await dependencies(), client)
    if started:
        _log.info("the keys of %d tenants are being rotated", len(started))


async def start_due(deps: Dependencies, client: Starter) -> list[str]:
    """The tenants whose rotation was started: the most overdue ones first."""
    due = await _due(deps)
    return [tenant_id for _, tenant_id in due if await start_rotation(client, tenant_id)]


async def _due(deps: Dependencies) -> list[tuple[datetime, str]]:
    found: list[tuple[datetime, str]] = []
    continuation = ""
    while True:
        page = await deps.registry.page(PAGE, continuation)
        found += [
            (_since(record), record.tenant_id)
            for record in page.items
            if is_to_be_started(record, deps.clock.now())
        ]
        found = heapq.nsmallest(MOST_STARTS, found)
        continuation = page.continuation
        if not continuation:
            return found


def _since(record: TenantRecord) -> datetime:
    """Since when a rotation is wanted."""
    due = due_at(record, record.keys.rotated_at)
    return min(due, record.keys.asked.at) if record.keys.asked else due


# Each hour, at a minute at which no other timer begins.
blueprint.timer_trigger(arg_name="timer", schedule="40 23 * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(rotate_due_keys)
)
