"""What is found of one resource, from the first look to the last: kept, noted in the audit."""

import asyncio
from collections.abc import Sequence

from activities.dependencies import Dependencies
from landing_zone.drift import cases
from landing_zone.drift.rows import DriftRow
from landing_zone.drift.tallies import summed
from landing_zone.errors import TemporaryError
from landing_zone.remediation.decide import Decision
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.owners import Owner


class Case:
    """The findings of a resource while its events are being served.

    Attributes:
        row: What was noted of it.
        owner: Whose it is.
    """

    def __init__(
        self, deps: Dependencies, row: DriftRow, owner: Owner, findings: cases.Findings, etag: str
    ) -> None:
        """Go on from what is kept."""
        self._deps = deps
        self.row = row
        self.owner = owner
        self._findings = findings
        self._etag = etag

    @classmethod
    async def of(cls, deps: Dependencies, row: DriftRow) -> "Case":
        """The case of a row.

        Raises:
            TemporaryError: It could not be read.
        """
        kept = await deps.findings.of(row.owner.name, row.resource_id)
        return cls(deps, row, row.owner, kept.value, kept.etag)

    @property
    def known(self) -> dict[str, Finding]:
        """What was found, by key."""
        return cases.by_key(self._findings)

    @property
    def is_being_fixed(self) -> bool:
        """Whether something that was found is to be right, and is not known to be."""
        return any(one.state is FindingState.OPEN for one in self._findings)

    async def note(self, decisions: Sequence[Decision]) -> None:
        """Keep what a look has found, before anything is done about it.

        Raises:
            TemporaryError: Someone else was first, or storage could not be reached.
        """
        if decisions:
            now = self._deps.clock.now()
            row = self.row
            await self._keep(cases.looked(self._findings, decisions, self.owner, row.first_at, now))

    async def close(self, decisions: Sequence[Decision]) -> None:
        """Keep that what a look has not found is right again.

        Raises:
            TemporaryError: Someone else was first, or storage could not be reached.
        """
        policy, now = self._deps.policy.breaker, self._deps.clock.now()
        await self._keep(cases.closed(self._findings, decisions, policy, now))

    async def park(self, error: str, advice: str) -> None:
        """Keep that a person has to see to it.

        Raises:
            TemporaryError: Someone else was first, or storage could not be reached.
        """
        now = self._deps.clock.now()
        otherwise = cases.unjudged(self.row, self.owner, now)
        await self._keep(cases.parked(self._findings, error, advice, otherwise=otherwise))

    def tally(self) -> dict[str, int]:
        """How what was found since the first event has ended."""
        return summed(
            cases.tally_of(one) for one in self._findings if one.last_seen >= self.row.noted_at
        )

    async def _keep(self, after: cases.Findings) -> None:
        if after == self._findings:
            return
        now = self._deps.clock.now()
        fresh = cases.changed(self._findings, after)
        known, instance = self.known, self.row.instance
        entries = [cases.entry_of(one, instance, now, known.get(one.key)) for one in fresh]
        # The audit first: an entry that is noted again is known, one that is not noted is lost.
        await asyncio.gather(*(self._deps.audit.append(one) for one in entries if one is not None))
        etag = await self._deps.findings.put(
            self.owner.name, self.row.resource_id, after, self._etag
        )
        if etag is None:
            raise TemporaryError("FindingsBusy", "someone else has changed the findings")
        self._findings, self._etag = after, etag
