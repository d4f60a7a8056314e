"""What travels between triggers, orchestrators and activities: parsed once, frozen, as JSON."""

from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from landing_zone.key_records import KeyTurn
from landing_zone.plan import Step
from landing_zone.retries import RetryPolicy
from landing_zone.work import Kind
from landing_zone.written import Written


class Contract(BaseModel):
    """Base of all contracts: frozen, strict about unknown fields, JSON on the wire."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Read it from what the other side dumped.

        Raises:
            pydantic.ValidationError: It is not of this shape.
        """
        return cls.model_validate(data)

    def dump(self) -> dict[str, Any]:
        """It as JSON-ready data."""
        return self.model_dump(mode="json", exclude_defaults=True)


class OperationRef(Contract):
    """One operation on one tenant.

    Attributes:
        tenant_id: The tenant.
        operation_id: The operation, unique for ever.
        run: Times that the operation was started anew after its orchestration was lost.
        kind: What kind of operation it is.
    """

    tenant_id: str
    operation_id: str
    run: int = 0
    kind: Kind = Kind.ONBOARD


type Via = Literal["resource", "hub", "data"]


class Node(Contract):
    """A planned resource, as far as an orchestrator needs to know it.

    Attributes:
        key: Its key in the plan.
        step: Its step.
        after: Keys that it waits for.
        undoable: Whether there is anything to take back.
        ready: Whether it has a condition to be checked once everything is there.
        via: Who writes it: we ourselves, in ARM or on a data plane, or the hub's reconciler for us.
    """

    key: str
    step: Step
    after: tuple[str, ...] = ()
    undoable: bool = True
    ready: bool = False
    via: Via = "resource"


class PlanSummary(Contract):
    """A stored plan, by its hash, with its graph.

    Attributes:
        plan_hash: Where the plan is stored.
        nodes: Its resources in order.
        named: Keys of those whose outputs the ids of others refer to.
        retry: The bounds that apply to each.
    """

    plan_hash: str
    nodes: tuple[Node, ...]
    named: tuple[str, ...] = ()
    retry: RetryPolicy = RetryPolicy()

    @property
    def graph(self) -> dict[str, frozenset[str]]:
        """What each resource waits for."""
        return {node.key: frozenset(node.after) for node in self.nodes}


type Direction = Literal["apply", "undo"]


class Stage(Contract):
    """One leg of a route. It waits, calls an activity, and walks over a plan, as far as it says so.

    Attributes:
        name: Unique in the route: a word that people understand.
        until: What is durably waited for first; None for nothing.
        activity: An activity that is called, with the operation, until it is done; empty for none.
        plan_hash: The plan that is walked over; empty for none.
        direction: Whether its resources are made or taken back.
        keys: Which of them.
        before: The plan that was applied before; empty where that is not known. What it asked for
            and this one does not is taken off what both have.
        verify: Whether the conditions that those have once all is there are checked after it.
        final: Whether there is no way back once it has begun; all stages after it are final, too.
    """

    name: str
    until: AwareDatetime | None = None
    activity: str = ""
    plan_hash: str = ""
    direction: Direction = "apply"
    keys: tuple[str, ...] = ()
    before: str = ""
    verify: bool = False
    final: bool = False


class Route(Contract):
    """How an operation leads a tenant from one plan to another.

    Attributes:
        plans: The plans that are walked over.
        stages: What is done, in order.
        back: What is done where one of those fails that is not final; empty where they only go on.
        outputs: What is known of the plans' resources beforehand.
        plan_hash: The plan that holds once the route has been gone; empty for none.
    """

    plans: tuple[PlanSummary, ...]
    stages: tuple[Stage, ...]
    back: tuple[Stage, ...] = ()
    outputs: dict[str, dict[str, str]] = {}
    plan_hash: str = ""

    def plan_of(self, stage: Stage) -> PlanSummary:
        """The plan that a stage walks over."""
        return next(plan for plan in self.plans if plan.plan_hash == stage.plan_hash)


