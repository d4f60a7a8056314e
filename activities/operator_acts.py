"""What operators ask of operations under way: kept, told, heard, and noted in the audit."""

import asyncio
import logging
import uuid

from activities.announce import EventRaiser, tell
from activities.auditing import AUTOMATION
from activities.dependencies import Dependencies
from activities.tenants import change_tenant, is_current
from landing_zone.audit import AuditEntry
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.explaining.acts import Act, Hearing, Stopping
from landing_zone.tenants import TenantRecord

_LOG = logging.getLogger(__name__)


async def note_act(deps: Dependencies, operation: OperationRef, act: Act, resource_id: str) -> None:
    """Note who asks for what and why: before it is kept, as what nobody noted would be lost.

    What others were faster than is asked for again, and noted again.
    """
    details = {"resource": act.resource, "why": act.reason, "anew": str(act.anew).lower()}
    await deps.audit.append(
        AuditEntry(
            tenant_id=operation.tenant_id,
            operation_id=operation.operation_id,
            event_id=f"{act.event}:{uuid.uuid4().hex}",
            action=act.deed.action,
            actor=act.actor,
            resource=resource_id,
            outcome="asked",
            details={name: value for name, value in details.items() if value},
            at=act.at,
        )
    )


async def tell_act(client: EventRaiser, act: Act) -> bool:
    """Let an orchestration hear of an act; False where that is not possible: a timer tries again.

    It may have ended meanwhile: then nothing is left to be done.
    """
    try:
        await client.raise_event(act.instance, act.event, act.dump())
    except Exception as error:  # noqa: BLE001 - the durable client raises bare exceptions
        _LOG.warning("%s was not told of %s: %s", act.instance, act.deed, error)
        return False
    return True


async def hear_act(deps: Dependencies, data: Hearing) -> Outcome:
    """An orchestration has heard of an act: it is noted, and not told again."""
    act = data.act
    await deps.audit.append(
        AuditEntry(
            tenant_id=data.operation.tenant_id,
            operation_id=data.operation.operation_id,
            event_id=f"{act.instance}:{act.event}:heard",
            action=act.deed.action,
            actor=AUTOMATION,
            resource="",
            outcome="heard",
            details={"resource": act.resource, "told": data.told}
            if act.resource
            else {"told": data.told},
            at=deps.clock.now(),
        )
    )

    def heard(record: TenantRecord) -> TenantRecord:
        if not is_current(record, data.operation):
            return record
        taken = record.acts.taken(act.instance, act.event)
        return record if taken == record.acts else record.model_copy(update={"acts": taken})

    await change_tenant(deps, data.operation.tenant_id, heard)
    return Outcome(state="done")


async def pass_on(deps: Dependencies, client: EventRaiser, data: Stopping) -> Outcome:
    """Let all who work on an operation's resources hear that they are to end.

    From then on nothing more is asked of them, so that the names of these events are their last.

    Raises:
        TemporaryError: The tenant's record could not be read.
        Exception: Someone could not be told, however often it was tried.
    """
    found = await deps.registry.get(data.operation.tenant_id)
    if found is None or not is_current(found.value, data.operation):
        return Outcome(state="done")
    acts = found.value.acts
    told = [
        data.act.model_copy(update={"instance": one, "event": acts.next_event(data.operation, one)})
        for one in data.instances
    ]
    await asyncio.gather(*(tell(client, act.instance, act.event, act) for act in told))
    return Outcome(state="done")
