"""Every rule against the local Azure Resource Manager: drift, fix, and nothing found again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from landing_zone.planning import api_versions
from landing_zone.planning.network import peering_properties
from landing_zone.remediation.looking import shown_by_answer
from landing_zone.remediation.model import ByHand, Fix
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.written_back import SUBNET, written_back
from tests.conformance.changes import CHANGES, NETWORK, STORAGE, opened
from tests.conformance.landed import Landed, landed
from tests.conformance.test_plan_bodies import CHECKER, check
from tests.unit.planned_whole import wanting

TIERS = {
    "cluster": {"storage": True, "database": "cosmos", "vectorIndex": "dedicated"},
    "nodepool": {"storage": True, "database": "postgresql", "vectorIndex": "shared"},
}


@pytest.fixture(scope="module", params=TIERS)
def tenant(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Landed]:
    """A tenant of each tier that has kinds of its own; each test leaves it as it found it."""
    tier = str(request.param)
    made = landed(tmp_path_factory.mktemp(tier), wanting(tier, data=TIERS[tier]))
    yield made
    made.arm.cloud.store.database.close()


def test_whole_landing_zone_breaks_no_rule(tenant: Landed) -> None:
    """As ARM answers it once it has been applied, each at one read where none further is needed."""
    for key, item in tenant.ground.plan.items():
        if not key.startswith(f"/subscriptions/{tenant.ground.hub.subscription_id}/"):
            looked = tenant.look(item.id)
            assert looked.violations == (), key
            few = 4 if "privateendpoints" in key else 2
            assert looked.reads <= few, key
    subscription = tenant.id_of("rg-contoso-research-network").partition("/resourceGroups/")[0]
    assert tenant.look(subscription).violations == ()


@pytest.mark.parametrize("name", CHANGES)
def test_drift_is_found_fixed_and_not_found_again(
    name: str, tenant: Landed, tmp_path: Path
) -> None:
    """By one look, the fix's writes, and another look; each write is as Azure takes it."""
    change = CHANGES[name]
    try:
        on = tenant.id_of(change.on)
    except StopIteration:
        pytest.skip(f"the tier has no {change.on}")
    if name == "endpoint-deleted":
        tenant.put(f"{on}/privateDnsZoneGroups/default", NETWORK, None, "DELETE")
    path = f"{on}{change.below}"
    tenant.put(path, change.version, change.body, change.method)
    looked = tenant.look(path)
    assert {one.rule for one in looked.violations} == {str(change.rule)}, looked
    for one in looked.violations:
        if isinstance(one.fix, Fix) and one.fix.hub is not None:
            _reconciled(tenant)
        answer = tenant.fix(one)
        assert shown_by_answer(one, answer) == (change.rule is RuleName.REQUIRED_TAGS)
    assert tenant.look(path).violations == ()
    if CHECKER.exists():
        check(tenant.sent, tmp_path)


def _reconciled(tenant: Landed) -> None:
    """What the hub's reconciler does: it writes its side of a peering that is disconnected."""
    path = f"{tenant.ground.hub.network_id}/virtualNetworkPeerings/peer-contoso-research"
    spoke = tenant.id_of("microsoft.network/virtualnetworks")
    tenant.put(path, NETWORK, {"properties": peering_properties(spoke)})


def test_peering_that_was_deleted_in_the_hub_is_connected_again(tenant: Landed) -> None:
    """The spoke's side first; the hub's is refused before."""
    network = tenant.id_of("microsoft.network/virtualnetworks")
    hub = f"{tenant.ground.hub.network_id}/virtualNetworkPeerings/peer-contoso-research"
    tenant.put(hub, NETWORK, None, "DELETE")
    (violation,) = tenant.look(network).violations
    assert violation.rule == RuleName.FOREIGN_PEERING
    assert "disconnected" in violation.detail
    tenant.fix(violation)
    _reconciled(tenant)
    assert tenant.look(network).violations == ()
    peering = tenant.arm.get(hub).body["properties"]
    assert peering["peeringState"] == "Connected"


def test_public_ip_address_is_deleted(tenant: Landed) -> None:
    """An unattached one; Azure Policy would refuse it, which is lifted for the test."""
    on = tenant.id_of("rg-contoso-research-workload")
    address = f"{on}/providers/Microsoft.Network/publicIPAddresses/rogue"
    policy = next(key for key in tenant.ground.plan if key.endswith("/deny-public-ip"))
    tenant.put(policy, api_versions.POLICY, None, "DELETE")
    tags = dict(tenant.ground.tags)
    body = {"location": "westeurope", "tags": tags, "sku": {"name": "Standard"}}
    tenant.put(address, NETWORK, body | opened(publicIPAllocationMethod="Static"))
    (violation,) = tenant.look(address).violations
    assert violation.rule == RuleName.PUBLIC_IP
    tenant.fix(violation)
    assert tenant.look(address).violations == ()
    (missing,) = tenant.look(policy).violations
    tenant.fix(missing)
    assert tenant.look(policy).violations == ()


