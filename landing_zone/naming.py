"""Names of everything that is made for a tenant.

A name is legal in Azure for every valid request and tells two tenants apart. Names follow from the
request alone, so that a plan made twice is the same plan. Lengths and characters are those of
learn: azure-resource-manager/management/resource-name-rules.
"""

import base64
import hashlib
import re
from typing import Final
from uuid import UUID, uuid5

from landing_zone.arm_ids import normalized
from landing_zone.tenant_request import TenantRequest

LONGEST_TENANT_ID: Final = 20
HASH_LENGTH: Final = 8

_PART = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_ROLE_ASSIGNMENTS: Final = UUID("7d1a3bb4-0c4e-5f3b-9a58-3f6d0f6a2b11")


def stable_hash(*parts: str, length: int = HASH_LENGTH) -> str:
    """A few lower-case letters and digits that follow from the parts: five bits each."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def bounded(prefix: str, tenant_id: str, suffix: str, limit: int) -> str:
    """`prefix-tenant-suffix`, at most as long as the limit; empty parts are left out.

    Whether the tenant id is shortened depends on the other parts only, never on this id: so a
    tenant cannot choose an id that looks like another one's shortened name.

    Raises:
        ValueError: The limit leaves no room for a hash.
    """
    around = sum(len(part) + 1 for part in (prefix, suffix) if part)
    room = limit - around
    if room >= LONGEST_TENANT_ID:
        return _joined(prefix, tenant_id, suffix)
    kept = room - HASH_LENGTH - 1
    if kept < 1:
        raise ValueError(f"{limit} characters leave no room between {prefix!r} and {suffix!r}")
    shortened = re.sub("-+", "-", tenant_id)[:kept].rstrip("-")
    return _joined(prefix, shortened, stable_hash(tenant_id), suffix)


def resource_group(request: TenantRequest, purpose: str) -> str:
    """Name of one of the tenant's resource groups (90 characters, of which we use 64)."""
    return bounded("rg", request.tenant_id, _part(purpose), 90)


def virtual_network(request: TenantRequest) -> str:
    """Name of the spoke's network (2 to 64 characters)."""
    return bounded("vnet", request.tenant_id, "", 64)


def network_security_group(request: TenantRequest, subnet: str) -> str:
    """Name of the security group of one subnet (1 to 80 characters)."""
    return bounded("nsg", request.tenant_id, _part(subnet), 80)


def route_table(request: TenantRequest) -> str:
    """Name of the route table that sends everything to the firewall (1 to 80 characters)."""
    return bounded("rt", request.tenant_id, "", 80)


def spoke_peering(hub_name: str) -> str:
    """Name of the peering on the spoke's side (1 to 80 characters)."""
    return f"peer-{_part(hub_name)}"


def hub_peering(tenant_id: str) -> str:
    """Name of the peering on the hub's side, where all tenants' peerings stand together."""
    return bounded("peer", tenant_id, "", 80)


def node_subnet(tenant_id: str) -> str:
    """Name of the subnet of a tenant's node pool in the hub network (1 to 80 characters)."""
    return bounded("nodes", tenant_id, "", 80)


def subscription_alias(tenant_id: str) -> str:
    """Name of the alias by which the tenant's subscription is vended (1 to 63 characters)."""
    return bounded("spokewright", tenant_id, "", 63)


def subscription_display_name(request: TenantRequest) -> str:
    """What the subscription is called in the portal (1 to 64 characters)."""
    return bounded("spoke", request.tenant_id, request.environment, 64)


def budget(request: TenantRequest) -> str:
    """Name of the subscription's budget (1 to 63 characters)."""
    return bounded("budget", request.tenant_id, "", 63)


def policy_assignment(policy: str) -> str:
    """Name of the assignment of a baseline policy to a tenant's subscription.

    Azure takes 64 characters here and 24 at a management group; we keep to the smaller, so that
    an assignment can move up.
    """
    limit = 24
    if len(policy) <= limit:
        return policy
    return f"{policy[: limit - HASH_LENGTH - 1].rstrip('-._')}-{stable_hash(policy)}"


def role_assignment_name(scope: str, role_id: str, principal_id: str) -> str:
    """The UUID that names a role assignment: the same one for the same three, however spelt."""
    return str(
        uuid5(
            _ROLE_ASSIGNMENTS,
            "\n".join((normalized(scope), normalized(role_id), principal_id.lower())),
        )
    )


