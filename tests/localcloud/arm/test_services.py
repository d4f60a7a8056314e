"""What Azure refuses of the services that a tenant gets, one line a case, and how they behave."""

# ruff: noqa: E501 - a table reads best with a case on a line

import uuid
from typing import Any

import pytest

from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, HUB_SUBSCRIPTION, Arm

ACCOUNT = b.at(HUB_GROUP, "Microsoft.Storage/storageAccounts", "stcontoso")
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
COSMOS = b.at(HUB_GROUP, "Microsoft.DocumentDB/databaseAccounts", "cosmos-t")
SERVER = b.at(HUB_GROUP, "Microsoft.DBforPostgreSQL/flexibleServers", "psql-t")
VAULT = b.at(HUB_GROUP, "Microsoft.KeyVault/vaults", "kv-t")
SEARCH = b.at(HUB_GROUP, "Microsoft.Search/searchServices", "srch-t")
SPEECH = b.at(HUB_GROUP, "Microsoft.CognitiveServices/accounts", "speech-t")
WORKSPACE = b.at(HUB_GROUP, "Microsoft.OperationalInsights/workspaces", "log-t")
SETTING = b.at(b.HUB_CLUSTER, "Microsoft.Insights/diagnosticSettings", "all")
EVENTS = b.at(HUB_SUBSCRIPTION, "Microsoft.EventGrid/eventSubscriptions", "sub")
TOPIC = b.at(HUB_GROUP, "Microsoft.EventGrid/systemTopics", "topic")
EXPORT = b.at(HUB_SUBSCRIPTION, "Microsoft.CostManagement/exports", "focus")

