"""Where a tenant's data lives: storage, databases, search, and the vault of its secrets."""

from localcloud.arm.behaviours import cosmos, postgres, search, storage, vaults
from localcloud.arm.catalogue.frame import GUID
from localcloud.arm.catalogue.model import Hooks, Reference, ResourceType, Taken, Writing

STORAGE = "Microsoft.Storage/storageAccounts"
BLOBS = f"{STORAGE}/blobServices"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers"
VAULT = "Microsoft.KeyVault/vaults"
SEARCH = "Microsoft.Search/searchServices"

_STORAGE = ("2026-04-01", "2026-09-01")
_COSMOS = ("2026-03-15",)
_POSTGRES = ("2025-08-01", "2026-10-01")
_VAULT = ("2026-02-01", "2026-05-15")

_STORAGE_TYPES = (
    ResourceType(
        STORAGE,
        versions=_STORAGE,
        model="azure.mgmt.storage.models:StorageAccountCreateParameters",
        patch="azure.mgmt.storage.models:StorageAccountUpdateParameters",
        write=Writing.ACCEPTED,
        tracked=True,
        name_pattern=r"[a-z0-9]{3,24}",
        provisioning=True,
        busy="Creating",
        broken="Succeeded",  # learn: rest/api/storagerp, ProvisioningState knows no failure
        taken=Taken("StorageAccountAlreadyTaken"),
        defaults=storage.DEFAULTS,
        lock=STORAGE,
        hooks=Hooks(check=storage.check, prepare=storage.prepare),
    ),
    ResourceType(
        BLOBS,
        versions=_STORAGE,
        model="azure.mgmt.storage.models:BlobServiceProperties",
        name_pattern="default",
        created=200,
        hidden=True,
    ),
    ResourceType(
        f"{BLOBS}/containers",
        versions=_STORAGE,
        model="azure.mgmt.storage.models:BlobContainer",
        patch="azure.mgmt.storage.models:BlobContainer",
        name_pattern=r"(\$root|\$logs|\$web|[a-z0-9](-?[a-z0-9]){2,62})",
        etag=True,
        defaults={"properties": {"publicAccess": "None"}},
        hidden=True,
        hooks=Hooks(check=storage.check_container),
    ),
    ResourceType(
        f"{STORAGE}/managementPolicies",
        versions=_STORAGE,
        model="azure.mgmt.storage.models:ManagementPolicy",
        name_pattern="default",
        created=200,
        hidden=True,
    ),
)

_COSMOS_TYPES = (
    ResourceType(
        COSMOS,
        versions=_COSMOS,
        model="azure.mgmt.cosmosdb.models:DatabaseAccountCreateUpdateParameters",
        patch="azure.mgmt.cosmosdb.models:DatabaseAccountUpdateParameters",
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        created=200,
        tracked=True,
        name_pattern=r"[a-z0-9]([a-z0-9-]{1,42}[a-z0-9])",
        provisioning=True,
        taken=Taken("BadRequest", 400),
        defaults=cosmos.DEFAULTS,
        lock=COSMOS,
        hooks=Hooks(check=cosmos.check, prepare=cosmos.prepare),
    ),
    ResourceType(
        f"{COSMOS}/sqlDatabases",
        versions=_COSMOS,
        model="azure.mgmt.cosmosdb.models:SqlDatabaseCreateUpdateParameters",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=r"[^/\\#?]{1,255}",
        hidden=True,
        hooks=Hooks(check=cosmos.check_inner, prepare=cosmos.prepare_inner),
    ),
    ResourceType(
        f"{COSMOS}/sqlDatabases/containers",
        versions=_COSMOS,
        model="azure.mgmt.cosmosdb.models:SqlContainerCreateUpdateParameters",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=r"[^/\\#?]{1,255}",
        hidden=True,
        hooks=Hooks(check=cosmos.check_container, prepare=cosmos.prepare_inner),
    ),
    ResourceType(
        f"{COSMOS}/sqlRoleAssignments",
        versions=_COSMOS,
        model="azure.mgmt.cosmosdb.models:SqlRoleAssignmentCreateUpdateParameters",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=GUID,
        hidden=True,
        hooks=Hooks(check=cosmos.check_role_assignment),
    ),
)

