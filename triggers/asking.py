"""Asking for an operation on a tenant that is there."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import azure.functions as func

from activities.dependencies import Dependencies
from landing_zone.access import Access
from landing_zone.approval.policy import is_waiting
from landing_zone.asking import Begun, Queued, Same, ask
from landing_zone.errors import TemporaryError
from landing_zone.intake.results import links_of
from landing_zone.tenants import TenantRecord
from landing_zone.work import Work
from triggers.access import tenant_for
from triggers.answers import answer
from triggers.starting import Starter, start, wake

RACES: Final = 5
MOST_REASON: Final = 500

type Wanted = Callable[[TenantRecord], Work]


async def asked(
    deps: Dependencies, client: Starter, access: Access, tenant_id: str, wanted: Wanted
) -> func.HttpResponse:
    """Ask for an operation: 202 where it is begun or waits, 200 where it is so already.

    Args:
        deps: What is worked with.
        client: The durable client.
        access: What the caller may do.
        tenant_id: The tenant, as the caller wrote it.
        wanted: What is asked for, given what the registry knows of the tenant.

    Raises:
        AccessRefused: The tenant is none of the caller's.
        PermanentError: There is no such tenant, or that has no place in its state.
        TemporaryError: Others were first each time.
    """
    for _ in range(RACES):
        record = await tenant_for(deps, access, tenant_id)
        found = await deps.registry.get(record.tenant_id)
        if found is None or found.value != record:
            continue
        match ask(record, wanted(record), deps.clock.now()):
            case Same(same):
                if same.ongoing:
                    await start(client, same)
                    return under_way(same, "the same is under way, or waits already")
                return answer(_document(same, "it is so already"))
            case Begun(changed) | Queued(changed) as found_so:
                if await deps.registry.replace(changed, found.etag):
                    await start(client, changed)
                    queued = isinstance(found_so, Queued)
                    if is_waiting(changed):
                        await wake(client, changed)
                    return under_way(changed, "it waits" if queued else "it has begun")
    raise TemporaryError("RegistryBusy", f"others were first on tenant {tenant_id}")


def under_way(record: TenantRecord, told: str) -> func.HttpResponse:
    """The answer that something is at work on a tenant, with where it is looked at."""
    document = _document(record, told)
    return answer(document, HTTPStatus.ACCEPTED, {"Location": document["links"]["operation"]})


def _document(record: TenantRecord, told: str) -> dict[str, Any]:
    return {
        "tenantId": record.tenant_id,
        "state": record.state.value,
        "kind": record.work.kind.value,
        "operationId": record.operation_id,
        "told": told,
        "queued": [work.kind.value for work in record.queued],
        "links": links_of(record.tenant_id, record.operation_id),
    }
