"""Sweeping subscriptions: list what is there, judge it, have looked at what may be wrong.

A sweep writes nothing to Azure. What it finds is noted as an event is, so that it is read afresh,
judged and put right by the same orchestration, one a resource.
"""

import asyncio
from collections.abc import Iterable, Iterator
from math import ceil
from typing import Any, Final

from activities.dependencies import Dependencies
from activities.drift_running import DriftClient, ensure_remediation
from landing_zone.arm_ids import normalized, subscription_scope
from landing_zone.drift.rows import SeenEvent, key_of
from landing_zone.drift.sweeping import ShardAnswer, Shards, ShardTask, SweepTask
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.planning import api_versions
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import Target, target_of
from landing_zone.remediation.model import Read
from landing_zone.remediation.owners import Owner
from landing_zone.remediation.sweep import absent, listings, shards, sweep, unlisted

PER_SHARD: Final = 10
"""Subscriptions of a shard, about: what one call of an activity sweeps."""

LISTS_AT_ONCE: Final = 4

NOT_THERE: Final = frozenset(
    {"InvalidResourceNamespace", "MissingSubscriptionRegistration", "SubscriptionNotRegistered"}
)
"""Codes of lists whose provider the cloud does not have, or the subscription has not registered."""

type Closer = tuple[Target, str]
"""What is to be looked at, and the part of it that it is about."""


async def plan_sweep(deps: Dependencies, task: SweepTask) -> Shards:  # noqa: ARG001 - as all are
    """Every governed subscription, in shards."""
    estate = await deps.landscape.estate(deps.clock.now())
    found = {scope.split("/")[2] for scope in estate.scopes}
    spread = shards(found, max(1, ceil(len(found) / PER_SHARD)))
    return Shards(shards=tuple(one for one in spread if one))


async def sweep_shard(deps: Dependencies, client: DriftClient, task: ShardTask) -> ShardAnswer:
    """Sweep some subscriptions; one that cannot be swept does not keep the others from it."""
    resources = noted = 0
    failed: list[str] = []
    for place, subscription in enumerate(task.subscriptions):
        try:
            seen, closer = await _swept(deps, subscription)
            noted += await _have_looked_at(deps, client, task.run, closer)
            resources += seen
        except PermanentError as error:
            failed.append(f"{subscription}: {error}")
        except TemporaryError as error:
            return ShardAnswer(
                resources=resources,
                noted=noted,
                left=task.subscriptions[place:],
                wait=error.retry_after,
                failed=tuple(failed),
            )
    return ShardAnswer(resources=resources, noted=noted, failed=tuple(failed))


async def _swept(deps: Dependencies, subscription: str) -> tuple[int, set[Closer]]:
    """How many resources a subscription has, and what of them has to be looked at."""
    grounds = await _grounds(deps, subscription)
    bodies = await _listed(deps, subscription)
    found: set[Closer] = set()
    for start, ground in grounds.items():
        own = [body for body in bodies if _is_below(body, start)]
        found |= _judged(ground, subscription, own)
    return len(bodies), found


async def _grounds(deps: Dependencies, subscription: str) -> dict[str, Ground]:
    """What is known of each owner in it, by the scope that is theirs."""
    estate = await deps.landscape.estate()
    scope = normalized(subscription_scope(subscription))
    owners = {
        start: owner
        for start, owner in estate.scopes.items()
        if start == scope or start.startswith(f"{scope}/")
    }
    # A hub that shares its subscription with another one has its own group alone.
    narrow = {start: owner for start, owner in owners.items() if start != scope}
    chosen = narrow or owners
    return {start: await deps.landscape.ground(owner) for start, owner in chosen.items()}


def _is_below(body: dict[str, Any], start: str) -> bool:
    return f"{normalized(str(body.get('id', '')))}/".startswith(f"{start}/")


def _judged(ground: Ground, subscription: str, bodies: Iterable[dict[str, Any]]) -> set[Closer]:
    bodies = list(bodies)
    swept = sweep(bodies, {subscription: ground})
    seen = {normalized(str(body.get("id", ""))) for body in bodies}
    broken = [*swept.violations, *absent(ground, seen)]
    return {
        *((target, target.id) for target in swept.closer),
        *unlisted(ground),
        *_targets(violation.resource_id for violation in broken),
    }


def _targets(ids: Iterable[str]) -> Iterator[Closer]:
    for one in ids:
        target = target_of(one)
        if target is not None:
            yield target, one


async def _listed(deps: Dependencies, subscription: str) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(LISTS_AT_ONCE)

    async def read(one: Read) -> list[dict[str, Any]]:
        async with gate:
            if one.kind == "list":
                return await _items(deps, one)
            found = await deps.background_arm.get(one.path, one.api_version)
            return [] if found is None else [found]

    there = await _registered(deps, subscription)
    wanted = [one for one in listings(subscription) if _provider(one.path) in there]
    parts = await asyncio.gather(*(read(one) for one in wanted))
    return [body for part in parts for body in part]


async def _registered(deps: Dependencies, subscription: str) -> set[str]:
    """The resource providers that a subscription has registered: of others it has nothing."""
    path = f"{subscription_scope(subscription)}/providers"
    providers = await deps.background_arm.pages(path, api_versions.RESOURCES)
    return {""} | {
        str(one.get("namespace", "")).lower()
        for one in providers
        if one.get("registrationState") == "Registered"
    }


def _provider(path: str) -> str:
    """The provider of what a path lists, in lower case; empty for what is Azure's own."""
    return normalized(path).partition("/providers/")[2].partition("/")[0]


async def _items(deps: Dependencies, read: Read) -> list[dict[str, Any]]:
    """The items of a list; none where the subscription cannot have any."""
    try:
        return await deps.background_arm.pages(read.path, read.api_version)
    except (PermanentError, TemporaryError) as error:
        if error.code in NOT_THERE:
            return []
        raise


async def _have_looked_at(
    deps: Dependencies, client: DriftClient, run: str, closer: set[Closer]
) -> int:
    """Note what is to be looked at; how many resources that is."""
    estate = await deps.landscape.estate()
    now = deps.clock.now()

    async def note(target: Target, part: str, owner: Owner) -> None:
        event = SeenEvent(id=f"{run}:{key_of(part)}", at=now, subject=part)
        noted = await deps.drift.note(target.id, owner, event)
        if noted.fresh or noted.again:
            await ensure_remediation(client, noted.row, deps.retry_of_fixes, fresh=noted.fresh)

    owned = [
        (target, part, owner)
        for target, part in sorted(closer)
        if (owner := estate.owner_of(target.id)) is not None
    ]
    await asyncio.gather(*(note(*one) for one in owned))
    return len({target.id for target, _, _ in owned})
