"""What is noted of a resource: events join in any order, and none is lost."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.drift.rows import (
    INSTANCE_PREFIX,
    MOST_EVENTS,
    MOST_SUBJECTS,
    SHARDS,
    DriftRow,
    SeenEvent,
    key_of,
    new_row,
    shard_of,
)
from tests.fakes import NOON
from tests.unit.drift.drawn import OWNER, PARTS, RESOURCE, events


def row_of(*noted: SeenEvent) -> DriftRow:
    """The row of some events, in their order."""
    first, *others = noted
    row = new_row(RESOURCE, OWNER, first, NOON)
    for event in others:
        row = row.joined(event)
    return row


def several() -> st.SearchStrategy[list[SeenEvent]]:
    """Events with ids of their own."""
    return st.lists(events(), min_size=1, max_size=20, unique_by=lambda event: event.id)


@given(st.lists(events(), min_size=1, max_size=30))
def test_an_event_counts_once_however_often_it_comes(noted: list[SeenEvent]) -> None:
    """The row is the very same."""
    row = row_of(*noted)
    assert row.events == len({event.id for event in noted})
    for event in noted:
        assert row.joined(event) is row


@given(several(), st.randoms())
def test_the_order_in_which_events_come_does_not_matter(
    noted: list[SeenEvent], rng: Random
) -> None:
    """To what is counted, since when, and about what; only the run is named by the first."""
    shuffled = list(noted)
    rng.shuffle(shuffled)
    one, other = row_of(*noted), row_of(*shuffled)
    assert (one.events, one.first_at) == (other.events, other.first_at)
    assert set(one.event_ids) == set(other.event_ids)
    assert set(one.subjects) == set(other.subjects)
    assert one.key == other.key


def test_a_row_that_is_made_again_by_the_same_event_has_another_run() -> None:
    """The run of the row before may still be ending when an event is delivered once more."""
    event = SeenEvent(id="a", at=NOON, subject=RESOURCE)
    rows = [new_row(RESOURCE, OWNER, event, NOON + timedelta(microseconds=us)) for us in (0, 1)]
    assert rows[0].instance != rows[1].instance


@given(several())
def test_a_row_tells_of_the_earliest_and_of_every_part(noted: list[SeenEvent]) -> None:
    """In any casing."""
    row = row_of(*noted)
    assert row.first_at == min(event.at for event in noted)
    assert set(row.subjects) == {event.subject.lower() for event in noted}


def test_a_row_stays_small() -> None:
    """What it cannot name any more it counts all the same."""
    noted = [
        SeenEvent(id=str(number), at=NOON, subject=f"{RESOURCE}/subnets/{number}")
        for number in range(MOST_EVENTS + MOST_SUBJECTS)
    ]
    row = row_of(*noted)
    assert row.events == len(noted)
    assert (len(row.event_ids), len(row.subjects)) == (MOST_EVENTS, MOST_SUBJECTS)


@given(events(), events())
def test_a_run_is_named_by_the_event_that_began_it(one: SeenEvent, other: SeenEvent) -> None:
    """At one moment, which is never that of another row of the same resource."""
    names = [row_of(event).instance for event in (one, other)]
    assert (names[0] == names[1]) == (one.id == other.id)
    assert all(name.startswith(f"{INSTANCE_PREFIX}{key_of(RESOURCE)}-") for name in names)


@given(st.sampled_from(PARTS))
def test_a_key_is_the_same_for_every_spelling(resource: str) -> None:
    """And spreads over the shards."""
    assert key_of(resource) == key_of(f"{resource.upper()}/")
    assert 0 <= int(shard_of(key_of(resource))) < SHARDS


def test_resources_are_spread_evenly() -> None:
    """No shard has much more than its part."""
    fair = 400
    found = [shard_of(key_of(f"{RESOURCE}/{number}")) for number in range(fair * SHARDS)]
    assert all(0.75 * fair < found.count(shard) < 1.25 * fair for shard in set(found))
    assert len(set(found)) == SHARDS
