"""What cannot be reached from outside, and what no write of ours closes."""

from typing import Any

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import ByHand, Fix, Write
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.estate import (
    HUB_GROUND,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import CLUSTER, GROUP, NAMESPACE, only, planned


def test_public_cluster_cannot_be_put_right_by_a_write() -> None:
    """Azure cannot make it private afterwards."""
    key = planned(CLUSTER, "microsoft.containerservice/managedclusters")
    model = Model(world_of(CLUSTER))
    model.world[key]["properties"]["apiServerAccessProfile"]["enablePrivateCluster"] = False
    violation = only(model.look(CLUSTER, key).violations, RuleName.PUBLIC_NETWORK_ACCESS)
    assert isinstance(violation.fix, ByHand)


def test_cluster_is_written_back_without_what_azure_says_of_it() -> None:
    """With its ETag, so that nothing that came between is lost."""
    key = planned(CLUSTER, "microsoft.containerservice/managedclusters")
    model = Model(world_of(CLUSTER))
    body = model.world[key]
    body["eTag"] = "e1"
    identity = next(iter(body["identity"]["userAssignedIdentities"]))
    body["identity"]["userAssignedIdentities"][identity] = {"principalId": "p", "clientId": "c"}
    own = {"provisioningState": "Succeeded", "powerState": {"code": "Running"}, "fqdn": "f"}
    body["properties"] |= own | {"publicNetworkAccess": "Enabled"}
    body["properties"]["agentPoolProfiles"][0] |= {"powerState": {"code": "Stopped"}, "eTag": "e2"}
    (violation,) = model.look(CLUSTER, key).violations
    assert isinstance(violation.fix, Fix)
    (write,) = violation.fix.writes
    sent = write.body or {}
    assert (write.method, write.if_match) == ("PUT", "e1")
    assert not {"id", "name", "type", "eTag"} & sent.keys()
    assert sent["identity"]["userAssignedIdentities"] == {identity: {}}
    assert not own.keys() & sent["properties"].keys()
    pool = sent["properties"]["agentPoolProfiles"][0]
    assert pool["powerState"] == {"code": "Stopped"}
    assert "eTag" not in pool


@pytest.mark.parametrize(
    ("kind", "body", "sent"),
    [
        (
            "Microsoft.ContainerRegistry/registries",
            {"publicNetworkAccess": "Enabled"},
            {"publicNetworkAccess": "Disabled"},
        ),
        (
            "Microsoft.DBforPostgreSQL/flexibleServers",
            {"network": {"publicNetworkAccess": "Enabled"}},
            {"network": {"publicNetworkAccess": "Disabled"}},
        ),
    ],
)
def test_what_no_plan_of_these_tenants_has_is_closed_too(
    kind: str, body: dict[str, Any], sent: dict[str, Any]
) -> None:
    """By one PATCH of one property."""
    key = f"{GROUP}/providers/{kind}/x".lower()
    model = Model({key: {"tags": dict(NAMESPACE.tags), "properties": body}})
    (violation,) = model.look(NAMESPACE, key).violations
    assert isinstance(violation.fix, Fix)
    version = KINDS[kind.lower()].api_version
    expected = Write(method="PATCH", path=key, api_version=version, body={"properties": sent})
    assert violation.fix.writes == (expected,)


def test_storage_of_the_hub_is_left_to_a_person() -> None:
    """The automation's own state may be in it."""
    key = normalized(HUB_GROUND.hub.resource_id("Microsoft.Storage/storageAccounts", "st"))
    found = Model({key: {"properties": {}}}).look(HUB_GROUND, key).violations
    assert {one.rule for one in found} == {
        RuleName.PUBLIC_NETWORK_ACCESS,
        RuleName.STORAGE_SECURITY,
    }
    assert all(isinstance(one.fix, ByHand) for one in found)


def test_group_of_a_clusters_nodes_is_not_tagged() -> None:
    """AKS makes and tags what is in it."""
    nodes = next(iter(CLUSTER.unmanaged))
    key = f"{nodes}/providers/microsoft.network/networksecuritygroups/aks-agentpool-nsg"
    model = Model({key: {"properties": {"securityRules": []}}, nodes: {}})
    assert model.look(CLUSTER, key).violations == ()
    assert model.look(CLUSTER, nodes).violations == ()
