"""Names of private endpoints, judged from the endpoint and from the zone."""

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.model import Fix
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.estate import (
    DIRECTORY,
    HUB_GROUND,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import GROUP, NAMESPACE, planned


def endpoint_of(ground: Ground) -> tuple[Model, str, str]:
    """A world, a private endpoint in it, and the record of its name."""
    model = Model(world_of(ground))
    endpoint = planned(ground, "microsoft.network/privateendpoints")
    records = [
        key
        for key, record in DIRECTORY.records.items()
        if normalized(record.group_id).startswith(f"{endpoint}/")
    ]
    return model, endpoint, records[0]


@pytest.mark.parametrize("seen_from", ["endpoint", "zone"])
@pytest.mark.parametrize("change", ["missing", "stale", "no group"])
def test_record_is_restored_by_its_zone_group(seen_from: str, change: str) -> None:
    """Whichever side the event came from."""
    model, endpoint, record = endpoint_of(NAMESPACE)
    zone = record.rpartition("/a/")[0]
    model.world[zone] = {"properties": {}}
    match change:
        case "missing":
            del model.world[record]
        case "stale":
            model.world[record]["properties"]["aRecords"][0]["ipv4Address"] = "10.16.3.99"
        case "no group":
            del model.world[f"{endpoint}/privatednszonegroups/default"], model.world[record]
    look = (NAMESPACE, endpoint) if seen_from == "endpoint" else (HUB_GROUND, zone, record)
    (violation,) = model.look(*look).violations
    assert (violation.rule, violation.resource_id) == (RuleName.PRIVATE_ENDPOINT_DNS, endpoint)
    model.fix(violation)
    assert model.look(*look).violations == ()


def test_event_about_a_record_costs_two_reads_more() -> None:
    """And one about a record of nobody's costs none."""
    model, _, record = endpoint_of(NAMESPACE)
    zone = record.rpartition("/a/")[0]
    model.world[zone] = {"properties": {}}
    assert model.look(HUB_GROUND, zone, record).reads == 3
    assert model.look(HUB_GROUND, zone, f"{zone}/a/unknown").reads == 1


def test_zone_group_of_a_zone_that_is_not_the_hubs_is_written_over() -> None:
    """Under the name that it has: an endpoint has one."""
    model, endpoint, _ = endpoint_of(NAMESPACE)
    group = model.world.pop(f"{endpoint}/privatednszonegroups/default")
    group["name"] = "mine"
    for one in group["properties"]["privateDnsZoneConfigs"]:
        one["properties"]["privateDnsZoneId"] = f"{GROUP}/privateDnsZones/own"
    model.world[f"{endpoint}/privatednszonegroups/mine"] = group
    (violation,) = model.look(NAMESPACE, endpoint).violations
    assert isinstance(violation.fix, Fix)
    assert violation.fix.writes[0].path.endswith("/privateDnsZoneGroups/mine")
    model.fix(violation)
    assert model.look(NAMESPACE, endpoint).violations == ()


def test_endpoint_that_leads_elsewhere_is_not_judged() -> None:
    """To a partner's own service, whose names the hub does not keep."""
    model, endpoint, _ = endpoint_of(NAMESPACE)
    properties = model.world[endpoint]["properties"]
    properties["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceId"] = (
        "/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/privateLinkServices/z"
    )
    looked = model.look(NAMESPACE, endpoint)
    assert (looked.violations, looked.reads) == ((), 1)
