"""Step 5: the tenant's Key Vault."""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

VAULT = "vault"

_KIND = "Microsoft.KeyVault/vaults"


def vault_id(scope: Scope) -> str:
    """ARM id of the tenant's vault."""
    name = naming.key_vault(scope.request, salt=scope.directory_id)
    return scope.workload_id(_KIND, name)


def vault_resources(scope: Scope) -> Iterator[Resource]:
    """The vault: access by roles, and nothing in it is lost within 90 days."""
    yield regional(
        scope,
        key=VAULT,
        step=Step.RUNTIME_AND_DATA,
        kind=_KIND,
        resource_id=vault_id(scope),
        api_version=api_versions.KEY_VAULT,
        group="workload",
        properties={
            "tenantId": scope.directory_id,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enablePurgeProtection": True,
            "networkAcls": {"bypass": "None", "defaultAction": "Deny"},
            "publicNetworkAccess": "Disabled",
        },
    )
