"""The starting state: what the hub document describes, as it would stand in Azure."""

from collections.abc import Mapping
from typing import Any

from landing_zone.hub import Hub, HubDocument
from landing_zone.planning.node_subnets import security_group, security_group_id
from landing_zone.remediation.events import SUBSCRIBED
from localcloud.arm.behaviours.hierarchy import GROUP, group_id
from localcloud.arm.routes.providers import known, register
from localcloud.arm.routes.subscriptions import join_group, new_record
from localcloud.arm.seed_search import open_search
from localcloud.arm.seed_services import shared_services
from localcloud.arm.seed_writing import write
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_NETWORK = "2025-09-01"
_DNS = "2024-06-01"
_EVENT_GRID = "2025-02-15"
_GROUPS = "2025-04-01"
_AUTHORIZATION = "2026-06-01"
_SEEDED = "seeded"


def seed(cloud: Cloud) -> None:
    """Build the starting state, once in the life of a state directory."""
    database = cloud.store.database
    if database.fact(_SEEDED):
        return
    with cloud.store.transaction():
        _management_groups(cloud, cloud.hub)
        for hub in cloud.hub.hubs:
            _hub(cloud, hub)
        _definitions(cloud)
        database.empty("events")  # nobody is told of what was always there
        database.put("facts", _SEEDED, {"at": cloud.now()})


def _management_groups(cloud: Cloud, document: HubDocument) -> None:
    groups = document.management_groups
    root = _group(cloud, str(document.directory_id), "Tenant Root Group", None)
    top = _group(cloud, groups.root, groups.root, root)
    _group(cloud, groups.platform, groups.platform, top)
    _group(cloud, groups.ai_hub, groups.ai_hub, top)
    spokes = _group(cloud, groups.ai_spokes, groups.ai_spokes, top)
    for name in groups.tiers.names:
        _group(cloud, name, name, spokes)


def _group(cloud: Cloud, name: str, display_name: str, parent: Record | None) -> Record:
    details = {"parent": {"id": parent.id} if parent else {}}
    record = Record(
        group_id(name),
        GROUP,
        {"properties": {"displayName": display_name, "details": details}},
        created=cloud.now(),
        changed=cloud.now(),
    )
    cloud.store.put(record)
    return record


def _definitions(cloud: Cloud) -> None:
    for policy in cloud.hub.baseline_policies:
        body = {
            "properties": {
                "displayName": policy.display_name,
                "mode": "All",
                "policyType": "Custom",
                "policyRule": {
                    "if": {"field": "type", "equals": "Microsoft.Network/publicIPAddresses"},
                    "then": {"effect": "audit"},
                },
            }
        }
        write(cloud, policy.definition, _AUTHORIZATION, body)


def _hub(cloud: Cloud, hub: Hub) -> None:
    guid = str(hub.subscription_id)
    subscription = new_record(cloud, guid, hub.name, {})
    cloud.store.put(subscription)
    join_group(cloud, guid, cloud.hub.management_groups.ai_hub)
    for namespace in known(cloud):
        register(cloud, subscription.id, namespace)
    write(cloud, hub.resource_group_id, _GROUPS, {"location": hub.region})
    _network(cloud, hub)
    _firewall(cloud, hub)
    _node_pools(cloud, hub)
    for zone in hub.private_dns_zones:
        _zone(cloud, hub, zone)
    for record in shared_services(hub, cloud.directory, cloud.now()):
        cloud.store.put(record)
    open_search(cloud, hub)
    _events(cloud, hub)


def _events(cloud: Cloud, hub: Hub) -> None:
    """What happens to the hub is told, as what happens to each spoke is."""
    if hub.resource_events is None:
        return
    properties = {
        "destination": {
            "endpointType": "AzureFunction",
            "properties": {"resourceId": hub.resource_events, "maxEventsPerBatch": 1},
        },
        "eventDeliverySchema": "EventGridSchema",
        "filter": {"includedEventTypes": list(SUBSCRIBED)},
    }
    path = f"{hub.resource_group_id}/providers/Microsoft.EventGrid/eventSubscriptions/spokewright"
    write(cloud, path, _EVENT_GRID, {"properties": properties})


def _network(cloud: Cloud, hub: Hub) -> None:
    subnets = [
        {"name": subnet.name, "properties": {"addressPrefix": str(subnet.prefix)}}
        for subnet in hub.network.subnets
    ]
    prefixes = [str(prefix) for prefix in hub.network.address_space]
    properties = {"addressSpace": {"addressPrefixes": prefixes}, "subnets": subnets}
    _network_resource(cloud, hub.network_id, hub, properties)


def _network_resource(
    cloud: Cloud, resource_id: str, hub: Hub, properties: Mapping[str, Any], **envelope: Any
) -> None:
    body = {"location": hub.region, "properties": dict(properties)} | envelope
    write(cloud, resource_id, _NETWORK, body)


def _firewall(cloud: Cloud, hub: Hub) -> None:
    address = hub.resource_id("Microsoft.Network/publicIPAddresses", f"pip-{hub.firewall.name}")
    policy = hub.resource_id("Microsoft.Network/firewallPolicies", hub.firewall.policy)
    sku = {"name": "Standard", "tier": "Regional"}
    static = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}
    _network_resource(cloud, address, hub, static, sku=sku)
    dns = {"sku": {"tier": "Standard"}, "dnsSettings": {"enableProxy": True, "servers": []}}
    _network_resource(cloud, policy, hub, dns)
    configuration = {
        "name": "default",
        "properties": {
            "subnet": {"id": f"{hub.network_id}/subnets/AzureFirewallSubnet"},
            "publicIPAddress": {"id": address},
        },
    }
    properties = {
        "sku": {"name": "AZFW_VNet", "tier": "Standard"},
        "firewallPolicy": {"id": policy},
        "ipConfigurations": [configuration],
    }
    firewall = hub.resource_id("Microsoft.Network/azureFirewalls", hub.firewall.name)
    _network_resource(cloud, firewall, hub, properties)
    record = cloud.store.get(firewall)
    if record is not None:
        inner = record.properties["ipConfigurations"][0]["properties"]
        inner["privateIPAddress"] = str(hub.firewall.private_ip)
        cloud.store.put(record)


def _node_pools(cloud: Cloud, hub: Hub) -> None:
    """What the subnets of node pools need: their way out, and what keeps them apart."""
    if hub.node_pools is None:
        return
    to_firewall = {
        "addressPrefix": "0.0.0.0/0",
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": str(hub.firewall.private_ip),
    }
    routes = [{"name": "default-to-firewall", "properties": to_firewall}]
    table = hub.resource_id("Microsoft.Network/routeTables", hub.node_pools.route_table)
    properties = {"disableBgpRoutePropagation": True, "routes": routes}
    _network_resource(cloud, table, hub, properties)
    write(cloud, security_group_id(hub), _NETWORK, security_group(hub))


def _zone(cloud: Cloud, hub: Hub, zone: str) -> None:
    zone_id = hub.resource_id("Microsoft.Network/privateDnsZones", zone)
    write(cloud, zone_id, _DNS, {"location": "global"})
    link = {
        "location": "global",
        "properties": {
            "virtualNetwork": {"id": hub.network_id},
            "registrationEnabled": False,
        },
    }
    write(cloud, f"{zone_id}/virtualNetworkLinks/{hub.name}", _DNS, link)
