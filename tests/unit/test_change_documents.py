"""What is told of a change: its document, and what it left undone."""

from datetime import timedelta
from typing import Final

import pytest

from landing_zone.change_documents import change_document, open_work, outputs_after, plan_hashes
from landing_zone.ends import RouteEnd
from landing_zone.plan import Plan
from landing_zone.routes.updating import restore_stages, update_stages
from tests.fakes import NOON
from tests.unit.changed import BROKEN, ended, result, staged
from tests.unit.planned_whole import outputs_of, wanting, whole_plan_of

FORMER: Final = whole_plan_of(wanting("namespace"))
WANTED: Final = whole_plan_of(wanting("cluster"))
PLANS: Final[dict[str, Plan]] = {FORMER.hash: FORMER, WANTED.hash: WANTED}
APPLY, REMOVE = update_stages(FORMER, WANTED)
RESTORE, WITHDRAW = restore_stages(FORMER, WANTED)
LATER: Final = NOON + timedelta(seconds=60)

GOOD: Final = ended(WANTED, staged(APPLY), staged(REMOVE))
BACK: Final = ended(
    WANTED,
    staged(APPLY, cluster="failed"),
    staged(RESTORE, back=True),
    staged(WITHDRAW, back=True),
    **BROKEN,
)


def test_what_ended_well_or_came_back_leaves_nothing() -> None:
    """There is nothing for a person to do."""
    assert (GOOD.ok, BACK.ok, BACK.is_back) == (True, False, True)
    assert open_work(GOOD, PLANS) == open_work(BACK, PLANS) == ()


def test_what_ended_before_it_had_a_route_came_back() -> None:
    """Nothing was begun."""
    refused = ended(None, **BROKEN)
    assert (refused.is_back, open_work(refused, {}), plan_hashes(refused)) == (True, (), ())


def test_route_without_a_way_back_does_not_come_back() -> None:
    """It goes on another time."""
    half = ended(WANTED, staged(APPLY, cluster="failed"), **BROKEN)
    assert not half.is_back


def lost(end: RouteEnd) -> dict[str, str]:
    """What is left, by key, with its reason."""
    return {item.key: item.reason for item in open_work(end, PLANS)}


def test_what_could_not_be_brought_back_is_listed() -> None:
    """And what could not be taken away again; with its id."""
    end = ended(
        WANTED,
        staged(APPLY, cluster="failed"),
        staged(RESTORE, back=True, namespace="failed"),
        staged(WITHDRAW, back=True, cluster="failed"),
        **BROKEN,
    )
    assert set(lost(end)) == {"namespace", "cluster"}
    ids = {item.resource for item in open_work(end, PLANS)}
    assert FORMER.by_key["namespace"].id in ids


def test_what_was_put_right_on_the_way_back_is_not_listed() -> None:
    """It failed once, and is as it was."""
    end = ended(
        WANTED,
        staged(APPLY, vault="failed"),
        staged(RESTORE, back=True, namespace="failed"),
        staged(WITHDRAW, back=True),
        **BROKEN,
    )
    assert set(lost(end)) == {"namespace"}


def test_what_was_never_begun_is_not_listed() -> None:
    """It is not there, as it was before."""
    end = ended(
        WANTED,
        staged(APPLY, vault="failed", cluster="skipped"),
        staged(RESTORE, back=True, namespace="failed"),
        **BROKEN,
    )
    assert set(lost(end)) == {"namespace"}


def test_what_only_goes_on_lists_all_that_is_missing() -> None:
    """Where no way leads back."""
    end = ended(WANTED, staged(APPLY, vault="failed", cluster="skipped"), **BROKEN)
    assert set(lost(end)) == {"vault", "cluster"}
    assert all(lost(end).values())


def test_reason_of_the_last_attempt_is_the_one_that_is_told() -> None:
    """As Azure gave it."""
    failed = staged(RESTORE, back=True, namespace="failed")
    told = tuple(
        one.model_copy(update={"message": "locked by finance"}) if one.key == "namespace" else one
        for one in failed.results
    )
    end = ended(WANTED, failed.model_copy(update={"results": told}), **BROKEN)
    assert lost(end) == {"namespace": "locked by finance"}


def test_outputs_of_before_stay_known_and_new_ones_win() -> None:
    """The next change begins with them."""
    before = outputs_of(FORMER)
    stage = staged(APPLY)
    fresh = result("identity", outputs={"identity": {"principalId": "new"}})
    end = ended(WANTED, stage.model_copy(update={"results": (fresh,)}), outputs=before)
    after = outputs_after(end)
    assert after["identity"] == {"principalId": "new"}
    assert {key: after[key] for key in before if key != "identity"} == {
        key: before[key] for key in before if key != "identity"
    }


def test_plans_that_were_walked_over_are_named_once() -> None:
    """The one that is to hold first."""
    assert plan_hashes(BACK) == (WANTED.hash, FORMER.hash)


@pytest.mark.parametrize(
    ("end", "state"),
    [(GOOD, "succeeded"), (BACK, "rolled-back"), (ended(None, **BROKEN), "rolled-back")],
    ids=["good", "back", "refused"],
)
def test_document_tells_how_it_ended(end: RouteEnd, state: str) -> None:
    """With its reason where it did not go well."""
    document = change_document(end, PLANS, LATER)
    assert (document["kind"], document["state"], document["phase"]) == ("update", state, "end")
    assert document["seconds"] == 60.0
    assert document.get("reason") == (None if end.ok else BROKEN["reason"])
    assert [stage["name"] for stage in document["stages"]] == [one.name for one in end.stages]


def test_document_tells_of_each_stage_what_it_did() -> None:
    """Each resource by its own name and id, whichever plan it is of."""
    document = change_document(BACK, PLANS, LATER)
    applied, restored, withdrawn = document["stages"]
    assert [one["back"] for one in document["stages"]] == [False, True, True]
    assert (applied["state"], restored["state"], withdrawn["direction"]) == (
        "failed",
        "done",
        "undo",
    )
    by_key = {one["key"]: one for one in applied["resources"]}
    assert by_key["cluster"]["state"] == "failed"
    assert {one["key"] for one in withdrawn["resources"]} == set(WITHDRAW.keys)
    assert all(one["id"].startswith("/") for one in restored["resources"])


def test_steps_show_the_plan_that_was_to_hold() -> None:
    """As an onboarding shows them."""
    document = change_document(GOOD, PLANS, LATER)
    steps = document["steps"]
    assert {one["state"] for one in steps} == {"done"}
    assert sum(len(one["resources"]) for one in steps) == len(WANTED.resources)