ANY = {"properties": {"endpointUrl": "http://plain"}, "endpointType": "WebHook"}
LOGS = [{"category": "a", "categoryGroup": "b", "enabled": True}]
REFUSED = [
    (b.at(HUB_GROUP, "Microsoft.Storage/storageAccounts", "Not-Legal"), b.storage(), b.STORAGE, "InvalidResourceName"),
    (ACCOUNT, b.storage(colour=1), b.STORAGE, "InvalidRequestContent"),
    (ACCOUNT, b.storage(minimumTlsVersion="TLS9"), b.STORAGE, "InvalidRequestContent"),
    (ACCOUNT, b.here({}), b.STORAGE, "InvalidRequestContent"),
    (f"{CONTAINERS}/x", {"properties": {}}, b.STORAGE, "ParentResourceNotFound"),
    (COSMOS, b.cosmos(locations=[]), b.COSMOS, "BadRequest"),
    (COSMOS, b.cosmos(locations=[{"locationName": "atlantis", "failoverPriority": 0}]), b.COSMOS, "BadRequest"),
    (COSMOS, b.cosmos(locations=[{"locationName": "westeurope", "failoverPriority": 1}]), b.COSMOS, "BadRequest"),
    (SERVER, b.postgres() | {"sku": None}, b.POSTGRES, "InvalidParameterValue"),
    (SERVER, b.postgres(authConfig={"passwordAuth": "Disabled"}), b.POSTGRES, "InvalidParameterValue"),
    (SERVER, b.postgres(authConfig={"passwordAuth": "Enabled"}), b.POSTGRES, "InvalidParameterValue"),
    (SERVER, b.postgres(network={"delegatedSubnetResourceId": b.HUB_SUBNET}), b.POSTGRES, "EmptyPrivateDnsZoneArmResourceId"),
    (VAULT, b.vault(tenantId=str(uuid.UUID(int=1))), b.VAULT, "InvalidTenantId"),
    (VAULT, b.vault(softDeleteRetentionInDays=5), b.VAULT, "BadRequest"),
    (VAULT, b.vault(enableSoftDelete=False), b.VAULT, "BadRequest"),
    (VAULT, b.vault(enablePurgeProtection=False), b.VAULT, "BadRequest"),
    (VAULT, b.vault(createMode="recover"), b.VAULT, "SoftDeletedVaultDoesNotExist"),
    (b.at(HUB_GROUP, "Microsoft.KeyVault/vaults", "a--b"), b.vault(), b.VAULT, "InvalidResourceName"),
    (SEARCH, b.here({}), b.SEARCH, "InvalidRequest"),
    (SEARCH, b.search(replicaCount=12, partitionCount=12), b.SEARCH, "InvalidRequest"),
    (SEARCH, b.search(partitionCount=5), b.SEARCH, "InvalidRequest"),
    (SEARCH, b.search(disableLocalAuth=True, authOptions={"apiKeyOnly": {}}), b.SEARCH, "InvalidRequest"),
    (SPEECH, b.account("Telepathy"), b.COGNITIVE, "InvalidApiSetId"),
    (SPEECH, b.account(restore=True), b.COGNITIVE, "CanNotRestoreANonExistingResource"),
    (SPEECH, b.account() | {"sku": None}, b.COGNITIVE, "InvalidSku"),
    (SPEECH, b.account(customSubDomainName="aif-hub-weu"), b.COGNITIVE, "CustomDomainInUse"),
    (SPEECH, b.account("AIServices", allowProjectManagement=True), b.COGNITIVE, "BadRequest"),
    (f"{b.HUB_FOUNDRY}/deployments/gpt", {"properties": {}}, b.COGNITIVE, "InvalidResourceProperties"),
    (f"{b.HUB_FOUNDRY}/projects/proj", b.here({}), b.COGNITIVE, "BadRequest"),
    (WORKSPACE, b.here({"retentionInDays": 7}), b.WORKSPACE, "InvalidParameter"),
    (SETTING, b.diagnostics(f"{b.HUB_WORKSPACE}x"), b.DIAGNOSTICS, "InvalidResourceReference"),
    (SETTING, b.diagnostics(b.HUB_CLUSTER), b.DIAGNOSTICS, "ResourceNotFound"),
    (SETTING, {"properties": {"logs": []}}, b.DIAGNOSTICS, "BadRequest"),
    (SETTING, b.diagnostics(logs=LOGS), b.DIAGNOSTICS, "BadRequest"),
    (b.at(b.HUB_POLICY, "Microsoft.Insights/diagnosticSettings", "all"), b.diagnostics(), b.DIAGNOSTICS, "ResourceTypeNotSupported"),
    (b.at(b.BLOB_ZONE, "Microsoft.Insights/diagnosticSettings", "all"), b.diagnostics(), b.DIAGNOSTICS, "BadRequest"),
    (EVENTS, b.subscribed(ACCOUNT), b.EVENTS, "InvalidRequest"),
    (EVENTS, {"properties": {}}, b.EVENTS, "InvalidRequest"),
    (EVENTS, b.subscribed(ACCOUNT, eventDeliverySchema="CustomInputSchema"), b.EVENTS, "InvalidRequest"),
    (EVENTS, {"properties": {"destination": ANY}}, b.EVENTS, "InvalidRequest"),
    (EVENTS, {"properties": {"destination": {"endpointType": "Pigeon"}}}, b.EVENTS, "InvalidRequestContent"),
    (EVENTS, {"properties": {"destination": {"endpointType": "AzureFunction", "properties": {"resourceId": "f"}}}}, b.EVENTS, "InvalidRequest"),
    (TOPIC, b.here({"source": b.HUB_SEARCH, "topicType": "Contoso.Events"}), b.EVENTS, "InvalidRequest"),
    (TOPIC, b.here({"source": HUB_SUBSCRIPTION, "topicType": "Microsoft.Resources.Subscriptions"}), b.EVENTS, "InvalidRequest"),
    (TOPIC, b.here({"source": ACCOUNT, "topicType": "Microsoft.Storage.StorageAccounts"}), b.EVENTS, "InvalidRequest"),
    (EXPORT, b.export(ACCOUNT), b.EXPORTS, "400"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "version", "code"), REFUSED)
def test_a_service_that_cannot_be_is_refused(
    arm: Arm, path: str, body: dict[str, Any], version: str, code: str
) -> None:
    """Each wrong body has its own error; nothing is stored."""
    before = len(arm.cloud.store.everything())
    reply = arm.put(path, body, version)
    assert reply.code == code, reply.body
    assert 400 <= reply.status < 410
    assert len(arm.cloud.store.everything()) == before


