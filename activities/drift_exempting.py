"""Granting exemptions and taking them back; what was found there is looked at at once."""

import hashlib
from typing import Final

from activities.dependencies import Dependencies
from activities.drift_acting import look_again
from activities.drift_running import DriftClient
from landing_zone.arm_ids import normalized
from landing_zone.audit import AuditEntry
from landing_zone.drift.cases import chain_of
from landing_zone.errors import PermanentError
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.owners import Estate

UNOWNED: Final = "exemptions:unowned"
"""Audit chain of exemptions whose owner is not governed any more; no tenant's id has a colon."""


async def grant(deps: Dependencies, client: DriftClient, wanted: Exemption, by: str) -> bool:
    """Grant an exemption, or change the one of its id; whether it is new.

    Raises:
        TemporaryError: Storage could not be reached; asking again finishes it.
    """
    before = await _known(deps, wanted.id)
    if before != wanted:
        await _note(deps, "exemption.granted", wanted, by)
        await deps.exemptions.put(wanted)
    await _look_below(deps, client, [wanted] if before is None else [before, wanted])
    return before is None


async def take_back(deps: Dependencies, client: DriftClient, exemption_id: str, by: str) -> None:
    """Take an exemption back.

    Raises:
        PermanentError: There is none of that id.
        TemporaryError: Storage could not be reached.
    """
    before = await _known(deps, exemption_id)
    if before is None:
        raise no_such_exemption()
    await _note(deps, "exemption.removed", before, by)
    await deps.exemptions.remove(exemption_id)
    await _look_below(deps, client, [before])


def no_such_exemption() -> PermanentError:
    """There is none of that id."""
    return PermanentError("ExemptionNotFound", "there is no such exemption")


async def _known(deps: Dependencies, exemption_id: str) -> Exemption | None:
    found = (one for one in await deps.exemptions.all() if one.id == exemption_id)
    return next(found, None)


async def _note(deps: Dependencies, action: str, exemption: Exemption, by: str) -> None:
    """Before it is done: what is noted in vain is seen, what is not noted is lost."""
    now = deps.clock.now()
    owner = (await deps.landscape.estate()).owner_of(exemption.scope)
    run = _run(exemption, now.isoformat())
    entry = AuditEntry(
        tenant_id=chain_of(owner) if owner else UNOWNED,
        operation_id=run,
        event_id=f"{action}:{run}",
        action=action,
        actor=by,
        resource=exemption.scope,
        outcome="accepted",
        details=exemption.model_dump(
            mode="json", include={"id", "rule", "reason", "by", "expires"}
        ),
        at=now,
    )
    await deps.audit.append(entry)


async def _look_below(deps: Dependencies, client: DriftClient, concerned: list[Exemption]) -> None:
    """Have what is not over and what these are about looked at."""
    estate = await deps.landscape.estate(deps.clock.now())
    owners = sorted({name for one in concerned for name in _owners_below(estate, one.scope)})
    found = [
        finding
        for owner in owners
        async for finding in deps.findings.all(owner)
        if not finding.is_over and _is_about(concerned, finding)
    ]
    await look_again(deps, client, found, _run(concerned[-1], deps.clock.now().isoformat()))


def _owners_below(estate: Estate, scope: str) -> set[str]:
    start = f"{normalized(scope)}/"
    below = {owner.name for known, owner in estate.scopes.items() if f"{known}/".startswith(start)}
    owner = estate.owner_of(scope)
    return below | ({owner.name} if owner else set())


def _is_about(exemptions: list[Exemption], finding: Finding) -> bool:
    return any(one.reaches(finding.rule, finding.resource_id) for one in exemptions)


def _run(exemption: Exemption, at: str) -> str:
    """Names what is done to an exemption for ever."""
    content = f"{exemption.model_dump_json()}\n{at}"
    return f"exemption-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
