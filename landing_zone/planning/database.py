"""Step 5: the tenant's database, entered with Entra identities only."""

from collections.abc import Iterator
from typing import Any

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

COSMOS = "cosmos"
COSMOS_DATABASE = "cosmos-database"
POSTGRESQL = "postgresql"
DATABASE_NAME = "app"

_COSMOS = "Microsoft.DocumentDB/databaseAccounts"
_POSTGRESQL = "Microsoft.DBforPostgreSQL/flexibleServers"


def database_resources(scope: Scope) -> Iterator[Resource]:
    """The account or server with one database, or nothing."""
    match scope.request.data.database:
        case "cosmos":
            yield _cosmos_account(scope)
            yield _cosmos_database(scope)
        case "postgresql":
            yield _postgresql_server(scope)
            yield _postgresql_administrator(scope)
            yield _postgresql_database(scope)


def cosmos_id(scope: Scope) -> str:
    """ARM id of the Cosmos DB account."""
    return scope.workload_id(_COSMOS, _cosmos_name(scope))


def _cosmos_name(scope: Scope) -> str:
    return naming.world_wide("cosmos", scope.request, salt=scope.salt)


def _cosmos_account(scope: Scope) -> Resource:
    region = {
        "locationName": scope.request.region,
        "failoverPriority": 0,
        "isZoneRedundant": False,
    }
    return regional(
        scope,
        key=COSMOS,
        step=Step.RUNTIME_AND_DATA,
        kind=_COSMOS,
        resource_id=cosmos_id(scope),
        api_version=api_versions.COSMOS_DB,
        group="workload",
        top={"kind": "GlobalDocumentDB"},
        properties={
            "databaseAccountOfferType": "Standard",
            "capabilities": [{"name": "EnableServerless"}],
            "consistencyPolicy": {"defaultConsistencyLevel": "Session"},
            "locations": [region],
            "backupPolicy": {
                "type": "Continuous",
                "continuousModeProperties": {"tier": "Continuous7Days"},
            },
            "disableKeyBasedMetadataWriteAccess": True,
            "disableLocalAuth": True,
            "minimalTlsVersion": "Tls12",
            "networkAclBypass": "None",
            "publicNetworkAccess": "Disabled",
        },
    )


def _cosmos_database(scope: Scope) -> Resource:
    kind = f"{_COSMOS}/sqlDatabases"
    return Resource(
        key=COSMOS_DATABASE,
        step=Step.RUNTIME_AND_DATA,
        type=kind,
        id=scope.workload_id(kind, _cosmos_name(scope), DATABASE_NAME),
        api_version=api_versions.COSMOS_DB,
        body={"properties": {"resource": {"id": DATABASE_NAME}}},
        after=frozenset({COSMOS}),
    )


def _postgresql_name(scope: Scope) -> str:
    return naming.world_wide("psql", scope.request, salt=scope.salt)


def _postgresql_server(scope: Scope) -> Resource:
    return regional(
        scope,
        key=POSTGRESQL,
        step=Step.RUNTIME_AND_DATA,
        kind=_POSTGRESQL,
        resource_id=scope.workload_id(_POSTGRESQL, _postgresql_name(scope)),
        api_version=api_versions.POSTGRESQL,
        group="workload",
        top={"sku": _postgresql_size(scope)},
        properties={
            "version": "17",
            "authConfig": {
                "activeDirectoryAuth": "Enabled",
                "passwordAuth": "Disabled",
                "tenantId": scope.directory_id,
            },
            "backup": {"backupRetentionDays": 14, "geoRedundantBackup": "Disabled"},
            "network": {"publicNetworkAccess": "Disabled"},
            "storage": {"storageSizeGB": 64, "autoGrow": "Enabled"},
        },
    )


def _postgresql_size(scope: Scope) -> dict[str, Any]:
    if scope.request.environment == "prod":
        return {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}
    return {"name": "Standard_B2s", "tier": "Burstable"}


def _postgresql_administrator(scope: Scope) -> Resource:
    """The owner's group: with passwords off, someone of the directory has to be the first."""
    kind = f"{_POSTGRESQL}/administrators"
    group = str(scope.request.owner.group)
    return Resource(
        key="postgresql-administrator",
        step=Step.IDENTITY_AND_API,
        type=kind,
        id=scope.workload_id(kind, _postgresql_name(scope), group),
        api_version=api_versions.POSTGRESQL,
        body={
            "properties": {
                "principalName": f"{scope.request.tenant_id}-owners",
                "principalType": "Group",
            }
        },
        after=frozenset({POSTGRESQL}),
    )


def _postgresql_database(scope: Scope) -> Resource:
    kind = f"{_POSTGRESQL}/databases"
    return Resource(
        key="postgresql-database",
        step=Step.RUNTIME_AND_DATA,
        type=kind,
        id=scope.workload_id(kind, _postgresql_name(scope), DATABASE_NAME),
        api_version=api_versions.POSTGRESQL,
        body={"properties": {"charset": "UTF8", "collation": "en_US.utf8"}},
        # A server takes one change at a time.
        after=frozenset({POSTGRESQL, "postgresql-administrator"}),
    )
