"""What is known of an operation under way, for those who ask why it does not come on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from landing_zone.explaining.acts import NO_ACTS, Acts
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Resource
from landing_zone.progress import LiveWait, OperationStatus
from landing_zone.work import Kind

BEGUN = frozenset({TenantState.PROVISIONING, TenantState.UPDATING, TenantState.OFFBOARDING})
"""States of a tenant that an operation has begun to work on."""


@dataclass(frozen=True)
class HubLine:
    """The line before a lane of a hub.

    Attributes:
        hub: Name of the hub.
        lane: Which of its shared parts.
        doing: What is being written; empty where nothing is.
        writes: Writes that are still to come, the one under way included.
        tenants: Those who wait, by the time that they asked at.
        position: The tenant's place among them, from 1; None where it has been served.
    """

    hub: str
    lane: str
    doing: str
    writes: int
    tenants: tuple[str, ...]
    position: int | None


@dataclass(frozen=True)
class Standing:
    """How an operation stands.

    Attributes:
        kind: What kind of operation it is.
        state: The state of its tenant.
        now: The time.
        alive: Whether an orchestration is at work on it.
        status: How far it has come; None before it began.
        plan: The plan that is walked over, once there is one.
        waits: For resources under way: what each waits for.
        acts: What operators have asked of it.
        lines: For resources that wait for the hub: the line that they stand in.
        names_others: Whether other tenants may be named to who asks.
    """

    kind: Kind
    state: TenantState
    now: datetime
    alive: bool
    status: OperationStatus | None = None
    plan: Plan | None = None
    waits: Mapping[str, LiveWait] = field(default_factory=dict)
    acts: Acts = NO_ACTS
    lines: Mapping[str, HubLine] = field(default_factory=dict)
    names_others: bool = True

    @property
    def phase(self) -> str:
        """What the operation is at."""
        return self.status.phase if self.status is not None else "request"

    @property
    def is_on_the_way_back(self) -> bool:
        """Whether what was made is being taken back, or the way back is gone."""
        if self.status is None:
            return False
        undone = self.kind is Kind.ONBOARD and self.status.phase == "undo"
        return undone or self.status.way == "back"

    @property
    def is_stopping(self) -> bool:
        """Whether those at work on resources are to end, and the way back has not begun."""
        return self.acts.stopped and not self.is_on_the_way_back

    def resource(self, key: str) -> Resource | None:
        """A resource of the plan; None where there is none of that name."""
        return self.plan.by_key.get(key) if self.plan is not None else None

    def seconds_until(self, moment: str) -> float:
        """Seconds from now until a moment in ISO 8601; negative where that has passed."""
        return (datetime.fromisoformat(moment) - self.now).total_seconds()
