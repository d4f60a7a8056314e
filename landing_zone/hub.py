"""The hub document: which hubs there are, and what each of them holds.

One YAML document of this schema is what the application learns its hubs from, and what the local
cloud builds its starting state from.
"""

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Annotated, Final, Literal, Self
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from landing_zone.addressing import ADDRESS_BITS, ADDRESSES_OF_AZURE, SMALLEST_SUBNET
from landing_zone.arm_ids import arm_id, resource_group_id
from landing_zone.errors import ConfigurationError
from landing_zone.hub_limits import HubLimits, ModelDeployment, PlatformUse

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?$")]

Region = Annotated[str, Field(pattern=r"^[a-z0-9]{3,30}$", examples=["westeurope"])]

FunctionId = Annotated[
    str,
    Field(
        pattern=r"^/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[^/]+"
        r"/providers/Microsoft\.Web/sites/[^/]+/functions/[^/]+$"
    ),
]

# A security group takes 1,000 rules (learn: azure-resource-manager/management/
# azure-subscription-service-limits), and each of the subnets takes one.
MOST_HALVINGS: Final = 9


class _Document(BaseModel):
    """A frozen part of the document; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TierGroups(_Document):
    """Names of the management groups of the isolation tiers."""

    namespace: Name
    nodepool: Name
    cluster: Name

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (self.namespace, self.nodepool, self.cluster)

    def of(self, tier: Literal["namespace", "nodepool", "cluster"]) -> str:
        """The group of a tier."""
        return {"namespace": self.namespace, "nodepool": self.nodepool, "cluster": self.cluster}[
            tier
        ]


class ManagementGroups(_Document):
    """Names of the management groups, root first; `spokes` has one child a tier."""

    root: Name
    platform: Name
    ai_hub: Annotated[Name, Field(alias="aiHub")]
    ai_spokes: Annotated[Name, Field(alias="aiSpokes")]
    tiers: TierGroups


class HubSubnet(_Document):
    """One subnet of the hub network."""

    name: Name
    prefix: IPv4Network


class HubNetwork(_Document):
    """The hub's virtual network."""

    name: Name
    address_space: Annotated[tuple[IPv4Network, ...], Field(alias="addressSpace", min_length=1)]
    subnets: tuple[HubSubnet, ...] = ()

    @model_validator(mode="after")
    def _subnets_are_disjoint(self) -> Self:
        for one, other in combinations(self.subnets, 2):
            if one.prefix.overlaps(other.prefix):
                raise ValueError(f"subnets {one.name} and {other.name} overlap")
        return self


class NodePools(_Document):
    """Where the subnets of tenants' own node pools are cut from: one for each tenant.

    Attributes:
        address_range: A part of the hub network that holds no other subnet.
        prefix_length: Size of one tenant's subnet.
        route_table: Name of the hub's route table that sends all they send to the firewall.
    """

    address_range: Annotated[IPv4Network, Field(alias="range")]
    prefix_length: Annotated[int, Field(alias="prefixLength", ge=8, le=SMALLEST_SUBNET)]
    route_table: Annotated[Name, Field(alias="routeTable")]

    @model_validator(mode="after")
    def _is_cut_into_subnets(self) -> Self:
        halvings = self.prefix_length - self.address_range.prefixlen
        if not 0 <= halvings <= MOST_HALVINGS:
            raise ValueError(
                f"{self.address_range} is not cut into /{self.prefix_length}:"
                f" it has to give between 1 and {2**MOST_HALVINGS} subnets"
            )
        return self

    @property
    def subnets(self) -> tuple[IPv4Network, ...]:
        """Every subnet that there can be."""
        return tuple(self.address_range.subnets(new_prefix=self.prefix_length))

    @property
    def nodes_each(self) -> int:
        """The most nodes of one pool: each takes an address, its pods none, an upgrade one more."""
        return (1 << (ADDRESS_BITS - self.prefix_length)) - ADDRESSES_OF_AZURE - 1


class HubFirewall(_Document):
    """The only way out of a spoke; its private address is also every spoke's DNS server."""

    name: Name
    policy: Name
    private_ip: Annotated[IPv4Address, Field(alias="privateIp")]


class SharedServices(_Document):
    """Names of the services that all tenants of a hub share."""

    log_analytics: Annotated[Name, Field(alias="logAnalytics")]
    api_management: Annotated[Name, Field(alias="apiManagement")]
    kubernetes: Name
    search: Name
    foundry: Name