class ResourceTask(Contract):
    """Input of the sub-orchestration of one resource.

    Attributes:
        operation: The operation it is part of.
        plan_hash: The stored plan.
        key: The resource in it.
        direction: Made, or taken back.
        waits_for: Keys whose end is awaited.
        tells: Instance ids of those who await the end of this one.
        outputs: What is known of other resources' outputs.
        retry: The bounds of its attempts.
        via: Who writes it.
        before: The plan that was applied before; empty where that is not known.
        walk: The walk over the plan, where an operation makes several; empty for the only one.
        progress: Where an earlier part of the same run left off.
    """

    operation: OperationRef
    plan_hash: str
    key: str
    direction: Direction
    waits_for: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    outputs: dict[str, dict[str, str]] = {}
    retry: RetryPolicy = RetryPolicy()
    via: Via = "resource"
    before: str = ""
    walk: str = ""
    progress: "Progress | None" = None


class Progress(Contract):
    """How far the attempts at one resource have come.

    Attributes:
        started_at: When its work began.
        attempts: Calls that began or began again.
        failed_operations: Long-running operations that ended in failure.
        asked_seconds: Seconds waited because Azure asked for it.
        target: What is being polled; None when the next thing is to begin.
        wrote: Whether anything was written to Azure.
        written: What the first write met.
        answer: What the last call came to, as one word.
        answered_since: Since when every call has come to the same.
        heard: What operators have asked of it so far.
    """

    started_at: AwareDatetime
    attempts: int = 0
    failed_operations: int = 0
    asked_seconds: float = 0.0
    target: "PollTarget | None" = None
    wrote: bool = False
    written: Written | None = None
    answer: str = ""
    answered_since: AwareDatetime | None = None
    heard: int = 0


class PollTarget(Contract):
    """What tells whether a long-running operation is over.

    Attributes:
        kind: An Azure-AsyncOperation URL, a Location URL, or the resource itself.
        url: The URL; empty for the resource itself.
    """

    kind: Literal["async-operation", "location", "resource"]
    url: str = ""


class Call(Contract):
    """One call of an activity on one resource of a plan.

    Attributes:
        operation: The operation it is part of.
        plan_hash: The stored plan.
        key: The resource in it.
        direction: Made, or taken back.
        outputs: What its references resolve to.
        target: What to poll; None for a call that begins.
        failed: Whether an operation on it has ended in failure: it is then written, as wanted as it
            may look.
        before: The plan that was applied before; empty where that is not known.
    """

    operation: OperationRef
    plan_hash: str
    key: str
    direction: Direction
    outputs: dict[str, dict[str, str]] = {}
    target: PollTarget | None = None
    failed: bool = False
    before: str = ""


class Outcome(Contract):
    """What came of one call.

    Attributes:
        state: Over, under way, worth another try, or hopeless.
        target: What to poll when under way.
        wait: Seconds that Azure asked to wait.
        operation_failed: Whether a long-running operation ended in failure.
        wrote: Whether something was written.
        written: What the write met, where that is known.
        outputs: The resource's own outputs, once it is over.
        code: What kind of trouble, when there is any.
        message: The trouble, for a person.
        hint: What a person can do about it.
        plan: The plan, where the call was to make one.
        route: The route, where the call was to make one.
        following: The operation that was queued behind one that has ended.
        turn: What a rotation of a key has to do, where the call was to find out.
        owed: Whether someone is to be told by message what came of it.
        until: When to look again, where a person is waited for.
    """

    state: Literal["done", "pending", "retry", "failed"]
    target: PollTarget | None = None
    wait: float | None = None
    operation_failed: bool = False
    wrote: bool = False
    written: Written | None = None
    outputs: dict[str, str] = {}
    code: str = ""
    message: str = ""
    hint: str = ""
    plan: PlanSummary | None = None
    route: Route | None = None
    following: OperationRef | None = None
    turn: KeyTurn | None = None
    owed: bool = False
    until: AwareDatetime | None = None


type ResourceState = Literal["done", "failed", "skipped", "given-up"]


class ResourceResult(Contract):
    """What the sub-orchestration of one resource ends with.

    Attributes:
        key: The resource.
        state: Done, failed, skipped because something it waits for failed, or given up by an
            operator, so that the operation goes on without it.
        started_at: When its work began; None when it never did.
        finished_at: When it ended.
        attempts: Calls that began or began again.
        wrote: Whether anything was written to Azure.
        outputs: All outputs known at its end, its own included.
        code: What kind of trouble, when there was any.
        message: The trouble, for a person.
        hint: What a person can do about it.
    """

    key: str
    state: ResourceState
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime
    attempts: int = 0
    wrote: bool = False
    outputs: dict[str, dict[str, str]] = {}
    code: str = ""
    message: str = ""
    hint: str = ""
