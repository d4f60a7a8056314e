"""What operators ask for while an onboarding is under way, replayed by the genuine SDK."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Call, Outcome, PollTarget
from landing_zone.explaining.acts import COMPENSATED, GIVEN_UP, Deed
from landing_zone.progress import LiveStatus, LiveWait
from landing_zone.retries import RetryPolicy
from orchestrators.fan_out import resource_instance, walk_name
from tests.orchestrators.landing import OPERATION, Landing, busy, failed
from tests.orchestrators.replay import START
from tests.orchestrators.test_onboard_tenant import DIAMOND, graphs, only

HOUR = 3600.0
PATIENT = RetryPolicy(base_seconds=HOUR, cap_seconds=HOUR, deadline_seconds=1000 * HOUR)
PARENT = "tenant-contoso"
ITSELF = PollTarget(kind="resource")

# The SDK warns of events that come before they are awaited, and keeps them.
pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")


def of(key: str, direction: str = "apply", again: int = 0) -> str:
    """Instance id of the one who works on a resource."""
    return resource_instance(OPERATION, walk_name(direction, again), key)


def begun(landing: Landing) -> Landing:
    """With its onboarding begun."""
    landing.world.start("onboard_tenant", PARENT, OPERATION.dump())
    return landing


def until_it_waits(landing: Landing, instance: str, attempts: int = 1) -> None:
    """Let time pass until someone waits after so many attempts."""

    def waits() -> bool:
        found = landing.world.instances.get(instance)
        shown = found.custom_statuses[-1:] if found is not None else []
        return bool(shown) and LiveWait.parse(shown[0]).attempts >= attempts

    landing.world.run(waits)
    assert waits()


def passed(landing: Landing) -> float:
    """Seconds since the beginning until the operation ended."""
    assert landing.ended_at is not None
    return (landing.ended_at - START).total_seconds()


def test_a_retry_calls_at_once_what_would_wait_for_an_hour() -> None:
    """And is noted as heard."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy(), 1), retry=PATIENT))
    until_it_waits(landing, of("b"))
    landing.act(Deed.RETRY, of("b"), "b")
    landing.world.run()
    assert (landing.there, passed(landing) < 60) == (set(DIAMOND), True)
    assert (landing.heard, landing.acts.open) == ([("retry", "called again")], ())


