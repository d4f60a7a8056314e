"""Reading what a resource is judged by, and judging it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from activities.dependencies import Dependencies
from landing_zone.drift.rows import DriftRow
from landing_zone.errors import PermanentError
from landing_zone.ports import Accepted
from landing_zone.remediation.kinds import KINDS, target_of
from landing_zone.remediation.model import Facts, Read, Violation
from landing_zone.remediation.rules import judge, lacking

MOST_ROUNDS: Final = 4
"""Rounds of further reads: what is read next may follow from what was read before."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a resource.

    Attributes:
        facts: What it is judged by.
        violations: What breaks a rule.
    """

    facts: Facts
    violations: tuple[Violation, ...]

    def answered(self, answers: Sequence[Accepted]) -> "Sight":
        """The sight with the tags that the last write answered with."""
        tags: Any = ((answers[-1].body or {}).get("properties") or {}).get("tags")
        resource = {**(self.facts.resource or {}), "tags": tags or {}}
        facts = replace(self.facts, resource=resource)
        return Sight(facts, judge(facts))


async def see(deps: Dependencies, row: DriftRow) -> Sight:
    """Read a resource afresh, and judge it.

    Raises:
        TemporaryError: Something could not be read.
        PermanentError: Something may not be read, or is of no governed type.
    """
    target = target_of(row.resource_id)
    if target is None:
        raise PermanentError("NotGoverned", f"{row.resource_id} is of no governed type")
    ground, resource = await asyncio.gather(
        deps.grounds.of(row.owner), deps.arm.get(target.id, KINDS[target.type].api_version)
    )
    about = frozenset(row.subjects) - {target.id}
    facts = Facts(target.id, target.type, resource, ground, about)
    for _ in range(MOST_ROUNDS):
        reads = lacking(facts)
        if not reads:
            return Sight(facts, judge(facts))
        answers = await asyncio.gather(*(_read(deps, read) for read in reads))
        known = dict(facts.answers) | dict(zip(reads, answers, strict=True))
        facts = replace(facts, answers=known)
    raise PermanentError("EndlessReads", f"judging {target.id} asks for ever more reads")


async def _read(deps: Dependencies, read: Read) -> Any:
    if read.kind == "list":
        return await deps.arm.pages(read.path, read.api_version)
    return await deps.arm.get(read.path, read.api_version)