_POSTGRES_TYPES = (
    ResourceType(
        POSTGRES,
        versions=_POSTGRES,
        model="azure.mgmt.postgresqlflexibleservers.models:Server",
        patch="azure.mgmt.postgresqlflexibleservers.models:ServerForPatch",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        tracked=True,
        name_pattern=r"[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])",
        taken=Taken("ServerNameAlreadyExists"),
        secrets=("administratorLoginPassword", "createMode"),
        defaults=postgres.DEFAULTS,
        references=(
            Reference("properties.network.delegatedSubnetResourceId"),
            Reference("properties.network.privateDnsZoneArmResourceId"),
        ),
        lock=POSTGRES,
        hooks=Hooks(check=postgres.check, prepare=postgres.prepare, written=postgres.written),
    ),
    ResourceType(
        f"{POSTGRES}/databases",
        versions=_POSTGRES,
        model="azure.mgmt.postgresqlflexibleservers.models:Database",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=r"[A-Za-z0-9_-]{1,63}",
        defaults={"properties": {"charset": "UTF8", "collation": "en_US.utf8"}},
        lock=POSTGRES,
        conflict="ServerIsBusy",
        hidden=True,
        hooks=Hooks(check=postgres.check_ready),
    ),
    ResourceType(
        f"{POSTGRES}/administrators",
        versions=_POSTGRES,
        model="azure.mgmt.postgresqlflexibleservers.models:AdministratorMicrosoftEntraAdd",
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=GUID,
        lock=POSTGRES,
        conflict="ServerIsBusy",
        secrets=("tenantId",),
        hidden=True,
        hooks=Hooks(check=postgres.check_administrator, prepare=postgres.prepare_administrator),
    ),
)

_VAULT_TYPES = (
    ResourceType(
        VAULT,
        versions=_VAULT,
        model="azure.mgmt.keyvault.models:VaultCreateOrUpdateParameters",
        patch="azure.mgmt.keyvault.models:VaultPatchParameters",
        write=Writing.BODY,
        tracked=True,
        name_pattern=r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])+",
        provisioning=True,
        busy="RegisteringDns",
        broken="Succeeded",  # learn: rest/api/keyvault, VaultProvisioningState knows no failure
        taken=Taken("VaultAlreadyExists"),
        defaults=vaults.DEFAULTS,
        lock=VAULT,
        hooks=Hooks(check=vaults.check, prepare=vaults.prepare, deleted=vaults.deleted),
    ),
    ResourceType(
        f"{VAULT}/secrets",
        versions=_VAULT,
        model="azure.mgmt.keyvault.models:SecretCreateOrUpdateParameters",
        name_pattern=r"[A-Za-z0-9-]{1,127}",
        secrets=("value",),
        hidden=True,
        hooks=Hooks(
            check=vaults.check_secret,
            prepare=vaults.prepare_secret,
            check_delete=vaults.check_secret_delete,
            deleted=vaults.secret_deleted,
        ),
    ),
    ResourceType(
        "Microsoft.KeyVault/locations/deletedVaults",
        versions=_VAULT,
        hidden=True,
    ),
)

TYPES = (
    *_STORAGE_TYPES,
    *_COSMOS_TYPES,
    *_POSTGRES_TYPES,
    *_VAULT_TYPES,
    ResourceType(
        SEARCH,
        versions=("2025-05-01",),
        model="azure.mgmt.search.models:SearchService",
        patch="azure.mgmt.search.models:SearchServiceUpdate",
        write=Writing.BODY,
        tracked=True,
        name_pattern=r"(?=.{2,60}$)[a-z0-9]{2}[a-z0-9]*(-[a-z0-9]+)*",
        provisioning=True,
        busy="provisioning",
        taken=Taken("ServiceNameUnavailable"),
        defaults=search.DEFAULTS,
        lock=SEARCH,
        hooks=Hooks(check=search.check, prepare=search.prepare, written=search.written),
    ),
    # Made and read on the data plane alone: localcloud/arm/data_planes/search.py.
    ResourceType(f"{SEARCH}/indexes", versions=(), hidden=True),
)
