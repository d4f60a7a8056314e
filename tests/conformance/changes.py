"""Writes of someone else that break a rule, each as ARM takes it."""

from typing import Any, NamedTuple

from landing_zone.planning import api_versions
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.drifts import rule_from

NETWORK = api_versions.NETWORK
STORAGE = api_versions.STORAGE


class Change(NamedTuple):
    """A write of someone else that breaks a rule.

    Attributes:
        rule: The rule.
        on: End of the normalized id of what it is done to, or its type.
        below: What is added to that id.
        version: The api-version.
        body: What is sent; None for a DELETE.
        method: PUT, PATCH or DELETE.
    """

    rule: RuleName
    on: str
    below: str
    version: str
    body: Any = None
    method: str = "PATCH"


def opened(**properties: Any) -> dict[str, Any]:
    """A body of these properties."""
    return {"properties": properties}


PUBLIC = opened(publicNetworkAccess="Enabled")
CHANGES = {
    "storage-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS, "microsoft.storage/storageaccounts", "", STORAGE, PUBLIC
    ),
    "vault-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS,
        "microsoft.keyvault/vaults",
        "",
        api_versions.KEY_VAULT,
        PUBLIC,
    ),
    "search-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS,
        "microsoft.search/searchservices",
        "",
        api_versions.SEARCH,
        PUBLIC,
    ),
    "ai-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS,
        "microsoft.cognitiveservices/accounts",
        "",
        api_versions.COGNITIVE_SERVICES,
        PUBLIC,
    ),
    "cosmos-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS,
        "microsoft.documentdb/databaseaccounts",
        "",
        api_versions.COSMOS_DB,
        PUBLIC,
    ),
    "postgresql-public": Change(
        RuleName.PUBLIC_NETWORK_ACCESS,
        "microsoft.dbforpostgresql/flexibleservers",
        "",
        api_versions.POSTGRESQL,
        opened(network={"publicNetworkAccess": "Enabled"}),
    ),
    "storage-opened": Change(
        RuleName.STORAGE_SECURITY,
        "microsoft.storage/storageaccounts",
        "",
        STORAGE,
        opened(
            allowSharedKeyAccess=True,
            allowBlobPublicAccess=True,
            minimumTlsVersion="TLS1_0",
            networkAcls={"defaultAction": "Allow"},
        ),
    ),
    "inbound": Change(
        RuleName.INTERNET_INBOUND,
        "microsoft.network/networksecuritygroups",
        "/securityRules/allow",
        NETWORK,
        opened(**rule_from("Internet")["properties"]),
        "PUT",
    ),
    "deny-rule-deleted": Change(
        RuleName.INTERNET_INBOUND,
        "microsoft.network/networksecuritygroups",
        "/securityRules/deny-internet-inbound",
        NETWORK,
        method="DELETE",
    ),
    "default-route-deleted": Change(
        RuleName.FORCED_TUNNELLING,
        "microsoft.network/routetables",
        "/routes/default-to-firewall",
        NETWORK,
        method="DELETE",
    ),
    "route-past-the-firewall": Change(
        RuleName.FORCED_TUNNELLING,
        "microsoft.network/routetables",
        "/routes/past",
        NETWORK,
        opened(addressPrefix="198.51.100.0/24", nextHopType="Internet"),
        "PUT",
    ),
    "peering-deleted": Change(
        RuleName.FOREIGN_PEERING,
        "microsoft.network/virtualnetworks",
        "/virtualNetworkPeerings/peer-hub-weu",
        NETWORK,
        method="DELETE",
    ),
    "zone-group-deleted": Change(
        RuleName.PRIVATE_ENDPOINT_DNS,
        "microsoft.network/privateendpoints/privatednszonegroups",
        "",
        NETWORK,
        method="DELETE",
    ),
    "diagnostics-deleted": Change(
        RuleName.MONITORING,
        "microsoft.insights/diagnosticsettings",
        "",
        api_versions.DIAGNOSTICS,
        method="DELETE",
    ),
    "event-subscription-deleted": Change(
        RuleName.MONITORING,
        "microsoft.eventgrid/systemtopics/eventsubscriptions",
        "",
        api_versions.EVENT_GRID,
        method="DELETE",
    ),
    "role-deleted": Change(
        RuleName.MISSING_RESOURCE,
        "microsoft.authorization/roleassignments",
        "",
        api_versions.AUTHORIZATION,
        method="DELETE",
    ),
    "endpoint-deleted": Change(
        RuleName.MISSING_RESOURCE,
        "microsoft.network/privateendpoints",
        "",
        NETWORK,
        method="DELETE",
    ),
    "budget-deleted": Change(
        RuleName.MISSING_RESOURCE,
        "microsoft.consumption/budgets",
        "",
        api_versions.BUDGETS,
        method="DELETE",
    ),
    "subscription-tags": Change(
        RuleName.REQUIRED_TAGS,
        "rg-contoso-research-network",
        "/providers/Microsoft.Resources/tags/default",
        api_versions.RESOURCES,
        {"operation": "Delete", "properties": {"tags": {"owner": "research@contoso.com"}}},
    ),
}
