"""The document of an operation, in each of its states."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.contracts import OperationRef
from landing_zone.operations import OperationView, is_under_way, operation_document
from landing_zone.plan import Plan, Resource, Step, in_order
from landing_zone.progress import LiveWait, Mark, OperationStatus
from tests.fakes import NOON

OPERATION = OperationRef(tenant_id="contoso", operation_id="contoso.1")
OUTPUTS = {"alias": {"id": "42"}}


def resource(key: str, step: Step, *after: str) -> Resource:
    """A resource of the small plan."""
    return Resource(
        key=key,
        step=step,
        type=f"Some.Thing/{key}s",
        id="/subscriptions/${alias.id}/" + key if key != "alias" else "/aliases/contoso",
        api_version="1",
        body={},
        after=frozenset(after),
    )


PLAN: Plan = in_order(
    "contoso",
    "hub-weu",
    1,
    [
        resource("alias", Step.SUBSCRIPTION),
        resource("group", Step.SUBSCRIPTION, "alias"),
        resource("table", Step.NETWORK, "group"),
        resource("network", Step.NETWORK, "table"),
    ],
)
DONE: dict[str, Mark] = {
    "alias": ("d", 1.0, 61.0, 1),
    "group": ("d", 61.0, 63.0, 1),
    "table": ("d", 63.0, 67.5, 2),
    "network": ("d", 67.5, 70.0, 1),
}


def view(state: str, finished: float | None = None, **changes: Any) -> OperationView:
    """A view of the operation; what is not of the view itself is of its status."""
    of_view = {
        name: changes.pop(name) for name in ("waits", "code", "reason", "hint") if name in changes
    }
    status = OperationStatus(
        **{"started_at": NOON, "planned_at": 1.0, "plan_hash": PLAN.hash, "outputs": OUTPUTS}
        | changes
    )
    ended = None if finished is None else NOON + timedelta(seconds=finished)
    return OperationView(OPERATION, state, status, PLAN, ended, **of_view)


def states(document: dict[str, Any]) -> dict[str, str]:
    """The state of each resource."""
    return {item["key"]: item["state"] for step in document["steps"] for item in step["resources"]}


def steps(document: dict[str, Any]) -> dict[str, str]:
    """The state of each step."""
    return {step["name"]: step["state"] for step in document["steps"]}


def test_before_it_began_it_is_pending() -> None:
    """The orchestration has not shown anything yet."""
    document = operation_document(OperationView(OPERATION, "running"))
    assert (document["state"], document["startedAt"], document["seconds"]) == (
        "running",
        None,
        None,
    )
    assert steps(document) == {"Request": "pending"}
    assert (document["operationId"], document["tenantId"]) == ("contoso.1", "contoso")


def test_while_the_request_is_worked_on_the_first_step_runs() -> None:
    """And says what it waits for."""
    status = OperationStatus(started_at=NOON, cause="waiting 2 s: LedgerBusy")
    document = operation_document(OperationView(OPERATION, "running", status))
    assert steps(document) == {"Request": "running"}
    assert document["waitingFor"] == "waiting 2 s: LedgerBusy"
    assert document["startedAt"] == NOON.isoformat()


def test_running_shows_what_is_done_what_runs_and_what_waits() -> None:
    """With the wait of what runs."""
    wait = LiveWait(
        started_at="2026-03-14T12:01:03+00:00",
        cause="waiting 12 s: Azure is working",
        until="2026-03-14T12:01:15+00:00",
        attempts=2,
    )
    done = {key: DONE[key] for key in ("alias", "group")}
    document = operation_document(
        view("running", phase="apply", applied=done, waits={"table": wait})
    )
    assert states(document) == {
        "alias": "done",
        "group": "done",
        "table": "running",
        "network": "waiting",
    }
    assert steps(document) == {
        "Request": "done",
        "Subscription": "done",
        "Spoke network": "running",
    }
    table = document["steps"][2]["resources"][0]
    assert table["wait"] == {"cause": wait.cause, "until": wait.until}
    assert (table["startedAt"], table["attempts"]) == (wait.started_at, 2)
    assert document["steps"][2]["finishedAt"] is None


def test_ids_are_shown_as_far_as_they_are_known() -> None:
    """A vended subscription has its id later."""
    document = operation_document(view("running", phase="apply", outputs={}))
    ids = [item["id"] for step in document["steps"] for item in step["resources"]]
    assert "/subscriptions/${alias.id}/group" in ids
    document = operation_document(view("running", phase="apply"))
    group = document["steps"][1]["resources"][1]
    assert (group["id"], group["name"]) == ("/subscriptions/42/group", "group")


def test_succeeded_has_times_and_its_critical_path() -> None:
    """By the time that each resource really took."""
    document = operation_document(view("succeeded", 71.0, phase="end", applied=DONE))
    assert set(steps(document).values()) == {"done"}
    assert document["seconds"] == 71.0
    assert document["planHash"] == PLAN.hash
    path = {"keys": ["alias", "group", "table", "network"], "seconds": 69.0}
    assert document["criticalPath"] == path
    assert document["steps"][1]["seconds"] == 62.0
    assert document["steps"][2]["seconds"] == 7.0
    assert "reason" not in document


def test_failed_before_the_plan_shows_its_reason() -> None:
    """The first step failed; there are no others."""
    failed = view(
        "compensated",
        3.0,
        phase="end",
        planned_at=None,
        plan_hash="",
        code="AddressPoolExhausted",
        reason="no /24 is free",
        hint="add a range",
    )
    document = operation_document(
        OperationView(
            OPERATION,
            failed.state,
            failed.status,
            None,
            failed.finished_at,
            code=failed.code,
            reason=failed.reason,
            hint=failed.hint,
        )
    )
    assert steps(document) == {"Request": "failed"}
    assert (document["code"], document["hint"]) == ("AddressPoolExhausted", "add a range")


def test_compensated_shows_what_was_undone() -> None:
    """And the step whose resource failed."""
    document = operation_document(
        view(
            "compensated",
            90.0,
            phase="end",
            applied={
                "alias": DONE["alias"],
                "group": DONE["group"],
                "table": ("f", 63.0, 67.0, 120),
                "network": ("s", None, 67.0, 0),
            },
            undone={
                "table": ("d", 68.0, 70.0, 1),
                "group": ("d", 70.0, 75.0, 1),
                "alias": ("d", 75.0, 89.0, 1),
            },
            code="ScopeLocked",
            reason="table: locked",
        )
    )
    assert states(document) == {
        "alias": "undone",
        "group": "undone",
        "table": "undone",
        "network": "skipped",
    }
    assert steps(document)["Spoke network"] == "failed"
    assert document["reason"] == "table: locked"


def test_what_could_not_be_undone_is_left() -> None:
    """It failed, or was skipped because something on it is still there."""
    document = operation_document(
        view(
            "failed",
            90.0,
            phase="end",
            applied=DONE,
            undone={"network": ("f", 71.0, 80.0, 9), "table": ("s", None, 80.0, 0)},
        )
    )
    assert states(document)["network"] == "left"
    assert states(document)["table"] == "left"
    assert states(document)["group"] == "done"


@pytest.mark.parametrize(
    ("applied", "phase", "under_way"),
    [
        ({}, "apply", {"alias"}),
        ({"alias": DONE["alias"]}, "apply", {"group"}),
        ({"alias": ("f", 1.0, 2.0, 1)}, "apply", set()),
        ({}, "request", set()),
        ({"alias": DONE["alias"]}, "undo", set()),
    ],
    ids=str,
)
def test_under_way_is_what_has_its_turn(
    applied: dict[str, Mark], phase: Any, under_way: set[str]
) -> None:
    """All that it waits for is done, and it has not ended."""
    status = OperationStatus(started_at=NOON, phase=phase, applied=applied)
    assert {key for key in PLAN.by_key if is_under_way(PLAN, status, key)} == under_way


def test_nothing_is_under_way_without_a_plan() -> None:
    """There is nothing to be under way."""
    assert not is_under_way(None, OperationStatus(started_at=NOON, phase="apply"), "alias")
