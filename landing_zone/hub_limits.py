"""How much of a hub its tenants may take together: settings of the hub document.

The defaults are Azure's own numbers, each with where it is documented. A support request, another
tier or a decision of the platform team changes them in the document, not here.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]

DeploymentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class _Part(BaseModel):
    """A frozen part of the document; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class HubLimits(_Part):
    """The most that all tenants of a hub and the platform itself may take; null is no limit.

    Attributes:
        peerings: Peerings of the hub's network; 1,000 where it is managed by Network Manager
            (learn: azure-resource-manager/management/azure-subscription-service-limits).
        firewall_addresses: Unique sources and destinations in the firewall's rules
            (learn: answers/questions/2101131/azure-firewall-rule-limits).
        ip_group_addresses: Ranges in one IP group; each egress profile has a group
            (learn: firewall-manager/ip-groups).
        rule_group_bytes: Size of one rule collection group as JSON; no claim is held against it
            (learn: azure-resource-manager/management/azure-subscription-service-limits, 2 MB).
        api_products: Products of the API Management service, Premium tier; Standard has 500
            (learn: api-management/service-limits).
        api_subscriptions: Subscriptions of it, Premium tier; Standard has 25,000 (same page).
        search_indexes: Indexes of the shared search service, Standard tier; Standard 3 High Density
            has 1,000 in each partition (learn: search/search-limits-quotas-capacity).
        node_pools: Agent pools of the shared cluster (learn: aks/quotas-skus-regions).
        nodes: Nodes of the shared cluster, over all pools (same page).
        shared_cpu: Cores that the namespaces of the shared cluster may ask for; Azure sets none.
        shared_memory_gib: GiB of memory that they may ask for; Azure sets none.
        subscriptions: Tenant subscriptions; Azure sets none for a management group
            (learn: governance/management-groups/overview), the billing agreement may.
    """

    peerings: Count = 500
    firewall_addresses: Annotated[Count, Field(alias="firewallAddresses")] = 20_000
    ip_group_addresses: Annotated[Count, Field(alias="ipGroupAddresses")] = 5_000
    rule_group_bytes: Annotated[Count, Field(alias="ruleGroupBytes")] = 2_000_000
    api_products: Annotated[Count, Field(alias="apiProducts")] = 2_000
    api_subscriptions: Annotated[Count, Field(alias="apiSubscriptions")] = 75_000
    search_indexes: Annotated[Count, Field(alias="searchIndexes")] = 50
    node_pools: Annotated[Count, Field(alias="nodePools")] = 100
    nodes: Count = 5_000
    shared_cpu: Annotated[Count | None, Field(alias="sharedCpu")] = None
    shared_memory_gib: Annotated[Count | None, Field(alias="sharedMemoryGiB")] = None
    subscriptions: Count | None = None


class PlatformUse(_Part):
    """What the platform itself takes of the limits, before any tenant.

    Attributes:
        peerings: Peerings of the hub's network with what is no spoke.
        firewall_addresses: Sources and destinations in rules of the platform's own.
        api_products: Products that are no tenant's.
        search_indexes: Indexes of the shared search service that are no tenant's.
        node_pools: System pools of the shared cluster.
        nodes: Nodes of those pools.
    """

    peerings: Count = 0
    firewall_addresses: Annotated[Count, Field(alias="firewallAddresses")] = 0
    api_products: Annotated[Count, Field(alias="apiProducts")] = 0
    search_indexes: Annotated[Count, Field(alias="searchIndexes")] = 0
    node_pools: Annotated[Count, Field(alias="nodePools")] = 1
    nodes: Count = 3


class ModelDeployment(_Part):
    """A model deployment of the hub that tenants share.

    Attributes:
        name: What tenants ask for.
        tokens_per_minute: What all tenants together may be promised; quota is given for each
            subscription, region, model and kind of deployment (learn: azure/ai-foundry/openai/
            quotas-limits), so there is no default that would fit.
    """

    name: DeploymentName
    tokens_per_minute: Annotated[int, Field(alias="tokensPerMinute", ge=1)]
