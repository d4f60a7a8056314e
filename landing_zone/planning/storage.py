"""Step 5: the tenant's storage account. Step 7: the one that holds the platform's records on it."""

from collections.abc import Iterator
from typing import Any

from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

STORAGE = "storage"
RECORDS = "records"
DEAD_LETTERS = "dead-letters"
COST = "cost"

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"


def storage_resources(scope: Scope) -> Iterator[Resource]:
    """The tenant's own account, where it asked for one."""
    if scope.request.data.storage:
        # A copy goes to accounts of this directory only.
        closed = _closed(bypass="None") | {"allowedCopyScope": "AAD"}
        yield _account(
            scope, STORAGE, scope.storage_id, Step.RUNTIME_AND_DATA, "workload", properties=closed
        )


def records_resources(scope: Scope) -> Iterator[Resource]:
    """The account for dead-lettered events and cost data, which the tenant cannot change."""
    # Event Grid and Cost Management write from outside of the spoke, each by its own identity;
    # the exception for Microsoft's services holds while public access is off (learn:
    # storage/common/storage-network-security).
    closed = _closed(bypass="AzureServices")
    step = Step.MONITORING_AND_COST
    yield _account(scope, RECORDS, scope.records_id, step, "operations", properties=closed)
    for name in (DEAD_LETTERS, COST):
        yield _container(scope, name)


def container_id(scope: Scope, name: str) -> str:
    """ARM id of a container of the records account."""
    account = scope.records_id.rsplit("/", 1)[-1]
    return scope.operations_id(_CONTAINER, account, "default", name)


def container_key(name: str) -> str:
    """Key of a container of the records account."""
    return f"container:{name}"


def _account(
    scope: Scope, key: str, account: str, step: Step, group: str, *, properties: dict[str, Any]
) -> Resource:
    redundancy = "Standard_ZRS" if scope.request.environment == "prod" else "Standard_LRS"
    return regional(
        scope,
        key=key,
        step=step,
        kind=_ACCOUNT,
        resource_id=account,
        api_version=api_versions.STORAGE,
        group=group,
        top={"kind": "StorageV2", "sku": {"name": redundancy}},
        properties=properties,
    )


def _closed(*, bypass: str) -> dict[str, Any]:
    return {
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "defaultToOAuthAuthentication": True,
        "isLocalUserEnabled": False,
        "minimumTlsVersion": "TLS1_2",
        "networkAcls": {"bypass": bypass, "defaultAction": "Deny"},
        "publicNetworkAccess": "Disabled",
        "supportsHttpsTrafficOnly": True,
    }


def _container(scope: Scope, name: str) -> Resource:
    return Resource(
        key=container_key(name),
        step=Step.MONITORING_AND_COST,
        type=_CONTAINER,
        id=container_id(scope, name),
        api_version=api_versions.STORAGE,
        body={"properties": {"publicAccess": "None"}},
        after=frozenset({RECORDS}),
    )


def blob_service_id(account: str) -> str:
    """ARM id of the blob service of a storage account: its logs are had there, not above."""
    return f"{account}/blobServices/default"
