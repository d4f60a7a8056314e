"""Reading what a resource is judged by, and judging it."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from activities.dependencies import Dependencies
from landing_zone.applying import is_settling
from landing_zone.drift.rows import DriftRow
from landing_zone.errors import PermanentError
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.kinds import target_of
from landing_zone.remediation.looking import about, read_of
from landing_zone.remediation.model import Facts, Read, Violation
from landing_zone.remediation.rules import missing_reads, violations

MOST_ROUNDS: Final = 4
"""Rounds of further reads: what is read next may follow from what was read before."""


class Sight(NamedTuple):
    """What was seen of a resource.

    Attributes:
        violations: What it breaks.
        settling: Whether Azure is still working on it, so that what it shows may not be so yet.
    """

    violations: tuple[Violation, ...]
    settling: bool


async def see(deps: Dependencies, row: DriftRow, findings: Iterable[Finding]) -> Sight:
    """Read a resource afresh.

    Raises:
        TemporaryError: Something could not be read.
        PermanentError: Something may not be read, or is of no governed type.
    """
    target = target_of(row.resource_id)
    if target is None:
        raise PermanentError("NotGoverned", f"{row.resource_id} is of no governed type")
    ground, resource = await asyncio.gather(
        deps.landscape.ground(row.owner), _read(deps, read_of(target))
    )
    told = about(row.subjects, findings) - {target.id}
    facts = Facts(target.id, target.type, resource, ground, told)
    for _ in range(MOST_ROUNDS):
        reads = missing_reads(facts)
        if not reads:
            return Sight(violations(facts), is_settling(resource))
        answers = await asyncio.gather(*(_read(deps, read) for read in reads))
        known = dict(facts.answers) | dict(zip(reads, answers, strict=True))
        facts = replace(facts, answers=known)
    raise PermanentError("EndlessReads", f"judging {target.id} asks for ever more reads")


async def _read(deps: Dependencies, read: Read) -> Any:
    if read.kind == "list":
        return await deps.arm.pages(read.path, read.api_version)
    return await deps.arm.get(read.path, read.api_version)
