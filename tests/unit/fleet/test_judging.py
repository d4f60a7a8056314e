"""What is to be done with a tenant of a rollout, and what has become of it."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.fleet.deciding import TURNS, rolling_back
from landing_zone.fleet.judging import (
    PATIENCE,
    ended,
    is_to_be_asked,
    judged,
    outlived,
    work_for,
)
from landing_zone.fleet.model import Member, MemberState, Ring, Rollout, Tally, UnderWay
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.fakes import NOON, example_request

S = MemberState
LATER = NOON + PATIENCE + timedelta(seconds=1)
FORWARD = Rollout(
    id="v3-1",
    number=1,
    target=3,
    rings=(Ring(name="rest"),),
    allow_data_loss=("made",),
    actor="person:op",
    created_at=NOON,
    updated_at=NOON,
    tallies=(Tally(enrolled=1),),
)
BACK = rolling_back(FORWARD, ("taken",))
PENDING = Member(tenant_id="contoso-research", at=NOON)
TO_RETURN = PENDING.model_copy(update={"before": "old", "after": "new", "order": 7})
ONE = UnderWay(
    tenant_id="contoso-research", operation_id="contoso-research.2", before="old", since=NOON
)
ONE_BACK = ONE.model_copy(
    update={"back": True, "after": "new", "operation_id": "contoso-research.3"}
)


def record(**changes: Any) -> TenantRecord:
    """An active tenant of the former rules."""
    made = new_tenant(example_request(), "ann", NOON)
    known: dict[str, Any] = {
        "state": TenantState.ACTIVE,
        "ongoing": False,
        "plan_hash": "old",
        "rules_version": 2,
        "active_since": NOON,
    }
    return made.model_copy(update=known | changes)


def under_way(rollout: Rollout = FORWARD, one: UnderWay = ONE, **changes: Any) -> TenantRecord:
    """The same with the rollout's operation as its current one."""
    number = int(one.operation_id.rpartition(".")[2])
    known = {"operations": number, "work": work_for(rollout, one), "ongoing": True}
    return record(**(known | {"state": TenantState.UPDATING} | changes))


def test_an_active_tenant_of_other_rules_is_begun_with() -> None:
    """Its next operation is written down, and the plan that it has."""
    found = judged(FORWARD, PENDING, record(), NOON)
    assert isinstance(found, UnderWay)
    assert (found.operation_id, found.before, found.back) == ("contoso-research.2", "old", False)


def test_a_tenant_with_the_upgraded_plan_is_brought_back() -> None:
    """To the plan from before, under its number."""
    found = judged(BACK, TO_RETURN, record(operations=2, plan_hash="new"), NOON)
    assert isinstance(found, UnderWay)
    assert (found.operation_id, found.before, found.after) == ("contoso-research.3", "old", "new")
    assert (found.back, found.order) == (True, 7)


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"rules_version": 3}, S.CURRENT, "made its plan already"),
        ({"state": TenantState.SUSPENDED}, S.SKIPPED, "it is suspended"),
        ({"state": TenantState.OFFBOARDED}, S.SKIPPED, "it is offboarded"),
        ({"state": TenantState.FAILED, "reason": "why"}, S.SKIPPED, "it is failed: why"),
        ({"state": TenantState.PROVISIONING, "ongoing": True}, S.WAITING, "onboard is under way"),
        (
            {"state": TenantState.UPDATING, "ongoing": True, "work": Work(kind=Kind.UPDATE)},
            S.WAITING,
            "update is under way",
        ),
    ],
)
def test_who_cannot_be_begun_with_is_told_why(
    changes: dict[str, Any], state: MemberState, reason: str
) -> None:
    """And waits only where waiting can help."""
    found = judged(FORWARD, PENDING, record(**changes), NOON)
    assert isinstance(found, Member)
    assert (found.state, found.turn) == (state, FORWARD.turn)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"plan_hash": "old"}, S.RETURNED),
        ({"plan_hash": "another"}, S.KEPT),
        ({"plan_hash": "new", "state": TenantState.SUSPENDED}, S.KEPT),
        ({"plan_hash": "new", "ongoing": True}, S.WAITING),
        ({"plan_hash": "another", "ongoing": True}, S.WAITING),
    ],
)
def test_who_is_not_brought_back_is_told_why(changes: dict[str, Any], state: MemberState) -> None:
    """What was changed since is left to whoever changed it."""
    found = judged(BACK, TO_RETURN, record(**changes), NOON)
    assert isinstance(found, Member)
    assert (found.state, found.after, found.order) == (state, "new", 7)
    assert found.reason


