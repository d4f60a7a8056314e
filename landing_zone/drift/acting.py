"""What a person does about a finding: approve a proposed fix, or have it tried again; pure."""

import hashlib
from datetime import datetime
from typing import Final, Literal, cast

from landing_zone.arm_ids import LONGEST, is_legal, normalized
from landing_zone.audit import AuditEntry
from landing_zone.contracts import Contract
from landing_zone.drift.cases import UNJUDGED, Findings, by_key, chain_of
from landing_zone.errors import PermanentError
from landing_zone.remediation.findings import (
    Finding,
    FindingState,
    approved,
    finding_key,
    reset,
)
from landing_zone.remediation.names import RULE_NAMES
from landing_zone.request_parsing.fields import Fields

type Act = Literal["approve", "reset"]

ACTS: Final[tuple[Act, ...]] = ("approve", "reset")
RULES: Final = (*RULE_NAMES, UNJUDGED)
"""The rules that a finding may be of."""

_NAMES: Final = ("resourceId", "rule", "action")


class Asked(Contract):
    """What is asked for.

    Attributes:
        resource_id: Normalized id of what breaks the rule.
        rule: Name of the rule.
        action: What is to be done about it.
    """

    resource_id: str
    rule: str
    action: Act

    @property
    def key(self) -> str:
        """Key of the finding."""
        return finding_key(self.resource_id, self.rule)


def parse_asked(body: bytes) -> Asked:
    """Read what is asked for.

    Raises:
        InvalidRequest: It is not understood; lists everything that is wrong.
    """
    fields = Fields(body, _NAMES)
    resource_id = fields.text("resourceId", LONGEST)
    if resource_id and not is_legal(resource_id):
        fields.wrong("resourceId", "is no ARM id", "the id that the finding names")
    rule = fields.one_of("rule", RULES)
    action = fields.one_of("action", ACTS)
    fields.require()
    return Asked(resource_id=normalized(resource_id), rule=rule, action=cast("Act", action))


def acted(before: Findings, asked: Asked, by: str, now: datetime) -> Findings:
    """The findings once it is done; the same where it has been done before.

    The time that a fix takes is counted from here: no one promises how long a person thinks.

    Raises:
        PermanentError: There is no such finding, or it is in a state that has no place for it.
    """
    one = by_key(before).get(asked.key)
    if one is None:
        raise no_such_finding()
    if _is_done(one, asked.action):
        return before
    after = approved(one, by) if asked.action == "approve" else reset(one)
    after = after.model_copy(update={"event_time": now})
    return tuple(after if other.key == one.key else other for other in before)


def no_such_finding() -> PermanentError:
    """Nothing of that rule was found there."""
    hint = (
        "GET /api/compliance lists what was found; what is not governed any more cannot be acted on"
    )
    return PermanentError("FindingNotFound", "there is no such finding", hint)


def entry_of_act(finding: Finding, asked: Asked, by: str, etag: str, now: datetime) -> AuditEntry:
    """What is noted of it; the same for two who ask for it at once.

    Args:
        finding: The finding before.
        asked: What is asked for.
        by: Who asks.
        etag: Version of what was found, before.
        now: The time.
    """
    name = act_name(asked, etag)
    return AuditEntry(
        tenant_id=chain_of(finding.owner),
        operation_id=name,
        event_id=name,
        action=f"drift.{asked.action}",
        actor=by,
        resource=finding.resource_id,
        outcome="accepted",
        details={"rule": finding.rule, "state": str(finding.state), "detail": finding.detail},
        at=now,
    )


def act_name(asked: Asked, etag: str) -> str:
    """Names one act for ever: that on one version of what was found."""
    version = hashlib.sha256(etag.encode()).hexdigest()[:16]
    return f"{asked.action}:{asked.key}:{version}"


def _is_done(finding: Finding, action: Act) -> bool:
    return finding.state is FindingState.OPEN and (action == "reset" or bool(finding.approved_by))
