"""What single rules decide beyond the laws that all of them keep."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import ByHand, Facts, Fix, HubRefresh, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.preparing import known_resources
from landing_zone.remediation.rules import RULES, missing_reads, rules_for, violations
from tests.unit.remediation.drifts import adding, setting
from tests.unit.remediation.estate import (
    DIRECTORY,
    GROUNDS,
    HUB_GROUND,
    TENANTS,
    group_of,
    tenant,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.strategies import json_values

NAMESPACE, NODEPOOL, CLUSTER = GROUNDS
SUBSCRIPTION = "/subscriptions/0c0ffee0-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourcegroups/rg-tenant-1-network"
IPS = f"{GROUP}/providers/microsoft.network/publicipaddresses"


def planned(ground: Ground, kind: str) -> str:
    """Normalized id of the first planned resource of a type."""
    return next(key for key, item in ground.plan.items() if item.type.lower() == kind)


def only(found: tuple[Violation, ...], rule: RuleName) -> Violation:
    """The one violation of a rule."""
    (one,) = [violation for violation in found if violation.rule == rule]
    return one


def deleted(violation: Violation) -> list[str]:
    """The ids that a fix deletes."""
    assert isinstance(violation.fix, Fix)
    return [write.path for write in violation.fix.writes if write.method == "DELETE"]


# Public addresses.


def address(**properties: Any) -> dict[str, Any]:
    """A public IP address with the tenant's tags."""
    return {"tags": dict(NAMESPACE.tags), "properties": {"ipAddress": "20.1.2.3", **properties}}


def test_unattached_public_ip_address_is_deleted() -> None:
    """And is no violation once it is gone."""
    model = Model({f"{IPS}/one": address()})
    (violation,) = model.look(NAMESPACE, f"{IPS}/one").violations
    assert deleted(violation) == [f"{IPS}/one"]
    model.fix(violation)
    assert model.look(NAMESPACE, f"{IPS}/one").violations == ()


@pytest.mark.parametrize("user", ["ipConfiguration", "natGateway"])
def test_attached_public_ip_address_is_left_to_a_person(user: str) -> None:
    """Who is told what it is attached to."""
    attached = address(**{user: {"id": "/subscriptions/x/nic/ipconfig"}})
    (violation,) = Model({f"{IPS}/one": attached}).look(NAMESPACE, f"{IPS}/one").violations
    assert isinstance(violation.fix, ByHand)
    assert "/subscriptions/x/nic/ipconfig" in violation.fix.advice


def test_public_ip_address_of_the_hub_is_its_own() -> None:
    """The firewall and the gateway have one."""
    key = f"{HUB_GROUND.hub.resource_group_id}/providers/Microsoft.Network/publicIPAddresses/p"
    assert Model({normalized(key): address()}).look(HUB_GROUND, key).violations == ()


# Networks.


def test_two_spokes_that_are_peered_are_parted_on_both_sides() -> None:
    """At one further read, which no compliant network costs."""
    mine, theirs = (planned(one, "microsoft.network/virtualnetworks") for one in GROUNDS[:2])
    model = Model(world_of(NAMESPACE) | world_of(NODEPOOL))
    for one, other in ((mine, theirs), (theirs, mine)):
        rogue = {"name": "rogue", "properties": {"remoteVirtualNetwork": {"id": other}}}
        adding("virtualNetworkPeerings", rogue)(model.world[one])
    looked = model.look(NAMESPACE, mine)
    violation = only(looked.violations, RuleName.FOREIGN_PEERING)
    assert looked.reads == 2
    assert [
        path.lower().partition("/virtualnetworkpeerings/")[0] for path in deleted(violation)
    ] == [
        mine,
        theirs,
    ]
    model.fix(violation)
    assert model.look(NAMESPACE, mine).violations == ()
    assert model.look(NODEPOOL, theirs).violations == ()


