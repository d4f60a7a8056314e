"""Takes the resource events of every spoke and hub, one at a time, and loses none.

An event is acknowledged once it is counted, or noted with its orchestration on its way. Whatever
goes wrong before that is raised, and Event Grid delivers it again.
"""

import logging
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.drift_running import ensure_remediation
from landing_zone.drift.rows import SeenEvent
from landing_zone.drift.tallies import IGNORED, REFUSED, because
from landing_zone.remediation.classify import Affected, Ignored, classify, dismissed
from landing_zone.remediation.events import EventRefused, ResourceEvent, parse_event
from triggers.starting import Starter

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)


async def resource_events(
    event: func.EventGridEvent, client: df.DurableOrchestrationClient
) -> None:
    """Have whatever an event may have broken looked at."""
    await take(await dependencies(), client, raw_event(event))


def raw_event(event: func.EventGridEvent | func.CloudEvent) -> dict[str, Any]:
    """The event as it was sent, which the worker took apart."""
    common = {"id": event.id, "subject": event.subject, "data": event.get_json()}
    if isinstance(event, func.CloudEvent):
        return common | {
            "specversion": event.specversion,
            "source": event.source,
            "type": event.type,
            "time": event.time.isoformat() if event.time else None,
        }
    return common | {
        "topic": event.topic,
        "eventType": event.event_type,
        "eventTime": event.event_time.isoformat() if event.event_time else None,
    }


async def take(deps: Dependencies, client: Starter, raw: dict[str, Any]) -> None:
    """Count an event, or note it and see that its resource is looked after.

    Raises:
        TemporaryError: Storage could not be reached: it has to be delivered again.
    """
    try:
        event = parse_event(raw)
    except EventRefused as refusal:
        _log.warning("an event was refused: %s", refusal.reason)
        await deps.drift.count(because(REFUSED, refusal.reason))
        return
    verdict = await _judged(deps, event)
    if isinstance(verdict, Ignored):
        await deps.drift.count(because(IGNORED, verdict.reason))
        return
    seen = SeenEvent(id=event.id, at=event.time, subject=event.subject)
    noted = await deps.drift.note(verdict.resource_id, verdict.owner, seen)
    if noted.fresh or noted.again:
        # One that comes again may have been noted by someone who died before the start.
        await ensure_remediation(client, noted.row, deps.retry_of_fixes, fresh=noted.fresh)


async def _judged(deps: Dependencies, event: ResourceEvent) -> Affected | Ignored:
    arrived = deps.clock.now()
    estate = await deps.landscape.estate()
    if not dismissed(event, estate) and estate.owner_of(event.subject) is None:
        # A tenant that has just been settled is not known yet.
        estate = await deps.landscape.estate(arrived)
    return classify(event, estate)


blueprint.event_grid_trigger(arg_name="event")(
    blueprint.durable_client_input(client_name="client")(resource_events)
)
