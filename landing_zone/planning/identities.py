"""User-assigned identities of a tenant, whatever they are for."""

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


def user_assigned_identity(scope: Scope, purpose: str, step: Step) -> Resource:
    """An identity in the platform's group: the tenant's contributors cannot federate it further."""
    return regional(
        scope,
        key=identity_key(purpose),
        step=step,
        kind=IDENTITIES,
        resource_id=identity_id(scope, purpose),
        api_version=api_versions.MANAGED_IDENTITY,
        group="operations",
        properties={},
        outputs={"principalId": "properties.principalId", "clientId": "properties.clientId"},
    )


def identity_id(scope: Scope, purpose: str) -> str:
    """ARM id of one of the tenant's identities."""
    return scope.operations_id(IDENTITIES, naming.identity(scope.request, purpose))


def identity_key(purpose: str) -> str:
    """Key of one of the tenant's identities."""
    return f"identity:{purpose}"