def test_disconnected_peering_is_written_again_together_with_the_hub() -> None:
    """Both sides have to be."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    peering = model.world[network]["properties"]["virtualNetworkPeerings"][0]
    peering["properties"]["peeringState"] = "Disconnected"
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, Fix)
    assert violation.fix.hub == HubRefresh(hub=NAMESPACE.hub.name, lane="network")


def subnet(name: str) -> dict[str, Any]:
    """A subnet that nobody planned."""
    return {"name": name, "etag": 'W/"7"', "properties": {"addressPrefix": "10.16.3.224/28"}}


def test_subnet_that_nobody_planned_gets_the_tenants_own_table_and_group() -> None:
    """Written back with what it has, unless it has changed since."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    adding("subnets", subnet("mine"))(model.world[network])
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, Fix)
    (write,) = violation.fix.writes
    assert write.if_match == 'W/"7"'
    properties = (write.body or {})["properties"]
    assert properties["routeTable"]["id"].endswith("rt-tenant-1")
    assert "networkSecurityGroups" in properties["networkSecurityGroup"]["id"]
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_subnet_in_another_region_is_left_to_a_person() -> None:
    """A route table is of the region of its subnets."""
    key = f"{GROUP}/providers/microsoft.network/virtualnetworks/elsewhere"
    body = {"location": "northeurope", "tags": dict(NAMESPACE.tags), "properties": {}}
    model = Model({key: {"id": key, **body}})
    adding("subnets", subnet("mine"))(model.world[key])
    (violation,) = model.look(NAMESPACE, key).violations
    assert isinstance(violation.fix, ByHand)
    assert "its own region" in violation.fix.advice


def test_gateway_subnet_is_left_to_a_person() -> None:
    """Azure takes no route to the firewall there."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    gateway = subnet("GatewaySubnet")
    model.world[network]["properties"]["subnets"].append({**gateway, "id": f"{network}/subnets/g"})
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, ByHand)


def test_planned_subnet_that_is_gone_is_made_again() -> None:
    """It holds nothing itself."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    del model.world[network]["properties"]["subnets"][1]
    violation = only(model.look(NAMESPACE, network).violations, RuleName.MISSING_RESOURCE)
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_policies_of_private_endpoints_are_turned_on_again() -> None:
    """Without them neither routes nor security groups hold for the endpoints."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    for one in model.world[network]["properties"]["subnets"]:
        if one["name"] == "private-endpoints":
            one["properties"]["privateEndpointNetworkPolicies"] = "Disabled"
    (violation,) = model.look(NAMESPACE, network).violations
    assert violation.rule == RuleName.FORCED_TUNNELLING
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_planned_rule_whose_place_is_taken_is_left_to_a_person() -> None:
    """The other rule does no harm, so it is not deleted."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    rule = model.world[group]["properties"]["securityRules"][0]
    rule |= {"name": "mine", "id": f"{group}/securityRules/mine"}
    rule["properties"] = {**rule["properties"], "sourceAddressPrefix": "10.0.0.0/8"}
    (violation,) = model.look(NAMESPACE, group).violations
    assert isinstance(violation.fix, ByHand)
    assert "mine" in violation.fix.advice


@pytest.mark.parametrize(
    "source", ["10.1.2.0/24", "VirtualNetwork", "AzureLoadBalancer", "100.64.0.0/16", "fd00::/8"]
)
def test_sources_inside_may_come_in(source: str) -> None:
    """Private addresses and the two tags of Azure's own inside."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    properties = {
        "direction": "Inbound",
        "access": "Allow",
        "priority": 400,
        "sourceAddressPrefixes": [source],
    }
    adding("securityRules", {"name": "inside", "properties": properties})(model.world[group])
    assert model.look(NAMESPACE, group).violations == ()


def test_any_open_source_among_several_is_found() -> None:
    """One prefix of the internet is enough."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    properties = {
        "direction": "inbound",
        "access": "allow",
        "priority": 400,
        "sourceAddressPrefixes": ["10.0.0.0/8", "1.2.3.0/24"],
    }
    adding("securityRules", {"name": "mixed", "properties": properties})(model.world[group])
    (violation,) = model.look(NAMESPACE, group).violations
    assert "1.2.3.0/24" in violation.detail


