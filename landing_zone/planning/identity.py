"""Step 6: the identity that the tenant's workloads run as, and the least that it may do."""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import ai_services, api_versions, database, key_vault, search, storage
from landing_zone.planning.identities import IDENTITIES, identity_key, user_assigned_identity
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.runtime import issuer_reference
from landing_zone.planning.scope import Scope
from landing_zone.references import reference

SERVICE_ACCOUNT = "workload"

_WORKLOAD = identity_key("workload")
# https://learn.microsoft.com/azure/cosmos-db/reference-data-plane-security: the built-in data
# contributor, which has this id in every account.
_COSMOS_DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"


def identity_resources(scope: Scope) -> Iterator[Resource]:
    """The workload's identity, its federation with the service account, and its roles."""
    yield user_assigned_identity(scope, "workload", Step.IDENTITY_AND_API)
    yield _federated_credential(scope)
    yield from _data_roles(scope)
    yield from _ai_roles(scope)


def _federated_credential(scope: Scope) -> Resource:
    kind = f"{IDENTITIES}/federatedIdentityCredentials"
    # Each cluster has its own: both stand while the workloads move from one to the other.
    name = "own-cluster" if scope.own_cluster else "kubernetes"
    namespace = naming.kubernetes_namespace(scope.request)
    return Resource(
        key="federation:workload",
        step=Step.IDENTITY_AND_API,
        type=kind,
        id=scope.operations_id(kind, naming.identity(scope.request, "workload"), name),
        api_version=api_versions.MANAGED_IDENTITY,
        body={
            "properties": {
                "issuer": issuer_reference(scope),
                "subject": f"system:serviceaccount:{namespace}:{SERVICE_ACCOUNT}",
                "audiences": ["api://AzureADTokenExchange"],
            }
        },
        after=frozenset({_WORKLOAD}),
    )


def _grant(scope: Scope, name: str, target: str, role: Role, after: str = "") -> Resource:
    return role_assignment(
        scope,
        key=f"workload:{name}",
        target=target,
        role=role,
        principal=reference(_WORKLOAD, "principalId"),
        after=frozenset({after} if after else ()),
    )


def _data_roles(scope: Scope) -> Iterator[Resource]:
    data = scope.request.data
    vault = key_vault.VAULT
    yield _grant(scope, vault, key_vault.vault_id(scope), Role.VAULT_SECRETS_USER, vault)
    if data.storage:
        key = storage.STORAGE
        yield _grant(scope, key, scope.storage_id, Role.BLOB_DATA_CONTRIBUTOR, key)
    role = Role.SEARCH_INDEX_DATA_CONTRIBUTOR
    match data.vector_index:
        case "dedicated":
            yield _grant(scope, search.SEARCH, search.service_id(scope), role, search.SEARCH)
        case "shared":
            index = search.INDEX
            yield _grant(scope, index, search.shared_index_id(scope), role, index)
    if data.database == "cosmos":
        yield _cosmos_role(scope)


def _cosmos_role(scope: Scope) -> Resource:
    """Cosmos DB keeps the roles of its data itself."""
    account = database.cosmos_id(scope)
    kind = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
    name = naming.role_assignment_name(
        f"{scope.request.tenant_id}/cosmos", _COSMOS_DATA_CONTRIBUTOR, "workload"
    )
    definition = f"{account}/sqlRoleDefinitions/{_COSMOS_DATA_CONTRIBUTOR}"
    return Resource(
        key="role:workload:cosmos",
        step=Step.IDENTITY_AND_API,
        type=kind,
        id=f"{account}/sqlRoleAssignments/{name}",
        api_version=api_versions.COSMOS_DB,
        body={
            "properties": {
                "roleDefinitionId": definition,
                "principalId": reference(_WORKLOAD, "principalId"),
                "scope": f"{account}/dbs/{database.DATABASE_NAME}",
            }
        },
        after=frozenset({database.COSMOS, database.COSMOS_DATABASE}),
    )


def _ai_roles(scope: Scope) -> Iterator[Resource]:
    for service in scope.request.ai.services:
        key = ai_services.account_key(service)
        target = ai_services.account_id(scope, service)
        yield _grant(scope, key, target, Role.COGNITIVE_SERVICES_USER, key)
    if scope.request.ai.foundry_project:
        key = ai_services.PROJECT
        yield _grant(scope, key, ai_services.project_id(scope), Role.AI_USER, key)
