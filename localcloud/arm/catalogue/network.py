"""Microsoft.Network: virtual networks, what guards and routes them, and the firewall."""

from functools import partial

from localcloud.arm.behaviours import (
    endpoints,
    firewalls,
    peerings,
    route_tables,
    security_groups,
    virtual_networks,
    zone_groups,
)
from localcloud.arm.catalogue.model import (
    BackReference,
    Embedded,
    Hooks,
    Reference,
    ResourceType,
    Writing,
)

VERSIONS = ("2024-05-01", "2025-09-01", "2026-03-01")
_MODELS = "azure.mgmt.network.models"
_TAGS = f"{_MODELS}:TagsObject"
VNET = "Microsoft.Network/virtualNetworks"
SUBNET = f"{VNET}/subnets"
PEERING = f"{VNET}/virtualNetworkPeerings"
NSG = "Microsoft.Network/networkSecurityGroups"
ROUTE_TABLE = "Microsoft.Network/routeTables"
PUBLIC_IP = "Microsoft.Network/publicIPAddresses"
FIREWALL = "Microsoft.Network/azureFirewalls"
POLICY = "Microsoft.Network/firewallPolicies"
RULE_GROUP = f"{POLICY}/ruleCollectionGroups"
IP_GROUP = "Microsoft.Network/ipGroups"
ENDPOINT = endpoints.ENDPOINT
ZONE_GROUP = endpoints.ZONE_GROUP
INTERFACE = "Microsoft.Network/networkInterfaces"

_networked = partial(
    ResourceType,
    versions=VERSIONS,
    write=Writing.ASYNC,
    delete=Writing.ASYNC,
    provisioning=True,
    etag=True,
)
_tracked = partial(_networked, tracked=True, patch=_TAGS)

