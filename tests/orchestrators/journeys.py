"""A pretended landing zone for operations that follow routes."""

from typing import Any, Final

from landing_zone.contracts import Node, OperationRef, Outcome, PlanSummary, Route, Stage
from landing_zone.ends import RouteEnd, StageEnd
from landing_zone.graph import Graph
from landing_zone.plan import Step
from landing_zone.work import Kind
from orchestrators.apply_resource import apply_resource
from orchestrators.operate_tenant import operate_tenant
from tests.orchestrators.landing import CALL_SECONDS, Landing, Reaction
from tests.orchestrators.replay import DurableWorld, Instance

UPDATE: Final = OperationRef(tenant_id="contoso", operation_id="contoso.2", kind=Kind.UPDATE)
INSTANCE: Final = "tenant-contoso"
OLD: Final[Graph] = {"a": frozenset(), "b": frozenset({"a"}), "old": frozenset({"b"})}
NEW: Final[Graph] = {"a": frozenset(), "b": frozenset({"a"}), "new": frozenset({"b"})}


def summary(name: str, graph: Graph, ready: tuple[str, ...] = ()) -> PlanSummary:
    """A plan of that hash."""
    nodes = tuple(
        Node(key=key, step=Step.NETWORK, after=tuple(sorted(edges)), ready=key in ready)
        for key, edges in graph.items()
    )
    return PlanSummary(plan_hash=name, nodes=nodes)


APPLY: Final = Stage(name="apply", plan_hash="new", keys=("a", "b", "new"), before="old")
REMOVE: Final = Stage(name="remove", plan_hash="old", direction="undo", keys=("old",))
RESTORE: Final = Stage(name="restore", plan_hash="old", keys=("a", "b", "old"), before="new")
WITHDRAW: Final = Stage(name="withdraw", plan_hash="new", direction="undo", keys=("new",))


def route(*stages: Stage, back: tuple[Stage, ...] = (), ready: tuple[str, ...] = ()) -> Route:
    """A route from the old plan to the new one."""
    return Route(
        plans=(summary("old", OLD), summary("new", NEW, ready)),
        stages=stages,
        back=back,
        outputs={"a": {"id": "known"}},
        plan_hash="new",
    )


THERE_AND_BACK: Final = route(APPLY, REMOVE, back=(RESTORE, WITHDRAW))


class Journey(Landing):
    """Operations of a tenant, each along its route.

    Attributes:
        routes: The route of each operation, by its id; an outcome where there is none.
        following: What is queued behind an operation, by its id.
        ends: How each ended.
    """

    def __init__(
        self, first: Route | Outcome, react: Reaction = lambda _call, _attempt: None
    ) -> None:
        """Begin with the old plan's resources there."""
        super().__init__({}, react=react)
        self.routes: dict[str, Route | Outcome] = {UPDATE.operation_id: first}
        self.following: dict[str, OperationRef] = {}
        self.ends: dict[str, RouteEnd] = {}
        self.there = set(OLD)
        activities = {
            **self.world.activities,
            "look_at_approval": lambda _payload: Outcome(state="done").dump(),
            "begin_change": self._begin_change,
            "make_route": self._make_route,
            "end_change": self._end_change,
            "tidy": self._tidy,
        }
        orchestrators = {"operate_tenant": operate_tenant, "apply_resource": apply_resource}
        self.world = DurableWorld(orchestrators, activities, lambda _name, _data: CALL_SECONDS)

    def go(self) -> Instance:
        """Follow the first route, and what is queued behind it, to the end."""
        self.world.start("operate_tenant", INSTANCE, UPDATE.dump())
        self.world.run()
        return self.world.instances[INSTANCE]

    @property
    def last(self) -> RouteEnd:
        """How the first operation ended."""
        return self.ends[UPDATE.operation_id]

    @property
    def stages(self) -> list[tuple[str, bool]]:
        """Each stage that was gone, and whether all of it was done."""
        return [(stage.name, stage.ok) for stage in self.last.stages]

    def stage(self, name: str) -> StageEnd:
        """How a stage ended."""
        [found] = [stage for stage in self.last.stages if stage.name == name]
        return found

    def _begin_change(self, payload: Any) -> Any:
        self.order.append(f"begin {OperationRef.parse(payload).operation_id}")
        return Outcome(state="done").dump()

    def _make_route(self, payload: Any) -> Any:
        found = self.routes[OperationRef.parse(payload).operation_id]
        made = found if isinstance(found, Outcome) else Outcome(state="done", route=found)
        return made.dump()

    def _tidy(self, payload: Any) -> Any:
        self.order.append(f"tidy {OperationRef.parse(payload).operation_id}")
        return (self.results.pop(0) if self.results else Outcome(state="done")).dump()

    def _end_change(self, payload: Any) -> Any:
        end = RouteEnd.parse(payload)
        self.ends[end.operation.operation_id] = end
        following = self.following.get(end.operation.operation_id)
        return Outcome(state="done", owed=self.owed, following=following).dump()
