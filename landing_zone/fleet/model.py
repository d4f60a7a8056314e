"""A rollout of a version of the plan's rules, as it is kept: no larger for a larger fleet."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from landing_zone.contracts import Contract
from landing_zone.lifecycle import TenantState

CHAIN: Final = "fleet:upgrades"
"""The audit chain of all rollouts."""

MOST_RINGS: Final = 10
MOST_NAMED: Final = 200
MOST_AT_ONCE: Final = 50
MOST_BAKE_MINUTES: Final = 7 * 24 * 60


class RolloutState(StrEnum):
    """How a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    ROLLING_BACK = "rolling-back"
    DONE = "done"
    ROLLED_BACK = "rolled-back"


MOVING: Final = frozenset({RolloutState.RUNNING, RolloutState.ROLLING_BACK})
"""States in which tenants are begun with."""

OVER: Final = frozenset({RolloutState.DONE, RolloutState.ROLLED_BACK})


class MemberState(StrEnum):
    """What has become of a tenant in a rollout."""

    PENDING = "pending"
    WAITING = "waiting"
    UPGRADED = "upgraded"
    CURRENT = "current"
    FAILED = "failed"
    SKIPPED = "skipped"
    RETURNED = "returned"
    KEPT = "kept"
    STRANDED = "stranded"


OPEN: Final = frozenset({MemberState.PENDING, MemberState.WAITING})
"""What is still to be decided."""

FAILURES: Final = frozenset({MemberState.FAILED, MemberState.STRANDED})
"""What counts against the threshold: upgrades, and ways back, that did not go well."""


class Ring(Contract):
    """Tenants that are upgraded together, after all earlier rings.

    Attributes:
        name: Unique in the rollout.
        tenants: Tenants that are in it by name.
        environments: Environments whose tenants are in it, unless they are named elsewhere.
        percent: How much of all others it takes; None for all that is left, in the last ring only.
        bake_minutes: Minutes between its end and the beginning of the next ring.
    """

    name: str
    tenants: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    percent: int | None = None
    bake_minutes: int = 0


class Threshold(Contract):
    """What is put up with; above either, nothing more is begun.

    Attributes:
        failures: Failures in the whole rollout.
        percent: Failures of a ring's tenants, in percent.
    """

    failures: Annotated[int, Field(ge=0)] = 3
    percent: Annotated[int, Field(ge=0, le=100)] = 10


class Tally(Contract):
    """How many tenants of a ring have come how far.

    Attributes:
        enrolled: All of them.
        states: How many are in which state; what is pending or under way is in none.
        forgiven: Failures that an operator has looked at, and gone on.
    """

    enrolled: int = 0
    states: dict[MemberState, int] = Field(default_factory=dict)
    forgiven: int = 0

    def of(self, state: MemberState) -> int:
        """How many are in a state."""
        return self.states.get(state, 0)

    def counting(self, state: MemberState, number: int = 1) -> "Tally":
        """The same with some more, or fewer, in a state."""
        return self.model_copy(update={"states": {**self.states, state: self.of(state) + number}})

    @property
    def failures(self) -> int:
        """Failures that nobody has looked at."""
        return sum(self.of(state) for state in FAILURES) - self.forgiven


class UnderWay(Contract):
    """A tenant whose operation has been decided upon and is not known to have ended.

    Attributes:
        tenant_id: The tenant.
        ring: Its ring.
        operation_id: The operation that is its own, or is to be.
        order: Its number among all that were begun.
        before: The plan that it had.
        after: The plan to leave, on the way back.
        back: Whether it is on its way back.
        since: When it was decided upon.
    """

    tenant_id: str
    ring: int = 0
    operation_id: str
    order: int = 0
    before: str = ""
    after: str = ""
    back: bool = False
    since: AwareDatetime


