"""Role assignments, and the built-in roles."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.identities import check_replicated
from localcloud.arm.errors import ArmError, bad_request, conflict
from localcloud.arm.paths import subscription_of

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_TYPE = "Microsoft.Authorization/roleAssignments"
_MOST = 4000
_IDENTITY = ("roleDefinitionId", "principalId")

# The built-in roles that a landing zone assigns, by their well-known ids.
BUILT_IN_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
    "b12aa53e-6015-4669-85d0-8515ebb3ae7f": "Private DNS Zone Contributor",
    "72fafb9e-0641-4937-9268-a91bfd8191a3": "Cost Management Reader",
    "434105ed-43f6-45c7-a02f-909b2ba83430": "Cost Management Contributor",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "36243c78-bf99-498c-9df9-86d9f8d28608": "Resource Policy Contributor",
    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
    "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": "Cognitive Services OpenAI User",
    "a97b65f3-24c7-4388-baec-2e87135dc908": "Cognitive Services User",
    "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68": "Cognitive Services Contributor",
    "53ca6127-db72-4b80-b1b0-d745d6d5456d": "Azure AI User",
    "8ebe5a00-799e-43f5-93ac-243d3dce84a7": "Search Index Data Contributor",
    "1407120a-92aa-4202-b7e9-c0e197c71c8f": "Search Index Data Reader",
    "7ca78c08-252a-4471-8644-bb5ff32d4ba0": "Search Service Contributor",
    "7f6c6a51-bcf8-42ba-9220-52d62157d7db": "Azure Kubernetes Service RBAC Reader",
    "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": "Azure Kubernetes Service RBAC Writer",
    "4abbcc35-e782-43d8-92c5-2d3f1bd2253f": "Azure Kubernetes Service Cluster User Role",
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
    "c9f76ca8-b262-4b10-8ed2-09cf0948aa35": "Azure Kubernetes Service Namespace User",
}


def role_id(value: str) -> str:
    """The GUID at the end of a role definition's id."""
    return value.rstrip("/").rpartition("/")[2].lower()


def check_role_assignment(write: "Write") -> None:
    """A role assignment is of a known role, unique, and never changes.

    Raises:
        ArmError: It is not.
    """
    properties = write.properties
    if role_id(properties["roleDefinitionId"]) not in BUILT_IN_ROLES:
        message = (
            f"The specified role definition with ID '{role_id(properties['roleDefinitionId'])}'"
        )
        raise bad_request("RoleDefinitionDoesNotExist", f"{message} does not exist.")
    if write.existing is not None:
        if _who(write.existing.properties) != _who(properties):
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be"
            raise bad_request("RoleAssignmentUpdateNotPermitted", f"{message} updated.")
        return
    check_replicated(write, str(properties["principalId"]))
    scope = _scope(write.id)
    for other in write.store.children(scope, _TYPE):
        if _who(other.properties) == _who(properties):
            raise _exists(other.name)
    subscription = subscription_of(write.id)
    assigned = write.store.of_type(_TYPE)
    if subscription and sum(subscription_of(one.key) == subscription for one in assigned) >= _MOST:
        message = "No more role assignments can be created. Exceeded the maximum number of role"
        raise bad_request("RoleAssignmentLimitExceeded", f"{message} assignments for the scope.")


def _exists(name: str) -> ArmError:
    message = (
        f"The role assignment already exists. The ID of the existing role assignment is {name}."
    )
    return conflict("RoleAssignmentExists", message)


def _who(properties: dict[str, Any]) -> tuple[str, str]:
    return role_id(properties["roleDefinitionId"]), str(properties["principalId"]).lower()


def _scope(assignment_id: str) -> str:
    return assignment_id.rpartition("/providers/")[0]


def prepare_role_assignment(write: "Write") -> None:
    """Fill in the scope, and who made it when."""
    now = datetime.fromtimestamp(write.now, UTC).isoformat().replace("+00:00", "Z")
    old = write.existing.properties if write.existing else {}
    properties = write.properties
    properties.setdefault("principalType", "User")
    properties["scope"] = _scope(write.id) or "/"
    properties["createdOn"] = old.get("createdOn", now)
    properties["updatedOn"] = now
    properties["createdBy"] = old.get("createdBy", write.caller)
    properties["updatedBy"] = write.caller


def role_definition(scope: str, guid: str) -> dict[str, Any]:
    """A built-in role as it is answered."""
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        "name": guid,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": BUILT_IN_ROLES[guid],
            "type": "BuiltInRole",
            "description": "",
            "assignableScopes": ["/"],
            "permissions": [],
        },
    }
