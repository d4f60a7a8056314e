"""Contracts: what one side dumps the other parses, through JSON."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from landing_zone.conclusions import Announcement, AuditNote
from landing_zone.contracts import (
    Call,
    Contract,
    Node,
    OperationRef,
    Outcome,
    PlanSummary,
    PollTarget,
    Progress,
    ResourceResult,
    ResourceTask,
)
from landing_zone.ends import OpenWork, OperationEnd
from landing_zone.plan import Step
from landing_zone.retries import RetryPolicy

TEXT = st.text(max_size=6)
SECONDS = st.floats(0, 1e9, allow_nan=False)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside it
OUTPUTS = st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, max_size=2), max_size=2)
FEW = st.integers(0, 9)

OPERATIONS = st.builds(OperationRef, tenant_id=TEXT, operation_id=TEXT, run=FEW)
POLICIES = st.builds(RetryPolicy, base_seconds=st.floats(0.1, 9), max_attempts=st.integers(1, 9))
NODES = st.builds(
    Node,
    key=TEXT,
    step=st.sampled_from(Step),
    after=st.lists(TEXT, max_size=2).map(tuple),
    undoable=st.booleans(),
    ready=st.booleans(),
)
SUMMARIES = st.builds(
    PlanSummary, plan_hash=TEXT, nodes=st.lists(NODES, max_size=3).map(tuple), retry=POLICIES
)
TARGETS = st.builds(
    PollTarget, kind=st.sampled_from(["async-operation", "location", "resource"]), url=TEXT
)
PROGRESSES = st.builds(
    Progress,
    started_at=TIMES,
    attempts=FEW,
    failed_operations=FEW,
    asked_seconds=SECONDS,
    target=st.none() | TARGETS,
    wrote=st.booleans(),
)
DIRECTIONS = st.sampled_from(["apply", "undo"])
TASKS = st.builds(
    ResourceTask,
    operation=OPERATIONS,
    plan_hash=TEXT,
    key=TEXT,
    direction=DIRECTIONS,
    waits_for=st.lists(TEXT, max_size=2).map(tuple),
    tells=st.lists(TEXT, max_size=2).map(tuple),
    outputs=OUTPUTS,
    retry=POLICIES,
    progress=st.none() | PROGRESSES,
)
CALLS = st.builds(
    Call,
    operation=OPERATIONS,
    plan_hash=TEXT,
    key=TEXT,
    direction=DIRECTIONS,
    outputs=OUTPUTS,
    target=st.none() | TARGETS,
)
OUTCOMES = st.builds(
    Outcome,
    state=st.sampled_from(["done", "pending", "retry", "failed"]),
    target=st.none() | TARGETS,
    wait=st.none() | SECONDS,
    operation_failed=st.booleans(),
    wrote=st.booleans(),
    outputs=st.dictionaries(TEXT, TEXT, max_size=2),
    code=TEXT,
    message=TEXT,
    hint=TEXT,
    plan=st.none() | SUMMARIES,
)
RESULTS = st.builds(
    ResourceResult,
    key=TEXT,
    state=st.sampled_from(["done", "failed", "skipped"]),
    started_at=st.none() | TIMES,
    finished_at=TIMES,
    attempts=FEW,
    wrote=st.booleans(),
    outputs=OUTPUTS,
    code=TEXT,
)
ANNOUNCEMENTS = st.builds(
    Announcement,
    event=TEXT,
    instances=st.lists(TEXT, max_size=2).map(tuple),
    ok=st.booleans(),
    outputs=OUTPUTS,
)
ENDS = st.builds(
    OperationEnd,
    operation=OPERATIONS,
    ok=st.booleans(),
    started_at=TIMES,
    planned_at=st.none() | SECONDS,
    results=st.lists(RESULTS, max_size=2).map(tuple),
    undone=st.lists(RESULTS, max_size=2).map(tuple),
    reason=TEXT,
)
NOTES = st.builds(
    AuditNote,
    operation=OPERATIONS,
    event_id=TEXT,
    action=TEXT,
    plan_hash=TEXT,
    key=TEXT,
    outputs=OUTPUTS,
    outcome=TEXT,
    details=st.dictionaries(TEXT, TEXT, max_size=2),
    at=TIMES,
)
WORK = st.builds(OpenWork, key=TEXT, resource=TEXT, reason=TEXT)
ALL = (TASKS, CALLS, OUTCOMES, ANNOUNCEMENTS, ENDS, NOTES, WORK, SUMMARIES)


@given(st.one_of(*ALL))
@settings(max_examples=300)
def test_contract_survives_the_journey(contract: Contract) -> None:
    """Dumped, written as JSON, read and parsed it is the same; defaults are not sent."""
    sent = json.dumps(contract.dump(), allow_nan=False)
    assert type(contract).parse(json.loads(sent)) == contract


@given(OUTCOMES)
def test_a_wait_of_zero_is_not_no_wait(outcome: Outcome) -> None:
    """Azure's zero is an answer, its silence none."""
    for wait in (None, 0.0):
        told = Outcome.parse(outcome.model_copy(update={"wait": wait}).dump())
        assert told.wait == wait
        assert (told.wait is None) == (wait is None)


def test_defaults_are_not_sent() -> None:
    """A history holds each message many times."""
    ref = OperationRef(tenant_id="a", operation_id="a.1")
    assert ref.dump() == {"tenant_id": "a", "operation_id": "a.1"}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "a",
        {},
        {"tenant_id": "a", "operation_id": "a.1", "more": 1},
        {"tenant_id": None, "operation_id": "a.1"},
    ],
    ids=str,
)
def test_what_is_not_of_the_shape_is_refused(data: Any) -> None:
    """An unknown field is an older or a newer release, not a detail."""
    with pytest.raises(ValidationError):
        OperationRef.parse(data)


def test_contracts_are_frozen() -> None:
    """What was parsed stays as it was sent."""
    ref = OperationRef(tenant_id="a", operation_id="a.1")
    with pytest.raises(ValidationError, match="frozen"):
        ref.run = 2  # type: ignore[misc] # that is what is tried


def test_times_keep_their_instant_and_precision() -> None:
    """To the microsecond, in any zone."""
    at = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)
    progress = Progress(started_at=at)
    read = Progress.parse(json.loads(json.dumps(progress.dump())))
    assert read.started_at - at == timedelta(0)
    assert math.isclose(read.asked_seconds, 0.0)
