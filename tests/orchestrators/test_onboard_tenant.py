"""Onboarding as a whole, replayed by the genuine SDK over pretended resources."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Call, Outcome
from landing_zone.graph import Graph, ancestors, critical_path
from landing_zone.progress import LiveStatus
from landing_zone.retries import RetryPolicy
from landing_zone.written import Written
from orchestrators.calls import CRASH_ATTEMPTS
from orchestrators.onboard_tenant import RESULT_RETRY
from tests.orchestrators.landing import CALL_SECONDS, POLL_SECONDS, Landing, busy, failed
from tests.orchestrators.replay import START, Crash

DIAMOND: Graph = {
    "a": frozenset(),
    "b": frozenset({"a"}),
    "c": frozenset({"a"}),
    "d": frozenset({"b", "c"}),
}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Acyclic graphs of up to eight nodes."""
    names = [f"n{index}" for index in range(draw(st.integers(1, 8)))]
    return {
        name: frozenset(draw(st.sets(st.sampled_from(names[:index])))) if index else frozenset()
        for index, name in enumerate(names)
    }


def only(direction: str, key: str, outcome: Outcome, times: int = 10**9) -> Any:
    """A reaction to the first calls on one resource in one direction."""

    def react(call: Call, attempt: int) -> Outcome | None:
        hit = call.direction == direction and call.key == key and attempt <= times
        return outcome if hit else None

    return react


def test_every_resource_is_made_after_all_it_waits_for() -> None:
    """The order of the graph is the order of the work."""
    landing = Landing(DIAMOND, {"a": 3, "b": 1, "c": 5, "d": 2})
    assert landing.onboard().output == {"ok": True}
    assert landing.there == set(DIAMOND)
    assert landing.order == ["+a", "=a", "+b", "+c", "=b", "=c", "+d", "=d"]


@settings(max_examples=15, deadline=None)
@given(graph=graphs(), data=st.data())
def test_the_makespan_is_the_critical_path(graph: Graph, data: st.DataObject) -> None:
    """Independent branches run at once, whatever the graph: calls and polls are all that is lost.

    The extension awaits actions in order; an orchestrator that started each resource when its turn
    comes would be held up by others, and miss this.
    """
    seconds = {key: data.draw(st.floats(0, 20)) for key in graph}
    landing = Landing(graph, seconds)
    landing.onboard()
    path = critical_path(graph, seconds.__getitem__)
    lost = (len(ancestors(graph)) + 1) * (POLL_SECONDS + 8 * CALL_SECONDS) + 8 * CALL_SECONDS
    assert landing.there == set(graph)
    assert (landing.world.now - START).total_seconds() <= path.seconds + lost


@settings(max_examples=30, deadline=None)
@given(graph=graphs(), data=st.data())
def test_a_failure_takes_back_all_that_was_begun(graph: Graph, data: st.DataObject) -> None:
    """Whatever fails, nothing is left, and each goes before what it was built on."""
    broken = data.draw(st.sampled_from(sorted(graph)))
    landing = Landing(graph, react=only("apply", broken, failed()))
    assert landing.onboard().output == {"ok": False}
    assert landing.there == set()
    assert landing.end is not None
    assert landing.end.code == "Broken"
    above = ancestors(graph)
    gone = [item[1:] for item in landing.order if item.startswith("-")]
    for index, key in enumerate(gone):
        assert not above[key] & set(gone[:index])


def test_what_waits_for_a_failure_is_never_begun() -> None:
    """A resource whose ground is missing is skipped."""
    landing = Landing(DIAMOND, react=only("apply", "b", failed()))
    landing.onboard()
    assert "+d" not in landing.order
    states = {result.key: result.state for result in landing.end.results} if landing.end else {}
    assert states == {"a": "done", "b": "failed", "c": "done", "d": "skipped"}


def test_what_cannot_be_taken_back_is_listed_with_all_below_it() -> None:
    """A failed undo keeps what it stands on, and says so."""
    reactions = [only("apply", "d", failed()), only("undo", "c", failed("ScopeLocked"))]

    def react(call: Call, attempt: int) -> Outcome | None:
        return next((found for one in reactions if (found := one(call, attempt))), None)

    landing = Landing(DIAMOND, react=react)
    landing.onboard()
    assert landing.end is not None
    states = {result.key: result.state for result in landing.end.undone}
    assert states == {"d": "done", "b": "done", "c": "failed", "a": "skipped"}
    assert landing.there == {"a", "c"}