# What cannot be reached from outside.


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


# Names of private endpoints.


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


# The hub.


@pytest.mark.parametrize("kind", ["ipgroups", "rulecollectiongroups", "virtualnetworklinks"])
@pytest.mark.parametrize("change", ["gone", "changed", "failed"])
def test_what_the_hub_keeps_is_put_right_by_its_reconciler(kind: str, change: str) -> None:
    """Not by a write of ours."""
    key = next(one for one in HUB_GROUND.wanted if one.split("/")[-2] == kind)
    wanted = HUB_GROUND.wanted[key]
    body = {**wanted.body, "properties": dict(wanted.body["properties"])}
    if change == "changed":
        name = {"ipgroups": "ipAddresses", "rulecollectiongroups": "ruleCollections"}.get(kind)
        if name is None:
            body["properties"]["registrationEnabled"] = True
        else:
            body["properties"][name] = []
    if change == "failed":
        body["properties"]["provisioningState"] = "Failed"
    model = Model({} if change == "gone" else {key: body})
    (violation,) = model.look(HUB_GROUND, key).violations
    assert violation.fix == HubRefresh(hub=HUB_GROUND.hub.name, lane=wanted.lane)


def test_group_of_ours_that_nobody_needs_is_told_to_the_reconciler() -> None:
    """And the platform's own is left alone."""
    policy = HUB_GROUND.hub.resource_id("Microsoft.Network/firewallPolicies", "afwp-hub-weu")
    ours, theirs = (
        normalized(f"{policy}/ruleCollectionGroups/{name}")
        for name in ("spokewright-forgotten", "platform")
    )
    model = Model({ours: {"properties": {}}, theirs: {"properties": {}}})
    assert len(model.look(HUB_GROUND, ours).violations) == 1
    assert model.look(HUB_GROUND, theirs).violations == ()


def test_hubs_side_of_a_governed_peering_takes_the_spokes_side_along() -> None:
    """The hub's alone would be refused."""
    spoke = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    hub = HUB_GROUND.hub.network_id.lower()
    key, wanted = next(
        (key, one)
        for key, one in HUB_GROUND.wanted.items()
        if key.startswith(f"{hub}/virtualnetworkpeerings/")
    )
    properties = {**wanted.body["properties"], "remoteVirtualNetwork": {"id": spoke}}
    ground = replace(HUB_GROUND, wanted={key: wanted._replace(body={"properties": properties})})
    (violation,) = Model({hub: {"properties": {}}}).look(ground, hub).violations
    assert isinstance(violation.fix, Fix)
    assert violation.fix.writes[0].path.startswith(spoke)
    assert violation.fix.hub is not None
    known = replace(ground, directory=replace(DIRECTORY, networks={}))
    (alone,) = Model({hub: {"properties": {}}}).look(known, hub).violations
    assert isinstance(alone.fix, HubRefresh)


# Roles.


def role(principal: str) -> dict[str, Any]:
    """A role assignment."""
    return {"properties": {"principalId": principal.upper(), "roleDefinitionId": "r"}}


ROLE = "providers/microsoft.authorization/roleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"
IDENTITY = next(iter(sorted(DIRECTORY.principals)))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_role_of_another_tenants_principal_is_deleted(number: int) -> None:
    """One of the tenant's own is not."""
    model = Model(
        {GROUP: {"tags": dict(NAMESPACE.tags)}, f"{GROUP}/{ROLE}": role(group_of(number))}
    )
    looked = model.look(NAMESPACE, GROUP, f"{GROUP}/{ROLE}")
    assert looked.reads == 2
    if number == 1:
        assert looked.violations == ()
    else:
        (violation,) = looked.violations
        assert violation.rule == RuleName.CROSS_TENANT_ROLE
        assert deleted(violation) == [f"{GROUP}/{ROLE}"]
        model.fix(violation)
        assert model.look(NAMESPACE, GROUP, f"{GROUP}/{ROLE}").violations == ()


