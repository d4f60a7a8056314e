"""Counters add up, in any order and any grouping."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.drift.retention import BEFORE, KEPT, day_kept, is_written, still_told
from landing_zone.drift.tallies import because, day_of, settled, summed
from landing_zone.remediation.findings import Finding
from tests.fakes import NOON
from tests.unit.drift.drawn import findings

NAMES = st.sampled_from(["handled", "coalesced", "ignored:own", "seconds:public-ip:-3"])
TALLIES = st.lists(st.dictionaries(NAMES, st.integers(1, 1000)), max_size=6)


@given(TALLIES, st.randoms())
def test_sums_do_not_depend_on_order(tallies: list[dict[str, int]], rng: Random) -> None:
    """Processes count on their own."""
    shuffled = list(tallies)
    rng.shuffle(shuffled)
    assert summed(tallies) == summed(shuffled)


@given(TALLIES, TALLIES)
def test_sums_do_not_depend_on_grouping(
    some: list[dict[str, int]], others: list[dict[str, int]]
) -> None:
    """Adding up what was added up before loses nothing."""
    assert summed([summed(some), summed(others)]) == summed([*some, *others])
    assert sum(summed(some).values()) == sum(count for one in some for count in one.values())


@given(st.integers(1, 10_000))
def test_every_event_of_a_row_is_handled_or_coalesced(events: int) -> None:
    """One look serves all of them."""
    tally = settled(events)
    assert sum(tally.values()) == events
    assert tally["handled"] == 1


def test_an_end_has_its_reason() -> None:
    """Which may hold anything."""
    assert because("refused", "a: b") == {"refused:a: b": 1}


@given(st.integers(0, 400))
def test_a_day_is_kept_until_it_is_long_ago(days: int) -> None:
    """What somebody may still count is left alone."""
    day = day_of(NOON - timedelta(days=days))
    assert is_written(day, NOON) == (days <= 1)
    assert day_kept(day, NOON) == (day if days <= KEPT.days else BEFORE)
    assert day_kept(BEFORE, NOON) == BEFORE
    assert not is_written(BEFORE, NOON)


@given(findings(), st.integers(0, 60))
def test_only_what_was_over_long_ago_is_forgotten(found: tuple[Finding, ...], days: int) -> None:
    """What is not over is told however old it is."""
    ended = [one.model_copy(update={"fixed_at": NOON}) for one in found]
    left = still_told(ended, NOON + timedelta(days=days) - KEPT)
    assert all(one in left for one in ended if not one.is_over)
    assert len(left) == sum(not one.is_over or days <= KEPT.days for one in ended)
