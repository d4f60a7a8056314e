"""The queue `onboarding`: asking for a tenant by message.

A message is done with when this function returns, and comes again when it raises.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies, messages
from landing_zone.clock import SystemClock
from landing_zone.errors import ConfigurationError, PermanentError, TemporaryError
from landing_zone.intake.messages import DEAD_LETTERS, INTAKE, RESULTS, TOO_LARGE, Arrival
from landing_zone.intake.refusal import is_refusal, refused
from landing_zone.intake.replies import Reply
from landing_zone.intake.results import admission_result, rejection_result
from landing_zone.intake.returning import is_to_be_put_back, return_time, returned
from landing_zone.request_parsing import parse_tenant_text
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from triggers.starting import Starter, start
from triggers.tenants import admitted

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

CONNECTION: Final = "SPOKEWRIGHT_SERVICE_BUS"
ACTOR: Final = "service-bus"


async def take_onboarding_request(
    message: func.ServiceBusMessage, client: df.DurableOrchestrationClient
) -> None:
    """Ask for the tenant that a message describes."""
    await take(arrival_of(message), client)


async def take(arrival: Arrival, client: Starter) -> None:
    """Handle a message, or put it back where it has been tried often enough for now.

    Raises:
        Exception: It is not done with, and is to be delivered again.
    """
    try:
        await _take(await dependencies(), arrival, client)
    except (TemporaryError, ConfigurationError, PermanentError) as error:
        _log.warning("request %s cannot be handled now: %s", arrival.sent_id, error)
        if getattr(error, "code", "") == TOO_LARGE or not is_to_be_put_back(arrival):
            raise
        await _put_back(arrival)


async def _take(deps: Dependencies, arrival: Arrival, client: Starter) -> None:
    tenant_id = ""
    try:
        request = parse_tenant_text(arrival.body, content_type=arrival.content_type)
        tenant_id = request.tenant_id
        record = await _admitted(deps, request, arrival, client)
    except PermanentError as error:
        if not is_refusal(error):
            raise
        await _refuse(deps, arrival, error, tenant_id)
        return
    await deps.messages.send(RESULTS, admission_result(arrival, record, deps.clock.now()))


async def _admitted(
    deps: Dependencies, request: TenantRequest, arrival: Arrival, client: Starter
) -> TenantRecord:
    reply = Reply(
        origin=arrival.origin,
        correlation_id=arrival.correlation,
        message_id=arrival.sent_id,
    )
    record, under_way = await admitted(deps, request, ACTOR, reply)
    if under_way:
        await _started(client, record)
    return record


async def _started(client: Starter, record: TenantRecord) -> None:
    try:
        await start(client, record)
    except Exception as error:
        # The durable client raises bare exceptions. The tenant is recorded: to try again is safe.
        raise TemporaryError("NotStarted", "the orchestration could not be started") from error


async def _refuse(
    deps: Dependencies, arrival: Arrival, error: PermanentError, tenant_id: str
) -> None:
    """Keep the document with the reason, then tell its sender.

    Raises:
        PermanentError: With the reason it does not fit into the queue any more. Its sender has been
            told; Service Bus keeps the document itself, when it gives up on it.
    """
    told = rejection_result(arrival, error, deps.clock.now(), tenant_id)
    try:
        await deps.messages.send(DEAD_LETTERS, refused(arrival, error))
    except PermanentError:
        await deps.messages.send(RESULTS, told)
        raise
    await deps.messages.send(RESULTS, told)
    _log.warning("request %s was refused: %s", arrival.sent_id, error.code)


async def _put_back(arrival: Arrival) -> None:
    """By what does not need storage, as that may be what is down."""
    sender, settings = await messages()
    at = return_time(arrival, settings, SystemClock().now())
    await sender.send(INTAKE, returned(arrival), at)
    _log.warning("request %s comes again at %s", arrival.sent_id, at.isoformat())


def arrival_of(message: func.ServiceBusMessage) -> Arrival:
    """The message as the application knows it."""
    return Arrival(
        body=message.get_body(),
        message_id=message.message_id or "",
        correlation_id=message.correlation_id or "",
        content_type=message.content_type or "",
        sequence_number=message.sequence_number or 0,
        delivery_count=message.delivery_count or 1,
        time_to_live=message.time_to_live,
        properties=_plain(message.application_properties or message.user_properties),
    )


def _plain(properties: Mapping[str, Any] | None) -> dict[str, str | int | float | bool]:
    """Without what AMQP does not allow in application properties."""
    return {
        name: value
        for name, value in (properties or {}).items()
        if isinstance(value, str | int | float | bool)
    }


blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name=INTAKE,
    connection=CONNECTION,
    # As text, what is no UTF-8 would never reach this function.
    data_type="binary",
)(blueprint.durable_client_input(client_name="client")(take_onboarding_request))
