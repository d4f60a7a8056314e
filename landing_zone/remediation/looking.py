"""One look at a resource: what is read of it, and which findings it answers."""

from collections.abc import Iterable

from landing_zone.remediation.findings import Finding
from landing_zone.remediation.kinds import KINDS, Target, target_of
from landing_zone.remediation.model import Fix, Read, Violation
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules import tags


def read_of(target: Target) -> Read:
    """The one read that a compliant resource costs."""
    return Read(target.id, KINDS[target.type].api_version)


def about(told: Iterable[str], findings: Iterable[Finding]) -> frozenset[str]:
    """What a look looks at closely: what events told of, and what was wrong before.

    Without the latter a finding about a deleted setting would neither be seen again nor end.
    """
    open_ids = (one.resource_id for one in findings if not one.is_over)
    return frozenset(one for one in (*told, *open_ids) if one)


def belongs(finding: Finding, target: Target) -> bool:
    """Whether a look at a target answers a finding."""
    return finding.resource_id == target.id or target_of(finding.resource_id) == target


def vanished(
    target: Target, findings: Iterable[Finding], violations: Iterable[Violation]
) -> tuple[Finding, ...]:
    """Open findings of a target that a look did not find again: somebody has put them right.

    Args:
        target: What was looked at, with the ids of these findings among what it was `about`.
        findings: What is known of it.
        violations: What the look found.
    """
    still = {(one.rule, one.resource_id) for one in violations}
    return tuple(
        one
        for one in findings
        if not one.is_over and belongs(one, target) and (one.rule, one.resource_id) not in still
    )


def shown_by_answer(violation: Violation, answer: object) -> bool:
    """Whether the last write's answer shows that a violation is put right, so that no read has to.

    False where it has to be read, or where the answer shows something else.
    """
    fix = violation.fix
    if not isinstance(fix, Fix) or fix.verify != "answer":
        return False
    known = answer if isinstance(answer, dict) else None
    return violation.rule == RuleName.REQUIRED_TAGS and tags.is_shown(fix, known)
