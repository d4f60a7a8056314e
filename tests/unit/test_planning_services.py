"""Every planned service: closed to the public, to keys and passwords, and reached privately."""

from typing import Any

import pytest
from hypothesis import given, settings

from landing_zone.differences import value_at
from landing_zone.plan import Plan
from landing_zone.planning.private_endpoints import PRIVATE_LINKS
from landing_zone.tenant_request import TenantRequest
from tests.fakes import example_request
from tests.unit.planned import HUB, properties_in
from tests.unit.planned_whole import (
    Planned,
    of_type,
    wanting,
    whole_plan_of,
    whole_plans,
)

STORAGE = "Microsoft.Storage/storageAccounts"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
POSTGRESQL = "Microsoft.DBforPostgreSQL/flexibleServers"
VAULT = "Microsoft.KeyVault/vaults"
SEARCH = "Microsoft.Search/searchServices"
AI = "Microsoft.CognitiveServices/accounts"
CLUSTER = "Microsoft.ContainerService/managedClusters"

# What closes each type that has a public side or keys of its own.
CLOSED: dict[str, dict[str, Any]] = {
    STORAGE: {
        "publicNetworkAccess": "Disabled",
        "allowSharedKeyAccess": False,
        "allowBlobPublicAccess": False,
        "defaultToOAuthAuthentication": True,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "isLocalUserEnabled": False,
        "networkAcls.defaultAction": "Deny",
    },
    COSMOS: {
        "publicNetworkAccess": "Disabled",
        "disableLocalAuth": True,
        "disableKeyBasedMetadataWriteAccess": True,
    },
    POSTGRESQL: {
        "network.publicNetworkAccess": "Disabled",
        "authConfig.passwordAuth": "Disabled",
        "authConfig.activeDirectoryAuth": "Enabled",
    },
    VAULT: {
        "publicNetworkAccess": "Disabled",
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        "enablePurgeProtection": True,
        "softDeleteRetentionInDays": 90,
        "networkAcls.defaultAction": "Deny",
    },
    SEARCH: {"publicNetworkAccess": "Disabled", "disableLocalAuth": True},
    AI: {
        "publicNetworkAccess": "Disabled",
        "disableLocalAuth": True,
        "networkAcls.defaultAction": "Deny",
    },
    CLUSTER: {
        "publicNetworkAccess": "Disabled",
        "disableLocalAccounts": True,
        "apiServerAccessProfile.enablePrivateCluster": True,
        "apiServerAccessProfile.enablePrivateClusterPublicFQDN": False,
    },
}


@given(whole_plans())
@settings(max_examples=25)
def test_every_service_is_closed(drawn: Planned) -> None:
    """Public access is off, and so is whatever is not an Entra identity."""
    for kind, closed in CLOSED.items():
        for item in of_type(drawn[1], kind):
            found = {path: value_at(item.body["properties"], path) for path in closed}
            assert found == closed, item.key


@given(whole_plans())
@settings(max_examples=25)
def test_no_resource_opens_itself_to_the_public(drawn: Planned) -> None:
    """Also one of a type that is not named above."""
    for item in drawn[1].resources:
        for name, value in properties_in(item.body):
            assert name not in ("publicIPAddress", "publicIPAddresses"), item.key
            if name in ("publicNetworkAccess", "enableNodePublicIP"):
                assert value in ("Disabled", False), item.key