def test_a_time_that_azure_asked_for_is_waited_for_all_the_same() -> None:
    """A subscription that is throttled is not asked before, however often that is wished for."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy(HOUR), 1)))
    until_it_waits(landing, of("b"))
    for _ in range(3):
        landing.act(Deed.RETRY, of("b"), "b", anew=True)
    landing.world.run()
    assert (landing.there, passed(landing) >= HOUR) == (set(DIAMOND), True)
    assert len(landing.heard) == 3


@pytest.mark.parametrize("anew", [False, True])
def test_attempts_begin_anew_where_that_is_asked_for(*, anew: bool) -> None:
    """Otherwise a retry is one more of them."""
    policy = RetryPolicy(base_seconds=HOUR, cap_seconds=HOUR, max_attempts=3)
    landing = begun(Landing({"a": frozenset()}, react=only("apply", "a", busy(), 4), retry=policy))
    until_it_waits(landing, of("a"), 2)
    landing.act(Deed.RETRY, of("a"), "a", anew=anew)
    landing.world.run()
    assert landing.there == ({"a"} if anew else set())


def test_a_retry_looks_at_the_resource_where_its_operation_hangs() -> None:
    """What tells of an operation may be what is lost."""
    landing = begun(Landing({"a": frozenset()}, {"a": 10 * HOUR}, retry=PATIENT))
    until_it_waits(landing, of("a"))
    landing.act(Deed.RETRY, of("a"), "a")
    landing.world.run(lambda: landing.attempts["apply", "a"] == 2)
    assert landing.attempts["apply", "a"] == 2


def test_what_is_skipped_is_given_up_and_the_operation_goes_on() -> None:
    """It ends well; what was given up says why, and stays."""
    landing = begun(Landing(DIAMOND, react=only("apply", "d", busy()), retry=PATIENT))
    until_it_waits(landing, of("d"))
    landing.act(Deed.SKIP, of("d"), "d")
    landing.world.run()
    assert landing.end is not None
    ended = {result.key: result for result in landing.end.results}
    assert (landing.end.ok, landing.end.undone, landing.there) == (True, (), set("abc"))
    assert (ended["d"].state, ended["d"].code) == ("given-up", GIVEN_UP)
    assert "it hangs" in ended["d"].message
    assert [ended[key].state for key in "abc"] == ["done"] * 3


def test_compensating_ends_a_wait_of_hours_and_takes_back_what_was_made() -> None:
    """Those at work end, those that waited for them never begin, and nothing is left."""
    answers = {"b": busy(), "c": Outcome(state="pending", target=ITSELF, wait=HOUR)}
    landing = Landing(DIAMOND, retry=PATIENT)
    landing.react = lambda call, _: answers.get(call.key) if call.direction == "apply" else None
    begun(landing)
    until_it_waits(landing, of("b"))
    landing.act(Deed.COMPENSATE, PARENT)
    landing.world.run()
    assert landing.end is not None
    assert (landing.end.ok, landing.end.code, landing.there) == (False, COMPENSATED, set())
    assert "it hangs" in landing.end.reason
    assert ("+d" in landing.order, "-a" in landing.order) == (False, True)
    assert passed(landing) < 60
    assert landing.heard[0] == ("compensate", "goes on no further")
    assert landing.heard[1:] == [("compensate", "stopped")] * 2


def test_compensating_is_heard_while_conditions_are_awaited() -> None:
    """All is made by then, and all is taken back."""
    landing = Landing(DIAMOND, ready=["d"], retry=PATIENT)
    landing.react = lambda call, _: (
        busy() if landing.attempts["verify", "d"] and call.direction == "apply" else None
    )
    begun(landing)
    landing.world.run(lambda: landing.attempts["verify", "d"] == 1)
    landing.act(Deed.COMPENSATE, PARENT)
    landing.world.run()
    assert landing.end is not None
    assert (landing.end.code, landing.there) == (COMPENSATED, set())


@pytest.mark.parametrize("anew", [False, True])
def test_a_retry_calls_the_step_again_that_the_operation_waits_in(*, anew: bool) -> None:
    """With its bounds begun anew where that is asked for."""
    policy = RetryPolicy(base_seconds=HOUR, cap_seconds=HOUR, max_attempts=2)
    landing = Landing(DIAMOND, ready=["d"], retry=policy)
    landing.react = lambda call, _: (
        busy() if call.direction == "apply" and 0 < landing.attempts["verify", "d"] < 3 else None
    )
    begun(landing)
    landing.world.run(lambda: landing.attempts["verify", "d"] == 1)
    landing.act(Deed.RETRY, PARENT, anew=anew)
    landing.world.run()
    assert landing.heard == [("retry", "called again")]
    assert landing.there == (set(DIAMOND) if anew else set())


def test_what_failed_is_begun_again_before_anything_is_taken_back() -> None:
    """With all that was skipped for its sake; what was made in between serves it."""
    landing = begun(Landing(DIAMOND, {"c": 100}, only("apply", "b", failed(), 1)))
    landing.world.run(lambda: "+b" in landing.order)
    landing.world.run(lambda: landing.world.instances[of("b")].status == "Completed")
    landing.steps(5)
    landing.act(Deed.RETRY, PARENT, "b")
    landing.world.run()
    assert landing.end is not None
    assert (landing.end.ok, landing.there) == (True, set(DIAMOND))
    assert (landing.order.count("+a"), landing.order.count("+b")) == (1, 2)
    assert {result.key: result.state for result in landing.end.results} == dict.fromkeys(
        DIAMOND, "done"
    )
    assert of("b", again=1) in landing.world.instances
    concluded = [Conclusion.parse(data) for name, data in landing.world.calls if name == "conclude"]
    notes = [one.note.event_id for one in concluded if one.note is not None]
    assert [one for one in notes if one.endswith(":b")] == [
        "contoso.1.0:apply:b",
        "contoso.1.0:apply~1:b",
    ]
    shown = [LiveStatus.parse(one) for one in landing.world.instances[PARENT].custom_statuses]
    assert 1 in {status.again for status in shown}


def test_what_fails_again_is_taken_back() -> None:
    """Also what was begun the first time alone."""
    landing = begun(Landing(DIAMOND, {"c": 100}, only("apply", "b", failed())))
    landing.world.run(lambda: "+b" in landing.order)
    landing.world.run(lambda: landing.world.instances[of("b")].status == "Completed")
    landing.steps(5)
    landing.act(Deed.RETRY, PARENT, "b")
    landing.world.run()
    assert landing.end is not None
    assert (landing.end.ok, landing.there) == (False, set())
    assert {result.key for result in landing.end.undone} == set("abc")


def test_an_event_that_was_lost_is_told_later() -> None:
    """A process died before it was raised: the record has it still."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy(), 1), retry=PATIENT))
    until_it_waits(landing, of("b"))
    act = landing.act(Deed.RETRY, of("b"), "b", tell=False)
    landing.world.run(lambda: "=c" in landing.order)
    assert landing.acts.unheard == (act,)
    landing.tell(act)
    landing.world.run()
    assert passed(landing) < 60
    assert not landing.acts.unheard


