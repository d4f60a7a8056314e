"""The end of a resource's work, as it is told to those who wait for it and noted in the audit."""

from typing import Any, Self

from pydantic import AwareDatetime, Field

from landing_zone.contracts import Contract, OperationRef
from landing_zone.written import Written


class Announcement(Contract):
    """The end of one resource, told to those who wait for it.

    Attributes:
        event: Name of the external event.
        instances: Who is told.
        ok: Whether it is there.
        outputs: All outputs known at its end.
    """

    event: str
    instances: tuple[str, ...]
    ok: bool
    outputs: dict[str, dict[str, str]] = Field(default_factory=dict)

    @classmethod
    def told(cls, event_data: Any) -> Self:
        """Read it from an external event: the durable client sends its data as JSON text of JSON.

        Raises:
            pydantic.ValidationError: It is not of this shape.
        """
        if isinstance(event_data, str):
            return cls.model_validate_json(event_data)
        return cls.parse(event_data)


class Conclusion(Contract):
    """The end of a resource's work, for all who must know.

    Attributes:
        announcement: For those who wait for it; None where nobody does.
        note: For the audit chain; None where nothing was done.
    """

    announcement: Announcement | None = None
    note: "AuditNote | None" = None


class AuditNote(Contract):
    """What became of a planned resource, for the audit chain.

    Attributes:
        operation: The operation that did it.
        event_id: Unique within the tenant: noting it again is the same note.
        action: What was done, as `resource.apply`.
        plan_hash: The plan.
        key: The resource in the plan.
        outputs: What its references resolve to.
        wrote: Whether anything was written to Azure.
        written: What the first write met.
        outcome: How it ended.
        details: Further facts, none of them secret.
        at: When it ended.
    """

    operation: OperationRef
    event_id: str
    action: str
    plan_hash: str
    key: str
    outputs: dict[str, dict[str, str]] = Field(default_factory=dict)
    wrote: bool = False
    written: Written | None = None
    outcome: str
    details: dict[str, str] = Field(default_factory=dict)
    at: AwareDatetime