class Member(Contract):
    """A tenant in a rollout, as a row; or a tenant that was upgraded, to be brought back.

    Attributes:
        tenant_id: The tenant.
        ring: Its ring.
        state: What has become of it.
        turn: In which turn over the ring that was found.
        operation_id: Its operation; empty where there was none.
        order: Its number among all that were begun.
        before: The plan that it had.
        after: The plan that the upgrade led to.
        reason: Why it is in this state, where that is not plain.
        hint: What a person can do about it.
        at: When that was found.
    """

    tenant_id: str
    ring: int = 0
    state: MemberState = MemberState.PENDING
    turn: int = 0
    operation_id: str = ""
    order: int = 0
    before: str = ""
    after: str = ""
    reason: str = ""
    hint: str = ""
    at: AwareDatetime


class Rollout(Contract):
    """A version of the rules on its way to all tenants.

    Attributes:
        id: Its id, unique for ever.
        number: How many there were before it, and one.
        target: The version of the rules.
        rings: Its rings, in order.
        at_once: Tenants that are upgraded at the same time, at most.
        threshold: When it is halted.
        allow_data_loss: Keys of planned resources whose data may be lost by the upgrade.
        allow_return_loss: The same for the way back.
        actor: Who asked for it.
        reason: Why, in the words of who asked.
        state: How it stands.
        back: Whether it is on the way back.
        changes: How often its state has changed.
        created_at: When it was asked for.
        updated_at: When this last changed.
        enrolled: Whether all tenants are in their rings.
        enrolling: The tenant behind which enrolling goes on.
        ring: The ring that is at work; on the way back there is only one walk.
        turn: Number of the turn over it: in later turns those are asked again that had no time.
        cursor: Key of the row behind which the turn goes on.
        swept: Whether the turn has come to the ring's end.
        waiting: Tenants that had no time in this turn.
        not_before: Nothing is begun before: the ring bakes, or those that wait are given time.
        orders: Tenants that were begun with so far.
        under_way: Those that are not known to have ended.
        tallies: A tally for each ring.
        trouble: Why it was halted.
    """

    id: str
    number: int
    target: int
    rings: tuple[Ring, ...]
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 10
    threshold: Threshold = Threshold()
    allow_data_loss: tuple[str, ...] = ()
    allow_return_loss: tuple[str, ...] = ()
    actor: str
    reason: str = ""
    state: RolloutState = RolloutState.RUNNING
    back: bool = False
    changes: int = 0
    created_at: AwareDatetime
    updated_at: AwareDatetime
    enrolled: bool = False
    enrolling: str = ""
    ring: int = 0
    turn: int = 1
    cursor: str = ""
    swept: bool = False
    waiting: int = 0
    not_before: AwareDatetime | None = None
    orders: int = 0
    under_way: tuple[UnderWay, ...] = ()
    tallies: tuple[Tally, ...] = ()
    trouble: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless someone asks for it."""
        return self.state in OVER

    @property
    def rests(self) -> bool:
        """Whether nothing is to be done about it now."""
        return self.state not in MOVING and not self.under_way

    def gives_way_to(self, version: int) -> bool:
        """Whether a rollout of a version may take its place.

        One that has come to rest on its way can never go on once the release has other rules: what
        was wrong with them may just have been put right by those.
        """
        return self.is_over or (self.rests and self.target != version)

    def counting(self, ring: int, state: MemberState, number: int = 1) -> "Rollout":
        """The same with some more tenants of a ring in a state."""
        tallies = list(self.tallies)
        tallies[ring] = tallies[ring].counting(state, number)
        return self.model_copy(update={"tallies": tuple(tallies)})


NOT_UPGRADED: Final = frozenset(
    {TenantState.SUSPENDED, TenantState.OFFBOARDING, TenantState.OFFBOARDED, TenantState.FAILED}
)
"""States of tenants that are skipped, rather than asked again later."""


def instance_of(rollout_id: str) -> str:
    """Instance id of the orchestration of a rollout."""
    return f"fleet-{rollout_id}"
