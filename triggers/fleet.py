"""`/api/fleet/upgrades`: rolling the rules of this release out to all tenants."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.fleet.asking import (
    begin_rollout,
    change_rollout,
    no_such_rollout,
    start_rollout,
)
from activities.fleet.foretelling import foretold
from landing_zone.access import Access, Action
from landing_zone.fleet.deciding import paused, resumed, rolling_back
from landing_zone.fleet.looking import member_document, rollout_document
from landing_zone.fleet.model import MemberState, Rollout
from landing_zone.fleet.requests import parse_return, parse_rollout, rollout_of
from landing_zone.request_parsing import Fault, InvalidRequest
from triggers.access import guarded
from triggers.answers import answer
from triggers.dry_run import is_dry_run
from triggers.starting import Starter
from triggers.updates import reason_of

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

PAGE: Final = 50
MOST: Final = 200
_SIZE: Final = re.compile(r"[0-9]{1,9}")
_CONTINUATION: Final = re.compile(r"[a-z0-9:_-]{0,200}")


async def request_upgrade(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Roll the rules of this release out; or tell what that would change."""
    return await guarded(
        req, Action.UPGRADE_FLEET, lambda access: _request_upgrade(req, client, access)
    )


async def list_upgrades(req: func.HttpRequest) -> func.HttpResponse:
    """List rollouts, the newest first."""
    return await guarded(req, Action.SEE_FLEET, lambda _: _list_upgrades(req))


async def show_upgrade(req: func.HttpRequest) -> func.HttpResponse:
    """Show how a rollout stands, and a page of its tenants."""
    return await guarded(req, Action.SEE_FLEET, lambda _: _show_upgrade(req))


async def pause_upgrade(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Begin with no more tenants; those under way end."""
    return await guarded(
        req, Action.UPGRADE_FLEET, lambda access: _changed(req, client, access, paused)
    )


async def resume_upgrade(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Go on with a rollout that is paused or halted."""
    return await guarded(
        req, Action.UPGRADE_FLEET, lambda access: _changed(req, client, access, resumed)
    )


async def roll_back_upgrade(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Bring the tenants that were upgraded back to the plans that they had."""
    return await guarded(req, Action.UPGRADE_FLEET, lambda access: _roll_back(req, client, access))


async def recover_upgrade(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Take up the rollout again where nobody works on it."""
    deps = await dependencies()
    found = await deps.fleet.current()
    if found is not None and await start_rollout(client, found.value):
        _log.warning("the rollout %s was taken up again", found.value.id)


async def _request_upgrade(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    dry = is_dry_run(req)
    deps = await dependencies()
    wanted = parse_rollout(req.get_body(), deps.rules.version)
    if dry:
        former = await deps.fleet.current()
        rollout = rollout_of(
            wanted,
            deps.rules.version,
            access.actor,
            deps.clock.now(),
            former.value if former else None,
        )
        return answer(await foretold(deps, rollout, _size(req), _continuation(req)))
    rollout = await begin_rollout(deps, client, wanted, access.actor)
    return _under_way(deps, rollout)


async def _list_upgrades(req: func.HttpRequest) -> func.HttpResponse:
    size, continuation = _size(req), _continuation(req)
    deps = await dependencies()
    page = await deps.fleet.all(size, continuation)
    now = deps.clock.now()
    document: dict[str, Any] = {"value": [rollout_document(one, now) for one in page.items]}
    if page.continuation:
        document["continuation"] = page.continuation
    return answer(document)


async def _show_upgrade(req: func.HttpRequest) -> func.HttpResponse:
    state, size, continuation = _state(req), _size(req), _continuation(req)
    deps = await dependencies()
    rollout = await deps.fleet.get(req.route_params["rolloutId"])
    if rollout is None:
        raise no_such_rollout()
    document = rollout_document(rollout, deps.clock.now())
    if state is not None or "tenants" in req.params:
        page = await deps.fleet.members(rollout.id, state, size, continuation)
        document["value"] = [member_document(rollout, one) for one in page.items]
        if page.continuation:
            document["continuation"] = page.continuation
    return answer(document)


async def _roll_back(req: func.HttpRequest, client: Starter, access: Access) -> func.HttpResponse:
    allowed = tuple(parse_return(req.get_body()).allow_data_loss)
    return await _changed(req, client, access, lambda found: rolling_back(found, allowed))


async def _changed(
    req: func.HttpRequest, client: Starter, access: Access, change: Callable[[Rollout], Rollout]
) -> func.HttpResponse:
    why = reason_of(req)
    deps = await dependencies()
    rollout = await change_rollout(
        deps, client, req.route_params["rolloutId"], change, access.actor, why
    )
    return _under_way(deps, rollout)


def _under_way(deps: Dependencies, rollout: Rollout) -> func.HttpResponse:
    document = rollout_document(rollout, deps.clock.now())
    return answer(document, HTTPStatus.ACCEPTED, {"Location": document["links"]["self"]})


def _size(req: func.HttpRequest) -> int:
    text = req.params.get("top", "")
    if text and (not _SIZE.fullmatch(text) or not 1 <= int(text) <= MOST):
        raise InvalidRequest((Fault("top", "is not a page size", f"1 to {MOST}"),))
    return int(text) if text else PAGE


def _continuation(req: func.HttpRequest) -> str:
    text = str(req.params.get("continuation", ""))
    if not _CONTINUATION.fullmatch(text):
        raise InvalidRequest((Fault("continuation", "is none of ours"),))
    return text


def _state(req: func.HttpRequest) -> MemberState | None:
    text = req.params.get("state", "")
    if not text:
        return None
    if text not in list(MemberState):
        fault = Fault("state", "is none of a tenant's in a rollout", ", ".join(MemberState))
        raise InvalidRequest((fault,))
    return MemberState(text)


blueprint.route("fleet/upgrades", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(request_upgrade)
)
blueprint.route("fleet/upgrades", methods=["GET"])(list_upgrades)
blueprint.route("fleet/upgrades/{rolloutId}", methods=["GET"])(show_upgrade)
blueprint.route("fleet/upgrades/{rolloutId}/pause", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(pause_upgrade)
)
blueprint.route("fleet/upgrades/{rolloutId}/resume", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(resume_upgrade)
)
blueprint.route("fleet/upgrades/{rolloutId}/rollback", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(roll_back_upgrade)
)
blueprint.timer_trigger(arg_name="timer", schedule="45 * * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(recover_upgrade)
)
