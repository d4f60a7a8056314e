"""Who waits for a message about an operation, and which messages are still owed."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel


class Reply(BaseModel, frozen=True, extra="forbid"):
    """Where a request came from that is to be answered by messages.

    Attributes:
        origin: Which message it was, however often it is delivered.
        correlation_id: What its answers carry.
        message_id: Its sender's id for it.
    """

    origin: str
    correlation_id: str = ""
    message_id: str = ""


class OwedResult(BaseModel, frozen=True, extra="forbid"):
    """How an operation ended, or what it waits for, for someone who has not been told yet.

    Attributes:
        reply: Whom to tell.
        operation_id: The operation.
        outcome: How it ended, or what it waits for.
        state: The tenant's state then; empty where it is called as the outcome.
        reason: Why it failed, or what it waits for, for a person.
        hint: What that person can do about it.
        at: When it ended.
    """

    reply: Reply
    operation_id: str
    outcome: Literal["active", "failed", "awaiting-approval"]
    state: str = ""
    reason: str = ""
    hint: str = ""
    at: AwareDatetime