def test_role_of_an_identity_crosses_as_one_of_a_group_does() -> None:
    """Each tenant's identities are known by its plan's outputs."""
    workload = TENANTS[1].outputs["identity:workload"]["principalId"]
    account = planned(NAMESPACE, "microsoft.storage/storageaccounts")
    model = Model(world_of(NAMESPACE) | {f"{account}/{ROLE}": role(workload)})
    (violation,) = model.look(NAMESPACE, account, f"{account}/{ROLE}").violations
    assert "tenant-2" in violation.detail
    assert "tenant-1" in violation.detail


def test_role_at_a_cosmos_accounts_data_crosses_too() -> None:
    """Cosmos DB keeps it itself."""
    account = planned(NAMESPACE, "microsoft.documentdb/databaseaccounts")
    key = f"{account}/sqlroleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"
    model = Model(world_of(NAMESPACE) | {key: role(group_of(2))})
    (violation,) = model.look(NAMESPACE, account, key).violations
    assert deleted(violation) == [key]


def test_principal_of_nobody_and_group_of_several_are_not_judged() -> None:
    """Platform engineers have roles everywhere, and auditors may read in several tenants."""
    shared = "88888888-0000-4000-8000-000000000008"
    principals = {**DIRECTORY.principals, shared: frozenset({"tenant-1", "tenant-2"})}
    ground = replace(NAMESPACE, directory=replace(DIRECTORY, principals=principals))
    for principal in ("99999999-0000-4000-8000-000000000009", shared):
        world = {GROUP: {"tags": dict(NAMESPACE.tags)}, f"{GROUP}/{ROLE}": role(principal)}
        assert Model(world).look(ground, GROUP, f"{GROUP}/{ROLE}").violations == ()


def test_role_in_the_hub_is_held_against_whose_thing_it_is_at() -> None:
    """A tenant's own project is its own; the account is everyone's."""
    account = HUB_GROUND.hub.resource_id("Microsoft.CognitiveServices/accounts", "aif-hub-weu")
    account = normalized(account)
    closed = {"properties": {"publicNetworkAccess": "Disabled"}}
    project = f"{account}/projects/project-tenant-2"
    for scope, crosses in ((project, False), (account, True), (f"{account}/projects/x", True)):
        model = Model({account: closed, f"{scope}/{ROLE}": role(group_of(2))})
        found = model.look(HUB_GROUND, account, f"{scope}/{ROLE}").violations
        assert bool(found) == crosses, scope


def test_roles_that_a_plan_gives_are_not_judged() -> None:
    """A cluster's identity writes to the hub's DNS zone."""
    granted = next(
        key for key in CLUSTER.plan if "/privatednszones/" in key and "roleassignments" in key
    )
    zone = granted.partition("/providers/microsoft.authorization")[0]
    item = CLUSTER.plan[granted]
    model = Model({zone: {"properties": {}}, granted: dict(item.body)})
    assert model.look(HUB_GROUND, zone, granted).violations == ()
    other = granted[:-1] + ("0" if granted[-1] != "0" else "1")
    model.world[other] = dict(item.body)
    assert len(model.look(HUB_GROUND, zone, other).violations) == 1


# Planned resources that are gone.

RESTORED = {
    "microsoft.network/networksecuritygroups",
    "microsoft.network/routetables",
    "microsoft.network/privateendpoints",
}


def test_planned_resource_that_is_gone_is_made_again_where_it_is_small() -> None:
    """With all that the plan puts on it; what holds data is told."""
    for key, item in CLUSTER.plan.items():
        kind = item.type.lower()
        if kind not in KINDS or key.startswith(HUB_GROUND.hub.resource_group_id.lower()):
            continue
        whole = world_of(CLUSTER)
        left = {one: body for one, body in whole.items() if not f"{one}/".startswith(f"{key}/")}
        model = Model(left)
        (violation,) = model.look(CLUSTER, key).violations
        assert violation.rule == RuleName.MISSING_RESOURCE
        assert isinstance(violation.fix, Fix) == (kind in RESTORED), key
        if isinstance(violation.fix, Fix):
            model.fix(violation)
            assert model.world.keys() >= whole.keys()
            assert model.look(CLUSTER, key).violations == ()


