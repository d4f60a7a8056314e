"""What the demo reads from the HTTP API; what it does not show is ignored."""

import re
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Names that say nothing of what bears them, or only whose it is.
UNTELLING = re.compile(
    rf"default|spokewright|policy|app|kubernetes|tenant-.+|{GUID.pattern}", re.IGNORECASE
)


QUIET = frozenset({"waiting", "done", "undone"})


class Document(BaseModel):
    """A frozen answer of the API; a null is as good as nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class Wait(Document):
    """What a resource waits for, and until when."""

    cause: str
    until: datetime | None = None


class Resource(Document):
    """One planned resource and how far it has come."""

    key: str
    type: str
    id: str
    name: str
    state: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    wait: Wait | None = None
    attempts: int = 0

    @property
    def label(self) -> str:
        """Its name, or its key where the name alone tells nothing."""
        return self.key if UNTELLING.fullmatch(self.name) else self.name

    @property
    def kind(self) -> str:
        """Its type without the namespace."""
        return self.type.rpartition("/")[2]

    @property
    def title(self) -> str:
        """Its name where its place is shown too: only a GUID gives way to the key."""
        return self.key if GUID.fullmatch(self.name) else self.name

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is over."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class Step(Document):
    """One of the steps of onboarding."""

    number: int
    name: str
    state: str
    started_at: datetime | None = None
    seconds: float | None = None
    resources: tuple[Resource, ...] = ()

    @property
    def done(self) -> int:
        """How many of its resources are there."""
        return sum(resource.state == "done" for resource in self.resources)


class CriticalPath(Document):
    """The chain of resources that took longest."""

    keys: tuple[str, ...] = ()
    seconds: float | None = None


class Operation(Document):
    """An onboarding under way, or over."""

    operation_id: str
    tenant_id: str
    state: str
    started_at: datetime | None = None
    seconds: float | None = None
    waiting_for: str = ""
    critical_path: CriticalPath = CriticalPath()
    steps: tuple[Step, ...] = ()
    reason: str = ""
    hint: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state != "running"

    @property
    def planned(self) -> bool:
        """Whether it is known what there is to do."""
        return any(step.resources for step in self.steps)

    def resources(self) -> dict[str, Resource]:
        """Every resource by its key."""
        return {resource.key: resource for step in self.steps for resource in step.resources}

    @property
    def under_way(self) -> list[Resource]:
        """What is being worked on or has gone wrong, the longest first."""
        found = [item for item in self.resources().values() if item.state not in QUIET]
        return sorted(found, key=start)


def start(item: Resource) -> datetime:
    """When its work began, for sorting: what has not begun comes last."""
    return item.started_at or datetime.max.replace(tzinfo=UTC)


class Tenant(Document):
    """A tenant as the registry knows it."""

    tenant_id: str
    state: str
    hub: str = ""
    region: str = ""
    isolation: str = ""
    subscription_id: str = ""
    address_range: str = ""
    reason: str = ""


class Approval(Document):
    """What waits for an approver, or did."""

    operation_id: str
    state: str
    needed_for: str = ""


class Fault(Document):
    """One thing that is wrong with a request."""

    path: str = ""
    message: str = ""


class Problem(Document):
    """Why a request was refused (RFC 9457)."""

    title: str = "the request was refused"
    detail: str = ""
    errors: tuple[Fault, ...] = Field(default=())

    @property
    def told(self) -> str:
        """All of it for a person, a line for each fault."""
        head = f"{self.title}. {self.detail}" if self.detail else self.title
        faults = (f"  {fault.path or 'request'}: {fault.message}" for fault in self.errors)
        return "\n".join([head, *faults])


class Result(Document):
    """What is told of a request on the queue of results."""

    outcome: str
    correlation_id: str
    tenant_id: str = ""
    operation_id: str = ""
    problem: Problem = Problem()
