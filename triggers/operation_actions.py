"""`POST /api/operations/{id}/actions`: what an operator does about an operation under way."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.operator_acts import note_act, tell_act
from landing_zone.access import Access, Action, Scope
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.explaining.acts import Act
from landing_zone.explaining.document import id_of
from landing_zone.explaining.judging import require_safe
from landing_zone.explaining.requests import Asked, parse_asked
from landing_zone.ports import Versioned
from landing_zone.tenants import TenantRecord, instance_id
from triggers.access import guarded
from triggers.answers import answer
from triggers.asking import RACES
from triggers.live import Live, live
from triggers.operations import tenant_of

blueprint = df.Blueprint()


async def act_on_operation(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Retry, skip or compensate."""
    return await guarded(
        req, Action.ACT_ON_OPERATIONS, lambda access: _act_on_operation(req, client, access)
    )


async def _act_on_operation(
    req: func.HttpRequest, client: df.DurableOrchestrationClient, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    operation_id = req.route_params["operationId"]
    await tenant_of(deps, operation_id, access)
    asked = parse_asked(req.get_body())
    for _ in range(RACES):
        found = await _current(deps, operation_id, access)
        names = access.scope is Scope.ALL
        seen = await live(deps, client, found.value, names_others=names)
        same = _same(found.value, asked)
        if same is not None:
            await tell_act(client, same)
            return _answer(operation_id, asked, "the same has been asked for, and was told again")
        act = _act(deps, found.value, seen, asked, access.actor)
        await note_act(deps, found.value.operation, act, id_of(seen.standing, asked.resource))
        changed = found.value.model_copy(update={"acts": found.value.acts.added(act)})
        if await deps.registry.replace(changed, found.etag):
            told = await tell_act(client, act)
            return _answer(operation_id, asked, "told" if told else "kept, and told in a minute")
    raise TemporaryError("RegistryBusy", f"others were first on operation {operation_id}")


async def _current(
    deps: Dependencies, operation_id: str, access: Access
) -> Versioned[TenantRecord]:
    """The record of the tenant whose operation is under way, with its version.

    Raises:
        PermanentError: The operation is over (`OperationEnded`), or there is none.
    """
    tenant = await tenant_of(deps, operation_id, access)
    found = await deps.registry.get(tenant.tenant_id)
    if found is None or found.value.operation_id != operation_id or not found.value.ongoing:
        raise PermanentError(
            "OperationEnded", "the operation has ended", "ask for another operation on the tenant"
        )
    return found


def _same(record: TenantRecord, asked: Asked) -> Act | None:
    """The same act, where it is still to be heard."""
    wanted = (asked.deed, asked.resource, asked.anew)
    unheard = record.acts.unheard
    return next((act for act in unheard if (act.deed, act.resource, act.anew) == wanted), None)


def _act(deps: Dependencies, record: TenantRecord, seen: Live, asked: Asked, actor: str) -> Act:
    """What is asked for, for who is to hear of it.

    Raises:
        PermanentError: It is not safe now (`ActionNotSafe`), or there is no such resource
            (`ResourceNotPlanned`).
    """
    key, standing = asked.resource, seen.standing
    if key and standing.resource(key) is None:
        raise PermanentError("ResourceNotPlanned", "there is no such resource in the plan")
    require_safe(standing, asked.deed, key, anew=asked.anew)
    # What has ended is begun again by the operation itself.
    waits = key and key in standing.waits
    instance = f"{seen.prefix}{key}" if waits else instance_id(record.tenant_id)
    return Act(
        deed=asked.deed,
        instance=instance,
        event=record.acts.next_event(record.operation, instance),
        resource=key,
        anew=asked.anew,
        actor=actor,
        reason=asked.reason,
        at=deps.clock.now(),
    )


def _answer(operation_id: str, asked: Asked, told: str) -> func.HttpResponse:
    place = f"/api/operations/{operation_id}"
    document = {
        "operationId": operation_id,
        "action": asked.deed.value,
        "resource": asked.resource,
        "told": told,
        "links": {"operation": place},
    }
    return answer(document, HTTPStatus.ACCEPTED, {"Location": place})


blueprint.route("operations/{operationId}/actions", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(act_on_operation)
)
