"""Each isolation tier has its runtime, and no other one."""

import json
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings

from landing_zone.applying import is_as_wanted, undo_requests
from landing_zone.errors import ConfigurationError, PermanentError
from landing_zone.graph import ancestors
from landing_zone.plan import Undo, Write
from landing_zone.planning import plan
from landing_zone.planning.node_subnets import security_group_id
from tests.fakes import HUBS
from tests.unit.planned import HUB, NODE_SUBNETS, reservation_for
from tests.unit.planned_whole import (
    ISSUER,
    Planned,
    bound_resources,
    is_read,
    of_type,
    wanting,
    whole_plan_of,
    whole_plans,
)

CLUSTER = "Microsoft.ContainerService/managedClusters"
RUNTIMES = {
    "namespace": (0, 0, 1),
    "nodepool": (0, 1, 1),
    "cluster": (1, 0, 0),
}


def properties(tier: str, key: str) -> dict[str, Any]:
    """Properties of a resource of the plan of everything, bound."""
    found = {item.key: item for item in bound_resources(whole_plan_of(wanting(tier)))}
    return dict(found[key].body["properties"])


@given(whole_plans())
@settings(max_examples=25)
def test_each_tier_has_exactly_its_runtime(drawn: Planned) -> None:
    """Clusters, node pools and namespaces, by tier."""
    request, made = drawn
    found = (
        len(of_type(made, CLUSTER)),
        len(of_type(made, f"{CLUSTER}/agentPools")),
        len(of_type(made, f"{CLUSTER}/managedNamespaces")),
    )
    assert found == RUNTIMES[request.isolation]


@given(whole_plans())
@settings(max_examples=25)
def test_namespace_has_the_quota_that_was_asked_for_and_lets_nobody_else_in(drawn: Planned) -> None:
    """Its pods talk to each other; whatever else they need is opened by name."""
    request, made = drawn
    for item in of_type(made, f"{CLUSTER}/managedNamespaces"):
        wanted = item.body["properties"]
        quota = wanted["defaultResourceQuota"]
        assert quota["cpuLimit"] == quota["cpuRequest"] == f"{request.compute.cpu}000m"
        assert quota["memoryLimit"] == quota["memoryRequest"] == f"{request.compute.memory_gib}Gi"
        policy = {"ingress": "AllowSameNamespace", "egress": "AllowSameNamespace"}
        assert wanted["defaultNetworkPolicy"] == policy
        assert (wanted["adoptionPolicy"], wanted["deletePolicy"]) == ("Never", "Delete")
        assert item.name == f"tenant-{request.tenant_id}"


def test_namespace_is_pinned_to_the_tenants_own_nodes() -> None:
    """Its pods are put there and nowhere else, and the nodes take no other pods."""
    pool, namespace = properties("nodepool", "node-pool"), properties("nodepool", "namespace")
    assert pool["nodeTaints"] == ["tenant=contoso-research:NoSchedule"]
    assert pool["nodeLabels"] == {"tenant": "contoso-research"}
    prefix = "scheduler.alpha.kubernetes.io/"
    notes = namespace["annotations"]
    assert notes[f"{prefix}node-selector"] == "tenant=contoso-research"
    for name in ("defaultTolerations", "tolerationsWhitelist"):
        (toleration,) = json.loads(notes[prefix + name])
        assert (toleration["key"], toleration["value"]) == ("tenant", "contoso-research")
    assert properties("namespace", "namespace")["annotations"] == {}


def test_node_pool_scales_between_its_bounds_in_a_subnet_of_its_own() -> None:
    """Of the hub's network; the subnet is there before the pool, and needs nothing itself."""
    made = whole_plan_of(wanting("nodepool"))
    pool, subnet = made.by_key["node-pool"], made.by_key["hub:node-subnet"]
    wanted = pool.body["properties"]
    assert (wanted["enableAutoScaling"], wanted["minCount"], wanted["maxCount"]) == (True, 1, 3)
    assert wanted["vnetSubnetID"] == subnet.id
    assert subnet.id == f"{HUB.network_id}/subnets/nodes-contoso-research"
    assert "hub:node-subnet" in made.graph["node-pool"]
    assert made.graph["hub:node-subnet"] == frozenset()
    assert (subnet.write, subnet.undo) == (Write.HUB, Undo.HUB)


@pytest.mark.parametrize("tier", ["namespace", "cluster"])
def test_other_tiers_take_no_subnet_of_the_hub(tier: str) -> None:
    """Whether or not their request describes nodes."""
    assert "hub:node-subnet" not in whole_plan_of(wanting(tier)).by_key


def test_whatever_leaves_a_node_subnet_goes_to_the_firewall() -> None:
    """By the hub's route table; nothing leaves by Azure's own way out."""
    subnet = properties("nodepool", "hub:node-subnet")
    assert subnet["addressPrefix"] == str(NODE_SUBNETS[3])
    assert subnet["routeTable"]["id"].endswith("/routeTables/rt-hub-weu-node-pools")
    assert subnet["networkSecurityGroup"]["id"] == security_group_id(HUB)
    assert subnet["defaultOutboundAccess"] is False


