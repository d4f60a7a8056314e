"""How operations end, as their orchestrations tell it."""

from pydantic import AwareDatetime, Field

from landing_zone.contracts import Contract, Direction, OperationRef, ResourceResult


class OpenWork(Contract):
    """Something that is not as it should be and that a person must know of.

    Attributes:
        key: The resource in the plan.
        resource: Its ARM id, as far as it is known.
        reason: Why it is still there, or is missing.
        missing: Whether it should be there; otherwise it should be gone.
    """

    key: str
    resource: str = ""
    reason: str
    missing: bool = False


class OperationEnd(Contract):
    """How an operation ended.

    Attributes:
        operation: Which one.
        ok: Whether the tenant is as it was asked for.
        plan_hash: The plan; empty when it ended before there was one.
        results: What became of each resource.
        undone: What became of each resource that was to be taken back.
        started_at: When it began.
        code: What kind of trouble, when there was any.
        reason: The trouble, for a person.
        hint: What a person can do about it.
    """

    operation: OperationRef
    ok: bool
    started_at: AwareDatetime
    planned_at: float | None = None
    plan_hash: str = ""
    results: tuple[ResourceResult, ...] = ()
    undone: tuple[ResourceResult, ...] = ()
    code: str = ""
    reason: str = ""
    hint: str = ""


class StageEnd(Contract):
    """How one stage of a route ended.

    Attributes:
        name: The stage.
        back: Whether it was on the way back.
        final: Whether there was no way back from it.
        plan_hash: The plan that was walked over; empty for none.
        direction: Whether its resources were made or taken back.
        started_at: When it began.
        finished_at: When it ended.
        results: What became of each resource.
        code: What kind of trouble, when there was any.
        message: The trouble, for a person.
        hint: What a person can do about it.
    """

    name: str
    back: bool = False
    final: bool = False
    plan_hash: str = ""
    direction: Direction = "apply"
    started_at: AwareDatetime
    finished_at: AwareDatetime
    results: tuple[ResourceResult, ...] = ()
    code: str = ""
    message: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether all of it was done."""
        return not self.code


class RouteEnd(Contract):
    """How an operation that follows a route ended.

    Attributes:
        operation: Which one.
        started_at: When it began.
        routed: Whether there was a route.
        plan_hash: The plan that holds once the route has been gone to its end.
        outputs: What was known of the plans' resources beforehand.
        stages: What was done, in order; the way back last.
        code: What kind of trouble, when there was any.
        reason: The trouble, for a person.
        hint: What a person can do about it.
    """

    operation: OperationRef
    started_at: AwareDatetime
    routed: bool = False
    plan_hash: str = ""
    outputs: dict[str, dict[str, str]] = Field(default_factory=dict)
    stages: tuple[StageEnd, ...] = ()
    code: str = ""
    reason: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether all of it was done."""
        return not self.code

    @property
    def is_past(self) -> bool:
        """Whether the point was passed behind which there is no way back."""
        return any(stage.final for stage in self.stages)

    @property
    def is_reached(self) -> bool:
        """Whether the tenant is as it was asked for, though something of before may be left."""
        return self.ok or self.is_past

    @property
    def is_back(self) -> bool:
        """Whether the tenant is as it was before."""
        ways_back = [stage for stage in self.stages if stage.back]
        return not self.routed or (bool(ways_back) and all(stage.ok for stage in ways_back))
