"""Storms of calls: few are refused, one subscription is not slowed for another, all are served."""

import statistics
from typing import Final

import pytest

from tests.nightly import by_day
from tests.simulation.storm import Caller, Storm, Weather, storm_of, subscriptions

CALLS: Final = 10_000
OVER: Final = 20
IDEAL_SECONDS: Final = (CALLS / OVER - 250) / 25
"""What the buckets need to let all through: what they hold at first, then what comes in."""

HOUR: Final = 3600.0


def assert_served(weather: Weather, calls: int) -> None:
    """Each caller once."""
    assert weather.failed == 0
    assert len(weather.took) == calls
    assert weather.calls - weather.refused == calls


def test_a_storm_is_let_through_as_fast_as_azure_allows_without_refusals() -> None:
    """In one process our count is Azure's, whatever the way there and back takes."""
    weather = Storm(paced=True).run(storm_of(CALLS, OVER))
    assert_served(weather, CALLS)
    assert weather.share <= 0.001
    assert weather.seconds <= IDEAL_SECONDS * 1.25
    assert max(weather.attempts.values()) <= 12


def test_the_same_storm_without_pacing_is_refused_again_and_again() -> None:
    """Which is what the comparison above is worth."""
    weather = Storm(paced=False).run(storm_of(CALLS, OVER))
    assert_served(weather, CALLS)
    assert weather.share > 0.3


@pytest.mark.parametrize(
    ("processes", "most"), by_day([(2, 0.03), (4, 0.08), (8, 0.15)], [(4, 0.08)])
)
def test_processes_that_know_nothing_of_each_other_are_refused_seldom(
    processes: int, most: float
) -> None:
    """Each takes its own share of what is left, as it learns from what it is refused."""
    weather = Storm(paced=True, processes=processes).run(storm_of(CALLS, OVER, processes))
    assert_served(weather, CALLS)
    assert weather.share <= most
    assert weather.seconds <= IDEAL_SECONDS * 2


def test_a_subscription_that_is_held_for_an_hour_does_not_delay_another() -> None:
    """Nothing more is sent to it meanwhile; the others notice nothing."""
    held, *free = subscriptions(4)
    first = [Caller("first", held)]
    crowd = [Caller(f"h{number}", held, at=1.0) for number in range(300)]
    others = [Caller(f"o{number}", free[number % 3], at=1.0) for number in range(600)]
    weather = Storm(paced=True, held={held: HOUR}).run([*first, *crowd, *others])
    assert_served(weather, 901)
    assert weather.refused == 1
    assert not [at for at in weather.sent[held] if 1.0 < at < HOUR]
    assert max(weather.took[one.name] for one in others) < 1.0
    assert max(weather.attempts[one.name] for one in others) == 1


def test_those_who_waited_for_the_end_of_a_hold_do_not_come_all_at_once() -> None:
    """Nobody knows what is left then: they come at the pace that the bucket is filled with."""
    [held] = subscriptions(1)
    crowd = [Caller(f"h{number}", held, at=1.0) for number in range(300)]
    weather = Storm(paced=True, held={held: HOUR}).run([Caller("first", held), *crowd])
    first_second = [at for at in weather.sent[held] if HOUR <= at < HOUR + 1.0]
    assert 1 <= len(first_second) <= 60
    assert weather.refused == 1


def test_a_sweep_never_starves_onboarding() -> None:
    """However much of it there is, onboarding goes on as if there was none."""
    [one] = subscriptions(1)
    sweep = [Caller(f"s{number}", one, background=True) for number in range(3000)]
    onboarding = [Caller(f"o{number}", one, at=2.0 + number / 15) for number in range(900)]
    weather = Storm(paced=True).run([*sweep, *onboarding])
    assert_served(weather, 3900)
    assert weather.share <= 0.002
    took = [weather.took[caller.name] for caller in onboarding]
    assert statistics.median(took) < 0.1
    assert max(took) < 2.0


def test_onboarding_never_starves_a_sweep() -> None:
    """A tenth of what comes in is left for it, however much else there is to do."""
    [one] = subscriptions(1)
    onboarding = [Caller(f"o{number}", one, at=number / 30) for number in range(6000)]
    sweep = [Caller(f"s{number}", one, at=60.0, background=True) for number in range(50)]
    weather = Storm(paced=True).run([*sweep, *onboarding])
    assert_served(weather, 6050)
    assert max(weather.took[caller.name] for caller in sweep) < 120.0


def test_callers_are_served_in_the_order_in_which_they_came() -> None:
    """But for the seconds by which they come back too late."""
    [one] = subscriptions(1)
    callers = [Caller(f"c{number}", one, at=number / 100) for number in range(2000)]
    weather = Storm(paced=True).run(callers)
    ends = [caller.at + weather.took[caller.name] for caller in callers]
    early = max(
        max(ends[:index], default=0.0) - end for index, end in enumerate(ends) if index % 50 == 0
    )
    assert early < 5.0
