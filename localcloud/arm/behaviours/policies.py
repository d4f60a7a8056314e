"""Policy definitions and assignments."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from landing_zone.arm_ids import normalized
from localcloud.arm.behaviours.hierarchy import ancestors
from localcloud.arm.errors import bad_request, not_found
from localcloud.arm.paths import subscription_of
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
_MOST_AT_GROUP = 24


def check_assignment(write: "Write") -> None:
    """An assignment is of a definition that its scope can see.

    Raises:
        ArmError: There is none, or it is out of scope.
    """
    at_group = write.id.lower().startswith("/providers/microsoft.management/")
    if at_group and len(write.name) > _MOST_AT_GROUP:
        message = f"The policy assignment name '{write.name}' is longer than {_MOST_AT_GROUP}."
        raise bad_request("InvalidPolicyAssignmentName", message)
    definition_id = write.properties.get("policyDefinitionId", "")
    if not definition_id:
        message = f"The policy assignment '{write.name}' names no policy definition."
        raise bad_request("InvalidCreatePolicyAssignmentRequest", message)
    definition = write.store.get(definition_id)
    if definition is None:
        name = definition_id.rpartition("/")[2]
        message = f"The policy definition '{name}' could not be found."
        raise not_found("PolicyDefinitionNotFound", message)
    _check_visible(write, definition)


def _check_visible(write: "Write", definition: Record) -> None:
    scope = write.id.rpartition("/providers/")[0]
    subscription = subscription_of(scope)
    seen = {"", normalized(scope)}
    if subscription:
        seen |= {f"/subscriptions/{subscription}"}
    seen |= ancestors(write.store, subscription or scope)
    if definition.parent not in seen:
        message = (
            f"The policy definition specified in policy assignment '{write.name}' is out of scope."
            " Policy definitions should be specified only at or above the policy assignment scope."
            " If the management groups hierarchy changed recently or if assigning a management"
            " group policy to new subscription, please allow up to 30 minutes for the hierarchy"
            " changes to apply and try again."
        )
        raise bad_request("InvalidCreatePolicyAssignmentRequest", message)


def prepare_assignment(write: "Write") -> None:
    """Fill in the scope, and who made it when."""
    now = datetime.fromtimestamp(write.now, UTC).isoformat().replace("+00:00", "Z")
    properties = write.properties
    properties["scope"] = write.id.rpartition("/providers/")[0]
    old = write.existing.properties.get("metadata", {}) if write.existing else {}
    made = {
        "createdBy": old.get("createdBy", write.caller),
        "createdOn": old.get("createdOn", now),
    }
    if write.existing is not None:
        made |= {"updatedBy": write.caller, "updatedOn": now}
    properties["metadata"] = dict(properties.get("metadata", {})) | made


def check_definition_delete(store: Store, record: Record) -> None:
    """A definition stays while it is assigned.

    Raises:
        ArmError: It is.
    """
    for assignment in store.of_type(_ASSIGNMENT):
        if normalized(assignment.properties["policyDefinitionId"]) == record.key:
            message = f"The policy definition '{record.name}' is assigned by '{assignment.id}'."
            raise bad_request("PolicyDefinitionInUse", message)