def test_what_is_not_ours_to_take_back_stays() -> None:
    """Resources that are kept are not undone."""
    landing = Landing(DIAMOND, react=only("apply", "d", failed()), kept=["b"])
    landing.onboard()
    assert landing.there == {"b"}


@pytest.mark.parametrize("asked", [None, 0.5, 3600.0])
def test_a_busy_resource_is_tried_again_when_asked(asked: float | None) -> None:
    """Temporary refusals wait as long as Azure asks, an hour included, and succeed."""
    landing = Landing(DIAMOND, react=only("apply", "c", busy(asked), times=3))
    assert landing.onboard().output == {"ok": True}
    assert landing.attempts["apply", "c"] == 4
    assert (landing.world.now - START).total_seconds() >= 3 * (asked or 1.0)


def test_an_endless_refusal_is_given_up() -> None:
    """The bounds end what would never end, and everything is taken back."""
    retry = RetryPolicy(max_attempts=7)
    landing = Landing(DIAMOND, react=only("apply", "c", busy()), retry=retry)
    assert landing.onboard().output == {"ok": False}
    assert landing.attempts["apply", "c"] == 7
    assert landing.there == set()


def test_what_failed_once_is_told_to_be_written_again() -> None:
    """Each beginning knows whether an operation has failed before it."""
    begun: list[bool] = []

    def react(call: Call, attempt: int) -> Outcome | None:
        begun.append(call.failed)
        return busy().model_copy(update={"operation_failed": True}) if attempt == 1 else None

    landing = Landing({"a": frozenset()}, react=react)
    landing.onboard()
    assert begun == [False, True]
    assert landing.there == {"a"}


def test_a_stuck_resource_is_given_up_at_its_deadline() -> None:
    """An operation that never ends does not hang the tenant, and its history stays short."""
    retry = RetryPolicy(deadline_seconds=120.0)
    landing = Landing(DIAMOND, {"c": 10**9}, retry=retry)
    landing.onboard()
    assert landing.end is not None
    assert landing.end.code == "DeadlineExceeded"
    stuck = landing.world.instances["tenant-contoso:1.0:apply:c"]
    assert stuck.executions > 3
    assert len(stuck.history.events) < 250


def test_an_activity_that_always_crashes_ends_the_operation() -> None:
    """A crash of ours is a failure like others: those who wait are told, nothing hangs."""

    def react(call: Call, _attempt: int) -> Outcome | None:
        if call.key == "b" and call.direction == "apply":
            raise Crash("worker died")
        return None

    landing = Landing(DIAMOND, react=react)
    assert landing.onboard().status == "Completed"
    assert landing.end is not None
    assert landing.end.code == "InternalError"
    assert landing.there == set()


def test_an_activity_that_crashes_once_is_called_again() -> None:
    """The host's retries carry the operation over a crash."""

    def react(call: Call, attempt: int) -> Outcome | None:
        if call.key == "b" and attempt == 1:
            raise Crash("worker died")
        return None

    landing = Landing(DIAMOND, react=react)
    assert landing.onboard().output == {"ok": True}


def test_a_condition_that_never_holds_fails_the_operation() -> None:
    """Verification comes last; when it fails, all is taken back."""
    landing = Landing(DIAMOND, react=_never_ready, ready=["d"])
    landing.onboard()
    assert landing.end is not None
    assert landing.end.code == "NotReady"
    assert landing.there == set()


def _never_ready(call: Call, _attempt: int) -> Outcome | None:
    verifying = call.direction == "apply" and call.outputs.get("d") == {"id": "d"}
    return failed("NotReady") if verifying else None


def test_an_operation_that_cannot_begin_makes_nothing() -> None:
    """A refusal before the plan ends the operation with its reason."""
    landing = Landing(DIAMOND)
    landing.world.activities["reserve"] = lambda _payload: failed("AddressPoolExhausted").dump()
    assert landing.onboard().output == {"ok": False}
    assert landing.order == []
    assert landing.end is not None
    assert landing.end.code == "AddressPoolExhausted"


