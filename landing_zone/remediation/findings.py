"""A finding: one rule broken by one resource, from the first sight of it to its end."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import AwareDatetime

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Contract
from landing_zone.errors import PermanentError
from landing_zone.remediation.breaker import BreakerPolicy, within_window
from landing_zone.remediation.owners import Owner


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    FIXED = "fixed"
    PROPOSED = "proposed"
    OBSERVED = "observed"
    EXEMPT = "exempt"
    PARKED = "parked"
    TRIPPED = "tripped"


class FindingEvent(StrEnum):
    """What can happen to a finding."""

    ENFORCE = "enforce"
    PROPOSE = "propose"
    OBSERVE = "observe"
    EXEMPT = "exempt"
    TRIP = "trip"
    PARK = "park"
    FIX = "fix"
    VANISH = "vanish"
    APPROVE = "approve"
    RESET = "reset"


_S = FindingState
_E = FindingEvent

# What a fresh look decides leads anywhere from anywhere: the look is at what is there now, and the
# state is only what was known before. What people do, and how a fix ends, has its place.
_DECIDED: Final = {
    _E.ENFORCE: _S.OPEN,
    _E.PROPOSE: _S.PROPOSED,
    _E.OBSERVE: _S.OBSERVED,
    _E.EXEMPT: _S.EXEMPT,
    _E.TRIP: _S.TRIPPED,
    _E.PARK: _S.PARKED,
    _E.VANISH: _S.FIXED,
}

TRANSITIONS: Final[Mapping[tuple[FindingState, FindingEvent], FindingState]] = MappingProxyType(
    {(state, event): following for state in _S for event, following in _DECIDED.items()}
    | {
        (_S.OPEN, _E.FIX): _S.FIXED,
        (_S.PROPOSED, _E.APPROVE): _S.OPEN,
        (_S.PARKED, _E.RESET): _S.OPEN,
        (_S.TRIPPED, _E.RESET): _S.OPEN,
    }
)


class Finding(Contract):
    """What is known of one rule and one resource.

    Attributes:
        owner: Whose the resource is.
        resource_id: Normalized id of what breaks the rule.
        rule: Name of the rule.
        state: Where it stands.
        first_seen: When it was first seen, since it was last right.
        last_seen: When it was last seen.
        event_time: When the change happened that broke it; the time of the look in a sweep; when a
            person approved its fix, or had it tried again.
        fixed_at: When it was last seen to be right again; None before.
        attempts: Attempts at a fix since it was first seen.
        fix_times: Fixes that the breaker counts, oldest first; bounded by its policy.
        tripped_at: When the breaker tripped; None while it has not.
        approved_by: Who approved the proposed fix; empty until someone has, and once it is made.
        detail: What is wrong, for a person.
        error: Why the last attempt failed; empty where it did not.
        advice: What a person can do; empty where nobody has to do anything.
    """

    owner: Owner
    resource_id: str
    rule: str
    state: FindingState
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    event_time: AwareDatetime
    fixed_at: AwareDatetime | None = None
    attempts: int = 0
    fix_times: tuple[AwareDatetime, ...] = ()
    tripped_at: AwareDatetime | None = None
    approved_by: str = ""
    detail: str = ""
    error: str = ""
    advice: str = ""

    @property
    def key(self) -> str:
        """Its stable key."""
        return finding_key(self.resource_id, self.rule)

    @property
    def is_over(self) -> bool:
        """Whether the resource is right, as far as is known."""
        return self.state is FindingState.FIXED


def finding_key(resource_id: str, rule: str) -> str:
    """The key of a finding: the same for every spelling of the resource's id."""
    return hashlib.sha256(f"{normalized(resource_id)}\n{rule}".encode()).hexdigest()[:40]


def next_state(state: FindingState, event: FindingEvent) -> FindingState:
    """The state that an event leads to.

    Raises:
        PermanentError: `InvalidTransition`: the event has no place in that state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise PermanentError(
            "InvalidTransition", f"A finding that is {state} cannot take the event {event!s}."
        )
    return following


def seen(
    before: Finding | None,
    *,
    owner: Owner,
    resource_id: str,
    rule: str,
    event: FindingEvent,
    event_time: datetime,
    now: datetime,
    detail: str = "",
    advice: str = "",
) -> Finding:
    """The finding once a look has found the violation, and decided what is to be done about it."""
    if before is None or before.is_over:
        fresh = Finding(
            owner=owner,
            resource_id=normalized(resource_id),
            rule=rule,
            state=FindingState.OPEN,
            first_seen=now,
            last_seen=now,
            event_time=event_time,
            fix_times=before.fix_times if before else (),
            tripped_at=before.tripped_at if before else None,
        )
    else:
        fresh = before
    state = next_state(fresh.state, event)
    tripped = (fresh.tripped_at or now) if state is FindingState.TRIPPED else None
    update = {"state": state, "last_seen": now, "detail": detail, "advice": advice}
    return fresh.model_copy(update=update | {"tripped_at": tripped})


def fixed(before: Finding, policy: BreakerPolicy, now: datetime, *, by_us: bool = True) -> Finding:
    """The finding once the resource is seen to be right.

    Args:
        before: The finding.
        policy: How many fixes are remembered, and for how long.
        now: When it was seen.
        by_us: Whether a fix of ours did it, which the breaker counts.

    Raises:
        PermanentError: A fix of ours cannot end a finding that was not being fixed.
    """
    event = FindingEvent.FIX if by_us else FindingEvent.VANISH
    times = (*before.fix_times, now) if by_us else before.fix_times
    update = {
        "state": next_state(before.state, event),
        "fixed_at": now,
        "fix_times": within_window(policy, times, now),
        "attempts": before.attempts + (1 if by_us else 0),
        "approved_by": "",
        "error": "",
        "advice": "",
    }
    return before.model_copy(update=update)


def failed(before: Finding, error: str, *, parked: bool, advice: str = "") -> Finding:
    """The finding once an attempt at a fix has failed: open to another one, or parked."""
    event = FindingEvent.PARK if parked else FindingEvent.ENFORCE
    update = {
        "state": next_state(before.state, event),
        "attempts": before.attempts + 1,
        "error": error,
        "advice": advice,
    }
    return before.model_copy(update=update)


def approved(before: Finding, by: str) -> Finding:
    """The finding once a person has approved the proposed fix: the next look makes it.

    Raises:
        PermanentError: Nothing is proposed.
    """
    state = next_state(before.state, FindingEvent.APPROVE)
    return before.model_copy(update={"state": state, "approved_by": by, "advice": ""})


def reset(before: Finding) -> Finding:
    """The finding once a person wants it to be tried again: the breaker forgets what it counted.

    Raises:
        PermanentError: It is neither parked nor tripped.
    """
    state = next_state(before.state, FindingEvent.RESET)
    update = {"state": state, "attempts": 0, "fix_times": (), "tripped_at": None, "error": ""}
    return before.model_copy(update=update)