def test_tenant_that_holds_no_subnet_gets_no_node_pool_plan() -> None:
    """It is told what to do rather than put among others' nodes."""
    request = wanting("nodepool")
    bare = reservation_for(request).model_copy(update={"node_subnet": None})
    with pytest.raises(PermanentError, match="holds no subnet"):
        plan(request, HUBS, HUB, bare)
    offers_none = HUB.model_copy(update={"node_pools": None})
    with pytest.raises(PermanentError, match="names no range"):
        whole_plan_of(request, offers_none)


def test_cluster_is_private_and_leaves_by_the_firewall_only() -> None:
    """Its API server has a name in the hub's zone, its nodes a subnet of the spoke."""
    cluster = properties("cluster", "cluster")
    network = cluster["networkProfile"]
    assert network["outboundType"] == "userDefinedRouting"
    assert (network["networkPlugin"], network["networkPluginMode"]) == ("azure", "overlay")
    (pool,) = cluster["agentPoolProfiles"]
    assert pool["vnetSubnetID"].endswith("/virtualNetworks/vnet-contoso-research/subnets/aks")
    zone = cluster["apiServerAccessProfile"]["privateDNSZone"]
    assert zone.endswith("/privateDnsZones/privatelink.westeurope.azmk8s.io")
    assert cluster["aadProfile"]["enableAzureRBAC"] is True
    assert cluster["oidcIssuerProfile"] == {"enabled": True}
    assert cluster["securityProfile"]["workloadIdentity"] == {"enabled": True}


def test_cluster_waits_for_its_way_out_and_for_its_rights() -> None:
    """Without them its nodes would never become ready."""
    made = whole_plan_of(wanting("cluster"))
    above = ancestors(made.graph)["cluster"]
    roles = {"role:cluster:network", "role:cluster:routes", "role:cluster:api-server-zone"}
    assert roles | {"peering:spoke", "peering:hub", "network", "identity:cluster"} <= above
    body = next(item.body for item in bound_resources(made) if item.key == "cluster")
    (identity,) = body["identity"]["userAssignedIdentities"]
    assert identity.endswith("/userAssignedIdentities/id-contoso-research-cluster")


def test_inside_of_a_cluster_overlaps_no_network_of_the_hub() -> None:
    """Another range is taken where the first is in use, and none is invented."""
    request = wanting("cluster")

    def pods(*pool: str) -> str:
        changed = HUB.model_copy(update={"spoke_pool": tuple(map(IPv4Network, pool))})
        made = plan(request, HUBS, changed, reservation_for(request))
        return str(made.by_key["cluster"].body["properties"]["networkProfile"]["podCidr"])

    assert pods("10.16.0.0/12") == "100.64.0.0/16"
    assert pods("100.64.0.0/10") == "192.168.0.0/17"
    assert pods("100.64.0.0/10", "192.168.0.0/16") == "172.16.0.0/16"
    with pytest.raises(ConfigurationError, match="leaves no private range"):
        pods("100.64.0.0/10", "192.168.0.0/16", "172.16.0.0/12")


@given(whole_plans())
@settings(max_examples=25)
def test_git_source_reaches_the_tenants_namespace_only(drawn: Planned) -> None:
    """And only where there is one."""
    request, made = drawn
    found = of_type(made, "Microsoft.KubernetesConfiguration/fluxConfigurations")
    assert len(found) == (request.gitops is not None)
    for item in found:
        wanted = item.body["properties"]
        assert (wanted["scope"], wanted["namespace"]) == (
            "namespace",
            f"tenant-{request.tenant_id}",
        )
        assert request.gitops is not None
        assert wanted["gitRepository"]["url"] == request.gitops.url
        assert wanted["kustomizations"]["apps"]["path"] == request.gitops.path


@pytest.mark.parametrize("tier", ["namespace", "cluster"])
def test_federation_trusts_one_service_account_of_the_tenants_cluster(tier: str) -> None:
    """By the issuer that Azure gave that cluster."""
    wanted = properties(tier, "federation:workload")
    assert wanted == {
        "issuer": ISSUER,
        "subject": "system:serviceaccount:tenant-contoso-research:workload",
        "audiences": ["api://AzureADTokenExchange"],
    }


def test_shared_cluster_is_read_and_never_written_or_taken_back() -> None:
    """Whatever is there is as wanted; ending a tenant leaves it alone."""
    shared = whole_plan_of(wanting()).by_key["shared-cluster"]
    held = {"id": shared.id, "properties": {"provisioningState": "Updating", "any": [1]}}
    assert is_as_wanted(shared, held)
    assert undo_requests(shared, held) == ()
    assert is_read(shared)
    assert shared.id.endswith("/managedClusters/aks-hub-weu")
