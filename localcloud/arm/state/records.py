"""What is stored: resources, and operations on them."""

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from landing_zone.arm_ids import normalized
from localcloud.arm.paths import parent_of


@dataclass(slots=True)
class Record:
    """A resource.

    Attributes:
        id: In its canonical casing.
        type: Canonical.
        body: As a PUT would send it, and what Azure fills in: location, tags, properties...
        etag: Without quotes.
        created: Seconds since the epoch.
        changed: Seconds since the epoch.
        notes: What only this program needs to know.
    """

    id: str
    type: str
    body: dict[str, Any]
    etag: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: float = 0.0
    changed: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is stored under."""
        return normalized(self.id)

    @property
    def name(self) -> str:
        """Its last name."""
        return self.id.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """Key of what contains it."""
        return parent_of(self.key)

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties, to be read or changed."""
        properties: dict[str, Any] = self.body.setdefault("properties", {})
        return properties

    @property
    def location(self) -> str:
        """Its region, `""` where it has none."""
        return str(self.body.get("location", ""))

    @property
    def state(self) -> str:
        """Its provisioningState, `Succeeded` where it has none."""
        return str(self.body.get("properties", {}).get("provisioningState", "Succeeded"))

    def touch(self, now: float) -> None:
        """Note that it was changed: a new ETag."""
        self.changed = now
        self.etag = str(uuid.uuid4())

    def as_dict(self) -> dict[str, Any]:
        """For storage."""
        return asdict(self)


@dataclass(slots=True)
class Operation:
    """A long-running operation: a transition that is due at a time.

    Attributes:
        id: A GUID, the last segment of the URLs it is polled at.
        kind: `write`, `delete`, `group`, `register`.
        target: Id of the resource.
        type: The target's type.
        started: Seconds since the epoch.
        due: When it ends.
        poll: Seconds between polls that the answers ask for, already scaled.
        host: The resource whose other writers are refused meanwhile, as a key.
        also: Keys of resources that end together with the target.
        state: `InProgress`, `Succeeded` or `Failed`.
        error: What it ended with.
        failure: What it will end with, when it was told to fail.
        accepted: Whether its result is asked for at a Location that answers 202 meanwhile.
        hidden_until: Until when its URLs answer 404.
        stuck: The fault that keeps it from ending.
        caller: Object id of who began it.
        correlation_id: Of the request that began it.
        claims: Of the token of who began it.
        request: The request that began it, as its event shows it.
        creates: Whether the resource was not there before.
        awaits_proof: Whether it cannot end before a webhook has proved itself.
    """

    id: str
    kind: str
    target: str
    type: str
    started: float
    due: float
    poll: float
    host: str = ""
    also: list[str] = field(default_factory=list)
    state: str = "InProgress"
    error: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    accepted: bool = False
    hidden_until: float = 0.0
    stuck: str = ""
    caller: str = ""
    correlation_id: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    request: dict[str, str] = field(default_factory=dict)
    creates: bool = False
    awaits_proof: bool = False

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state == "InProgress"

    def as_dict(self) -> dict[str, Any]:
        """For storage."""
        return asdict(self)
