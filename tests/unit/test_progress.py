"""The custom status: what it tells, and that it is never too large for the durable extension."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.contracts import ResourceResult
from landing_zone.progress import LiveStatus, at, mark_text, outputs_of_results, unmarked
from tests.fakes import NOON
from tests.unit.planned_whole import wanting, whole_plan_of

LIMIT = 16 * 1024
GROUPS = [f"22222222-2222-4222-8222-{number:012d}" for number in range(100)]
LARGEST = whole_plan_of(
    wanting("cluster", access={"contributors": GROUPS[:50], "readers": GROUPS[50:]})
)


def result(key: str, seconds: float = 12.345, **changes: Any) -> ResourceResult:
    """The result of a resource that took so long."""
    values: dict[str, Any] = {
        "key": key,
        "state": "done",
        "started_at": NOON + timedelta(seconds=100),
        "finished_at": NOON + timedelta(seconds=100 + seconds),
        "attempts": 3,
    }
    return ResourceResult.model_validate(values | changes)


def size(status: LiveStatus) -> int:
    """Bytes of the status as the durable extension measures it."""
    return len(json.dumps(status.dump(), separators=(",", ":")).encode("utf-16-le"))


def test_status_of_the_largest_plan_fits() -> None:
    """Two hundred resources, each with times to the millisecond, and a wait to show."""
    results = [result(key, 3456.789) for key in LARGEST.by_key]
    assert len(results) > 200
    texts = tuple(mark_text(NOON, found) for found in results)
    status = LiveStatus(
        started_at=NOON,
        phase="apply",
        planned_at=1.234,
        plan_hash="f" * 64,
        cause="waiting 12 s: AnotherOperationInProgress: another operation is in progress",
        applied=texts,
        undone=("",) * len(texts),
        outputs={"subscription": {"subscriptionId": "0c0ffee0-0000-4000-8000-000000000042"}},
    )
    assert size(status) < LIMIT


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["done", "failed", "skipped"]),
            st.none() | st.integers(0, 10**7),
            st.integers(0, 10**7),
            st.integers(0, 120),
        ),
        max_size=5,
    )
)
def test_marks_read_back_as_what_they_were_made_of(
    rows: list[tuple[str, int | None, int, int]],
) -> None:
    """Through JSON, to the millisecond."""
    results = {
        f"r{index}": result(
            f"r{index}",
            state=state,
            started_at=None if begun is None else NOON + timedelta(milliseconds=begun),
            finished_at=NOON + timedelta(milliseconds=ended),
            attempts=attempts,
        )
        for index, (state, begun, ended, attempts) in enumerate(rows)
    }
    texts = ("", *(mark_text(NOON, found) for found in results.values()))
    live = LiveStatus(started_at=NOON, applied=texts)
    read = LiveStatus.parse(json.loads(json.dumps(live.dump()))).read(["none", *results])
    assert read.applied.keys() == results.keys()
    for key, found in results.items():
        assert unmarked(NOON, read.applied[key]) == {
            "state": found.state,
            "startedAt": found.started_at and found.started_at.isoformat(),
            "finishedAt": found.finished_at.isoformat(),
            "attempts": found.attempts,
        }


def test_offset_is_a_moment() -> None:
    """In UTC, as ISO 8601."""
    assert at(NOON, 1.5) == "2026-03-14T12:00:01.500000+00:00"


def test_outputs_of_all_results_come_together() -> None:
    """Each result tells all that it knew."""
    results = [
        result("a", outputs={"a": {"id": "1"}}),
        result("b", outputs={"a": {"id": "1"}, "b": {"id": "2"}}),
        result("c"),
    ]
    assert outputs_of_results(results) == {"a": {"id": "1"}, "b": {"id": "2"}}