def test_who_has_no_time_in_the_last_turn_is_left() -> None:
    """Either way."""
    busy = record(state=TenantState.UPDATING, ongoing=True)
    for rollout, member, state in ((FORWARD, PENDING, S.SKIPPED), (BACK, TO_RETURN, S.KEPT)):
        last = rollout.model_copy(update={"turn": TURNS})
        found = judged(last, member, busy, NOON)
        assert isinstance(found, Member)
        assert found.state is state


def test_a_tenant_that_is_gone_is_skipped() -> None:
    """Its row was there."""
    found = judged(FORWARD, PENDING, None, NOON)
    assert isinstance(found, Member)
    assert found.state is S.SKIPPED


def test_its_operation_is_asked_for_once() -> None:
    """Only while it is the next one of a tenant that has time."""
    assert is_to_be_asked(ONE, record())
    assert not is_to_be_asked(ONE, record(ongoing=True))
    assert not is_to_be_asked(ONE, under_way())
    assert not is_to_be_asked(ONE, record(operations=5))
    assert not is_to_be_asked(ONE, None)


def test_what_is_asked_for_says_for_what() -> None:
    """With what may be lost on that way."""
    there, back = work_for(FORWARD, ONE), work_for(BACK, ONE_BACK)
    assert (there.kind, there.fleet, there.allow_data_loss) == (Kind.UPGRADE, "v3-1", ("made",))
    assert (back.kind, back.plan_hash, back.allow_data_loss) == (Kind.ROLL_BACK, "old", ("taken",))
    assert there.reason == "fleet upgrade v3-1"


@pytest.mark.parametrize(
    ("rollout", "one", "changes", "state"),
    [
        (FORWARD, ONE, {"rules_version": 3, "plan_hash": "new"}, S.UPGRADED),
        (FORWARD, ONE, {"reason": "why", "hint": "how"}, S.FAILED),
        (FORWARD, ONE, {"state": TenantState.FAILED, "reason": "why"}, S.FAILED),
        (BACK, ONE_BACK, {"plan_hash": "old"}, S.RETURNED),
        (BACK, ONE_BACK, {"plan_hash": "new", "reason": "why"}, S.STRANDED),
    ],
)
def test_an_end_is_read_from_the_record(
    rollout: Rollout, one: UnderWay, changes: dict[str, Any], state: MemberState
) -> None:
    """By the plan that it has then; a failure says why."""
    over = under_way(rollout, one, **({"ongoing": False, "state": TenantState.ACTIVE} | changes))
    found = ended(rollout, one, over, None, NOON)
    assert found is not None
    assert (found.state, found.reason) == (state, changes.get("reason", ""))
    assert (found.after == "new") == (state is S.UPGRADED or one.back)


def test_what_runs_or_was_not_asked_for_yet_is_open() -> None:
    """One that runs may run as long as it likes."""
    assert ended(FORWARD, ONE, under_way(), None, LATER) is None
    assert ended(FORWARD, ONE, record(), None, NOON) is None


@pytest.mark.parametrize(
    ("document", "state"),
    [
        ({"kind": "upgrade", "state": "succeeded", "planHash": "new"}, S.UPGRADED),
        ({"kind": "upgrade", "state": "rolled-back", "reason": "why"}, S.FAILED),
        ({"kind": "update", "state": "succeeded"}, S.WAITING),
    ],
)
def test_where_others_have_followed_the_document_tells(
    document: dict[str, Any], state: MemberState
) -> None:
    """Another's operation in its place means that it was not begun with."""
    followed = record(operations=3)
    assert outlived(ONE, followed)
    found = ended(FORWARD, ONE, followed, document, NOON)
    assert found is not None
    assert found.state is state
    assert bool(found.operation_id) == (document["kind"] == "upgrade")


def test_where_another_was_first_it_is_asked_again() -> None:
    """Unless it was called back meanwhile."""
    taken = under_way(work=Work(kind=Kind.UPDATE, actor="ann"))
    found = ended(FORWARD, ONE, taken, None, NOON)
    assert found is not None
    assert found.state is S.WAITING
    called_back = ended(BACK, ONE, taken, None, NOON)
    assert called_back is not None
    assert called_back.state is S.SKIPPED


@pytest.mark.parametrize("known", [record(), record(operations=3)])
def test_what_nobody_knows_of_is_a_failure_in_the_end(known: TenantRecord) -> None:
    """A rollout does not hang for an operation that was lost."""
    assert ended(FORWARD, ONE, known, None, NOON + PATIENCE) is None
    found = ended(FORWARD, ONE, known, None, LATER)
    assert found is not None
    assert found.state is S.FAILED


def test_a_tenant_that_vanished_is_a_failure() -> None:
    """It was there when it was begun with."""
    found = ended(FORWARD, ONE, None, None, NOON)
    assert found is not None
    assert found.state is S.FAILED
