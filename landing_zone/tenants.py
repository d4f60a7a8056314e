"""The registry's view of a tenant and of its operations."""

import re
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from landing_zone.access.principal import PrincipalId
from landing_zone.approval.record import Approval
from landing_zone.contracts import OperationRef
from landing_zone.ends import OpenWork
from landing_zone.explaining.acts import NO_ACTS, Acts
from landing_zone.intake.replies import OwedResult, Reply
from landing_zone.key_records import KeyRecord
from landing_zone.lifecycle import SETTLED, TenantEvent, TenantState, next_state
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from landing_zone.work import ONBOARDING, Kind, Work

MOST_HEARD: Final = 20

_ONBOARDING: Final = frozenset(
    {TenantState.REQUESTED, TenantState.AWAITING_APPROVAL, TenantState.PROVISIONING}
)
_CHANGING: Final = frozenset({TenantState.UPDATING, TenantState.OFFBOARDING})


class Crossing(BaseModel):
    """What a tenant was, whose migration to another tier only goes forward by now.

    Attributes:
        request: What it had asked for.
        plan_hash: The plan whose runtime is being removed.
        rules_version: Version of the rules that made that plan.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: TenantRequest
    plan_hash: str
    rules_version: int = 0


class TenantRecord(BaseModel):
    """A tenant as the registry keeps it.

    Attributes:
        request: What it asked for.
        state: Where it is in its life.
        operations: How many operations it has had; the last one is the current one.
        actor: Who asked for the current operation.
        owner: Who asked for it first; None where that was by message, or before there were owners.
        created_at: When it was first asked for.
        updated_at: When this record last changed.
        reservation: What it holds of its hub, while it holds anything.
        subscription_id: Its subscription, once there is one.
        plan_hash: The plan that was last applied.
        reason: Why it is in this state, when that is not plain.
        hint: What a person can do about it.
        open_work: What could not be taken back.
        recoveries: Times that the current operation was started anew.
        active_since: When it first became active; None before.
        keys: What is known of its API key.
        reply: Who is to be told by message how the current operation ends; None for nobody.
        owed: What is still to be told by message.
        work: What the current operation is to do.
        ongoing: Whether the current operation is still to end.
        queued: What is to be done once it has.
        plan_operation: The operation that applied the plan; empty for the current one. Its document
            tells what the plan's resources yielded.
        rules_version: Version of the rules that made the plan.
        had_failed: Whether it was `failed` as the current operation began: then it still is where
            that has come to nothing.
        approval: The approval that the current operation needs; None where it needs none.
        held_by: Who has had it suspended beyond its owner: only such may resume it; empty for none.
        heading: The plan that a migration under way leads to; empty without one.
        crossing: What the tenant was before the migration under way, once that only goes forward:
            `request` and `plan_hash` are then what it leads to.
        certificate: The operation that certified that nothing is left of it; empty for none yet.
        acts: What operators have asked of the current operation.
        remains: Plans of changes that failed, and of tiers that were left, of which something may
            still be there.
        heard: Origins of the last messages that asked for something, so that one which is delivered
            again asks for nothing more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: TenantRequest
    state: TenantState
    operations: int
    actor: str
    owner: PrincipalId | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    reservation: Reservation | None = None
    subscription_id: str = ""
    plan_hash: str = ""
    reason: str = ""
    hint: str = ""
    open_work: tuple[OpenWork, ...] = ()
    recoveries: int = 0
    active_since: AwareDatetime | None = None
    keys: KeyRecord = KeyRecord()
    reply: Reply | None = None
    owed: tuple[OwedResult, ...] = ()
    work: Work = ONBOARDING
    ongoing: bool = False
    queued: tuple[Work, ...] = ()
    plan_operation: str = ""
    rules_version: int = 0
    had_failed: bool = False
    approval: Approval | None = None
    held_by: str = ""
    heading: str = ""
    crossing: Crossing | None = None
    certificate: str = ""
    acts: Acts = NO_ACTS
    remains: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        return self.request.tenant_id

    @property
    def left(self) -> Crossing | None:
        """What it was before the migration under way, once that only goes forward."""
        return self.crossing if self.heading and self.heading == self.plan_hash else None

    @property
    def operation_id(self) -> str:
        """Id of the current operation."""
        return operation_id(self.tenant_id, self.operations)

    @property
    def applied_by(self) -> str:
        """Id of the operation that applied the plan."""
        return self.plan_operation or self.operation_id

    @property
    def operation(self) -> OperationRef:
        """The current operation."""
        return OperationRef(
            tenant_id=self.tenant_id,
            operation_id=self.operation_id,
            run=self.recoveries,
            kind=self.work.kind,
        )

    def next_operation(self, work: Work, at: datetime, **changes: Any) -> "TenantRecord":
        """The record with a new current operation, which nothing has happened in yet."""
        update = {
            "work": work,
            "actor": work.actor,
            "ongoing": True,
            "operations": self.operations + 1,
            "plan_operation": self.applied_by,
            "recoveries": 0,
            "had_failed": False,
            "reply": work.reply,
            "heading": "",
            "approval": None,
            "acts": NO_ACTS,
            "reason": "",
            "hint": "",
            "updated_at": at,
        }
        return self.model_copy(update=update | changes)

    def has_heard(self, reply: Reply) -> bool:
        """Whether a message has asked before; records of an earlier version know the last only."""
        last = self.reply.origin if self.reply is not None else ""
        return reply.origin in {*self.heard, last}

    def having_heard(self, reply: Reply | None) -> "TenantRecord":
        """The record once a message has been heard; None for no message."""
        if reply is None or reply.origin in self.heard:
            return self
        heard = (*self.heard, reply.origin)[-MOST_HEARD:]
        return self.model_copy(update={"heard": heard})

    def after(self, event: TenantEvent, at: datetime, **changes: Any) -> "TenantRecord":
        """The record once something has happened to the tenant.

        Raises:
            PermanentError: It cannot happen to a tenant in this state (`InvalidTransition`).
        """
        state = next_state(self.state, event)
        begun = self.active_since or (at if state is TenantState.ACTIVE else None)
        update = {
            "state": state,
            "updated_at": at,
            "active_since": begun,
            "ongoing": state not in SETTLED,
            **changes,
        }
        return _owing(self.model_copy(update=update), self.state)