class PolicyAssignment(_Document):
    """A baseline policy that each tenant subscription is given.

    Attributes:
        name: Name of the assignment, at most 24 characters, which Azure allows at every scope.
        definition: ARM id of the policy or initiative definition.
        display_name: What a person reads.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,24}$")]
    display_name: Annotated[str, Field(alias="displayName", max_length=128)]
    definition: Annotated[str, Field(pattern=r"^/.*/policy(Set)?Definitions/[^/]+$")]


class Hub(_Document):
    """One hub of one region.

    Where it lists no model deployment, none is known here: tenants may ask for any. Where it names
    no range for node pools, it takes no tenant of that tier.

    Attributes:
        resource_events: ARM id of the function that takes the resource events of all spokes.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{3,24}$")]
    region: Region
    subscription_id: Annotated[UUID, Field(alias="subscriptionId")]
    resource_group: Annotated[Name, Field(alias="resourceGroup")]
    network: HubNetwork
    spoke_pool: Annotated[tuple[IPv4Network, ...], Field(alias="spokePool", min_length=1)]
    firewall: HubFirewall
    node_pools: Annotated[NodePools | None, Field(alias="nodePools")] = None
    resource_events: Annotated[FunctionId | None, Field(alias="resourceEvents")] = None
    private_dns_zones: Annotated[tuple[str, ...], Field(alias="privateDnsZones")] = ()
    shared_services: Annotated[SharedServices, Field(alias="sharedServices")]
    limits: HubLimits = HubLimits()
    platform_use: Annotated[PlatformUse, Field(alias="platformUse")] = PlatformUse()
    model_deployments: Annotated[tuple[ModelDeployment, ...], Field(alias="modelDeployments")] = ()

    @model_validator(mode="after")
    def _ranges_are_disjoint(self) -> Self:
        ranges = [*self.network.address_space, *self.spoke_pool]
        for index, one in enumerate(ranges):
            for other in ranges[index + 1 :]:
                if one.overlaps(other):
                    raise ValueError(f"{one} and {other} overlap; hub and spoke ranges may not")
        return self

    @model_validator(mode="after")
    def _parts_lie_within(self) -> Self:
        space = self.network.address_space
        for subnet in self.network.subnets:
            if not any(subnet.prefix.subnet_of(whole) for whole in space):
                raise ValueError(f"subnet {subnet.name} lies outside the hub's network")
        if not any(self.firewall.private_ip in whole for whole in space):
            raise ValueError("the firewall's address lies outside the hub's network")
        return self

    @model_validator(mode="after")
    def _node_pools_have_their_place(self) -> Self:
        if self.node_pools is None:
            return self
        wanted = self.node_pools.address_range
        if not any(wanted.subnet_of(whole) for whole in self.network.address_space):
            raise ValueError("the range of the node pools lies outside the hub's network")
        for subnet in self.network.subnets:
            if subnet.prefix.overlaps(wanted):
                raise ValueError(f"the range of the node pools overlaps with subnet {subnet.name}")
        return self

    @model_validator(mode="after")
    def _deployments_are_unique(self) -> Self:
        names = [deployment.name.lower() for deployment in self.model_deployments]
        if len(set(names)) != len(names):
            raise ValueError("two model deployments have the same name")
        return self

    @property
    def resource_group_id(self) -> str:
        """ARM id of the hub's resource group."""
        return resource_group_id(str(self.subscription_id), self.resource_group)

    def resource_id(self, resource_type: str, *names: str) -> str:
        """ARM id of a resource in the hub's resource group."""
        return arm_id(self.resource_group_id, resource_type, *names)

    @property
    def network_id(self) -> str:
        """ARM id of the hub's virtual network."""
        return self.resource_id("Microsoft.Network/virtualNetworks", self.network.name)


class HubDocument(_Document):
    """The whole document: the directory's frame and its hubs.

    `automation_principal_id` is the object id of the application's own managed identity.
    """

    api_version: Annotated[Literal["spokewright/v1"], Field(alias="apiVersion")]
    directory_id: Annotated[UUID, Field(alias="directoryId")]
    automation_principal_id: Annotated[UUID, Field(alias="automationPrincipalId")]
    billing_scope: Annotated[str, Field(alias="billingScope", pattern=r"^/providers/.+")]
    management_groups: Annotated[ManagementGroups, Field(alias="managementGroups")]
    baseline_policies: Annotated[tuple[PolicyAssignment, ...], Field(alias="baselinePolicies")] = ()
    hubs: Annotated[tuple[Hub, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _hubs_are_disjoint(self) -> Self:
        ranges = [
            (hub.name, one)
            for hub in self.hubs
            for one in (*hub.network.address_space, *hub.spoke_pool)
        ]
        for index, (name, one) in enumerate(ranges):
            for other_name, other in ranges[index + 1 :]:
                if name != other_name and one.overlaps(other):
                    raise ValueError(f"{one} of {name} and {other} of {other_name} overlap")
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [hub.name for hub in self.hubs]
        if len(set(names)) != len(names):
            raise ValueError("two hubs have the same name")
        return self

    def hub(self, name: str) -> Hub:
        """The hub of that name.

        Raises:
            ConfigurationError: There is none.
        """
        for hub in self.hubs:
            if hub.name == name:
                return hub
        raise ConfigurationError(f"the hub document has no hub named {name!r}")

    def in_region(self, region: str) -> tuple[Hub, ...]:
        """The hubs of a region, in the document's order."""
        return tuple(hub for hub in self.hubs if hub.region == region)


def parse_hub_document(text: str) -> HubDocument:
    """Read a hub document from its YAML or JSON text.

    Raises:
        ConfigurationError: It is not YAML or does not fit the schema; every fault is named.
    """
    try:
        return HubDocument.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the hub document is not YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigurationError(f"the hub document is not valid: {faults}") from error
