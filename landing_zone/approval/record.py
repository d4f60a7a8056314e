"""What a tenant's record says of the approval that its current operation needs."""

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Verdict(StrEnum):
    """How a request that needed approval was decided upon."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"

    @property
    def told(self) -> str:
        """The word for it once it has happened, as the audit has it."""
        return _TOLD[self]


_TOLD: Final = MappingProxyType(
    {
        Verdict.APPROVE: "approved",
        Verdict.REJECT: "rejected",
        Verdict.EXPIRE: "expired",
        Verdict.WITHDRAW: "withdrawn",
    }
)


class Decision(BaseModel):
    """What was decided.

    Attributes:
        verdict: What.
        actor: By whom.
        reason: Why, in that person's words.
        at: When.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    actor: str
    reason: str = ""
    at: AwareDatetime


class Approval(BaseModel):
    """The approval that an operation needs.

    Attributes:
        operation_id: The operation.
        why: What of it needs approval.
        asked_at: Since when it waits.
        until: When it expires.
        remind_at: When those who wait are to be reminded; None for never.
        reminded_at: When they were; None before.
        decision: What was decided; None before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation_id: str
    why: str
    asked_at: AwareDatetime
    until: AwareDatetime
    remind_at: AwareDatetime | None = None
    reminded_at: AwareDatetime | None = None
    decision: Decision | None = None

    @property
    def told(self) -> str:
        """What is waited for, for people."""
        since, until = _minute(self.asked_at), _minute(self.until)
        return f"waits for an approver since {since}, until {until}"

    @property
    def state(self) -> str:
        """How far it has come."""
        return self.decision.verdict.told if self.decision else "pending"

    def is_reminder_due(self, now: datetime) -> bool:
        """Whether those who wait are to be reminded now."""
        return self.reminded_at is None and self.remind_at is not None and now >= self.remind_at


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