@given(whole_plans())
@settings(max_examples=25)
def test_every_service_that_can_has_one_private_endpoint_with_its_dns(drawn: Planned) -> None:
    """In the spoke's subnet for it, in the hub's zone, in the group that tenants cannot change."""
    made = drawn[1]
    targets = {
        item.id: PRIVATE_LINKS[item.type] for item in made.resources if item.type in PRIVATE_LINKS
    }
    endpoints = of_type(made, "Microsoft.Network/privateEndpoints")
    reached: dict[str, str] = {}
    for endpoint in endpoints:
        (connection,) = endpoint.body["properties"]["privateLinkServiceConnections"]
        target = connection["properties"]["privateLinkServiceId"]
        assert connection["properties"]["groupIds"] == [targets[target].group]
        assert endpoint.body["properties"]["subnet"]["id"].endswith("/subnets/private-endpoints")
        assert "-network/providers/" in endpoint.id
        reached[endpoint.id] = target
    assert sorted(reached.values()) == sorted(targets)
    for group in of_type(made, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"):
        endpoint_id = group.id.rsplit("/privateDnsZoneGroups/", 1)[0]
        (zone,) = group.body["properties"]["privateDnsZoneConfigs"]
        name = targets[reached.pop(endpoint_id)].zone
        wanted = HUB.resource_id("Microsoft.Network/privateDnsZones", name)
        assert zone["properties"]["privateDnsZoneId"] == wanted
    assert reached == {}


def kinds(made: Plan) -> set[str]:
    """The types of the data services of a plan, the vault and the records aside."""
    return {item.type for item in made.resources if item.key in ("storage", "cosmos", "postgresql")}


@given(whole_plans())
@settings(max_examples=25)
def test_tenant_has_the_stores_that_it_asked_for_and_no_other(drawn: Planned) -> None:
    """The vault and the account of the platform's records are always there."""
    request, made = drawn
    database = {"cosmos": {COSMOS}, "postgresql": {POSTGRESQL}, "none": set[str]()}
    wanted = database[request.data.database] | ({STORAGE} if request.data.storage else set())
    assert kinds(made) == wanted
    assert len(of_type(made, VAULT)) == 1
    assert "records" in made.by_key
    dedicated = request.data.vector_index == "dedicated"
    assert len(of_type(made, SEARCH)) == dedicated


@given(whole_plans())
@settings(max_examples=25)
def test_tenant_has_the_ai_services_that_it_asked_for(drawn: Planned) -> None:
    """Each an account of its own with a name of its own; the project is in the hub's account."""
    request, made = drawn
    names = {"documentIntelligence": "FormRecognizer", "speech": "SpeechServices"}
    names["language"] = "TextAnalytics"
    accounts = of_type(made, AI)
    assert sorted(item.body["kind"] for item in accounts) == sorted(
        names[service] for service in request.ai.services
    )
    for item in accounts:
        assert item.body["properties"]["customSubDomainName"] == item.name
    projects = of_type(made, f"{AI}/projects")
    assert len(projects) == request.ai.foundry_project
    assert all("/accounts/aif-hub-weu/projects/" in item.id for item in projects)


def test_database_is_serverless_or_entered_by_the_owner() -> None:
    """Cosmos DB costs by use; PostgreSQL has the owner's group as its first administrator."""
    cosmos = whole_plan_of(wanting()).by_key
    assert cosmos["cosmos"].body["properties"]["capabilities"] == [{"name": "EnableServerless"}]
    assert cosmos["cosmos-database"].body["properties"]["resource"] == {"id": "app"}
    request = postgresql()
    server = whole_plan_of(request).by_key
    assert server["postgresql-administrator"].name == str(request.owner.group)
    assert "postgresql-administrator" in server["postgresql-database"].waits_for


def postgresql() -> TenantRequest:
    """A request for PostgreSQL."""
    return wanting(data={"storage": False, "database": "postgresql", "vectorIndex": "none"})


@pytest.mark.parametrize(
    ("environment", "sizes"),
    [
        ("prod", ("Standard_ZRS", "Standard_D2ds_v5")),
        ("dev", ("Standard_LRS", "Standard_B2s")),
    ],
)
def test_production_is_sized_for_production(environment: str, sizes: tuple[str, str]) -> None:
    """Development costs less."""
    document = postgresql().to_document() | {"environment": environment}
    made = whole_plan_of(TenantRequest.model_validate(document)).by_key
    found = (made["records"].body["sku"]["name"], made["postgresql"].body["sku"]["name"])
    assert found == sizes


def test_only_the_records_let_microsofts_own_services_in() -> None:
    """Event Grid and Cost Management write there; nobody but the tenant reaches its own account."""
    made = whole_plan_of(example_request()).by_key
    bypass = {
        key: made[key].body["properties"]["networkAcls"]["bypass"] for key in ("storage", "records")
    }
    assert bypass == {"storage": "None", "records": "AzureServices"}
    assert "-operations/" in made["records"].id
