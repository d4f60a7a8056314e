"""What people do about findings: approve, reset; each has the resource looked at at once."""

import asyncio
from collections.abc import Iterable
from typing import Final

from activities.dependencies import Dependencies
from activities.drift_running import DriftClient, ensure_remediation
from landing_zone.drift.acting import Asked, act_name, acted, entry_of_act, no_such_finding
from landing_zone.drift.cases import by_key
from landing_zone.drift.rows import SeenEvent, key_of
from landing_zone.errors import TemporaryError
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.kinds import target_of

RACES: Final = 5
AT_ONCE: Final = 16


async def act(deps: Dependencies, client: DriftClient, asked: Asked, by: str) -> Finding:
    """Do what a person asks for, and have the resource looked at; the finding as it is then.

    Raises:
        PermanentError: There is no such finding, or it is in a state that has no place for it.
        TemporaryError: Others were first each time, or storage could not be reached.
    """
    estate = await deps.landscape.estate(deps.clock.now())
    owner, target = estate.owner_of(asked.resource_id), target_of(asked.resource_id)
    if owner is None or target is None:
        raise no_such_finding()
    for _ in range(RACES):
        kept = await deps.findings.of(owner.name, target.id)
        now = deps.clock.now()
        after = acted(kept.value, asked, by, now)
        if after != kept.value:
            before = by_key(kept.value)[asked.key]
            # The audit first: an entry that is noted again is known, one that is not is lost.
            await deps.audit.append(entry_of_act(before, asked, by, kept.etag, now))
            if not await deps.findings.put(owner.name, target.id, after, kept.etag):
                continue
        finding = by_key(after)[asked.key]
        await look_again(deps, client, [finding], act_name(asked, kept.etag))
        return finding
    raise TemporaryError("FindingsBusy", "others were first on the findings of the resource")


async def look_again(
    deps: Dependencies, client: DriftClient, findings: Iterable[Finding], run: str
) -> int:
    """Have what was found looked at afresh; how many findings that are.

    Args:
        deps: What is worked with.
        client: The durable client.
        findings: What was found.
        run: Names the reason for ever: for the same one, each is noted once.

    Raises:
        TemporaryError: Storage could not be reached.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def note(finding: Finding) -> None:
        target = target_of(finding.resource_id)
        if target is None:
            return
        part = finding.resource_id
        event = SeenEvent(id=f"{run}:{key_of(part)}", at=deps.clock.now(), subject=part)
        async with gate:
            noted = await deps.drift.note(target.id, finding.owner, event)
            if noted.fresh or noted.again:
                await ensure_remediation(client, noted.row, deps.retry_of_fixes, fresh=noted.fresh)

    chosen = list(findings)
    await asyncio.gather(*map(note, chosen))
    return len(chosen)
