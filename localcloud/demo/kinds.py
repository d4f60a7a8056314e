"""What the kinds of Azure are called when there is little room, and which are notes on others."""

PROVIDER = "resource provider"

# A line of their own: what stands in a resource group.
SHORT = {
    "subscriptions": "subscription",
    "resourcegroups": "resource group",
    "microsoft.apimanagement/service": "API Management",
    "microsoft.cognitiveservices/accounts": "AI services",
    "microsoft.containerservice/managedclusters": "Kubernetes cluster",
    "microsoft.dbforpostgresql/flexibleservers": "PostgreSQL",
    "microsoft.documentdb/databaseaccounts": "Cosmos DB",
    "microsoft.eventgrid/systemtopics": "Event Grid topic",
    "microsoft.keyvault/vaults": "Key Vault",
    "microsoft.managedidentity/userassignedidentities": "identity",
    "microsoft.network/firewallpolicies": "firewall policy",
    "microsoft.network/networksecuritygroups": "security group",
    "microsoft.network/privateendpoints": "private endpoint",
    "microsoft.network/routetables": "route table",
    "microsoft.network/virtualnetworks": "network",
    "microsoft.search/searchservices": "AI Search",
    "microsoft.storage/storageaccounts": "storage account",
}

# Counted on what they belong to: one, and several.
COUNTED = {
    PROVIDER: ("provider", "providers"),
    "microsoft.authorization/policyassignments": ("policy", "policies"),
    "microsoft.authorization/roleassignments": ("role", "roles"),
    "sqlroleassignments": ("role", "roles"),
}

# A word on what they belong to.
WORDS = {
    "administrators": "administrator",
    "eventsubscriptions": "events",
    "microsoft.consumption/budgets": "budget",
    "microsoft.costmanagement/exports": "cost export",
    "microsoft.insights/diagnosticsettings": "diagnostics",
    "microsoft.kubernetesconfiguration/fluxconfigurations": "GitOps",
    "microsoft.resources/tags": "tags",
    "policies": "policy",
    "privatednszonegroups": "DNS",
    "subscriptions": "subscription",
}

# Named on what they belong to.
NAMED = {
    "agentpools": "pool",
    "apilinks": "API",
    "containers": "container",
    "databases": "database",
    "federatedidentitycredentials": "federated",
    "indexes": "index",
    "managednamespaces": "namespace",
    "products": "product",
    "projects": "project",
    "secrets": "secret",
    "sqldatabases": "database",
    "subnets": "subnet",
    "virtualnetworkpeerings": "peering",
}


def shown(kind: str) -> str:
    """What a kind is called on a line of its own."""
    return SHORT.get(kind.lower(), kind.rpartition("/")[2])
