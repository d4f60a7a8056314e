"""What travels between the hub's reconciler and its activity."""

from typing import Literal

from pydantic import AwareDatetime

from landing_zone.contracts import Contract, PollTarget
from landing_zone.hub_state.members import Lane


class HubStep(Contract):
    """Where the reconciliation of one lane of a hub stands.

    Attributes:
        hub: Name of the hub.
        lane: The lane of it.
        current: ARM id of what is being written.
        target: What tells that this is over.
        begun_at: When its write began.
        written: Normalized ids that had their turn in this round.
        skipped: Those of them that were given up.
        attempts: Temporary errors in a row.
        idle: Rounds in a row that wrote nothing although someone waits.
        collect_seconds: Time in which requests are collected at the beginning of a round.
        collected: Times that this round has done so.
        collecting_since: When it began to do so.
        seen: Tenants that waited when they were last counted.
    """

    hub: str
    lane: Lane
    collect_seconds: float = 2.0
    collected: int = 0
    collecting_since: AwareDatetime | None = None
    seen: int = 0
    current: str = ""
    target: PollTarget | None = None
    begun_at: AwareDatetime | None = None
    written: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    attempts: int = 0
    idle: int = 0


class HubAnswer(Contract):
    """What one look at a lane of a hub came to.

    Attributes:
        state: More are asking, a write is under way, a temporary error is waited out, or the
            round is over.
        next: Where things stand now.
        wait: Seconds to wait before the next look; None where nobody said.
        cause: What is waited for, for a person.
        left: Writes that are still to come, the one under way included; None where not counted.
        waiting: Tenants that wait; None where not counted.
    """

    state: Literal["collect", "busy", "again", "over"]
    next: HubStep
    wait: float | None = None
    cause: str = ""
    left: int | None = None
    waiting: int | None = None


class HubStatus(Contract):
    """The custom status of a hub's reconciliation.

    Attributes:
        phase: Collecting, writing or resting.
        cause: What is under way.
        left: Writes that are still to come.
        waiting: Tenants that wait.
    """

    phase: Literal["collecting", "writing", "resting"]
    cause: str = ""
    left: int = 0
    waiting: int = 0