def test_what_cannot_be_noted_yet_is_noted_in_a_while() -> None:
    """It would be told again and again otherwise."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy(), 1), retry=PATIENT))
    until_it_waits(landing, of("b"))
    landing.note_busy = 2
    landing.act(Deed.RETRY, of("b"), "b")
    landing.world.run()
    assert (landing.there, passed(landing) < 60) == (set(DIAMOND), True)
    assert not landing.acts.unheard


def test_what_is_told_twice_is_done_once() -> None:
    """Also where the second comes before the first is noted."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy(), 2), retry=PATIENT))
    until_it_waits(landing, of("b"))
    act = landing.act(Deed.RETRY, of("b"), "b")
    landing.tell(act)
    landing.tell(act)
    until_it_waits(landing, of("b"), 2)
    assert (landing.attempts["apply", "b"], len(landing.heard)) == (2, 1)
    landing.act(Deed.RETRY, of("b"), "b")
    landing.world.run()
    assert (landing.attempts["apply", "b"], passed(landing) < 60) == (3, True)


def test_what_comes_while_a_call_is_under_way_is_heard_at_the_next_wait() -> None:
    """Nothing is lost between two waits."""
    landing = begun(Landing(DIAMOND, react=only("apply", "b", busy()), retry=PATIENT))
    landing.world.run(lambda: "+b" in landing.order)
    landing.act(Deed.SKIP, of("b"), "b")
    landing.world.run()
    assert ("skip", "given up") in landing.heard


def test_history_that_is_begun_anew_still_hears_the_next() -> None:
    """It knows how much it has heard."""
    landing = begun(Landing({"a": frozenset()}, {"a": 60}))
    until_it_waits(landing, of("a"))
    landing.act(Deed.RETRY, of("a"), "a")
    landing.world.run(lambda: landing.world.instances[of("a")].executions == 3)
    landing.act(Deed.COMPENSATE, PARENT)
    landing.world.run()
    assert landing.end is not None
    assert (landing.end.code, landing.there) == (COMPENSATED, set())
    assert "=a" not in landing.order


def test_what_comes_too_late_changes_nothing_and_holds_up_nothing() -> None:
    """An event is never awaited alone: the extension would let all that follows wait for it."""
    landing = begun(Landing(DIAMOND, {"b": 5}, ready=["d"]))
    until_it_waits(landing, of("b"))
    landing.act(Deed.RETRY, PARENT, "a")
    landing.world.run()
    assert (landing.there, passed(landing) < 60) == (set(DIAMOND), True)
    assert landing.heard == [("retry", "came too late")]


def test_a_wait_tells_the_call_its_answer_and_since_when() -> None:
    """The same answer, again and again, is one wait."""
    landing = begun(Landing({"a": frozenset()}, react=only("apply", "a", busy(), 3)))
    until_it_waits(landing, of("a"), 3)
    shown = [LiveWait.parse(one) for one in landing.world.instances[of("a")].custom_statuses]
    shown = list({one.attempts: one for one in shown}.values())
    assert {(one.activity, one.code, one.asked) for one in shown} == {
        ("begin_resource", "AnotherOperationInProgress", False)
    }
    assert (len({one.since for one in shown}), len({one.at for one in shown})) == (1, 3)


@settings(max_examples=12, deadline=None)
@given(graph=graphs(), data=st.data())
def test_whatever_is_asked_for_and_whenever_it_ends_whole_or_with_nothing(
    graph: Any, data: st.DataObject
) -> None:
    """Nothing hangs, nothing is left half made, and no day is waited for."""
    slow = data.draw(st.sampled_from(sorted(graph)))

    def react(call: Call, attempt: int) -> Outcome | None:
        return busy() if call.key == slow and call.direction == "apply" and attempt < 4 else None

    landing = begun(Landing(graph, dict.fromkeys(graph, 3.0), react))
    for _ in range(data.draw(st.integers(1, 4))):
        steps = data.draw(st.integers(0, 60))
        landing.steps(steps)
        deed = data.draw(st.sampled_from(Deed))
        key = "" if deed is Deed.COMPENSATE else data.draw(st.sampled_from(sorted(graph)))
        if deed is Deed.SKIP and any(key in edges for edges in graph.values()):
            continue
        at_parent = not key or data.draw(st.booleans())
        landing.act_if_there(deed, PARENT if at_parent else of(key), key)
    landing.world.run()
    assert landing.end is not None
    given_up = {one.key for one in landing.end.results if one.state == "given-up"}
    assert landing.there == (set(graph) - given_up if landing.end.ok else set())
    assert passed(landing) < HOUR
