"""How far a sweep has come."""

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.drift.reporting import sweep_document
from landing_zone.drift.sweeping import ShardAnswer, SweepStatus, SweepTask
from landing_zone.retries import RetryPolicy
from tests.fakes import FakeStatus

ANSWERS = st.builds(
    ShardAnswer,
    resources=st.integers(0, 1000),
    noted=st.integers(0, 100),
    left=st.lists(st.just("s"), max_size=2).map(tuple),
    failed=st.lists(st.just("t: no"), max_size=2).map(tuple),
)


@given(st.lists(ANSWERS, max_size=8))
def test_a_status_adds_up_what_shards_answer(answers: list[ShardAnswer]) -> None:
    """A shard is done once nothing of it is left."""
    status = SweepStatus(run="r", shards=8)
    for answer in answers:
        status = status.after(answer)
    assert status.done == sum(not answer.left for answer in answers)
    assert status.resources == sum(answer.resources for answer in answers)
    assert status.noted == sum(answer.noted for answer in answers)
    assert status.failed == tuple(one for answer in answers for one in answer.failed)
    assert (status.run, status.shards) == ("r", 8)


@given(ANSWERS)
def test_what_travels_arrives_as_it_was(answer: ShardAnswer) -> None:
    """As JSON."""
    status = SweepStatus(run="r", shards=1).after(answer)
    assert ShardAnswer.parse(answer.dump()) == answer
    assert SweepStatus.parse(status.dump()) == status
    task = SweepTask(run="r", retry=RetryPolicy(max_attempts=2))
    assert SweepTask.parse(task.dump()) == task


def test_a_sweep_that_says_nothing_yet_is_told_as_running() -> None:
    """Its first status comes with its first shards; one that never was is nothing."""
    document = sweep_document(FakeStatus("sweep", "Pending"))
    assert document is not None
    assert (document["running"], document["run"], document["done"]) == (True, None, 0)
    assert sweep_document(FakeStatus()) is None
