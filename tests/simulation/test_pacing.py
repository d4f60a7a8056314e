"""A whole onboarding where Azure asks for an hour's peace."""

from typing import Final

from landing_zone.lifecycle import TenantState
from localcloud.arm.paths import subscription_of
from tests.simulation.checks import assert_ended_well
from tests.simulation.local_arm import Exchange
from tests.simulation.requests import request_of
from tests.simulation.simulation import simulation

HOUR: Final = 3600
TRIP: Final = 1.0  # what was under way when the hold began


def refusals(log: list[Exchange]) -> list[Exchange]:
    """What was answered with 429."""
    return [one for one in log if one.status == 429]


def test_an_hour_is_waited_for_by_durable_timers_and_ends_well() -> None:
    """Nothing is sent to that subscription meanwhile, by whichever activity."""
    with simulation() as ground:
        fault = {
            "preset": "throttled",
            "match": {"method": "PUT", "path": "*/virtualNetworks/vnet-*"},
            "effect": {"retryAfter": HOUR},
        }
        ground.arm.inject(fault)
        [record] = ground.onboard(request_of("namespace"))
        assert record.state is TenantState.ACTIVE
        assert_ended_well(ground, record)
        [refused] = refusals(ground.arm.log)
        scope = subscription_of(refused.path)
        during = [
            one
            for one in ground.arm.log
            if subscription_of(one.path) == scope and refused.at + TRIP < one.at < refused.at + HOUR
        ]
        assert during == []
        assert ground.arm.log[-1].at >= refused.at + HOUR
        others = [
            one
            for one in ground.arm.log
            if subscription_of(one.path) != scope and refused.at + TRIP < one.at < refused.at + HOUR
        ]
        assert others