def _owing(record: TenantRecord, before: TenantState) -> TenantRecord:
    """The record with what is to be told now that it has left a state."""
    is_new = record.work.kind is Kind.ONBOARD
    reply = record.reply if is_new else record.work.reply
    over = before in (_ONBOARDING if is_new else _CHANGING) and record.state in SETTLED
    if reply is None or not over:
        return record
    is_well = record.state is TenantState.ACTIVE and (is_new or not record.reason)
    owed = OwedResult(
        reply=reply,
        operation_id=record.operation_id,
        outcome="active" if is_well else "failed",
        state=record.state.value,
        reason=record.reason,
        hint=record.hint,
        at=record.updated_at,
    )
    return record.model_copy(update={"owed": (*record.owed, owed)})


def new_tenant(
    request: TenantRequest,
    actor: str,
    at: datetime,
    reply: Reply | None = None,
    owner: PrincipalId | None = None,
) -> TenantRecord:
    """The record of a tenant that has just been asked for."""
    return TenantRecord(
        request=request,
        state=TenantState.REQUESTED,
        operations=1,
        actor=actor,
        owner=owner,
        created_at=at,
        updated_at=at,
        reply=reply,
        ongoing=True,
    ).having_heard(reply)


def operation_id(tenant_id: str, number: int) -> str:
    """Id of a tenant's n-th operation."""
    return f"{tenant_id}.{number}"


def tenant_of_operation(operation: str) -> str:
    """The tenant that an operation belongs to: tenant ids hold no dots."""
    return operation.partition(".")[0]


def is_tenant_id(text: str) -> bool:
    """Whether a text from outside could be a tenant's id: nothing else is looked up."""
    return re.fullmatch(r"[a-z0-9-]{1,63}", text) is not None


def instance_id(tenant_id: str) -> str:
    """Instance id of the orchestration that works on a tenant: one at a time."""
    return f"tenant-{tenant_id}"