def storage_account(request: TenantRequest, *, salt: str = "") -> str:
    """Name of the tenant's storage account: 3 to 24 lower-case letters and digits, world-wide.

    Args:
        request: The tenant.
        salt: What makes the name ours among all of Azure, such as the subscription's id.
    """
    readable = request.tenant_id.replace("-", "")[:10]
    return f"st{readable}{stable_hash('storage', request.tenant_id, salt.lower(), length=12)}"


def key_vault(request: TenantRequest, *, salt: str = "") -> str:
    """Name of the tenant's Key Vault: 3 to 24 letters, digits and single hyphens, world-wide.

    Args:
        request: The tenant.
        salt: What makes the name ours among all of Azure, such as the subscription's id.
    """
    readable = re.sub("-+", "-", request.tenant_id)[:8].rstrip("-")
    return f"kv-{readable}-{stable_hash('vault', request.tenant_id, salt.lower(), length=12)}"


def records_account(request: TenantRequest, *, salt: str = "") -> str:
    """Name of the account for the platform's records on a tenant: as `storage_account`."""
    readable = request.tenant_id.replace("-", "")[:10]
    return f"rc{readable}{stable_hash('records', request.tenant_id, salt.lower(), length=12)}"


def world_wide(prefix: str, request: TenantRequest, *, salt: str) -> str:
    """Name of something that all of Azure shares: a database, a search service, an AI account.

    Letters, digits and single hyphens, at most 42 characters: the strictest of these kinds takes 44
    (Cosmos DB), none takes a hyphen at an end, and AI Search takes none in a row.

    Args:
        prefix: Short name of the kind, such as `cosmos`.
        request: The tenant.
        salt: What makes the name ours among all of Azure, such as the directory's id.
    """
    readable = re.sub("-+", "-", request.tenant_id)
    code = stable_hash(_part(prefix), request.tenant_id, salt.lower(), length=12)
    return f"{prefix}-{readable}-{code}"


def identity(request: TenantRequest, purpose: str) -> str:
    """Name of one of the tenant's user-assigned identities (3 to 128 characters)."""
    return bounded("id", request.tenant_id, _part(purpose), 128)


def private_endpoint(request: TenantRequest, purpose: str) -> str:
    """Name of the private endpoint of one service (2 to 64 characters)."""
    return bounded("pe", request.tenant_id, _part(purpose), 64)


def kubernetes_cluster(request: TenantRequest) -> str:
    """Name of the tenant's own cluster (1 to 63 characters)."""
    return bounded("aks", request.tenant_id, "", 63)


def kubernetes_namespace(request: TenantRequest) -> str:
    """Name of the tenant's namespace: a DNS label that no system namespace has."""
    return bounded("tenant", request.tenant_id, "", 63)


def node_pool(request: TenantRequest) -> str:
    """Name of the tenant's agent pool: 12 letters and digits, the first a letter."""
    readable = request.tenant_id.replace("-", "")[:3]
    return f"t{readable}{stable_hash('pool', request.tenant_id)}"


def search_index(request: TenantRequest) -> str:
    """Name of the tenant's index on the shared search service: no two hyphens in a row."""
    readable = re.sub("-+", "-", request.tenant_id)
    return f"tenant-{readable}-{stable_hash('index', request.tenant_id)}"


def flux_configuration(request: TenantRequest) -> str:
    """Name of the tenant's Flux configuration (1 to 30 characters)."""
    return bounded("flux", request.tenant_id, "", 30)


def api_product(request: TenantRequest) -> str:
    """Name of the tenant's API product, and of its subscription (1 to 80 characters)."""
    return bounded("tenant", request.tenant_id, "", 80)


def foundry_project(request: TenantRequest) -> str:
    """Name of the tenant's project on the hub's Foundry account (2 to 64 characters)."""
    return bounded("project", request.tenant_id, "", 64)


def system_topic(request: TenantRequest) -> str:
    """Name of the Event Grid topic of the subscription's events (3 to 50 characters)."""
    return bounded("events", request.tenant_id, "", 50)


def cost_export(request: TenantRequest) -> str:
    """Name of the daily cost export (3 to 64 characters)."""
    return bounded("focus", request.tenant_id, "", 64)


def _joined(*parts: str) -> str:
    return "-".join(part for part in parts if part)


def _part(text: str) -> str:
    """The text, known to be fit for the inside of any name; ours, not a tenant's."""
    if not _PART.fullmatch(text):
        raise ValueError(f"{text!r} is no part of a resource's name")
    return text
