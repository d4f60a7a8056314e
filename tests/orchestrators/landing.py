"""A pretended landing zone for the orchestrators: resources that take a while, and may fail."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Call, Node, OperationRef, Outcome, PlanSummary, PollTarget
from landing_zone.ends import OperationEnd
from landing_zone.explaining.acts import NO_ACTS, Act, Deed, Hearing, Stopping
from landing_zone.graph import Graph
from landing_zone.plan import Step
from landing_zone.retries import RetryPolicy
from orchestrators.apply_resource import apply_resource
from orchestrators.onboard_tenant import onboard_tenant
from tests.orchestrators.replay import Activity, DurableWorld, Instance

if TYPE_CHECKING:
    from datetime import datetime

OPERATION = OperationRef(tenant_id="contoso", operation_id="contoso.1")
POLL_SECONDS = 1.0
CALL_SECONDS = 0.01

type Reaction = Callable[[Call, int], Outcome | None]


class Landing:
    """Activities over a graph of pretended resources.

    Attributes:
        there: Keys of the resources that are there.
        note_busy: Notes that are refused for now, from here on.
        owed: Whether someone is to be told by message how it ends.
        results: What comes of telling it, try by try.
        order: What began and ended, in order, as `+key`, `=key` and `-key` (taken back).
        end: How the operation ended.
        ended_at: When it did.
        acts: What operators have asked for.
        heard: What was heard of that, and what was made of it.
        world: Where the orchestrators run.
    """

    def __init__(
        self,
        graph: Graph,
        seconds: dict[str, float] | None = None,
        react: Reaction = lambda _call, _attempt: None,
        *,
        ready: Iterable[str] = (),
        kept: Iterable[str] = (),
        hub: Iterable[str] = (),
        retry: RetryPolicy | None = None,
    ) -> None:
        """Begin with nothing there.

        Args:
            graph: What each resource waits for.
            seconds: How long each takes.
            react: An outcome to give instead, by call and number of the attempt.
            ready: Keys with a condition to verify.
            kept: Keys that are not taken back.
            hub: Keys that the hub's reconciler writes.
            retry: The bounds.
        """
        self.graph = graph
        self.seconds = seconds or {}
        self.react = react
        self.retry = retry or RetryPolicy()
        self.ready = frozenset(ready)
        self.kept = frozenset(kept)
        self.hub = frozenset(hub)
        self.note_busy = 0
        self.owed = False
        self.results: list[Outcome] = []
        self.there: set[str] = set()
        self.order: list[str] = []
        self.attempts: Counter[tuple[str, str]] = Counter()
        self.end: OperationEnd | None = None
        self.ended_at: datetime | None = None
        self.acts = NO_ACTS
        self.heard: list[tuple[str, str]] = []
        self._due: dict[tuple[str, str], Any] = {}
        orchestrators = {"onboard_tenant": onboard_tenant, "apply_resource": apply_resource}
        self.world = DurableWorld(
            orchestrators, self._activities(), lambda _name, _data: CALL_SECONDS
        )

    def _activities(self) -> dict[str, Activity]:
        return {
            "begin_operation": self._fine,
            "reserve": self._fine,
            "make_plan": self._plan,
            "begin_resource": self._begin,
            "poll_resource": self._poll,
            "begin_hub": self._begin,
            "poll_hub": self._poll,
            "verify_resource": self._verify,
            "conclude": self._conclude,
            "end_operation": self._end,
            "send_results": self._send_results,
            "hear_act": self._hear,
            "pass_on": self._pass_on,
        }

    def onboard(self) -> Instance:
        """Onboard the tenant to its end."""
        self.world.start("onboard_tenant", "tenant-contoso", OPERATION.dump())
        self.world.run()
        return self.world.instances["tenant-contoso"]

    def _fine(self, _payload: Any) -> Any:
        return Outcome(state="done").dump()

    def _plan(self, _payload: Any) -> Any:
        nodes = tuple(
            Node(
                key=key,
                step=Step.NETWORK,
                after=tuple(sorted(edges)),
                undoable=key not in self.kept,
                ready=key in self.ready,
                via="hub" if key in self.hub else "resource",
            )
            for key, edges in self.graph.items()
        )
        plan = PlanSummary(plan_hash="hash", nodes=nodes, retry=self.retry)
        return Outcome(state="done", plan=plan).dump()

    def _begin(self, payload: Any) -> Any:
        call = Call.parse(payload)
        spot = (call.direction, call.key)
        self.attempts[spot] += 1
        reaction = self.react(call, self.attempts[spot])
        self.order.append(("+" if call.direction == "apply" else "~") + call.key)
        if reaction is not None:
            return reaction.dump()
        self._due[spot] = self.world.now.timestamp() + self.seconds.get(call.key, 0.0)
        return self._poll(payload)

    def _poll(self, payload: Any) -> Any:
        call = Call.parse(payload)
        if self.world.now.timestamp() < self._due[call.direction, call.key]:
            target = PollTarget(kind="resource")
            return Outcome(state="pending", target=target, wait=POLL_SECONDS).dump()
        if call.direction == "apply":
            self.there.add(call.key)
            self.order.append("=" + call.key)
            return Outcome(state="done", wrote=True, outputs={"id": call.key}).dump()
        self.there.discard(call.key)
        self.order.append("-" + call.key)
        return Outcome(state="done", wrote=True).dump()

    def _verify(self, payload: Any) -> Any:
        call = Call.parse(payload)
        spot = ("verify", call.key)
        self.attempts[spot] += 1
        reaction = self.react(call, self.attempts[spot])
        return (reaction or Outcome(state="done")).dump()

    def _conclude(self, payload: Any) -> Any:
        data = Conclusion.parse(payload)
        told = data.announcement
        if told is not None:
            for instance in told.instances:
                self.world.raise_event(instance, told.event, told.dump())
        if data.note is None or not self.note_busy:
            return Outcome(state="done").dump()
        self.note_busy -= 1
        return busy(code="AuditBusy").dump()

    def _end(self, payload: Any) -> Any:
        self.end = OperationEnd.parse(payload)
        self.ended_at = self.world.now
        return Outcome(state="done", owed=self.owed).dump()

    def act(
        self,
        deed: Deed,
        instance: str,
        resource: str = "",
        *,
        anew: bool = False,
        tell: bool = True,
    ) -> Act:
        """What an operator asks for, as the trigger keeps and tells it."""
        act = Act(
            deed=deed,
            instance=instance,
            event=self.acts.next_event(OPERATION, instance),
            resource=resource,
            anew=anew,
            actor="person:olga",
            reason="it hangs",
            at=self.world.now,
        )
        self.acts = self.acts.added(act)
        if tell:
            self.tell(act)
        return act

    def act_if_there(self, deed: Deed, instance: str, resource: str) -> None:
        """The same, where someone is there to hear it: what has ended cannot be told."""
        found = self.world.instances.get(instance)
        if found is not None and found.status == "Running":
            self.act(deed, instance, resource)

    def steps(self, number: int) -> None:
        """Let so many things happen."""
        left = iter(range(number))
        self.world.run(lambda: next(left, None) is None)

    def tell(self, act: Act) -> None:
        """Raise the event of an act."""
        self.world.raise_event(act.instance, act.event, act.dump())

    def _hear(self, payload: Any) -> Any:
        if self.note_busy:
            self.note_busy -= 1
            return busy(code="RegistryBusy").dump()
        heard = Hearing.parse(payload)
        self.acts = self.acts.taken(heard.act.instance, heard.act.event)
        self.heard.append((heard.act.deed.value, heard.told))
        return Outcome(state="done").dump()

    def _pass_on(self, payload: Any) -> Any:
        data = Stopping.parse(payload)
        for instance in data.instances:
            event = self.acts.next_event(OPERATION, instance)
            told = data.act.model_copy(update={"instance": instance, "event": event})
            if self.world.instances[instance].status == "Running":
                self.tell(told)
        return Outcome(state="done").dump()

    def _send_results(self, payload: Any) -> Any:
        assert OperationRef.parse(payload) == OPERATION
        self.order.append("told")
        return (self.results.pop(0) if self.results else Outcome(state="done")).dump()


def failed(code: str = "Broken", message: str = "it broke") -> Outcome:
    """An outcome that ends a resource."""
    return Outcome(state="failed", code=code, message=message, hint="mend it")


def busy(wait: float | None = None, code: str = "AnotherOperationInProgress") -> Outcome:
    """An outcome that asks for another try."""
    return Outcome(state="retry", wait=wait, code=code, message="busy")
