"""Dry runs against the genuine local Azure Resource Manager, in each tier and between them."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from activities.dry_running import dry_run
from landing_zone.lifecycle import TenantState
from landing_zone.planning import plan
from landing_zone.tenant_request import TenantRequest
from tests.activities.planned_changes import expected
from tests.fakes import HUBS
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.simulation.virtual_loop import run
from tests.unit.strategies import TIERS

NEXT = dict(zip(TIERS, (*TIERS[1:], TIERS[0]), strict=True))


def tried(found: Simulation, request: TenantRequest) -> dict[str, Any]:
    """The answer of a dry run, which has sent no write."""
    known = len(found.arm.log)
    document = run(found.world.clock, dry_run(found.deps, request))
    sent = {
        (one.method, one.path.rpartition("/")[2])
        for one in found.arm.log[known:]
        if one.method != "GET"
    }
    # The keys of an API subscription are read by POST.
    assert sent <= {("POST", "listSecrets")}
    return document


def keys(document: dict[str, Any], action: str) -> set[str]:
    """Keys of what would be changed so."""
    return {one["key"] for one in document["changes"] if one["action"] == action}


@pytest.mark.parametrize("tier", TIERS)
def test_dry_run_foretells_and_then_finds_nothing_to_do(tier: str) -> None:
    """Before, all would be created, in the very range; after, nothing; and of another tier, that.

    What another tier would make and take away is what the two plans differ in.
    """
    request = request_of(tier)
    with simulation() as found:
        before = tried(found, request)
        assert keys(before, "create") == {one["key"] for one in before["changes"]}
        assert before["unjudged"] == []
        [record] = found.onboard(request)
        assert record.state is TenantState.ACTIVE, record.reason
        assert record.plan_hash == before["planHash"]
        assert record.reservation is not None
        assert str(record.reservation.address_range) == before["capacity"]["addressRange"]
        after = tried(found, request)
        assert (after["changes"], after["unjudged"]) == ([], [])
        assert len(after["unchanged"]) == before["summary"]["create"] + len(before["unchanged"])
        _between_tiers(found, tier)


def _between_tiers(found: Simulation, tier: str) -> None:
    record = found.tenant("contoso-research")
    wanted = request_of(NEXT[tier])
    moved = tried(found, wanted)
    assert moved["unjudged"] == []
    assert record.reservation is not None
    subnet = moved["capacity"]["nodeSubnet"]
    reservation = record.reservation.model_copy(
        update={"node_subnet": IPv4Network(subnet) if subnet else None}
    )
    made = plan(wanted, HUBS, HUBS.hub(reservation.hub), reservation)
    foretold = expected(found.plan_of(record), made)
    # A provider is always there: it is registered, rather than made.
    providers = {key for key in foretold.created if key.startswith("provider:")}
    assert keys(moved, "create") == foretold.created - providers
    assert keys(moved, "delete") == foretold.deleted
    assert keys(moved, "update") >= providers
