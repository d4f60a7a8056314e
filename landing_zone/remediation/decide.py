"""What is done about each violation: total and pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from landing_zone.contracts import Contract
from landing_zone.remediation.breaker import breaker_state
from landing_zone.remediation.exemptions import Exemption, exemption_for
from landing_zone.remediation.findings import Finding, finding_key
from landing_zone.remediation.model import Violation
from landing_zone.remediation.policy import RemediationPolicy

type Action = Literal["enforce", "propose", "observe", "exempt", "tripped", "park"]


class Decision(Contract):
    """What is done about a violation.

    Attributes:
        violation: The violation.
        action: Fixed, shown with a button to fix it, only written down, exempt, left alone since
            someone undoes every fix, or left to a person since no write of ours puts it right.
        reason: Why, for a person.
        advice: What a person can do; empty where nobody has to do anything.
    """

    violation: Violation
    action: Action
    reason: str = ""
    advice: str = ""


def decide(
    violations: Iterable[Violation],
    findings: Mapping[str, Finding],
    exemptions: Iterable[Exemption],
    policy: RemediationPolicy,
    now: datetime,
) -> tuple[Decision, ...]:
    """A decision for each violation, in their order.

    Args:
        violations: What a look found.
        findings: What is known of them from before, by key.
        exemptions: All that could hold; expired ones do not.
        policy: Modes and bounds.
        now: The time.
    """
    known = tuple(exemptions)
    return tuple(_decision(one, findings, known, policy, now) for one in violations)


def _decision(
    violation: Violation,
    findings: Mapping[str, Finding],
    exemptions: tuple[Exemption, ...],
    policy: RemediationPolicy,
    now: datetime,
) -> Decision:
    exemption = exemption_for(exemptions, violation.rule, violation.resource_id, now)
    if exemption is not None:
        reason = f"exempt until {exemption.expires.isoformat()}: {exemption.reason}"
        return Decision(violation=violation, action="exempt", reason=reason)
    mode = policy.mode(violation.rule)
    if mode == "observe":
        return Decision(violation=violation, action="observe", reason="the rule only observes")
    if violation.fix.kind == "by-hand":
        return Decision(
            violation=violation,
            action="park",
            reason="no write of ours puts it right",
            advice=violation.fix.advice,
        )
    before = findings.get(finding_key(violation.resource_id, violation.rule))
    if mode == "propose" and not (before is not None and before.approved_by):
        advice = "approve the proposed fix, or grant an exemption"
        reason = "the rule proposes its fixes"
        return Decision(violation=violation, action="propose", reason=reason, advice=advice)
    return _enforced(violation, before, policy, now)


def _enforced(
    violation: Violation, before: Finding | None, policy: RemediationPolicy, now: datetime
) -> Decision:
    if before is not None:
        state = breaker_state(
            policy.breaker,
            before.fix_times,
            now,
            tripped_at=before.tripped_at,
            last_seen=before.last_seen,
        )
        if state == "tripped":
            reason = f"fixed {policy.breaker.fixes} times, and broken again each time"
            advice = "find who undoes the fix, then reset the finding or grant an exemption"
            return Decision(violation=violation, action="tripped", reason=reason, advice=advice)
    return Decision(violation=violation, action="enforce")
