"""The life of a tenant, as a table: which event leads from which state to which.

A rejected request ends in `offboarded` and not in `failed`: nothing was made for it. Only where an
earlier attempt has left something it ends in `failed` again, as what is left stays listed. From
`failed` an onboarding is tried again by asking again, which does not pass an approval by.

Suspending and resuming write to Azure like an update does, and so go through `updating`: a tenant
is `suspended` once it is closed, and stays so if it cannot be opened. What fails after a tenant has
been active goes on from `failed` as an update: unlike an onboarding, that takes back nothing which
was there before.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from landing_zone.errors import PermanentError


class TenantState(StrEnum):
    """Where a tenant is in its life."""

    REQUESTED = "requested"
    AWAITING_APPROVAL = "awaiting-approval"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    UPDATING = "updating"
    SUSPENDED = "suspended"
    OFFBOARDING = "offboarding"
    OFFBOARDED = "offboarded"
    FAILED = "failed"


class TenantEvent(StrEnum):
    """What can happen to a tenant."""

    ADMIT = "admit"
    NEED_APPROVAL = "need-approval"
    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    COMPLETE = "complete"
    FAIL = "fail"
    UPDATE = "update"
    ROLL_BACK = "roll-back"
    SUSPEND = "suspend"
    RESUME = "resume"
    OFFBOARD = "offboard"
    FINISH_OFFBOARDING = "finish-offboarding"
    RE_REQUEST = "re-request"


_S = TenantState
_E = TenantEvent

TRANSITIONS: Final[Mapping[tuple[TenantState, TenantEvent], TenantState]] = MappingProxyType(
    {
        (_S.REQUESTED, _E.ADMIT): _S.PROVISIONING,
        (_S.REQUESTED, _E.NEED_APPROVAL): _S.AWAITING_APPROVAL,
        (_S.REQUESTED, _E.REJECT): _S.OFFBOARDED,
        (_S.AWAITING_APPROVAL, _E.APPROVE): _S.PROVISIONING,
        (_S.AWAITING_APPROVAL, _E.REJECT): _S.OFFBOARDED,
        (_S.AWAITING_APPROVAL, _E.EXPIRE): _S.OFFBOARDED,
        (_S.AWAITING_APPROVAL, _E.FAIL): _S.FAILED,
        (_S.PROVISIONING, _E.COMPLETE): _S.ACTIVE,
        (_S.PROVISIONING, _E.FAIL): _S.FAILED,
        (_S.ACTIVE, _E.UPDATE): _S.UPDATING,
        (_S.ACTIVE, _E.OFFBOARD): _S.OFFBOARDING,
        (_S.UPDATING, _E.COMPLETE): _S.ACTIVE,
        (_S.UPDATING, _E.ROLL_BACK): _S.ACTIVE,
        (_S.UPDATING, _E.SUSPEND): _S.SUSPENDED,
        (_S.UPDATING, _E.FAIL): _S.FAILED,
        (_S.SUSPENDED, _E.RESUME): _S.UPDATING,
        (_S.SUSPENDED, _E.OFFBOARD): _S.OFFBOARDING,
        (_S.OFFBOARDING, _E.FINISH_OFFBOARDING): _S.OFFBOARDED,
        (_S.OFFBOARDING, _E.FAIL): _S.FAILED,
        (_S.FAILED, _E.UPDATE): _S.UPDATING,
        (_S.FAILED, _E.OFFBOARD): _S.OFFBOARDING,
        (_S.FAILED, _E.RE_REQUEST): _S.REQUESTED,
        (_S.OFFBOARDED, _E.RE_REQUEST): _S.REQUESTED,
    }
)

# Where a tenant stays until someone asks for something; nothing of ours is at work on it.
SETTLED: Final = frozenset({_S.ACTIVE, _S.SUSPENDED, _S.OFFBOARDED, _S.FAILED})


def allowed_events(state: TenantState) -> tuple[TenantEvent, ...]:
    """What can happen to a tenant in that state, in the table's order."""
    return tuple(event for start, event in TRANSITIONS if start is state)


def next_state(state: TenantState, event: TenantEvent) -> TenantState:
    """The state that an event leads to.

    Raises:
        PermanentError: `InvalidTransition`: the event has no place in that state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        allowed = ", ".join(allowed_events(state))
        raise PermanentError(
            "InvalidTransition",
            f"A tenant that is {state} cannot take the event {event!s}.",
            f"From {state} it can take: {allowed}.",
        )
    return following
