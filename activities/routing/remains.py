"""What may be there of a tenant that is to go, whatever happened to it before.

The plan that was last applied, those of operations since that came to no good end, and what their
resources yielded: as their documents tell it, and where they do not, as Azure does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from activities.dependencies import Dependencies
from landing_zone.applying import outputs_of
from landing_zone.plan import Plan, Resource
from landing_zone.planning import plan
from landing_zone.planning.scope import SUBSCRIPTION
from landing_zone.references import Outputs, referenced_keys, resolved
from landing_zone.tenants import TenantRecord, operation_id

MOST_OPERATIONS: Final = 50
"""How many operations are looked back on, where none has come to a good end."""

_GOOD: Final = frozenset({"succeeded", "compensated"})


@dataclass(frozen=True)
class Remains:
    """What may be there of a tenant.

    Attributes:
        plans: The one that holds first; none where nothing was ever planned.
        outputs: What is known of their resources' outputs.
    """

    plans: tuple[Plan, ...]
    outputs: dict[str, dict[str, str]]

    @property
    def hubs(self) -> tuple[str, ...]:
        """Names of the hubs that they hang on."""
        return tuple(dict.fromkeys(made.hub for made in self.plans))

    @property
    def subscription_id(self) -> str:
        """The subscription that we made, where that is known; empty otherwise."""
        return self.outputs.get(SUBSCRIPTION, {}).get("subscriptionId", "")


async def remains_of(deps: Dependencies, record: TenantRecord) -> Remains:
    """What may be there of a tenant.

    Raises:
        PermanentError: A plan is lost.
        TemporaryError: Something could not be read.
    """
    hashes, outputs = await _history(deps, record)
    known = dict.fromkeys((*hashes, *record.remains))
    plans = [await deps.documents.get_plan(one) for one in known]
    if record.reservation is not None and (not plans or _was_lost(record)):
        hub = deps.document.hub(record.reservation.hub)
        made = plan(record.request, deps.document, hub, record.reservation)
        plans = list({one.hash: one for one in (*plans, made)}.values())
    if record.subscription_id and record.request.subscription.mode == "vend":
        outputs.setdefault(SUBSCRIPTION, {"subscriptionId": record.subscription_id})
    for made in plans:
        await _read_outputs(deps, made, outputs)
    return Remains(tuple(plans), outputs)


def _was_lost(record: TenantRecord) -> bool:
    """Whether an operation was lost: nobody knows how far it came."""
    return any(item.key == "operation" for item in record.open_work)


async def _history(
    deps: Dependencies, record: TenantRecord
) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Hashes of plans and the outputs, back to the last operation that ended well."""
    hashes = [record.plan_hash] if record.plan_hash else []
    outputs: dict[str, dict[str, str]] = {}
    oldest = max(1, record.operations - MOST_OPERATIONS)
    for number in range(record.operations - 1, oldest - 1, -1):
        found = await deps.documents.get_operation(operation_id(record.tenant_id, number))
        if found is None:
            continue
        outputs = {**found.get("outputs", {}), **outputs}
        if found["state"] != "rolled-back":
            hashes += _hashes(found)
        if found["state"] in _GOOD:
            break
    applied = await deps.documents.get_operation(record.applied_by) or {}
    return tuple(dict.fromkeys(hashes)), {**applied.get("outputs", {}), **outputs}


def _hashes(document: dict[str, Any]) -> Iterator[str]:
    if document.get("planHash"):
        yield document["planHash"]
    if document["state"] not in _GOOD:
        for stage in document.get("stages", []):
            if stage.get("planHash"):
                yield stage["planHash"]


async def _read_outputs(deps: Dependencies, made: Plan, outputs: dict[str, dict[str, str]]) -> None:
    """Read what is not known and others refer to: a worker may have died before it was noted."""
    wanted = referenced_keys([[one.id, one.body] for one in made.resources])
    for one in made.resources:
        if one.key not in wanted or _has_all(one, outputs):
            continue
        # What is known in part is of no use to whoever needs the other part.
        known = outputs.pop(one.key, {})
        if referenced_keys(one.id) <= outputs.keys():
            current = await deps.arm.get(resolved(one.id, outputs), one.api_version)
            found = known | outputs_of(one, current or {})
            if _has_all(one, {one.key: found}):
                outputs[one.key] = found


def _has_all(one: Resource, outputs: Outputs) -> bool:
    return one.key in outputs and one.outputs.keys() <= outputs[one.key].keys()
