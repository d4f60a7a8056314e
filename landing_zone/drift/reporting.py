"""How remediation stands, as those who ask for it see it: a pure document."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from landing_zone.contracts import Contract
from landing_zone.drift.cases import levels_of
from landing_zone.drift.rows import DriftRow
from landing_zone.drift.sweeping import SweepStatus
from landing_zone.drift.tallies import (
    COALESCED,
    DUPLICATE,
    HANDLED,
    IGNORED,
    REFUSED,
    Tally,
    day_of,
    summed,
)
from landing_zone.instances import is_on_its_way
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.names import RULE_NAMES
from landing_zone.remediation.policy import RemediationPolicy, ServiceLevel
from landing_zone.remediation.service_levels import Histogram, summary

LEVEL_DAYS: Final = 30
"""Days over which service levels are measured, today among them."""

_ACTIONS: Final[Mapping[FindingState, str]] = {
    FindingState.PROPOSED: "approve",
    FindingState.PARKED: "reset",
    FindingState.TRIPPED: "reset",
}
_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class FindingFilter(Contract):
    """Which findings are shown.

    Attributes:
        owner: Those of a tenant or a hub; empty for all.
        rule: Those of a rule; empty for all.
        state: Those in a state; None for all, of which those that are over are only counted.
        top: How many are listed at most.
    """

    owner: str = ""
    rule: str = ""
    state: FindingState | None = None
    top: int = 100

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is counted."""
        return (
            self.owner in ("", finding.owner.name)
            and self.rule in ("", finding.rule)
            and self.state in (None, finding.state)
        )


class FindingReport:
    """Findings, counted one after the other; of those that are listed the oldest are kept."""

    def __init__(self, wanted: FindingFilter) -> None:
        """Begin with none."""
        self._wanted = wanted
        self._states: Counter[str] = Counter()
        self._rules: dict[str, Counter[str]] = {}
        self._listed: list[Finding] = []
        self._to_list = 0

    def add(self, finding: Finding) -> None:
        """Count one."""
        if not self._wanted.takes(finding):
            return
        self._states[finding.state] += 1
        self._rules.setdefault(finding.rule, Counter())[finding.state] += 1
        if finding.is_over and self._wanted.state is None:
            return
        self._to_list += 1
        self._listed.append(finding)
        if len(self._listed) >= 2 * self._wanted.top:
            self._listed = self._oldest()

    def document(self) -> dict[str, Any]:
        """What was counted."""
        listed = self._oldest()
        return {
            "byState": {str(state): self._states[state] for state in FindingState},
            "byRule": {
                rule: dict(sorted(self._rules[rule].items())) for rule in sorted(self._rules)
            },
            "value": [finding_document(one) for one in listed],
            "notShown": self._to_list - len(listed),
        }

    def _oldest(self) -> list[Finding]:
        return heapq.nsmallest(
            self._wanted.top, self._listed, key=lambda one: (one.first_seen, one.key)
        )


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding as callers see it, with what they can do about it."""
    document: dict[str, Any] = {
        "owner": finding.owner.name,
        "ownerKind": finding.owner.kind,
        "resourceId": finding.resource_id,
        "rule": finding.rule,
        "state": str(finding.state),
        "since": finding.first_seen.isoformat(),
        "lastSeen": finding.last_seen.isoformat(),
        "attempts": finding.attempts,
        "detail": finding.detail,
        "error": finding.error,
        "advice": finding.advice,
        "links": {"owner": f"/api/compliance?owner={finding.owner.name}"},
    }
    if finding.fixed_at is not None and finding.is_over:
        document["fixedAt"] = finding.fixed_at.isoformat()
    action = _ACTIONS.get(finding.state)
    if action is not None:
        body = {"resourceId": finding.resource_id, "rule": finding.rule, "action": action}
        link = {"method": "POST", "href": "/api/compliance/findings", "body": body}
        document["links"][action] = link
    return document


def events_document(days: Mapping[str, Tally], now: datetime) -> dict[str, Any]:
    """How many events came to which end, today and in all."""
    return {
        "today": _accounted(days.get(day_of(now), {})),
        "inAll": _accounted(summed(days.values())),
    }


def _accounted(tally: Tally) -> dict[str, Any]:
    ends: dict[str, Any] = {end: tally.get(end, 0) for end in (HANDLED, COALESCED, DUPLICATE)}
    total = sum(ends.values())
    for end in (IGNORED, REFUSED):
        reasons = dict(sorted(_reasons(tally, end)))
        ends[end] = {"total": sum(reasons.values()), "byReason": reasons}
        total += ends[end]["total"]
    return {"total": total, **ends}


def _reasons(tally: Tally, end: str) -> Iterator[tuple[str, int]]:
    for name, count in tally.items():
        kind, _, reason = name.partition(":")
        if kind == end and reason:
            yield reason, count


def pending_document(rows: Iterable[DriftRow], now: datetime) -> dict[str, Any]:
    """What waits to be looked at, or is being put right."""
    known = list(rows)
    oldest = min(known, key=lambda row: row.noted_at, default=None)
    return {
        "resources": len(known),
        "events": sum(row.events for row in known),
        "oldest": None
        if oldest is None
        else {
            "resourceId": oldest.resource_id,
            "owner": oldest.owner.name,
            "notedAt": oldest.noted_at.isoformat(),
            "ageSeconds": max(0.0, (now - oldest.noted_at).total_seconds()),
        },
    }


def levels_document(
    days: Mapping[str, Tally], promised: ServiceLevel, now: datetime
) -> dict[str, Any]:
    """How long it took from change to verified fix, by rule, against what is promised."""
    first = day_of(now - timedelta(days=LEVEL_DAYS - 1))
    levels = levels_of(summed(tally for day, tally in days.items() if first <= day <= day_of(now)))
    return {
        "days": LEVEL_DAYS,
        "promised": {"percentile": promised.percentile, "seconds": promised.seconds},
        "all": _level(levels.total, promised),
        "rules": {rule: _level(found, promised) for rule, found in levels.rules.items()},
    }


def _level(histogram: Histogram, promised: ServiceLevel) -> dict[str, Any]:
    measured = histogram.percentile(_SHARES[promised.percentile])
    met = None if measured is None else measured <= promised.seconds
    return {**summary(histogram), "met": met}


def sweep_document(status: Any) -> dict[str, Any] | None:
    """The sweep that is on its way, or the last one, from its durable status; None before any."""
    state = getattr(status, "runtime_status", None)
    if state is None:
        return None
    told = getattr(status, "output", None) or status.custom_status
    try:
        found = SweepStatus.parse(told)
    except ValidationError:
        found = SweepStatus()
    return {
        "state": str(getattr(state, "value", state)),
        "running": is_on_its_way(status),
        "run": found.run or None,
        "shards": found.shards,
        "done": found.done,
        "resources": found.resources,
        "noted": found.noted,
        "failed": list(found.failed),
    }


def policy_document(policy: RemediationPolicy) -> dict[str, Any]:
    """How remediation behaves."""
    return {
        "modes": {rule: policy.mode(rule) for rule in RULE_NAMES},
        "breaker": policy.breaker.model_dump(by_alias=True),
        "attempts": policy.attempts,
    }
