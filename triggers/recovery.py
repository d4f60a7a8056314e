"""A timer that takes up again what was asked for and has no orchestration working on it.

Between the registry's record and the orchestration's start a process can die, and an orchestration
can be lost to an operator's mistake. What was asked for is then begun again: every activity finds
what its forerunner left and goes on from there.
"""

import logging
from datetime import datetime, timedelta
from typing import Final, Protocol

import azure.durable_functions as df
import azure.functions as func

from activities.announce import EventRaiser
from activities.auditing import OperationNote, note_operation
from activities.dependencies import Dependencies, dependencies
from activities.operator_acts import hear_act, tell_act
from activities.tenants import change_tenant
from landing_zone.approval.policy import is_waiting
from landing_zone.ends import OpenWork
from landing_zone.explaining.acts import Hearing
from landing_zone.instances import is_on_its_way
from landing_zone.lifecycle import SETTLED, TenantEvent, TenantState
from landing_zone.routes.courses import BEGINNINGS
from landing_zone.tenants import TenantRecord, instance_id
from triggers.starting import Starter, is_alive, start

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

PAGE: Final = 200
GRACE: Final = timedelta(seconds=30)
"""Time that a request has between its record and the start of its orchestration."""

MOST_RECOVERIES: Final = 5
"""Times that an operation is begun anew before a person must look."""

_UNDER_WAY = frozenset({TenantState.REQUESTED, TenantState.PROVISIONING})


def is_unfinished(record: TenantRecord) -> bool:
    """Whether an operation is to be at work on a tenant."""
    return record.ongoing or record.state in _UNDER_WAY


async def recover_operations(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Take up again what nobody works on."""
    for tenant_id in await recover(await dependencies(), client):
        _log.warning("the operation of tenant %s was taken up again", tenant_id)


class Client(Starter, EventRaiser, Protocol):
    """As much of the durable client as is needed here. Asynchronous."""


async def recover(deps: Dependencies, client: Client) -> list[str]:
    """The tenants whose operation was taken up again.

    What operators have asked of the others and nobody has heard is told again.
    """
    recovered: list[str] = []
    continuation = ""
    while True:
        page = await deps.registry.page(PAGE, continuation)
        for record in page.items:
            if not await _is_lost(deps, client, record):
                await _remind(deps, client, record)
            elif await _restart(deps, client, record):
                recovered.append(record.tenant_id)
        continuation = page.continuation
        if not continuation:
            return recovered


async def _remind(deps: Dependencies, client: Client, record: TenantRecord) -> None:
    """An event is lost where the process died before it was raised, or a history began anew."""
    for act in record.acts.unheard if record.ongoing else ():
        if deps.clock.now() - act.at < GRACE or await tell_act(client, act):
            continue
        own = act.instance == instance_id(record.tenant_id)
        if not own and not is_on_its_way(await client.get_status(act.instance)):
            told = "came too late: what it was about had ended"
            await hear_act(deps, Hearing(operation=record.operation, act=act, told=told))


async def _is_lost(deps: Dependencies, client: Starter, record: TenantRecord) -> bool:
    if not is_unfinished(record) or deps.clock.now() - record.updated_at < GRACE:
        return False
    return not await is_alive(client, record.tenant_id)


async def _restart(deps: Dependencies, client: Starter, record: TenantRecord) -> bool:
    """Start it anew; False when it has gone on since it was read, perhaps to its end."""
    taken_up = _taken_up(deps, record)
    if taken_up.state is TenantState.FAILED:
        await _note_loss(deps, record, taken_up)
    changed = await change_tenant(
        deps,
        record.tenant_id,
        lambda found: _taken_up(deps, found) if found == record else found,
    )
    return changed.recoveries > record.recoveries and await start(client, changed)


def _taken_up(deps: Dependencies, record: TenantRecord) -> TenantRecord:
    now = deps.clock.now()
    # Of what waits for a person nothing has been made, so that nothing is lost by beginning anew.
    waits = record.state is TenantState.AWAITING_APPROVAL or is_waiting(record)
    if record.recoveries < MOST_RECOVERIES or waits:
        return _begun_anew(record, now)
    begun = record
    if record.state is TenantState.REQUESTED:
        begun = record.after(TenantEvent.ADMIT, now)
    elif record.state in SETTLED and record.work.kind in BEGINNINGS:
        begun = record.after(BEGINNINGS[record.work.kind], now)
    lost = OpenWork(key="operation", reason="nobody knows how far it came: look at its resources")
    told = {
        "reason": f"the operation was lost {MOST_RECOVERIES + 1} times",
        "hint": "see the logs of the function app, then ask for the tenant again",
        "open_work": (lost,),
    }
    if begun.state in SETTLED:
        return begun.model_copy(update={**told, "ongoing": False, "updated_at": now})
    return begun.after(TenantEvent.FAIL, now, **told)


def _begun_anew(record: TenantRecord, now: datetime) -> TenantRecord:
    anew = record.model_copy(update={"recoveries": record.recoveries + 1, "updated_at": now})
    acts = record.acts.carried(anew.operation, instance_id(record.tenant_id))
    return anew.model_copy(update={"acts": acts})


async def _note_loss(deps: Dependencies, record: TenantRecord, lost: TenantRecord) -> None:
    """Note that an operation is given up, before it is: an end that nobody notes is lost."""
    told = OperationNote(
        action=record.work.kind.action,
        outcome="lost",
        actor=record.actor,
        before=record.state.value,
        after=lost.state.value,
        details={"code": "OperationLost", "reason": lost.reason, "openWork": "1"},
    )
    await note_operation(deps, record.operation, told)


blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(recover_operations)
)