TYPES = (
    _tracked(
        VNET,
        model=f"{_MODELS}:VirtualNetwork",
        guid="resourceGuid",
        defaults={"properties": {"enableDdosProtection": False}},
        embedded=(
            Embedded("subnets", SUBNET, absent_keeps=True),
            Embedded("virtualNetworkPeerings", PEERING, absent_keeps=True),
        ),
        lock=VNET,
        in_use="InUseVirtualNetworkCannotBeDeleted",
        hooks=Hooks(
            check=virtual_networks.check,
            written=virtual_networks.written,
            check_delete=virtual_networks.check_delete,
        ),
    ),
    _networked(
        SUBNET,
        model=f"{_MODELS}:Subnet",
        name_pattern=r"[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?",
        defaults={
            "properties": {
                "delegations": [],
                "privateEndpointNetworkPolicies": "Disabled",
                "privateLinkServiceNetworkPolicies": "Enabled",
            }
        },
        references=(
            Reference("properties.networkSecurityGroup.id", NSG, same_region=True),
            Reference("properties.routeTable.id", ROUTE_TABLE, same_region=True),
        ),
        back_references=(BackReference("privateEndpoints", ENDPOINT),),
        lock=VNET,
        in_use="InUseSubnetCannotBeDeleted",
        hooks=Hooks(check=virtual_networks.check_subnet, render=virtual_networks.render_subnet),
    ),
    _networked(
        PEERING,
        model=f"{_MODELS}:VirtualNetworkPeering",
        defaults={
            "properties": {
                "allowVirtualNetworkAccess": True,
                "allowForwardedTraffic": False,
                "allowGatewayTransit": False,
                "useRemoteGateways": False,
                "doNotVerifyRemoteGateways": False,
                "peerCompleteVnets": True,
            }
        },
        references=(Reference("properties.remoteVirtualNetwork.id", VNET, blocks=False),),
        lock=VNET,
        hooks=Hooks(
            check=peerings.check,
            prepare=peerings.prepare,
            written=peerings.written,
            deleted=peerings.deleted,
        ),
    ),
    _tracked(
        NSG,
        model=f"{_MODELS}:NetworkSecurityGroup",
        guid="resourceGuid",
        embedded=(Embedded("securityRules", f"{NSG}/securityRules"),),
        back_references=(BackReference("subnets", SUBNET), BackReference("interfaces", INTERFACE)),
        lock=NSG,
        in_use="InUseNetworkSecurityGroupCannotBeDeleted",
        hooks=Hooks(check=security_groups.check, render=security_groups.render),
    ),
    _networked(
        f"{NSG}/securityRules",
        model=f"{_MODELS}:SecurityRule",
        lock=NSG,
        hooks=Hooks(check=security_groups.check_rule),
    ),
    _tracked(
        ROUTE_TABLE,
        model=f"{_MODELS}:RouteTable",
        guid="resourceGuid",
        defaults={"properties": {"disableBgpRoutePropagation": False}},
        embedded=(Embedded("routes", f"{ROUTE_TABLE}/routes"),),
        back_references=(BackReference("subnets", SUBNET),),
        lock=ROUTE_TABLE,
        in_use="InUseRouteTableCannotBeDeleted",
        hooks=Hooks(check=route_tables.check),
    ),
    _networked(
        f"{ROUTE_TABLE}/routes",
        model=f"{_MODELS}:Route",
        defaults={"properties": {"hasBgpOverride": False}},
        lock=ROUTE_TABLE,
        hooks=Hooks(check=route_tables.check_route),
    ),
    _tracked(
        PUBLIC_IP,
        model=f"{_MODELS}:PublicIPAddress",
        guid="resourceGuid",
        defaults={
            "sku": {"name": "Standard", "tier": "Regional"},
            "properties": {
                "publicIPAddressVersion": "IPv4",
                "publicIPAllocationMethod": "Static",
                "idleTimeoutInMinutes": 4,
            },
        },
        lock=PUBLIC_IP,
        in_use="PublicIPAddressCannotBeDeleted",
        hooks=Hooks(prepare=firewalls.prepare_public_ip),
    ),
    _tracked(
        INTERFACE,
        model=f"{_MODELS}:NetworkInterface",
        guid="resourceGuid",
        references=(
            Reference("properties.ipConfigurations[].properties.subnet.id", SUBNET),
            Reference("properties.networkSecurityGroup.id", NSG, same_region=True),
        ),
        lock=INTERFACE,
        in_use="NicInUse",
        hooks=Hooks(check_delete=endpoints.check_interface_delete),
    ),
    _tracked(
        FIREWALL,
        model=f"{_MODELS}:AzureFirewall",
        references=(
            Reference("properties.firewallPolicy.id", POLICY),
            Reference("properties.ipConfigurations[].properties.subnet.id", SUBNET),
            Reference("properties.ipConfigurations[].properties.publicIPAddress.id", PUBLIC_IP),
        ),
        defaults={"properties": {"threatIntelMode": "Alert"}},
        lock=FIREWALL,
        hooks=Hooks(check=firewalls.check, prepare=firewalls.prepare),
    ),
    _tracked(
        POLICY,
        model=f"{_MODELS}:FirewallPolicy",
        defaults={"properties": {"sku": {"tier": "Standard"}, "threatIntelMode": "Alert"}},
        references=(Reference("properties.basePolicy.id", POLICY),),
        back_references=(
            BackReference("firewalls", FIREWALL),
            BackReference("childPolicies", POLICY),
        ),
        lock=POLICY,
        in_use="FirewallPolicyCannotBeDeleted",
        hooks=Hooks(render=firewalls.render_policy),
    ),
    _networked(
        RULE_GROUP,
        model=f"{_MODELS}:FirewallPolicyRuleCollectionGroup",
        references=(
            Reference("properties.ruleCollections[].rules[].sourceIpGroups[]", IP_GROUP),
            Reference("properties.ruleCollections[].rules[].destinationIpGroups[]", IP_GROUP),
        ),
        lock=POLICY,
        hooks=Hooks(check=firewalls.check_rule_group),
    ),
    _tracked(
        IP_GROUP,
        model=f"{_MODELS}:IpGroup",
        lock=IP_GROUP,
        in_use="IpGroupCannotBeDeleted",
        hooks=Hooks(check=firewalls.check_ip_group, render=firewalls.render_ip_group),
    ),
    _tracked(
        ENDPOINT,
        model=f"{_MODELS}:PrivateEndpoint",
        patch="",
        references=(
            Reference("properties.subnet.id", SUBNET, same_region=True),
            Reference(
                "properties.privateLinkServiceConnections[].properties.privateLinkServiceId",
                blocks=False,
            ),
        ),
        lock=ENDPOINT,
        blocked_by=(ZONE_GROUP,),
        hooks=Hooks(
            check=endpoints.check,
            prepare=endpoints.prepare,
            written=endpoints.written,
            deleted=endpoints.deleted,
            render=endpoints.render,
        ),
    ),
    _networked(
        ZONE_GROUP,
        model=f"{_MODELS}:PrivateDnsZoneGroup",
        references=(
            Reference(
                "properties.privateDnsZoneConfigs[].properties.privateDnsZoneId",
                "Microsoft.Network/privateDnsZones",
            ),
        ),
        lock=ENDPOINT,
        hooks=Hooks(
            check=zone_groups.check,
            written=zone_groups.written,
            deleted=zone_groups.deleted,
        ),
    ),
)
