"""Step 5: the tenant's Key Vault."""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Recovery, Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

VAULT = "vault"

_KIND = "Microsoft.KeyVault/vaults"


def vault_id(scope: Scope) -> str:
    """ARM id of the tenant's vault."""
    name = naming.key_vault(scope.request, salt=scope.salt)
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
        recovery=_recovery(scope),
    )


def _recovery(scope: Scope) -> Recovery:
    """learn: key-vault/general/key-vault-recovery; in its own subscription and group only."""
    name = naming.key_vault(scope.request, salt=scope.salt)
    kind = "Microsoft.KeyVault/locations/deletedVaults"
    return Recovery(
        id=arm_id(scope.subscription, kind, scope.request.region, name),
        api_version=api_versions.DELETED_VAULTS,
        properties={"createMode": "recover"},
    )
