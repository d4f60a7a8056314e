"""A dry run: what applying a request's plan would do to what is there. It writes nothing."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from activities.dependencies import Dependencies
from activities.dry_placing import NOBODY, asked_for
from activities.dry_reading import Reader
from landing_zone.access import Access
from landing_zone.applying import outputs_of
from landing_zone.dry_run.foreseeing import (
    Parents,
    foreseen,
    known_parts_of,
    parents_of,
    waves_of,
)
from landing_zone.dry_run.judging import Judge, same_before
from landing_zone.dry_run.model import Finding, Former, Held, Known, Nothing, There
from landing_zone.dry_run.reporting import DryRun, dry_run_document
from landing_zone.hub import Hub
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Resource, Write
from landing_zone.planning import plan
from landing_zone.planning.omissions import omissions
from landing_zone.planning.scope import Scope
from landing_zone.planning.suspended import suspended
from landing_zone.references import referenced_keys
from landing_zone.routes.updating import no_longer_planned
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord


async def dry_run(
    deps: Dependencies, request: TenantRequest, asker: Access | str = NOBODY
) -> dict[str, Any]:
    """What the request would do, resource by resource, as callers see it.

    Args:
        deps: What is worked with.
        request: What is asked for.
        asker: Who asks: a caller with what it may do, or a part of the application by its name.

    Raises:
        AccessRefused: The tenant is another's.
        InvalidRequest: No hub could ever give what is asked for, or something is to be changed
            that cannot be.
        PermanentError: The request would be refused.
        CapacityExceeded: No hub of the region has room.
        TemporaryError: Azure asks to wait, or the registry cannot be read.
    """
    asked = await asked_for(deps, request, asker)
    hub = deps.document.hub(asked.reservation.hub)
    made = plan(request, deps.document, hub, asked.reservation, deps.rules)
    if asked.existing is not None and asked.existing.state is TenantState.SUSPENDED:
        # It is asked for again as it is: closed, until it is resumed.
        made = suspended(made)
    former = await _former(deps, asked.existing)
    comparing = _Comparing(deps, hub, made, former)
    return dry_run_document(
        DryRun(
            request=request,
            state=asked.existing.state.value if asked.existing else "",
            reservation=asked.reservation,
            reserved=asked.reserved,
            plan=made,
            findings=await comparing.findings(),
            omissions=omissions(Scope(request, deps.document, hub, asked.reservation)),
        )
    )


async def _former(deps: Dependencies, existing: TenantRecord | None) -> Former | None:
    """The plan that was last applied, where what it made may still be there."""
    if existing is None or existing.reservation is None or not existing.plan_hash:
        return None
    ended = await deps.documents.get_operation(existing.applied_by) or {}
    made = await deps.documents.get_plan(existing.plan_hash)
    return Former(made, ended.get("outputs", {}))


class _Comparing:
    """One comparison of a plan with what is there."""

    def __init__(self, deps: Dependencies, hub: Hub, made: Plan, former: Former | None) -> None:
        self._plan = made
        self._former = former
        self._parents: Parents = parents_of(made)
        self._reader = Reader(deps, hub)
        self._judge = Judge(made.tenant_id, hub, deps.settings.hub)
        self._known = Known({}, {})

    async def findings(self) -> tuple[Finding, ...]:
        """What would happen to each resource, in the plan's order; what would go comes last."""
        await self._reader.read_hub()
        found: dict[str, Finding] = {}
        for wave in waves_of(self._plan, self._parents):
            found |= await self._wave(wave)
        planned = [found[item.key] for item in self._plan.resources]
        return (*planned, *await self._removed())

    async def _wave(self, keys: Iterable[str]) -> dict[str, Finding]:
        resources = [known_parts_of(self._plan.by_key[key], self._known) for key in keys]
        parents = [self._parents[item.key] for item in resources]
        held = await self._held(resources, parents)
        found = {
            item.key: self._judge.judged(item, one, self._known, self._before(item))
            for item, one in zip(resources, held, strict=True)
        }
        outputs = {
            item.key: outputs_of(item, one.body)
            for item, one in zip(resources, held, strict=True)
            if isinstance(one, There) and item.outputs
        }
        actions = {key: finding.action for key, finding in found.items()}
        self._known = Known({**self._known.outputs, **outputs}, {**self._known.actions, **actions})
        return found

    async def _held(
        self, resources: list[Resource], parents: Iterable[frozenset[str]]
    ) -> list[Held]:
        """What is there of each: known without a read, or read."""
        held: dict[str, Held] = {}
        for item, above in zip(resources, parents, strict=True):
            known = self._without_reading(item, above)
            if known is not None:
                held[item.key] = known
        to_read = [item for item in resources if item.key not in held]
        read = await self._reader.resources(to_read)
        held |= {item.key: one for item, one in zip(to_read, read, strict=True)}
        return await self._with_kept(resources, held)

    def _without_reading(self, item: Resource, parents: frozenset[str]) -> Held | None:
        if item.write is Write.HUB:
            return self._reader.lane(self._judge.lane(item))
        return foreseen(item, self._known, parents)

    async def _with_kept(self, resources: list[Resource], held: dict[str, Held]) -> list[Held]:
        """The same, knowing which of the missing ones would be brought back."""
        missing = [
            item
            for item in resources
            if isinstance(held[item.key], Nothing)
            and item.recovery is not None
            and not referenced_keys(item.recovery.id)
        ]
        kept = await self._reader.kept(missing)
        for item, is_kept in zip(missing, kept, strict=True):
            held[item.key] = Nothing(kept=is_kept)
        return [held[item.key] for item in resources]

    def _before(self, item: Resource) -> Resource | None:
        if self._former is None:
            return None
        found = same_before(self._former.plan, self._plan.by_key[item.key])
        return known_parts_of(found, self._known) if found is not None else None

    async def _removed(self) -> list[Finding]:
        """What would go of what was last applied, last things first."""
        if self._former is None:
            return []
        outputs = {**self._former.outputs, **self._known.outputs}
        known = replace(self._known, outputs=outputs)
        gone = no_longer_planned(self._former.plan, self._plan)
        resources = [
            known_parts_of(item.model_copy(update={"recovery": None}), known) for item in gone
        ]
        held = await self._held(resources, [frozenset()] * len(resources))
        found = [self._judge.removed(item, one) for item, one in zip(resources, held, strict=True)]
        return [one for one in found if one is not None]
