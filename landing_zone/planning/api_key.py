"""Step 6: the tenant's API key as a secret of its vault, where its workloads find it.

Its value never stands in a plan: whoever applies it reads it from the subscription.
"""

from collections.abc import Iterator
from typing import Final

from landing_zone.plan import Resource, Step, Undo, Write
from landing_zone.planning import api, api_versions, key_vault
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.scope import Scope

SECRET_NAME: Final = "api-key"  # noqa: S105 - the name of a secret
SECRET: Final = f"secret:{SECRET_NAME}"

_KIND: Final = "Microsoft.KeyVault/vaults/secrets"
_ROLE: Final = "automation:vault"
# The automation stands in the hub: it reaches the vault by its endpoint, across the peering.
_WAY: Final = frozenset(
    {f"endpoint:{key_vault.VAULT}", f"dns:{key_vault.VAULT}", "peering:spoke", "peering:hub"}
)


def api_key_resources(scope: Scope) -> Iterator[Resource]:
    """The automation's role at the vault, and the secret that it needs it for."""
    vault = key_vault.vault_id(scope)
    yield role_assignment(
        scope,
        key=_ROLE,
        target=vault,
        role=Role.VAULT_SECRETS_OFFICER,
        principal=str(scope.document.automation_principal_id),
        after=frozenset({key_vault.VAULT}),
    )
    yield Resource(
        key=SECRET,
        step=Step.IDENTITY_AND_API,
        type=_KIND,
        id=f"{vault}/secrets/{SECRET_NAME}",
        api_version=api_versions.SECRETS,
        body={"subscription": api.subscription_id(scope), "tags": {"key": "primary"}},
        after=frozenset({key_vault.VAULT, api.SUBSCRIPTION, f"role:{_ROLE}"}) | _WAY,
        write=Write.SECRET,
        # It goes with its vault.
        undo=Undo.KEEP,
    )
