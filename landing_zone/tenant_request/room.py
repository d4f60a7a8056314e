"""How many addresses of its network a tenant takes, as far as its request tells.

Kept beside the request rather than the plan, so that a request which cannot be planned is refused
as one; a test holds it against every plan.
"""

from typing import Final

LARGEST_NETWORK: Final = 22
SMALLEST_NETWORK: Final = 27
"""Lengths of prefix that a request may ask for."""

ALWAYS: Final = 2
"""Private endpoints of every tenant: its vault, and the account for the platform's records."""

BESIDE_NODES: Final = 2
"""Addresses of a cluster beside its nodes' own: one node more while it is upgraded, and the API
server's private endpoint, which stands among the nodes (learn: aks/upgrade-capacity-cost-planning,
aks/private-clusters). Pods take none: they have a range of their own (learn: aks/concepts-network-
azure-cni-overlay).
"""


def endpoint_addresses(*, storage: bool, database: str, dedicated: bool, services: int) -> int:
    """How many addresses the private endpoints of a tenant take.

    Args:
        storage: Whether it has a storage account.
        database: `cosmos`, `postgresql` or `none`.
        dedicated: Whether it has a search service of its own.
        services: How many AI accounts of its own it has.
    """
    match database:
        case "cosmos":
            # One for the account and one for each of its regions, of which there is one (learn:
            # cosmos-db/how-to-configure-private-endpoints).
            stored = 2
        case "postgresql":
            stored = 1
        case _:
            stored = 0
    return ALWAYS + storage + stored + dedicated + services
