"""What a tenant takes of its hub."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median_high, median_low
from typing import Final

from landing_zone.tenant_request import TenantRequest

type Claims = Mapping[str, int]
"""How much is taken of each limit, by the limit's name; what is not named is not taken."""

NO_CLAIMS: Final[Claims] = {}
IP_GROUP: Final = "ipGroup:"
TOKENS: Final = "tokensPerMinute:"
NODE_SUBNETS: Final = "nodeSubnets"


@dataclass(frozen=True)
class Demand:
    """What one tenant takes.

    Attributes:
        prefix_length: Size of its address range.
        claims: What it takes of each other limit, never 0.
    """

    prefix_length: int
    claims: Claims = field(default_factory=dict)


def demand_of(request: TenantRequest) -> Demand:
    """What the tenant of a request takes of the hub that it is given to."""
    # Its spoke, and the subnet of its node pool.
    sources = 2 if request.isolation == "nodepool" else 1
    claims = {
        "peerings": 1,
        "subscriptions": 1,
        "apiProducts": 1,
        "apiSubscriptions": 1,
        # Its own ranges, and each name of its own, in rules of its own.
        "firewallAddresses": sources + len(request.egress.fqdns),
        **{f"{IP_GROUP}{profile}": sources for profile in request.egress.profiles},
        **({"searchIndexes": 1} if request.data.vector_index == "shared" else {}),
        **_compute(request),
        **{f"{TOKENS}{m.deployment.lower()}": m.tokens_per_minute for m in request.ai.models},
    }
    return Demand(request.network.prefix_length, claims)


def _compute(request: TenantRequest) -> dict[str, int]:
    """What it takes of the shared cluster; a cluster of its own takes nothing."""
    nodes = request.compute.nodes
    match request.isolation:
        case "namespace":
            return {
                "sharedCpu": request.compute.cpu,
                "sharedMemoryGiB": request.compute.memory_gib,
            }
        case "nodepool":
            return {"nodePools": 1, NODE_SUBNETS: 1, "nodes": nodes.max if nodes else 1}
        case "cluster":
            return {}


SMALLEST: Final = Demand(
    27,
    {
        "peerings": 1,
        "subscriptions": 1,
        "apiProducts": 1,
        "apiSubscriptions": 1,
        "firewallAddresses": 1,
        "sharedCpu": 1,
        "sharedMemoryGiB": 1,
    },
)
"""What the smallest valid request for a namespace takes."""


def total_claims(claims: Iterable[Claims]) -> dict[str, int]:
    """What is taken of each limit together."""
    total: dict[str, int] = {}
    for each in claims:
        for name, amount in each.items():
            total[name] = total.get(name, 0) + amount
    return total


def needs_node_subnet(request: TenantRequest) -> bool:
    """Whether a tenant's nodes stand in a subnet of the hub network."""
    return NODE_SUBNETS in demand_of(request).claims


def larger_claims(one: Claims, other: Claims) -> dict[str, int]:
    """Of each limit the larger of two claims."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


def median_demand(demands: Iterable[Demand]) -> Demand:
    """The median of each part on its own; between two, the one that takes more.

    Raises:
        statistics.StatisticsError: There is none to take it of.
    """
    each = list(demands)
    names = sorted({name for demand in each for name in demand.claims})
    medians = {name: median_high(one.claims.get(name, 0) for one in each) for name in names}
    return Demand(
        median_low(demand.prefix_length for demand in each),
        {name: amount for name, amount in medians.items() if amount},
    )
