"""Rollouts over fleets of a few tenants, the first of which is the canary."""

from collections.abc import Callable, Coroutine
from typing import Any

from landing_zone.fleet.model import Rollout
from landing_zone.fleet.requests import WantedRing, WantedRollout, WantedThreshold
from landing_zone.planning import Rules
from tests.simulation.fleet import Fleet, fleet, tenant_named
from tests.simulation.virtual_loop import run

CANARY = "t00000"


def wanted(at_once: int = 4, failures: int = 0, **canary: Any) -> WantedRollout:
    """A canary by its name, then all others."""
    rings = [WantedRing(name="canary", tenants=[CANARY], **canary), WantedRing(name="rest")]
    return WantedRollout(
        rings=rings, at_once=at_once, halt=WantedThreshold(failures=failures, percent=100)
    )


def acted[T](
    rules: Rules, number: int, act: Callable[[Fleet], Coroutine[Any, Any, T]], **changes: Any
) -> tuple[Fleet, T]:
    """What comes of acting on a fleet of so many tenants."""
    requests = [tenant_named(one, **changes) for one in range(number)]
    with fleet(rules, *requests) as found:
        return found, run(found.world.clock, act(found))


async def upgraded(found: Fleet) -> Rollout:
    """The fleet, upgraded."""
    await found.begin(wanted())
    return await found.rest()
