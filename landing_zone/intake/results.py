"""What is told of a request document by messages: the contract of the queue of results."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from landing_zone.errors import PermanentError
from landing_zone.intake.messages import Arrival, OutgoingMessage, same_id
from landing_zone.intake.replies import OwedResult
from landing_zone.problems import problem
from landing_zone.tenants import TenantRecord, tenant_of_operation

CONTENT_TYPE: Final = "application/json"
VERSION: Final = "spokewright/v1"

type ResultOutcome = Literal[
    "accepted", "duplicate", "rejected", "awaiting-approval", "active", "failed"
]


class OnboardingResult(BaseModel):
    """What became of a request document that came by message.

    A document is answered once: it is accepted, it is a duplicate of what is there already, or it
    is rejected. One that was accepted is answered a second time, when what it began has ended: the
    onboarding, or the update of a tenant that was there; and in between where it waits so long for
    an approver that its sender is reminded of it.

    Attributes:
        api_version: Version of this contract.
        kind: What this is.
        outcome: `accepted`, `duplicate` or `rejected`; perhaps `awaiting-approval`; and at the end
            `active` or `failed`.
        correlation_id: The correlation id of the request message, or else its message id.
        message_id: The message id of the request message.
        at: When this was found.
        tenant_id: The tenant; not there where the document could not be read.
        operation_id: The operation that onboards or updates the tenant; not there while that waits.
        state: The tenant's state at that moment.
        problem: For `rejected`: the problem document that HTTP would have been answered with.
        reason: For `failed`: what went wrong; for `awaiting-approval`: since when and until when.
        hint: For both: what a person can do about it.
        links: Where the tenant and the operation are looked at.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )

    api_version: Literal["spokewright/v1"] = VERSION
    kind: Literal["OnboardingResult"] = "OnboardingResult"
    outcome: ResultOutcome
    correlation_id: str
    message_id: str
    at: AwareDatetime
    tenant_id: str | None = None
    operation_id: str | None = None
    state: str | None = None
    problem: Annotated[dict[str, Any] | None, Field(description="RFC 9457")] = None
    reason: str | None = None
    hint: str | None = None
    links: dict[str, str] | None = None

    def to_message(self, message_id: str) -> OutgoingMessage:
        """The message that tells it."""
        document = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        properties = {"outcome": self.outcome, "tenantId": self.tenant_id or ""}
        return OutgoingMessage(
            body=json.dumps(document, separators=(",", ":")).encode(),
            message_id=message_id,
            correlation_id=self.correlation_id,
            content_type=CONTENT_TYPE,
            subject=f"onboarding.{self.outcome}",
            properties={name: value for name, value in properties.items() if value},
        )


def admission_result(arrival: Arrival, record: TenantRecord, at: datetime) -> OutgoingMessage:
    """The answer to a document that is in the registry: by this message, or it was before."""
    begun = record.reply is not None and record.reply.origin == arrival.origin
    waits = any(work.reply and work.reply.origin == arrival.origin for work in record.queued)
    result = OnboardingResult(
        outcome="accepted" if begun or waits else "duplicate",
        correlation_id=arrival.correlation,
        message_id=arrival.sent_id,
        at=at,
        tenant_id=record.tenant_id,
        operation_id=None if waits else record.operation_id,
        state=record.state.value,
        links=links_of(record.tenant_id, record.operation_id),
    )
    return result.to_message(same_id(result.outcome, arrival.origin))


def rejection_result(
    arrival: Arrival, error: PermanentError, at: datetime, tenant_id: str = ""
) -> OutgoingMessage:
    """The answer to a document that is refused for good."""
    result = OnboardingResult(
        outcome="rejected",
        correlation_id=arrival.correlation,
        message_id=arrival.sent_id,
        at=at,
        tenant_id=tenant_id or None,
        problem=problem(error),
    )
    return result.to_message(same_id("rejected", arrival.origin))


def final_result(owed: OwedResult) -> OutgoingMessage:
    """How the onboarding ended that a document began."""
    tenant_id = tenant_of_operation(owed.operation_id)
    result = OnboardingResult(
        outcome=owed.outcome,
        correlation_id=owed.reply.correlation_id,
        message_id=owed.reply.message_id,
        at=owed.at,
        tenant_id=tenant_id,
        operation_id=owed.operation_id,
        state=owed.state or owed.outcome,
        reason=owed.reason or None,
        hint=owed.hint or None,
        links=links_of(tenant_id, owed.operation_id),
    )
    return result.to_message(same_id(owed.outcome, owed.operation_id, owed.reply.origin))


def links_of(tenant_id: str, operation_id: str) -> dict[str, str]:
    """Where a tenant and its current operation are looked at."""
    return {
        "tenant": f"/api/tenants/{tenant_id}",
        "operation": f"/api/operations/{operation_id}",
    }
