"""Histograms of times: percentiles within two in a hundred, and sums in any order."""

import math

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.remediation.service_levels import (
    Histogram,
    ServiceLevels,
    merged,
    merged_levels,
    observed,
    summary,
)

TIMES = st.floats(0.001, 1e7)
HISTOGRAMS = st.lists(TIMES, max_size=20).map(lambda times: observed(Histogram(), *times))


@given(st.lists(TIMES, min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_percentile_is_off_by_less_than_two_in_a_hundred(times: list[float], share: float) -> None:
    """Whatever its size."""
    exact = sorted(times)[math.ceil(share * len(times)) - 1]
    found = observed(Histogram(), *times).percentile(share)
    assert found is not None
    assert abs(found - exact) <= 0.02 * exact


@given(HISTOGRAMS, HISTOGRAMS, HISTOGRAMS)
def test_sum_is_the_same_in_any_order_and_grouping(
    one: Histogram, other: Histogram, third: Histogram
) -> None:
    """And an empty one adds nothing."""
    assert merged([one, other]) == merged([other, one])
    assert merged([merged([one, other]), third]) == merged([one, merged([other, third])])
    assert merged([one, Histogram()]) == one


@given(st.lists(TIMES, max_size=20), st.lists(TIMES, max_size=20))
def test_sum_of_parts_is_what_the_whole_would_be(one: list[float], other: list[float]) -> None:
    """Two processes, or two days."""
    parts = merged([observed(Histogram(), *one), observed(Histogram(), *other)])
    assert parts == observed(Histogram(), *one, *other)
    assert parts.count == len(one) + len(other)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_time_is_counted(seconds: float) -> None:
    """One that clocks made negative, or that nobody could have waited for, as the nearest."""
    histogram = observed(Histogram(), seconds)
    assert histogram.count == 1
    assert histogram.p99 is not None
    assert 0 < histogram.p99 < 2**24


@given(st.lists(TIMES, max_size=30))
def test_histogram_stays_small_and_passes_through_json(times: list[float]) -> None:
    """Its size has a bound, whatever is seen."""
    levels = ServiceLevels().observed("public-ip", *times)
    assert ServiceLevels.model_validate_json(levels.model_dump_json()) == levels
    assert ServiceLevels.parse(levels.dump()) == levels
    assert all(-320 <= int(number) < 768 for number in levels.rules["public-ip"].buckets)


def test_rules_are_measured_apart_and_together() -> None:
    """The sum of two processes keeps each rule's own."""
    one = ServiceLevels().observed("public-ip", 1.0, 2.0).observed("hub-drift", 100.0)
    other = ServiceLevels().observed("public-ip", 3.0)
    whole = merged_levels([one, other])
    assert whole == merged_levels([other, one])
    assert {rule: histogram.count for rule, histogram in whole.rules.items()} == {
        "public-ip": 3,
        "hub-drift": 1,
    }
    assert whole.total.count == 4


def test_nothing_seen_is_told_as_nothing() -> None:
    """Not as a time of nought."""
    empty = {"count": 0, "p50Seconds": None, "p95Seconds": None, "p99Seconds": None}
    assert summary(Histogram()) == empty
