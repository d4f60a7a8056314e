"""What a look at a resource means for what was found of it before: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from landing_zone.audit import AuditEntry
from landing_zone.drift.rows import DriftRow
from landing_zone.drift.tallies import Tally, because
from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.decide import Action, Decision
from landing_zone.remediation.findings import (
    Finding,
    FindingEvent,
    FindingState,
    failed,
    finding_key,
    fixed,
    seen,
)
from landing_zone.remediation.owners import Owner
from landing_zone.remediation.service_levels import Histogram, ServiceLevels, observed

_EVENTS: Final[Mapping[Action, FindingEvent]] = MappingProxyType(
    {
        "enforce": FindingEvent.ENFORCE,
        "propose": FindingEvent.PROPOSE,
        "observe": FindingEvent.OBSERVE,
        "exempt": FindingEvent.EXEMPT,
        "tripped": FindingEvent.TRIP,
        "park": FindingEvent.PARK,
    }
)

SECONDS: Final = "seconds"
"""What counters of the times of fixes begin with."""

UNJUDGED: Final = "look"
"""The rule of a finding about a resource that could not even be looked at."""

type Findings = tuple[Finding, ...]


def looked(
    before: Findings, decisions: Sequence[Decision], owner: Owner, since: datetime, now: datetime
) -> Findings:
    """The findings once a look has found violations; those that it did not find are as they were.

    Args:
        before: What was found before.
        decisions: What is done about each violation.
        owner: Whose the resource is.
        since: When the change happened that led to the look.
        now: When it was looked at.
    """
    found = by_key(before)
    for decision in decisions:
        violation = decision.violation
        key = finding_key(violation.resource_id, violation.rule)
        found[key] = seen(
            found.get(key),
            owner=owner,
            resource_id=violation.resource_id,
            rule=violation.rule,
            event=_EVENTS[decision.action],
            event_time=since,
            now=now,
            detail=violation.detail,
            advice=decision.advice,
        )
    return tuple(found.values())


def closed(
    before: Findings, decisions: Iterable[Decision], policy: BreakerPolicy, now: datetime
) -> Findings:
    """The findings once a look has shown which of them are there no more.

    What was being fixed is taken for our own fix; what else went, went by itself.
    """
    still = {finding_key(one.violation.resource_id, one.violation.rule) for one in decisions}
    return tuple(
        one if one.is_over or one.key in still else _ended(one, policy, now) for one in before
    )


def parked(before: Findings, error: str, advice: str, *, otherwise: Finding) -> Findings:
    """The findings once nothing more is tried: what was open is left to a person.

    Args:
        before: What was found before.
        error: Why.
        advice: What a person can do.
        otherwise: What stands for the resource where nothing of it was open, as when it could not
            even be read.
    """
    if not any(one.state is FindingState.OPEN for one in before):
        others = tuple(one for one in before if one.key != otherwise.key)
        return (*others, failed(otherwise, error, parked=True, advice=advice))
    return tuple(
        failed(one, error, parked=True, advice=advice) if one.state is FindingState.OPEN else one
        for one in before
    )


def unjudged(row: DriftRow, owner: Owner, now: datetime) -> Finding:
    """What stands for a resource of which nothing was open: it could not even be looked at."""
    return Finding(
        owner=owner,
        resource_id=row.resource_id,
        rule=UNJUDGED,
        state=FindingState.OPEN,
        first_seen=now,
        last_seen=now,
        event_time=row.first_at,
        detail="it could not be looked at",
    )


def tally_of(finding: Finding) -> dict[str, int]:
    """How a finding has ended, with the time that its fix took; nothing where it went by itself."""
    if finding.state is not FindingState.FIXED:
        return because(str(finding.state), finding.rule)
    if finding.fixed_at is None or finding.fixed_at not in finding.fix_times:
        return {}
    (bucket,) = observed(Histogram(), seconds_to_fix(finding)).buckets
    return because(str(finding.state), finding.rule) | {f"{SECONDS}:{finding.rule}:{bucket}": 1}


def levels_of(tally: Tally) -> ServiceLevels:
    """The service levels that a tally counts."""
    rules: dict[str, dict[str, int]] = {}
    for name, count in tally.items():
        kind, _, rest = name.partition(":")
        rule, _, bucket = rest.partition(":")
        if kind == SECONDS:
            rules.setdefault(rule, {})[bucket] = count
    return ServiceLevels(
        rules={rule: Histogram(buckets=buckets) for rule, buckets in sorted(rules.items())}
    )


def by_key(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by their keys."""
    return {one.key: one for one in findings}


def changed(before: Findings, after: Findings) -> Findings:
    """The findings whose state is another one now, or that are new."""
    known = by_key(before)
    return tuple(
        one
        for one in after
        if (earlier := known.get(one.key)) is None
        or (earlier.state, earlier.first_seen) != (one.state, one.first_seen)
    )


def chain_of(owner: Owner) -> str:
    """The audit chain that tells of an owner's drift; no tenant's id has a colon in it."""
    return owner.name if owner.kind == "tenant" else f"hub:{owner.name}:drift"


def entry_of(
    finding: Finding, instance: str, now: datetime, before: Finding | None = None
) -> AuditEntry | None:
    """What is noted of a finding that has come to another state; None while it is being fixed.

    Args:
        finding: The finding as it is now.
        instance: The orchestration that found it so.
        now: The time.
        before: The same finding as it was; None where it is new.
    """
    if finding.state is FindingState.OPEN:
        return None
    begun = int(finding.first_seen.timestamp() * 1000)
    details = {"rule": finding.rule, "detail": finding.detail}
    if before is not None:
        details["before"] = str(before.state)
        if before.approved_by:
            details["approvedBy"] = before.approved_by
    if finding.error:
        details["error"] = finding.error
    if finding.state is FindingState.FIXED and finding.fixed_at is not None:
        details["seconds"] = f"{seconds_to_fix(finding):.3f}"
    return AuditEntry(
        tenant_id=chain_of(finding.owner),
        operation_id=instance,
        event_id=f"drift:{finding.key}:{begun}:{finding.state}:{finding.attempts}:{instance}",
        action=f"drift.{finding.state}",
        actor="spokewright",
        resource=finding.resource_id,
        outcome="done",
        details=details,
        at=now,
    )


def seconds_to_fix(finding: Finding) -> float:
    """Seconds from the change that broke a rule to the look that showed it right again."""
    if finding.fixed_at is None:
        return 0.0
    return max(0.0, (finding.fixed_at - finding.event_time).total_seconds())


def _ended(finding: Finding, policy: BreakerPolicy, now: datetime) -> Finding:
    # That a resource can be looked at again is no fix, be a person waiting for it or not.
    by_us = finding.state is FindingState.OPEN and finding.rule != UNJUDGED
    return fixed(finding, policy, now, by_us=by_us)
