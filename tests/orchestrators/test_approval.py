"""Waiting for an approver, replayed by the genuine SDK."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.contracts import OperationRef, Outcome
from landing_zone.work import Kind
from orchestrators.apply_resource import apply_resource
from orchestrators.approval import DECIDED
from orchestrators.operate_tenant import operate_tenant
from tests.orchestrators.landing import OPERATION, Landing, busy, failed
from tests.orchestrators.replay import START, DurableWorld, Instance
from tests.orchestrators.test_onboard_tenant import DIAMOND

TENANT = "tenant-contoso"
LOOK_SECONDS = 300.0
# The SDK says so of an event that comes before it is waited for; it keeps it for the wait.
EARLY = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion:UserWarning")
DONE = Outcome(state="done")
FOLLOWING = OperationRef(tenant_id="contoso", operation_id="contoso.2")


class Waiting(Landing):
    """A landing zone whose tenant waits for an approver.

    Attributes:
        decision: What a look finds once there is something to find; None before.
        looks: When somebody looked, in seconds from the start.
    """

    def __init__(self) -> None:
        """Begin with nothing decided."""
        super().__init__(DIAMOND)
        self.decision: Outcome | None = None
        self.looks: list[float] = []
        orchestrators = {"operate_tenant": operate_tenant, "apply_resource": apply_resource}
        activities = {**self.world.activities, "look_at_approval": self._look}
        self.world = DurableWorld(orchestrators, activities)

    def begin(self, operation: OperationRef = OPERATION) -> Instance:
        """Start the tenant's orchestration, and let it come to its first wait."""
        self.world.start("operate_tenant", TENANT, operation.dump())
        self.world.run(until=lambda: bool(self.shown) or self.instance.status != "Running")
        return self.instance

    @property
    def instance(self) -> Instance:
        """The tenant's orchestration."""
        return self.world.instances[TENANT]

    @property
    def shown(self) -> list[Any]:
        """What people were shown."""
        return self.instance.custom_statuses

    @property
    def passed(self) -> float:
        """The time since the start."""
        return (self.world.now - START).total_seconds()

    def pass_by(self, seconds: float) -> None:
        """Let some time pass."""
        end = self.passed + seconds
        self.world.run(until=lambda: self.passed >= end)

    def decide(self, decision: Outcome, *, told: bool = True) -> None:
        """Somebody decides."""
        self.decision = decision
        if told:
            self.world.raise_event(TENANT, DECIDED, {"operationId": OPERATION.operation_id})

    def _look(self, payload: Any) -> Any:
        assert OperationRef.parse(payload).tenant_id == "contoso"
        self.looks.append(self.passed)
        if self.decision is not None:
            return self.decision.dump()
        until = self.world.now + timedelta(seconds=LOOK_SECONDS)
        return Outcome(state="done", until=until, message="waits for an approver").dump()


def test_nothing_is_called_but_the_look_before_somebody_has_decided() -> None:
    """And people see what is waited for."""
    landing = Waiting()
    landing.begin()
    landing.pass_by(10_000)
    assert {name for name, _ in landing.world.calls} == {"look_at_approval"}
    assert landing.shown[-1]["cause"] == "waits for an approver"
    assert landing.shown[-1]["started_at"]


@EARLY
def test_a_decision_that_is_told_is_acted_upon_at_once() -> None:
    """The operation then goes its usual way."""
    landing = Waiting()
    instance = landing.begin()
    landing.pass_by(1_000)
    landing.decide(DONE)
    decided = landing.passed
    landing.world.run()
    assert landing.looks[-1] - decided < 1
    assert instance.output == {"ok": True}
    assert landing.there == set(DIAMOND)


def test_a_decision_that_is_not_told_is_found_at_the_next_look() -> None:
    """An event can be lost."""
    landing = Waiting()
    instance = landing.begin()
    landing.pass_by(1_000)
    landing.decide(DONE, told=False)
    decided = landing.passed
    landing.world.run()
    assert landing.looks[-1] - decided <= LOOK_SECONDS
    assert instance.output == {"ok": True}


