"""Following routes, replayed by the genuine SDK over pretended resources."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Call, OperationRef, Outcome, Route, Stage
from landing_zone.progress import LiveStatus
from landing_zone.work import Kind
from tests.orchestrators.journeys import (
    APPLY,
    INSTANCE,
    NEW,
    OLD,
    REMOVE,
    RESTORE,
    THERE_AND_BACK,
    UPDATE,
    WITHDRAW,
    Journey,
    route,
    summary,
)
from tests.orchestrators.landing import OPERATION, busy, failed
from tests.orchestrators.replay import START, Crash


def only(plan: str, direction: str, key: str, outcome: Outcome) -> Any:
    """A reaction to the calls on one resource of a plan in one direction."""

    def react(call: Call, _attempt: int) -> Outcome | None:
        hit = (call.plan_hash, call.direction, call.key) == (plan, direction, key)
        return outcome if hit else None

    return react


def test_route_is_followed_stage_by_stage() -> None:
    """What is wanted is there before what is not wanted any more begins to go."""
    journey = Journey(THERE_AND_BACK)
    assert journey.go().output == {"ok": True}
    assert journey.there == set(NEW)
    order = ("+a", "=a", "+b", "=b", "+new", "=new", "~old", "-old")
    assert journey.order == ["begin contoso.2", *order]
    assert journey.stages == [("apply", True), ("remove", True)]
    assert (journey.last.routed, journey.last.plan_hash, journey.last.ok) == (True, "new", True)


def test_each_call_knows_what_was_applied_before() -> None:
    """And what the resources have yielded so far."""
    journey = Journey(THERE_AND_BACK)
    journey.go()
    calls = [Call.parse(data) for name, data in journey.world.calls if name == "begin_resource"]
    assert {call.key: call.before for call in calls} == {
        **dict.fromkeys(NEW, "old"),
        "old": "",
    }
    assert all(call.outputs["a"] for call in calls)
    assert journey.last.outputs == {"a": {"id": "a"}, "b": {"id": "b"}, "new": {"id": "new"}}


def test_stage_that_fails_leads_back() -> None:
    """All that was is there again, and what was new is gone."""
    journey = Journey(THERE_AND_BACK, only("new", "apply", "new", failed()))
    assert journey.go().output == {"ok": False}
    assert journey.there == set(OLD)
    assert journey.stages == [("apply", False), ("restore", True), ("withdraw", True)]
    assert journey.last.is_back
    assert (journey.last.code, journey.last.reason) == ("Broken", "new: it broke")


def test_failure_after_something_went_brings_it_back() -> None:
    """It is made anew."""
    later = Stage(name="more", plan_hash="new", keys=("new",))
    way = route(APPLY, REMOVE, later, back=(RESTORE, WITHDRAW))
    journey = Journey(way)
    calls = {"new": 0}

    def react(call: Call, _attempt: int) -> Outcome | None:
        if (call.key, call.direction) != ("new", "apply"):
            return None
        calls["new"] += 1
        return failed() if calls["new"] > 1 else None

    journey.react = react
    journey.go()
    assert journey.there == set(OLD)
    assert [name for name, _ in journey.stages] == [
        *("apply", "remove", "more"),
        *("restore", "withdraw"),
    ]


def test_what_was_never_begun_is_not_taken_back() -> None:
    """Nothing is there to be asked for."""
    journey = Journey(THERE_AND_BACK, only("new", "apply", "a", failed()))
    journey.go()
    assert journey.stage("withdraw").results == ()
    assert "~new" not in journey.order


def test_what_was_begun_and_failed_is_taken_back() -> None:
    """It may be there in part."""
    journey = Journey(THERE_AND_BACK, only("new", "apply", "new", failed()))
    journey.go()
    assert [one.key for one in journey.stage("withdraw").results] == ["new"]


def test_each_part_of_the_way_back_is_gone_whatever_becomes_of_the_others() -> None:
    """And the end says that it is not back; the first trouble is the one that is told."""

    def react(call: Call, _attempt: int) -> Outcome | None:
        if call.plan_hash == "new" and call.key == "new" and call.direction == "apply":
            return failed("First", "it broke first")
        return failed("Second") if call.plan_hash == "old" and call.key == "b" else None

    journey = Journey(THERE_AND_BACK, react)
    journey.go()
    assert journey.stages == [("apply", False), ("restore", False), ("withdraw", True)]
    assert (journey.last.is_back, journey.last.code) == (False, "First")
    assert "new" not in journey.there


def test_route_without_a_way_back_stays_where_it_is() -> None:
    """It is gone on with another time; what was to be taken back is listed as not got to."""
    journey = Journey(route(APPLY, REMOVE), only("new", "apply", "b", failed()))
    journey.go()
    assert journey.stages == [("apply", False), ("remove", False)]
    assert {result.state for result in journey.stage("remove").results} == {"skipped"}
    assert not journey.last.is_back


def test_operation_without_a_route_touches_nothing() -> None:
    """With the reason; the tenant is as it was."""
    refused = failed("DataLoss", "cosmos would be deleted with its data")
    journey = Journey(refused)
    assert journey.go().output == {"ok": False}
    assert journey.order == ["begin contoso.2"]
    assert (journey.last.routed, journey.last.is_back) == (False, True)
    assert (journey.last.code, journey.last.hint) == ("DataLoss", "mend it")


def test_route_that_cannot_be_made_yet_is_asked_for_again() -> None:
    """As long as that is temporary."""
    journey = Journey(THERE_AND_BACK)
    answers = iter([busy(5.0), busy(5.0), Outcome(state="done", route=THERE_AND_BACK)])
    journey.world.activities["make_route"] = lambda _payload: next(answers).dump()
    assert journey.go().output == {"ok": True}
    assert journey.world.now - START > timedelta(seconds=10)


def test_stage_waits_until_its_time() -> None:
    """Durably, and says so."""
    until = START + timedelta(days=30)
    waiting = Stage(name="retention", until=until)
    journey = Journey(route(waiting, APPLY))
    instance = journey.go()
    assert journey.stage("retention").finished_at >= until
    assert journey.stage("apply").started_at >= until
    causes = {one.get("cause", "") for one in instance.custom_statuses}
    assert f"waiting until {until.isoformat()}" in causes


def test_time_that_has_passed_is_not_waited_for() -> None:
    """No timer is set."""
    journey = Journey(route(Stage(name="retention", until=START - timedelta(days=1)), APPLY))
    journey.go()
    assert journey.stage("retention").finished_at - START < timedelta(seconds=5)


def test_stage_calls_its_activity_before_it_walks() -> None:
    """With the operation; one that is not done yet is called again."""
    journey = Journey(route(Stage(name="tidy", activity="tidy"), APPLY))
    journey.results = [busy(3.0)]
    journey.go()
    assert journey.order[:3] == ["begin contoso.2", "tidy contoso.2", "tidy contoso.2"]
    assert journey.stage("tidy").results == ()


def test_activity_that_fails_leads_back_before_anything_is_walked() -> None:
    """Its stage has failed."""
    tidy = APPLY.model_copy(update={"activity": "tidy"})
    journey = Journey(route(tidy, back=(RESTORE, WITHDRAW)))
    journey.results = [failed("Untidy", "it is in use")]
    journey.go()
    assert journey.stages == [("apply", False), ("restore", True), ("withdraw", True)]
    assert (journey.stage("apply").results, journey.last.code) == ((), "Untidy")


@pytest.mark.parametrize("holds", [True, False])
def test_conditions_are_verified_where_the_stage_says_so(*, holds: bool) -> None:
    """Of those of its resources that have one; what does not hold leads back."""
    verified = APPLY.model_copy(update={"verify": True})
    way = route(verified, REMOVE, back=(RESTORE, WITHDRAW), ready=("b",))
    journey = Journey(way)
    asked: list[str] = []

    def verify(payload: Any) -> Any:
        asked.append(Call.parse(payload).key)
        return (Outcome(state="done") if holds else failed("NotReady")).dump()

    journey.world.activities["verify_resource"] = verify
    assert journey.go().output == {"ok": holds}
    assert asked == ["b"]
    assert journey.there == set(NEW if holds else OLD)


def test_what_is_queued_comes_next_in_a_history_of_its_own() -> None:
    """By the same orchestration, which never runs twice at once."""
    journey = Journey(THERE_AND_BACK)
    later = [
        OperationRef(tenant_id="contoso", operation_id=f"contoso.{number}", kind=Kind.UPDATE)
        for number in (3, 4)
    ]
    journey.following = {UPDATE.operation_id: later[0], "contoso.3": later[1]}
    journey.routes |= {
        "contoso.3": route(Stage(name="apply", plan_hash="old", keys=tuple(OLD))),
        "contoso.4": failed("DataLoss"),
    }
    instance = journey.go()
    assert (instance.executions, instance.output) == (3, {"ok": False})
    assert list(journey.ends) == ["contoso.2", "contoso.3", "contoso.4"]
    begun = [item for item in journey.order if item.startswith("begin")]
    assert begun == ["begin contoso.2", "begin contoso.3", "begin contoso.4"]


def test_update_that_was_queued_behind_an_onboarding_comes_next() -> None:
    """One orchestration does all that is asked of a tenant."""
    journey = Journey(THERE_AND_BACK)
    journey.graph = OLD
    journey.world.activities["end_operation"] = lambda _payload: Outcome(
        state="done", following=UPDATE
    ).dump()
    journey.world.start("operate_tenant", INSTANCE, OPERATION.dump())
    journey.world.run()
    instance = journey.world.instances[INSTANCE]
    assert (instance.executions, instance.output) == (2, {"ok": True})
    assert journey.there == set(NEW)


def test_who_asked_by_message_is_told_after_the_end() -> None:
    """Where it is owed."""
    journey = Journey(THERE_AND_BACK)
    journey.owed = True
    journey.world.activities["send_results"] = lambda payload: _told(journey, payload)
    journey.go()
    assert journey.order[-1] == "told contoso.2"


def _told(journey: Journey, payload: Any) -> Any:
    journey.order.append(f"told {OperationRef.parse(payload).operation_id}")
    return Outcome(state="done").dump()


def test_worker_that_dies_changes_nothing() -> None:
    """The activity is called again."""
    journey = Journey(THERE_AND_BACK)
    make, deaths = journey.world.activities["make_route"], iter([1, 2])

    def dying(payload: Any) -> Any:
        if next(deaths, None):
            raise Crash("the worker died")
        return make(payload)

    journey.world.activities["make_route"] = dying
    assert journey.go().output == {"ok": True}
    assert journey.there == set(NEW)


def test_status_names_the_stage_and_how_far_it_is() -> None:
    """For people, at every moment."""
    journey = Journey(THERE_AND_BACK, only("new", "apply", "new", failed()))
    instance = journey.go()
    statuses = [LiveStatus.parse(one) for one in instance.custom_statuses]
    stages = list(dict.fromkeys(one.stage for one in statuses if one.stage))
    assert stages == ["apply", "restore", "withdraw"]
    assert statuses[-1].phase == "end"
    phases = {one.stage: one.phase for one in statuses if one.plan_hash and one.phase != "end"}
    assert phases["apply"] == "apply"
    assert phases["withdraw"] == "undo"
    assert WITHDRAW.name in phases
    applied = [one for one in statuses if one.stage == "apply" and one.plan_hash]
    assert max(sum(bool(mark) for mark in one.applied) for one in applied) == len(NEW) - 1


def test_what_is_made_anew_is_known_by_what_it_yields_now() -> None:
    """Although others, who have not heard of it, go on telling what it yielded before."""
    graph = {"a": frozenset(), "b": frozenset(), "new": frozenset({"a", "b"})}
    made = summary("new", graph)
    known = {"a": {"id": "stale"}, "b": {"id": "stale"}}
    way = Route(plans=(made,), stages=(APPLY,), outputs=known, plan_hash="new")
    journey = Journey(way)
    journey.seconds = {"b": 30.0}
    journey.go()
    [last] = [
        Call.parse(data)
        for name, data in journey.world.calls
        if name == "begin_resource" and Call.parse(data).key == "new"
    ]
    assert last.outputs == {"a": {"id": "a"}, "b": {"id": "b"}}
    assert journey.last.outputs == {one: {"id": one} for one in graph}


def test_each_stage_notes_what_it_did_to_a_resource() -> None:
    """Made, then made again on the way back: both are in the audit."""
    journey = Journey(THERE_AND_BACK, only("new", "apply", "new", failed()))
    journey.go()
    notes = [
        Conclusion.parse(data).note for name, data in journey.world.calls if name == "conclude"
    ]
    ids = [note.event_id for note in notes if note is not None and note.key == "a"]
    assert ids == ["contoso.2.0:apply:a", "contoso.2.0:restore:a"]