def test_resource_that_nobody_planned_may_go() -> None:
    """A late event, or one out of order, does no harm."""
    for kind in KINDS:
        key = f"{SUBSCRIPTION}/resourcegroups/x/providers/{kind}/gone"
        facts = Facts(key, kind, None, NAMESPACE, frozenset({f"{key}/{ROLE}"}))
        assert missing_reads(facts) == ()
        assert violations(facts) == ()


@pytest.mark.parametrize("kind", ["diagnosticsettings", "eventsubscriptions"])
@pytest.mark.parametrize("change", ["gone", "changed"])
def test_monitoring_is_restored_from_the_plan(kind: str, change: str) -> None:
    """When an event told of just that."""
    for key, item in NAMESPACE.plan.items():
        if item.type.lower().rpartition("/")[2] != kind or "blobservices" in key:
            continue
        model = Model(world_of(NAMESPACE))
        target = key.partition("/providers/microsoft.insights/")[0].partition("/eventsubscr")[0]
        model.world.setdefault(target, {"tags": dict(NAMESPACE.tags)})
        if change == "gone":
            del model.world[key]
        else:
            setting("properties", next(iter(item.body["properties"])), to="other")(model.world[key])
        assert model.look(NAMESPACE, target).violations == ()
        (violation,) = model.look(NAMESPACE, target, key).violations
        assert violation.rule == RuleName.MONITORING
        model.fix(violation)
        assert model.look(NAMESPACE, target, key).violations == ()


def test_tenant_whose_outputs_are_not_known_is_governed_as_far_as_it_is() -> None:
    """What cannot be resolved is left out, and no reference is ever sent."""
    lost = replace(tenant(), outputs={"subscription": {"subscriptionId": "0c0ffee0"}})
    kept = known_resources(lost.plan, lost.outputs)
    assert 0 < len(kept) < len(NAMESPACE.plan)
    assert not any("${" in item.model_dump_json() for item in kept.values())


# Whatever ARM answers.


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies that have the shape of a resource, and anything in it."""
    names = ["subnets", "securityRules", "routes", "virtualNetworkPeerings", "networkAcls"]
    more = ["publicNetworkAccess", "privateLinkServiceConnections", "apiServerAccessProfile"]
    inner = st.dictionaries(st.sampled_from([*names, *more, "principalId"]), json_values())
    children = st.lists(
        st.fixed_dictionaries(
            {}, optional={"id": json_values(), "name": json_values(), "properties": inner}
        )
    )
    properties = st.dictionaries(
        st.sampled_from([*names, *more]), st.one_of(children, json_values())
    )
    shape = {"properties": st.one_of(properties, json_values()), "tags": json_values()}
    drawn: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=shape))
    return drawn


@given(
    st.sampled_from(sorted(KINDS)), bodies(), json_values(), st.sampled_from([*GROUNDS, HUB_GROUND])
)
@settings(max_examples=300, deadline=None)
def test_no_body_makes_a_rule_fail(
    kind: str, body: dict[str, Any], answer: Any, ground: Ground
) -> None:
    """A rule that raises would let one odd resource stop a sweep."""
    key = f"{SUBSCRIPTION}/resourcegroups/x/providers/{kind}/y"
    about = frozenset({f"{key}/{ROLE}", *list(DIRECTORY.records)[:1]})
    facts = Facts(key, kind, body, ground, about)
    for _ in range(3):
        asked = missing_reads(facts)
        facts = replace(facts, answers={**facts.answers, **dict.fromkeys(asked, answer)})
    for rule in rules_for(kind):
        for one in rule.evaluate(facts):
            assert one.rule == rule.name
            assert one.detail


def test_names_of_rules_are_unique_and_known() -> None:
    """Each of them exists once."""
    assert sorted(rule.name for rule in RULES) == sorted(RuleName)