def test_record_that_was_led_elsewhere_is_written_by_the_zone_group_again(tenant: Landed) -> None:
    """And so is one that was deleted."""
    endpoint = tenant.id_of("microsoft.network/privateendpoints")
    (group,) = tenant.arm.get(f"{endpoint}/privateDnsZoneGroups").body["value"]
    configuration = group["properties"]["privateDnsZoneConfigs"][0]["properties"]
    name = configuration["recordSets"][0]["recordSetName"]
    record = f"{configuration['privateDnsZoneId']}/A/{name}"
    elsewhere = opened(ttl=10, aRecords=[{"ipv4Address": "10.16.99.99"}])
    for body, method in ((elsewhere, "PUT"), (None, "DELETE")):
        tenant.put(record, api_versions.PRIVATE_DNS, body, method)
        (violation,) = tenant.look(endpoint).violations
        assert violation.rule == RuleName.PRIVATE_ENDPOINT_DNS
        tenant.fix(violation)
        assert tenant.look(endpoint).violations == ()


def test_subnet_is_given_its_route_table_and_security_group_again(tenant: Landed) -> None:
    """The rest of the subnet stays as it is."""
    network = tenant.id_of("microsoft.network/virtualnetworks")
    path = f"{network}/subnets/agents"
    before = tenant.arm.get(path).body
    bare = written_back(before, SUBNET)["properties"]
    del bare["routeTable"], bare["networkSecurityGroup"]
    tenant.put(path, NETWORK, {"properties": bare})
    (violation,) = tenant.look(path).violations
    assert violation.rule == RuleName.FORCED_TUNNELLING
    tenant.fix(violation)
    after = tenant.arm.get(path).body
    assert {**after, "etag": ""} == {**before, "etag": ""}
    assert tenant.look(path).violations == ()


def test_fix_of_a_subnet_that_has_changed_since_it_was_read_is_refused(tenant: Landed) -> None:
    """What someone else did meanwhile is not written over."""
    path = f"{tenant.id_of('microsoft.network/virtualnetworks')}/subnets/agents"
    bare = written_back(tenant.arm.get(path).body, SUBNET)["properties"]
    del bare["routeTable"]
    tenant.put(path, NETWORK, {"properties": bare})
    (violation,) = tenant.look(path).violations
    changed = {**bare, "serviceEndpoints": [{"service": "Microsoft.Storage"}]}
    tenant.put(path, NETWORK, {"properties": changed})
    with pytest.raises(AssertionError, match="PreconditionFailed"):
        tenant.fix(violation)
    (violation,) = tenant.look(path).violations
    tenant.fix(violation)
    assert tenant.look(path).violations == ()
    assert tenant.arm.get(path).body["properties"]["serviceEndpoints"]


def test_peered_spokes_are_parted_on_both_sides(tenant: Landed) -> None:
    """The other network is governed too here."""
    network = tenant.id_of("microsoft.network/virtualnetworks")
    group = tenant.id_of("rg-contoso-research-workload")
    other = f"{group}/providers/Microsoft.Network/virtualNetworks/other"
    space = opened(addressSpace={"addressPrefixes": ["172.30.0.0/24"]})
    body = {"location": "westeurope", "tags": dict(tenant.ground.tags)} | space
    tenant.put(other, NETWORK, body)
    known = tenant.ground.directory.networks
    directory = replace(
        tenant.ground.directory, networks={**known, other.lower(): tenant.ground.owner}
    )
    tenant = replace(tenant, ground=replace(tenant.ground, directory=directory))
    for one, far in ((network, other), (other, network)):
        peering = opened(remoteVirtualNetwork={"id": far}, allowVirtualNetworkAccess=True)
        tenant.put(f"{one}/virtualNetworkPeerings/rogue", NETWORK, peering)
    looked = tenant.look(network)
    (violation,) = looked.violations
    assert (violation.rule, looked.reads) == (RuleName.FOREIGN_PEERING, 2)
    tenant.fix(violation)
    assert tenant.look(network).violations == ()
    assert tenant.arm.get(other).body["properties"]["virtualNetworkPeerings"] == []
    tenant.put(other, NETWORK, None, "DELETE")


def test_cluster_is_closed_by_writing_it_back_with_one_change(
    tenant: Landed, tmp_path: Path
) -> None:
    """Whatever else it is stays."""
    if not any(item.type.endswith("/managedClusters") for item in tenant.ground.plan.values()):
        pytest.skip("the tier has no cluster of its own")
    path = tenant.id_of("microsoft.containerservice/managedclusters")
    version = api_versions.CONTAINER_SERVICE
    planned = tenant.ground.plan[path.lower()].body
    properties = {**planned["properties"], "publicNetworkAccess": "Enabled"}
    tenant.put(path, version, {**planned, "properties": properties})
    before = tenant.arm.get(path, version).body
    (violation,) = tenant.look(path).violations
    tenant.fix(violation)
    after = tenant.arm.get(path, version).body
    assert after["properties"] == {**before["properties"], "publicNetworkAccess": "Disabled"}
    assert tenant.look(path).violations == ()
    if CHECKER.exists():
        check(tenant.sent, tmp_path)


def test_what_holds_data_is_reported_and_not_made_again(tenant: Landed) -> None:
    """A container of the records account, deleted with what was in it."""
    container = tenant.id_of("/containers/dead-letters")
    tenant.put(container, STORAGE, None, "DELETE")
    (violation,) = tenant.look(container).violations
    assert violation.rule == RuleName.MISSING_RESOURCE
    assert isinstance(violation.fix, ByHand)
    planned = tenant.ground.plan[container.lower()]
    tenant.put(container, STORAGE, planned.body)