def test_the_custom_status_tells_how_far_things_are() -> None:
    """Each end of a resource is shown as it comes, with its times."""
    landing = Landing(DIAMOND, {"a": 3, "b": 1, "c": 5, "d": 2})
    instance = landing.onboard()
    read = [LiveStatus.parse(status).read(list(DIAMOND)) for status in instance.custom_statuses]
    shown = [sorted(status.applied) for status in read]
    assert [keys for index, keys in enumerate(shown) if keys and keys != shown[index - 1]] == [
        ["a"],
        ["a", "b"],
        ["a", "b", "c"],
        ["a", "b", "c", "d"],
    ]
    assert read[-1].phase == "end"
    assert read[-1].applied["c"][0] == "d"


def test_a_wait_is_shown_with_its_cause() -> None:
    """A person sees what is waited for, how long, and why."""
    landing = Landing(DIAMOND, react=only("apply", "c", busy(12.0), times=1))
    landing.onboard()
    shown = landing.world.instances["tenant-contoso:1.0:apply:c"].custom_statuses
    assert any("AnotherOperationInProgress: busy" in status["cause"] for status in shown)
    assert all("waiting" in status["cause"] for status in shown)


def test_the_hub_is_asked_before_anything_is_begun() -> None:
    """It takes longest; what waits for something else is not asked for early."""
    landing = Landing({**DIAMOND, "z": frozenset()}, {"z": 9}, hub=["z", "d"])
    assert landing.onboard().output == {"ok": True}
    assert landing.order[:2] == ["+z", "+a"]
    assert landing.attempts["apply", "d"] == 1
    assert landing.there == {*DIAMOND, "z"}


def test_an_onboarding_goes_on_though_the_early_question_crashes() -> None:
    """The resource's own sub-orchestration asks again."""

    def react(call: Call, attempt: int) -> Outcome | None:
        if call.key == "a" and attempt <= CRASH_ATTEMPTS:
            raise Crash("the worker died")
        return None

    landing = Landing(DIAMOND, react=react, hub=["a"])
    assert landing.onboard().output == {"ok": True}
    assert landing.there == set(DIAMOND)


def test_note_tells_what_the_first_write_met() -> None:
    """However often it was begun anew, and however long it was awaited since."""
    met = Written(before="present", changed=("tags.owner",))

    def react(call: Call, attempt: int) -> Outcome | None:
        if call.key != "c" or attempt > 2:
            return None
        written = met if attempt == 1 else Written(before="absent")
        return busy(1.0).model_copy(update={"wrote": True, "written": written})

    landing = Landing(DIAMOND, {"c": 60}, react=react)
    assert landing.onboard().output == {"ok": True}
    concluded = [payload for name, payload in landing.world.calls if name == "conclude"]
    notes = {note.key: note for one in concluded if (note := Conclusion.parse(one).note)}
    assert (notes["c"].wrote, notes["c"].written) == (True, met)
    assert (notes["a"].wrote, notes["a"].written) == (True, None)
    assert all("written" not in str(one.output) for one in landing.world.instances.values())


def test_a_note_that_is_refused_for_now_is_not_lost() -> None:
    """The audit is written once its storage answers again."""
    landing = Landing(DIAMOND)
    landing.note_busy = 5
    assert landing.onboard().output == {"ok": True}
    assert landing.note_busy == 0
    concluded = [payload for name, payload in landing.world.calls if name == "conclude"]
    assert len(concluded) == len(DIAMOND) + 5


@pytest.mark.parametrize("owed", [True, False])
def test_end_is_told_to_who_asked_by_message(*, owed: bool) -> None:
    """And to nobody else; it is tried again where it does not work at once."""
    landing = Landing(DIAMOND)
    landing.owed, landing.results = owed, [busy(), busy()]
    assert landing.onboard().output == {"ok": True}
    assert landing.order.count("told") == (3 if owed else 0)


def test_end_that_cannot_be_told_does_not_hold_up_the_next_operation() -> None:
    """The operation is over as it was; a timer tells it later."""
    landing = Landing(DIAMOND)
    landing.owed, landing.results = True, [busy() for _ in range(100)]
    assert landing.onboard().output == {"ok": True}
    assert landing.order.count("told") == RESULT_RETRY.max_attempts
