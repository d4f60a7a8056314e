"""A fleet upgrade and its way back on the genuine local Azure Resource Manager, in each tier."""

from typing import Any

from landing_zone.fleet.model import RolloutState
from landing_zone.fleet.requests import WantedRing, WantedRollout
from landing_zone.tenant_request import TenantRequest
from tests.other_rules import ARCHIVED, NEXT
from tests.simulation.fleet import Fleet, FleetArm
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.simulation.virtual_loop import run
from tests.unit.strategies import TIERS

WANTED = WantedRollout(
    rings=[WantedRing(name="canary", tenants=["contoso-cluster"]), WantedRing(name="rest")]
)


def requests() -> list[TenantRequest]:
    """A tenant of each tier."""
    return [request_of(tier, f"contoso-{tier}") for tier in TIERS]


def held(found: Simulation) -> dict[str, Any]:
    """All that Azure holds, without what it counts by itself."""
    return {str(item["id"]).lower(): item.get("properties") for item in found.arm.resources()}


def calls(found: Simulation, since: int) -> list[tuple[str, str]]:
    """What Azure was asked since then: methods and last parts of the paths."""
    return [(one.method, one.path.rpartition("/")[2]) for one in found.arm.log[since:]]


async def there_and_back(found: Simulation) -> None:
    """Upgrade three tenants and call that back, looking at Azure before, between and after."""
    before = await found._onboard(*requests())
    object.__setattr__(found.deps, "rules", ARCHIVED)
    acting = Fleet(found.world, FleetArm(), found.engine)
    resources, since = held(found), len(found.arm.log)
    await acting.begin(WANTED)
    assert (await acting.rest()).state is RolloutState.DONE
    assert sorted(calls(found, since)) == [("GET", "archive")] * 3 + [("PUT", "archive")] * 3
    assert {found.tenant(one.tenant_id).rules_version for one in before} == {NEXT}
    assert len(held(found)) == len(resources) + 3
    await acting.roll_back()
    assert (await acting.rest()).state is RolloutState.ROLLED_BACK
    assert held(found) == resources
    after = [found.tenant(one.tenant_id) for one in before]
    assert [one.plan_hash for one in after] == [one.plan_hash for one in before]
    assert found.engine.crashes == []


def test_a_container_is_added_to_each_tenant_and_taken_back() -> None:
    """One read and one write each; afterwards Azure holds what it held before."""
    with simulation() as found:
        run(found.world.clock, there_and_back(found))
