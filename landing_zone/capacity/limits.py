"""The limits of a hub, by the names that claims use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from landing_zone.capacity.demand import IP_GROUP, NODE_SUBNETS, TOKENS
from landing_zone.hub import Hub

_LEARN: Final = "https://learn.microsoft.com/azure/"
_SUBSCRIPTION_LIMITS: Final = (
    f"{_LEARN}azure-resource-manager/management/azure-subscription-service-limits"
)
_AKS: Final = f"{_LEARN}aks/quotas-skus-regions"
_API: Final = f"{_LEARN}api-management/service-limits"
_RULES: Final = "https://learn.microsoft.com/answers/questions/2101131/azure-firewall-rule-limits"
_OVERLAY: Final = f"{_LEARN}aks/concepts-network-azure-cni-overlay"
_IP_GROUPS: Final = f"{_LEARN}firewall-manager/ip-groups"
_SEARCH: Final = f"{_LEARN}search/search-limits-quotas-capacity"
_QUOTA: Final = f"{_LEARN}ai-foundry/openai/quotas-limits"
_GROUPS: Final = f"{_LEARN}governance/management-groups/overview"
_SETTING: Final = "the hub document"
PROFILES: Final = ("azure", "github")


@dataclass(frozen=True)
class Limit:
    """One limit of a hub.

    Attributes:
        name: What claims call it.
        title: What a person calls it.
        unit: What is counted.
        total: The most that there may be.
        platform: What the platform itself takes.
        source: Where to read about it.
    """

    name: str
    title: str
    unit: str
    total: int
    platform: int = 0
    source: str = _SETTING

    def left(self, used: int) -> int:
        """What tenants can still take when they have taken `used`; never below 0."""
        return max(0, self.total - self.platform - used)


def limits_of(hub: Hub) -> dict[str, Limit]:
    """Every limit of a hub but its addresses, in the order in which they are shown."""
    found = (*_network(hub), *_services(hub), *_compute(hub), *_models(hub))
    return {limit.name: limit for limit in found}


def limit_of(hub: Hub, name: str, limits: dict[str, Limit]) -> Limit | None:
    """The limit that a claim is held against; None where there is none.

    A deployment that the hub does not list where it lists others has no quota there.
    """
    if name in limits or not name.startswith(TOKENS) or not hub.model_deployments:
        return limits.get(name)
    return _quota(name.removeprefix(TOKENS), 0)


def _network(hub: Hub) -> Iterator[Limit]:
    limits, own = hub.limits, hub.platform_use
    yield Limit(
        "peerings",
        "peerings of the hub network",
        "peerings",
        limits.peerings,
        own.peerings,
        _SUBSCRIPTION_LIMITS,
    )
    yield Limit(
        "firewallAddresses",
        "sources and destinations in firewall rules",
        "addresses",
        limits.firewall_addresses,
        own.firewall_addresses,
        _RULES,
    )
    for profile in PROFILES:
        yield Limit(
            f"{IP_GROUP}{profile}",
            f"IP group of egress profile {profile}",
            "ranges",
            limits.ip_group_addresses,
            source=_IP_GROUPS,
        )


def _services(hub: Hub) -> Iterator[Limit]:
    limits, own = hub.limits, hub.platform_use
    products = limits.api_products
    yield Limit(
        "apiProducts", "API Management products", "products", products, own.api_products, _API
    )
    yield Limit(
        "apiSubscriptions",
        "API Management subscriptions",
        "subscriptions",
        limits.api_subscriptions,
        source=_API,
    )
    yield Limit(
        "searchIndexes",
        "indexes of the shared search service",
        "indexes",
        limits.search_indexes,
        own.search_indexes,
        _SEARCH,
    )
    if limits.subscriptions is not None:
        yield Limit(
            "subscriptions",
            "tenant subscriptions",
            "subscriptions",
            limits.subscriptions,
            source=_GROUPS,
        )


def _compute(hub: Hub) -> Iterator[Limit]:
    limits, own = hub.limits, hub.platform_use
    yield Limit(
        "nodePools",
        "node pools of the shared cluster",
        "node pools",
        limits.node_pools,
        own.node_pools,
        _AKS,
    )
    yield Limit(
        "nodes", "nodes of the shared cluster", "nodes", limits.nodes, own.nodes, source=_AKS
    )
    yield node_subnets(hub)
    if limits.shared_cpu is not None:
        yield Limit("sharedCpu", "CPU of the shared cluster", "cores", limits.shared_cpu)
    if limits.shared_memory_gib is not None:
        memory = limits.shared_memory_gib
        yield Limit("sharedMemoryGiB", "memory of the shared cluster", "GiB", memory)


def node_subnets(hub: Hub) -> Limit:
    """The subnets for tenants' node pools, one each; none where the hub has no range for them."""
    title, pools = "node pool subnets", hub.node_pools
    if pools is None:
        return Limit(NODE_SUBNETS, title, "subnets: the hub names no range for them", 0)
    return Limit(NODE_SUBNETS, title, f"subnets of /{pools.prefix_length}", len(pools.subnets))


def nodes_of_a_subnet(hub: Hub) -> Limit | None:
    """The nodes that one tenant's pool may have: its subnet is its own, and so are the nodes."""
    if hub.node_pools is None:
        return None
    total = hub.node_pools.nodes_each
    return Limit("nodesOfASubnet", "nodes of a node pool's subnet", "nodes", total, source=_OVERLAY)


def _models(hub: Hub) -> Iterator[Limit]:
    for deployment in hub.model_deployments:
        yield _quota(deployment.name, deployment.tokens_per_minute)


def _quota(deployment: str, tokens_per_minute: int) -> Limit:
    return Limit(
        f"{TOKENS}{deployment.lower()}",
        f"{deployment} quota",
        "tokens per minute",
        tokens_per_minute,
        source=_QUOTA,
    )
