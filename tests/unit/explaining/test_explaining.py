"""Why an operation is stuck, and what can be done about it: decided purely."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.attempts import Wait, after_call
from landing_zone.contracts import Outcome, PollTarget, Progress
from landing_zone.errors import PermanentError
from landing_zone.explaining.acts import MOST_OPEN, NO_ACTS, Acts, Deed
from landing_zone.explaining.document import STUCK_SECONDS, explained
from landing_zone.explaining.heeding import heeded, renewed
from landing_zone.explaining.holders import holder_of, holder_of_operation
from landing_zone.explaining.judging import NOT_SAFE, choices, require_safe
from landing_zone.explaining.requests import parse_asked
from landing_zone.explaining.skipping import indispensable
from landing_zone.explaining.standing import HubLine, Standing
from landing_zone.lifecycle import TenantState
from landing_zone.operations import OperationView, operation_document
from landing_zone.plan import Write
from landing_zone.request_parsing import InvalidRequest
from landing_zone.retries import RetryPolicy
from landing_zone.routes.data import bears_data
from landing_zone.work import Kind
from tests.fakes import NOON
from tests.simulation.matrix import planned
from tests.unit.explaining.standings import (
    KEYS,
    OPERATION,
    PLAN,
    act,
    standing,
    standings,
    status_of,
    wait_for,
)
from tests.unit.strategies import TIERS


@pytest.mark.parametrize("tier", TIERS)
def test_only_what_nobody_needs_can_be_skipped(tier: str) -> None:
    """Neither network, firewall, names, identity, roles, nor data; nothing waits for it."""
    plan = planned(tier)
    found = [one for one in plan.resources if not indispensable(plan, one)]
    assert {one.key.partition(":")[0] for one in found} == {
        *("budget", "cost-export", "diagnostics", "gitops")
    } & {one.key.partition(":")[0] for one in plan.resources if _is_last(plan, one.key)}
    for one in found:
        assert one.write is Write.PUT
        assert not bears_data(one)
        assert _is_last(plan, one.key)
    assert {"budget", "gitops"} <= {one.key for one in found}


def _is_last(plan: Any, key: str) -> bool:
    return not any(key in one.waits_for for one in plan.resources)


def test_each_event_has_a_name_of_its_own_and_each_who_hears_counts_for_itself() -> None:
    """So that it knows what to wait for next."""
    acts = NO_ACTS
    for instance in ("a", "b", "a", "a"):
        event = acts.next_event(OPERATION, instance)
        acts = acts.added(act(Deed.RETRY, instance, event=event))
    numbers = [(one.instance, one.event.rpartition(":")[2]) for one in acts.open]
    assert numbers == [("a", "1"), ("b", "1"), ("a", "2"), ("a", "3")]
    taken = acts.taken("a", acts.open[2].event)
    assert [(one.instance, one.event[-1]) for one in taken.open] == [
        ("a", "1"),
        ("b", "1"),
        ("a", "3"),
    ]
    assert taken.next_event(OPERATION, "a").endswith(":4")
    assert acts.taken("c", acts.open[0].event) == acts


def test_that_it_goes_on_no_further_is_known_to_the_end() -> None:
    """Also once it has been heard; and a new beginning hears of it anew."""
    stop = act(Deed.COMPENSATE)
    acts = NO_ACTS.added(act(Deed.RETRY, "sub")).added(stop).taken(stop.instance, stop.event)
    assert (acts.stopped, [one.deed for one in acts.unheard]) == (True, [Deed.RETRY])
    again = OPERATION.model_copy(update={"run": 1})
    carried = acts.carried(again, "tenant-contoso-research")
    (left,) = carried.unheard
    assert (left.deed, left.event) == (Deed.COMPENSATE, NO_ACTS.next_event(again, stop.instance))
    assert Acts.parse(json.loads(json.dumps(carried.dump()))) == carried


@given(
    deed=st.sampled_from(Deed),
    anew=st.booleans(),
    asked=st.booleans(),
    direction=st.sampled_from(["apply", "undo"]),
    passed=st.floats(0, 10**6),
)
def test_what_azure_asked_for_is_never_cut_short(
    deed: Deed, anew: bool, asked: bool, direction: Any, passed: float
) -> None:
    """A retry wakes where it was our own wait; the others end what waits."""
    target = None if asked else PollTarget(kind="resource")
    progress = Progress(started_at=NOON, attempts=7, target=target, wrote=True, heard=3)
    wait = Wait(60, "busy", progress, asked=asked)
    found = heeded(act(deed, anew=anew), wait, direction, NOON + timedelta(seconds=passed))
    assert found.told
    assert found.progress.wrote
    if deed is not Deed.RETRY:
        assert found.ends is not None
        assert (found.ends.state, bool(found.ends.hint), found.wakes) == ("failed", True, False)
        return
    assert (found.wakes, found.ends) == (not asked, None)
    assert found.progress.attempts == (0 if anew else 7)
    assert found.progress.target is None


def test_bounds_begin_anew() -> None:
    """Neither the deadline nor the number of attempts is reached then."""
    policy = RetryPolicy(max_attempts=3, deadline_seconds=100)
    late = NOON + timedelta(hours=5)
    progress = Progress(started_at=NOON, attempts=2, failed_operations=2)
    outcome = Outcome(state="retry", code="Busy")
    assert not isinstance(after_call(policy, progress, outcome, late, "x"), Wait)
    assert isinstance(after_call(policy, renewed(progress, late), outcome, late, "x"), Wait)


@given(standings())
def test_each_action_says_why_and_what_is_not_safe_is_refused(found: Standing) -> None:
    """Word for word what is shown."""
    for key in ("", *KEYS[:6], *found.waits):
        for choice in choices(found, key):
            assert choice.why
            if choice.safe and len(found.acts.unheard) < MOST_OPEN:
                require_safe(found, choice.deed, key)
                continue
            with pytest.raises(PermanentError) as refused:
                require_safe(found, choice.deed, key)
            assert (refused.value.code, refused.value.message) == (NOT_SAFE, choice.why)


@given(standings())
def test_what_goes_on_no_further_is_asked_for_nothing_else(found: Standing) -> None:
    """Those who work on its resources have been told that they are to end."""
    if not found.is_stopping:
        return
    for key in found.waits:
        assert not any(one.safe for one in choices(found, key))
        with pytest.raises(PermanentError):
            require_safe(found, Deed.RETRY, key, anew=True)
    assert not choices(found)[1].safe


@given(standings())
def test_the_explanation_is_json_and_names_others_only_to_whom_it_may(found: Standing) -> None:
    """Whatever is known of the operation."""
    line = HubLine("hub-weu", "firewall", "a group", 2, ("contoso-research", "others-secret"), 1)
    found = standing(**{**found.__dict__, "lines": dict.fromkeys(found.waits, line), "plan": PLAN})
    view = OperationView(OPERATION, "running", found.status, PLAN, waits=found.waits)
    document = explained(operation_document(view), found)
    text = json.dumps(document)
    assert ("others-secret" in text) <= found.names_others
    items = [item for step in document["steps"] for item in step["resources"]]
    shown = {
        item["key"]: item["explanation"]
        for item in items
        if "lastCall" in item.get("explanation", {})
    }
    if found.status is not None:
        assert set(shown) == set(found.waits)
        assert document["stuck"] is any(
            one["stuck"] for one in (document["explanation"], *shown.values())
        )


@pytest.mark.parametrize("kind", list(Kind))
def test_only_what_has_a_way_back_is_led_back(kind: Kind) -> None:
    """An offboarding and a clean-up only go on."""
    found = standing(kind=kind, state=TenantState.UPDATING)
    assert choices(found)[1].safe is (kind not in {Kind.OFFBOARD, Kind.CLEAN_UP})
    for changes in ({"way": "one-way"}, {"way": "back"}, {"phase": "end"}, {"until": NOON}):
        stands = standing(kind=kind, state=TenantState.UPDATING, status=status_of(**changes))
        assert not choices(stands)[1].safe


def test_a_failed_resource_is_begun_again_only_before_anything_is_taken_back() -> None:
    """Others are under way until then."""
    mark = {"network": ("f", 0.0, 1.0, 1)}
    assert choices(standing(status=status_of(applied=mark)), "network")[0].safe
    for changes in ({"phase": "undo"}, {"phase": "verify"}, {"way": "back"}):
        stands = standing(status=status_of(applied=mark, **changes))
        assert not choices(stands, "network")[0].safe


def test_what_is_taken_back_can_be_left_whatever_it_is() -> None:
    """It is listed as open work, as if its time had run out."""
    found = standing(status=status_of(phase="undo"), waits={"network": wait_for("ScopeLocked")})
    retry, skip = choices(found, "network")
    assert (retry.safe, skip.safe, "open work" in skip.why) == (True, True, True)


@pytest.mark.parametrize(
    ("cause", "kind", "name"),
    [
        (
            (
                "ScopeLocked: The scope '/subscriptions/1' cannot perform delete operation because "
                "following scope(s) are locked: '/subscriptions/1/providers/Microsoft.Authorization"
                "/locks/keep'. Please remove the lock and try again."
            ),
            "lock",
            "/subscriptions/1/providers/Microsoft.Authorization/locks/keep",
        ),
        (
            (
                "AnotherOperationInProgress: Another operation on this or dependent resource is in "
                "progress. To retrieve status of the operation use uri: https://management.azure.com"
                "/subscriptions/1/providers/Microsoft.Network/locations/westeurope/operations/42?api"
                "-version=2024-05-01."
            ),
            "operation",
            (
                "https://management.azure.com/subscriptions/1/providers/Microsoft.Network/locations"
                "/westeurope/operations/42?api-version=2024-05-01"
            ),
        ),
    ],
)
def test_who_holds_it_is_found_in_the_error(cause: str, kind: str, name: str) -> None:
    """As Azure words it."""
    code = cause.partition(":")[0]
    held = holder_of(standing(), wait_for(code, cause=f"waiting 2 s: {cause}"))
    assert (held["kind"], held["id"].rstrip(".")) == (kind, name)


def test_others_who_hold_it() -> None:
    """Azure at work, the quota, a person, a date, and nobody."""
    assert holder_of(standing(), wait_for())["kind"] == "azure"
    assert holder_of(standing(), wait_for("SubscriptionPaced", asked=True))["kind"] == "quota"
    kinds = [
        holder_of_operation(found)
        for found in (
            standing(state=TenantState.AWAITING_APPROVAL),
            standing(alive=False, status=None),
            standing(status=status_of(until=NOON)),
            standing(status=status_of(wait=wait_for("LedgerBusy"))),
            standing(),
        )
    ]
    assert [one and one["kind"] for one in kinds] == [
        "approver",
        "recovery",
        "date",
        "azure",
        None,
    ]


@pytest.mark.parametrize(("seconds", "stuck"), [(STUCK_SECONDS - 1, False), (STUCK_SECONDS, True)])
def test_stuck_is_what_comes_to_the_same_for_long(seconds: float, *, stuck: bool) -> None:
    """However often it is tried."""
    found = standing(waits={"network": wait_for("Busy", since=seconds)})
    view = OperationView(OPERATION, "running", found.status, PLAN, waits=found.waits)
    document = explained(operation_document(view), found)
    assert document["stuck"] is stuck
    assert document["explanation"]["stuckResources"] == (["network"] if stuck else [])


def test_what_is_asked_for_is_read() -> None:
    """A retry may begin anew."""
    asked = parse_asked(b'{"action": "retry", "resource": "storage", "reason": "x", "anew": true}')
    assert asked == (Deed.RETRY, "storage", "x", True)
    assert parse_asked(b'{"action": "compensate", "reason": "x"}').resource == ""


def test_all_that_is_wrong_with_it_is_told_at_once() -> None:
    """Nothing is done without a reason."""
    with pytest.raises(InvalidRequest) as refused:
        parse_asked(b'{"action": "wait", "resource": "", "anew": "yes", "why": 1}')
    assert [fault.path for fault in refused.value.faults] == [
        "why",
        "action",
        "resource",
        "reason",
        "anew",
    ]
