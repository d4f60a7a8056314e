"""Errors as Azure Resource Manager answers them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class ArmError(Exception):
    """A request that is refused.

    Attributes:
        status: HTTP status of the answer.
        code: Azure's error code.
        message: What a person reads.
        details: Further errors, each `{"code", "message", "target"?}`.
        headers: Headers of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": self.as_error()}

    def as_error(self) -> dict[str, Any]:
        """The inner object, as an operation that ended in failure carries it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        return error


def bad_request(code: str, message: str, details: Sequence[Mapping[str, Any]] = ()) -> ArmError:
    """400."""
    return ArmError(HTTPStatus.BAD_REQUEST, code, message, details=details)


def conflict(code: str, message: str) -> ArmError:
    """409."""
    return ArmError(HTTPStatus.CONFLICT, code, message)


def not_found(code: str, message: str) -> ArmError:
    """404."""
    return ArmError(HTTPStatus.NOT_FOUND, code, message)


def resource_not_found(resource_type: str, name: str, group: str) -> ArmError:
    """404 for a resource that is not there, in ARM's own words."""
    return not_found(
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group or '<null>'}' was not"
        " found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_not_found(name: str) -> ArmError:
    """404 for a resource group that is not there."""
    return not_found("ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def subscription_not_found(subscription_id: str) -> ArmError:
    """404 for a subscription that is not there."""
    return not_found(
        "SubscriptionNotFound", f"The subscription '{subscription_id}' could not be found."
    )


def method_not_allowed(method: str, resource_type: str) -> ArmError:
    """405."""
    return ArmError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        f"The http method '{method}' is not supported for the resource type '{resource_type}'.",
    )


def other_operation(code: str, operation_url: str) -> ArmError:
    """409: somebody else is writing the same parent."""
    return conflict(
        code,
        "Another operation on this or dependent resource is in progress. To retrieve status of"
        f" the operation use uri: {operation_url}",
    )


def not_provisioned(resource_id: str, user_id: str) -> ArmError:
    """409: what is referred to is being written."""
    return conflict(
        "ReferencedResourceNotProvisioned",
        f"Cannot proceed with operation because resource {resource_id} used by resource {user_id}"
        " is not in Succeeded state. Resource is in Updating state.",
    )