GLOBAL = [
    ("Microsoft.Storage/storageAccounts", "stcontoso", b.storage(), b.STORAGE, "StorageAccountAlreadyTaken"),
    ("Microsoft.DocumentDB/databaseAccounts", "cosmos-t", b.cosmos(), b.COSMOS, "BadRequest"),
    ("Microsoft.DBforPostgreSQL/flexibleServers", "psql-t", b.postgres(), b.POSTGRES, "ServerNameAlreadyExists"),
    ("Microsoft.KeyVault/vaults", "kv-t", b.vault(), b.VAULT, "VaultAlreadyExists"),
    ("Microsoft.Search/searchServices", "srch-t", b.search(), b.SEARCH, "ServiceNameUnavailable"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "body", "version", "code"), GLOBAL)
def test_a_name_is_taken_in_all_of_azure(
    arm: Arm, kind: str, name: str, body: dict[str, Any], version: str, code: str
) -> None:
    """Another subscription cannot have the same name."""
    arm.made(b.at(HUB_GROUP, kind, name), body, version)
    again = arm.put(b.at(HUB_GROUP, kind, name), body, version)
    assert again.status < 300
    assert arm.put(b.at(arm.group(), kind, name), body, version).code == code


def test_containers_are_private_unless_the_account_allows_more(arm: Arm) -> None:
    """The account decides what its containers may be."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    public = {"properties": {"publicAccess": "Blob"}}
    assert arm.put(f"{CONTAINERS}/x-y-z", public, b.STORAGE).code == "PublicAccessNotPermitted"
    arm.made(ACCOUNT, b.storage(allowBlobPublicAccess=True), b.STORAGE)
    assert arm.put(f"{CONTAINERS}/x-y-z", public, b.STORAGE).status == 201


def test_a_patch_keeps_what_it_does_not_name_and_obeys_the_same_rules(arm: Arm) -> None:
    """One property changes; a wrong one is refused as in a PUT."""
    arm.made(VAULT, b.vault(enablePurgeProtection=True), b.VAULT)
    closed = {"properties": {"publicNetworkAccess": "Disabled"}}
    assert arm.call("PATCH", VAULT, b.VAULT, closed).status == 200
    read = arm.get(VAULT, b.VAULT).body["properties"]
    assert (read["publicNetworkAccess"], read["enablePurgeProtection"]) == ("Disabled", True)
    weaker = {"properties": {"enablePurgeProtection": False}}
    assert arm.call("PATCH", VAULT, b.VAULT, weaker).code == "BadRequest"
    assert arm.get(VAULT, b.VAULT).body["properties"]["enablePurgeProtection"] is True


def deleted_vault(**properties: Any) -> str:
    """Where the deleted vault is found."""
    del properties
    return (
        f"{HUB_SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-t"
    )


def test_a_deleted_vault_keeps_its_name_until_it_is_purged(arm: Arm) -> None:
    """Re-creation is refused, in every subscription, until then."""
    arm.made(VAULT, b.vault(), b.VAULT)
    assert arm.delete(VAULT, b.VAULT).status == 200
    assert arm.put(VAULT, b.vault(), b.VAULT).code == "ConflictError"
    asked = arm.call(
        "POST",
        f"{HUB_SUBSCRIPTION}/providers/Microsoft.KeyVault/checkNameAvailability",
        b.VAULT,
        {"name": "kv-t", "type": "Microsoft.KeyVault/vaults"},
    )
    assert asked.body["nameAvailable"] is False
    assert arm.call("POST", f"{deleted_vault()}/purge", b.VAULT).status == 202
    arm.advance(60)
    assert arm.get(deleted_vault(), b.VAULT).status == 404
    assert arm.put(VAULT, b.vault(), b.VAULT).status == 201


def test_a_deleted_vault_is_recovered_where_it_was_and_nowhere_else(arm: Arm) -> None:
    """Another subscription or group can neither have its name nor bring it back."""
    arm.made(VAULT, b.vault(), b.VAULT)
    arm.delete(VAULT, b.VAULT)
    elsewhere = b.at(arm.group(), "Microsoft.KeyVault/vaults", "kv-t")
    assert arm.put(elsewhere, b.vault(), b.VAULT).code == "VaultAlreadyExists"
    back = b.vault(createMode="recover")
    assert arm.put(elsewhere, back, b.VAULT).code == "SoftDeletedVaultDoesNotExist"
    arm.made(VAULT, back, b.VAULT)
    assert arm.get(deleted_vault(), b.VAULT).status == 404


def test_a_protected_vault_is_recovered_with_its_secrets_or_outlives_its_days(arm: Arm) -> None:
    """Purging is refused; recovery brings all back; time frees the name."""
    arm.made(VAULT, b.vault(enablePurgeProtection=True, softDeleteRetentionInDays=7), b.VAULT)
    arm.made(f"{VAULT}/secrets/key", {"properties": {"value": "hush"}}, b.VAULT)
    arm.delete(VAULT, b.VAULT)
    assert arm.call("POST", f"{deleted_vault()}/purge", b.VAULT).code == "MethodNotAllowed"
    back = b.vault(createMode="recover", enablePurgeProtection=True, softDeleteRetentionInDays=7)
    arm.made(VAULT, back, b.VAULT)
    assert arm.get(f"{VAULT}/secrets/key", b.VAULT).status == 200
    arm.delete(VAULT, b.VAULT)
    arm.advance(8 * 86_400)
    assert arm.put(VAULT, b.vault(), b.VAULT).status == 201


def test_a_secret_is_taken_and_never_answered(arm: Arm) -> None:
    """Neither its own answers nor the list of all resources show its value."""
    arm.made(VAULT, b.vault(), b.VAULT)
    path = f"{VAULT}/secrets/key"
    first = arm.made(path, {"properties": {"value": "hush-1"}}, b.VAULT)
    second = arm.made(path, {"properties": {"value": "hush-2"}}, b.VAULT)
    assert "hush" not in str([first, second])
    uri = "secretUriWithVersion"
    assert first["properties"][uri] != second["properties"][uri]
    record = arm.cloud.store.get(path)
    assert record is not None
    assert record.notes["secrets"] == {"value": "hush-2"}
    assert "hush" not in str(record.body)
    assert arm.delete(path, b.VAULT).status == 405


def test_a_deleted_account_is_restored_or_purged_before_it_is_made_again(arm: Arm) -> None:
    """The flag must be set for restore."""
    arm.made(SPEECH, b.account(customSubDomainName="speech-t"), b.COGNITIVE)
    arm.delete(SPEECH, b.COGNITIVE)
    arm.advance(60)
    assert arm.put(SPEECH, b.account(), b.COGNITIVE).code == "FlagMustBeSetForRestore"
    elsewhere = b.at(arm.group(), "Microsoft.CognitiveServices/accounts", "speech-t")
    same = b.account(customSubDomainName="speech-t")
    assert arm.put(elsewhere, same, b.COGNITIVE).code == "CustomDomainInUse"
    arm.made(SPEECH, b.account(restore=True), b.COGNITIVE)
    arm.delete(SPEECH, b.COGNITIVE)
    arm.advance(60)
    arm.advance(49 * 3600)
    assert arm.put(SPEECH, b.account(), b.COGNITIVE).status == 201


def test_an_account_is_not_deleted_before_its_projects(arm: Arm) -> None:
    """Projects go first."""
    project = f"{b.HUB_FOUNDRY}/projects/proj"
    arm.made(project, b.here({}, identity={"type": "SystemAssigned"}), b.COGNITIVE)
    assert arm.delete(b.HUB_FOUNDRY, b.COGNITIVE).code == "CannotDeleteResource"


def test_a_server_takes_databases_one_at_a_time_once_it_is_ready(arm: Arm) -> None:
    """It is busy while it is made, and while a database is."""
    database: dict[str, Any] = {"properties": {}}
    arm.put(SERVER, b.postgres(), b.POSTGRES)
    assert arm.put(f"{SERVER}/databases/a", database, b.POSTGRES).code == "ServerIsBusy"
    arm.advance(400)
    assert arm.put(f"{SERVER}/databases/a", database, b.POSTGRES).status == 202
    assert arm.put(f"{SERVER}/databases/b", database, b.POSTGRES).code == "ServerIsBusy"


def test_a_container_keeps_its_partition_key(arm: Arm) -> None:
    """Cosmos DB cannot change it; a role is a built-in one of the account."""
    arm.made(COSMOS, b.cosmos(), b.COSMOS)
    database = f"{COSMOS}/sqlDatabases/app"
    arm.made(database, {"properties": {"resource": {"id": "app"}}}, b.COSMOS)
    wrong = arm.put(database, {"properties": {"resource": {"id": "other"}}}, b.COSMOS)
    assert wrong.code == "BadRequest"

    def container(path: str) -> dict[str, Any]:
        key = {"paths": [path], "kind": "Hash"}
        return {"properties": {"resource": {"id": "c", "partitionKey": key}}}

    arm.made(f"{database}/containers/c", container("/a"), b.COSMOS)
    moved = arm.put(f"{database}/containers/c", container("/b"), b.COSMOS)
    assert moved.code == "BadRequest"
    role = f"{COSMOS}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
    body = {"roleDefinitionId": role, "scope": COSMOS, "principalId": str(uuid.uuid4())}
    path = f"{COSMOS}/sqlRoleAssignments/{uuid.uuid4()}"
    assert arm.put(path, {"properties": body}, b.COSMOS).status == 202
    elsewhere = {"properties": body | {"scope": VAULT}}
    assert arm.put(path, elsewhere, b.COSMOS).code == "BadRequest"


def test_a_resource_has_five_diagnostic_settings_each_to_its_own_sink(arm: Arm) -> None:
    """A sixth is refused, and a workspace twice."""
    arm.made(SETTING, b.diagnostics(), b.DIAGNOSTICS)
    assert arm.put(f"{SETTING}-again", b.diagnostics(), b.DIAGNOSTICS).code == "Conflict"
    for number in range(4):
        path = b.at(HUB_GROUP, "Microsoft.OperationalInsights/workspaces", f"log-{number}")
        arm.made(path, b.here({}), b.WORKSPACE)
        arm.made(f"{SETTING}{number}", b.diagnostics(path), b.DIAGNOSTICS)
    path = b.at(HUB_GROUP, "Microsoft.OperationalInsights/workspaces", "log-4")
    arm.made(path, b.here({}), b.WORKSPACE)
    assert arm.put(f"{SETTING}4", b.diagnostics(path), b.DIAGNOSTICS).code == "Conflict"


def test_an_event_subscription_keeps_the_secret_of_its_address(arm: Arm) -> None:
    """Only the base of a webhook's URL is answered; a source has one system topic."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    arm.made(f"{CONTAINERS}/dead-letters", {"properties": {}}, b.STORAGE)
    made = arm.made(EVENTS, b.subscribed(ACCOUNT), b.EVENTS)
    assert "hush" not in str(made)
    assert made["properties"]["retryPolicy"]["maxDeliveryAttempts"] == 30
    source = {"source": ACCOUNT, "topicType": "Microsoft.Storage.StorageAccounts"}
    arm.made(TOPIC, b.here(source), b.EVENTS)
    assert arm.put(f"{TOPIC}2", b.here(source), b.EVENTS).code == "InvalidRequest"


def test_an_export_is_changed_with_its_newest_etag_only(arm: Arm) -> None:
    """An old eTag is a conflict; a schedule ends after it starts."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    made = arm.made(EXPORT, b.export(ACCOUNT), b.EXPORTS)
    changed = b.export(ACCOUNT) | {"eTag": made["eTag"]}
    assert arm.put(EXPORT, changed, b.EXPORTS).status == 200
    assert arm.put(EXPORT, changed, b.EXPORTS).code == "409"
    backwards = {"from": "2030-02-01T00:00:00Z", "to": "2029-02-01T00:00:00Z"}
    schedule = {"status": "Active", "recurrence": "Daily", "recurrencePeriod": backwards}
    assert arm.put(EXPORT, b.export(ACCOUNT, schedule=schedule), b.EXPORTS).code == "400"
    assert arm.call("POST", f"{EXPORT}/run", b.EXPORTS).status == 200
