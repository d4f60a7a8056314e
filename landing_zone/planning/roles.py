"""Azure's built-in roles that a tenant is given, and how one is assigned.

The ids are those of learn: role-based-access-control/built-in-roles.
"""

from enum import StrEnum
from typing import Literal

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.scope import Scope

_KIND = "Microsoft.Authorization/roleAssignments"


class Role(StrEnum):
    """A built-in role, by the last segment of its id."""

    AKS_CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
    AKS_CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
    AKS_NAMESPACE_USER = "c9f76ca8-b262-4b10-8ed2-09cf0948aa35"
    AKS_WRITER = "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb"
    AI_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"
    BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    COGNITIVE_SERVICES_USER = "a97b65f3-24c7-4388-baec-2e87135dc908"
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
    PRIVATE_DNS_ZONE_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
    SEARCH_INDEX_DATA_CONTRIBUTOR = "8ebe5a00-799e-43f5-93ac-243d3dce84a7"
    VAULT_SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


def role_assignment(
    scope: Scope,
    *,
    key: str,
    target: str,
    role: Role,
    principal: str,
    after: frozenset[str],
    step: Step = Step.IDENTITY_AND_API,
    kind: Literal["Group", "ServicePrincipal"] = "ServicePrincipal",
) -> Resource:
    """A role for a principal at exactly one resource.

    Args:
        scope: The facts.
        key: Name within the plan, after `role:`; also what names the assignment, since the ids of
            target and principal may not be known yet.
        target: ARM id of the resource.
        role: What is granted.
        principal: Object id, or a reference to it.
        after: What it waits for: the target, where the plan makes it.
        step: The step of onboarding.
        kind: What the principal is. Naming it spares a new identity Azure's lookup, which fails
            until it is replicated (learn: role-based-access-control/troubleshooting).
    """
    name = naming.role_assignment_name(f"{scope.request.tenant_id}/{key}", role, kind)
    home = "/".join(target.split("/")[:3])
    return Resource(
        key=f"role:{key}",
        step=step,
        type=_KIND,
        id=arm_id(target, _KIND, name),
        api_version=api_versions.AUTHORIZATION,
        body={
            "properties": {
                "roleDefinitionId": arm_id(home, "Microsoft.Authorization/roleDefinitions", role),
                "principalId": principal,
                "principalType": kind,
            }
        },
        after=after,
    )