@EARLY
def test_a_decision_that_is_told_while_it_looks_is_not_lost() -> None:
    """What was seen is a moment old; the event waits for who listens next."""
    landing = Waiting()
    instance = landing.begin()
    landing.pass_by(LOOK_SECONDS - 1)
    look = landing.world.activities["look_at_approval"]

    def at_once(payload: Any) -> Any:
        seen = look(payload)
        if landing.decision is None:
            landing.decide(DONE)
        return seen

    landing.world.activities["look_at_approval"] = at_once
    landing.world.run()
    assert landing.looks[-1] - landing.looks[-2] < 1
    assert instance.output == {"ok": True}


@EARLY
def test_events_that_tell_nothing_do_no_harm() -> None:
    """Each costs a look."""
    landing = Waiting()
    instance = landing.begin()
    for _ in range(5):
        landing.world.raise_event(TENANT, DECIDED, {})
        landing.pass_by(10)
    landing.decide(DONE)
    landing.world.run()
    assert instance.output == {"ok": True}


def test_a_day_of_waiting_has_a_short_history() -> None:
    """Each wait begins it anew."""
    landing = Waiting()
    instance = landing.begin()
    longest = 0
    for _ in range(24):
        landing.pass_by(3600)
        longest = max(longest, len(instance.history.events))
    assert instance.executions > 280
    assert longest < 25


@pytest.mark.parametrize("owed", [False, True])
def test_what_is_decided_against_ends_at_once(*, owed: bool) -> None:
    """Nothing is done, and who asked by message is told."""
    landing = Waiting()
    instance = landing.begin()
    landing.decide(failed("ApprovalRejected").model_copy(update={"owed": owed}))
    landing.world.run()
    assert (instance.status, instance.output) == ("Completed", {"ok": False})
    assert landing.order == (["told"] if owed else [])
    assert {name for name, _ in landing.world.calls} <= {"look_at_approval", "send_results"}


def test_what_was_asked_for_meanwhile_comes_next() -> None:
    """In the same orchestration, after a look of its own."""
    landing = Waiting()
    instance = landing.begin()
    landing.decide(failed("ApprovalRejected").model_copy(update={"following": FOLLOWING}))
    look = landing.world.activities["look_at_approval"]

    def first_only(payload: Any) -> Any:
        if OperationRef.parse(payload) == FOLLOWING:
            return DONE.dump()
        return look(payload)

    landing.world.activities["look_at_approval"] = first_only
    landing.world.run()
    assert instance.output == {"ok": True}
    assert landing.end is not None
    assert landing.end.operation == FOLLOWING


def test_what_needs_no_approval_waits_for_nothing() -> None:
    """One look, and it goes on in the same history."""
    landing = Waiting()
    landing.decision = DONE
    instance = landing.begin()
    landing.world.run()
    assert (len(landing.looks), instance.executions) == (1, 1)
    assert instance.output == {"ok": True}


def test_a_look_that_cannot_be_had_now_is_had_later() -> None:
    """Storage may be down for a while; people see why nothing happens."""
    landing = Waiting()
    landing.decision = busy(code="StorageUnreachable")
    instance = landing.begin()
    landing.pass_by(60)
    assert "StorageUnreachable" in landing.shown[-1]["cause"]
    landing.decision = DONE
    landing.world.run()
    assert instance.output == {"ok": True}


def test_a_look_that_can_never_be_had_ends_the_orchestration_and_nothing_else() -> None:
    """The operation is still to be done: the timer takes it up again."""
    landing = Waiting()
    landing.decision = busy(code="StorageUnreachable")
    instance = landing.begin()
    landing.world.run()
    assert (instance.status, instance.output) == ("Completed", {"ok": False})
    assert landing.order == []


@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.RESUME, Kind.OFFBOARD, Kind.ROLL_BACK])
def test_kinds_that_never_need_approval_do_not_even_look(kind: Kind) -> None:
    """A fleet of them would pay for it."""
    landing = Waiting()
    landing.world.activities |= {
        "begin_change": lambda _: failed("Stopped").dump(),
        "end_change": lambda _: DONE.dump(),
    }
    landing.begin(OPERATION.model_copy(update={"kind": kind}))
    landing.world.run()
    assert [name for name, _ in landing.world.calls] == ["begin_change", "end_change"]
