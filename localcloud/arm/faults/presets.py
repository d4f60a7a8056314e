"""The failures that real deployments meet, by name. Each part can be overridden by the caller."""

from collections.abc import Mapping
from typing import Any

_WRITES = ["PUT", "PATCH", "POST", "DELETE"]
_PEERING = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"


def _respond(status: int, code: str, message: str, **further: Any) -> dict[str, Any]:
    return {"kind": "respond", "status": status, "code": code, "message": message, **further}


_BUSY = "Another operation on this or dependent resource is in progress."
_THROTTLED = "Number of requests exceeded the limit. Please try again later."

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "throttled": {
        "effect": _respond(429, "SubscriptionRequestsThrottled", _THROTTLED, retryAfter=5),
        "count": 1,
    },
    "throttled-long": {
        "effect": _respond(429, "SubscriptionRequestsThrottled", _THROTTLED, retryAfter=300),
        "count": 1,
    },
    "throttled-without-retry-after": {
        "effect": _respond(429, "TooManyRequests", _THROTTLED),
        "count": 1,
    },
    "another-operation-in-progress": {
        "match": {"method": ["PUT", "PATCH", "DELETE"]},
        "effect": _respond(409, "AnotherOperationInProgress", _BUSY),
        "count": 1,
    },
    "referenced-resource-not-provisioned": {
        "match": {"method": "PUT", "type": _PEERING},
        "effect": _respond(
            409,
            "ReferencedResourceNotProvisioned",
            "Cannot proceed with operation because a referenced resource is not in Succeeded state."
            " Resource is in Updating state and the last operation that updated/is updating the"
            " resource is PutSubnetOperation.",
        ),
        "count": 1,
    },
    "another-peering-references-remote": {
        "match": {"method": "PUT", "type": _PEERING},
        "effect": _respond(
            400,
            "AnotherPeeringAlreadyReferencesRemoteVnet",
            "Peering cannot be added or updated because another peering already references the"
            " remote virtual network. Cannot have multiple peerings referencing same virtual"
            " network.",
        ),
    },
    "address-spaces-overlap": {
        "match": {"method": "PUT", "type": _PEERING},
        "effect": _respond(
            400,
            "VnetAddressSpacesOverlap",
            "Virtual networks cannot be peered because their address spaces overlap.",
        ),
    },
    "principal-not-found": {
        "match": {"method": "PUT", "type": "Microsoft.Authorization/roleAssignments"},
        "effect": _respond(
            400,
            "PrincipalNotFound",
            "The principal does not exist in the directory. If you have just created it, this may"
            " be due to a replication delay.",
        ),
        "forSeconds": 60,
    },
    "subscription-not-visible": {
        "match": {
            "method": "PUT",
            "type": "Microsoft.Management/managementGroups/subscriptions",
        },
        "effect": {"kind": "resource-hidden", "seconds": 60},
        "count": 1,
    },
    "missing-registration": {
        "match": {"method": "PUT"},
        "effect": _respond(
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use the namespace.",
        ),
        "count": 1,
    },
    "operation-fails": {
        "match": {"method": "PUT"},
        "effect": {
            "kind": "operation-fails",
            "code": "InternalServerError",
            "message": "The operation failed with an internal server error.",
        },
        "count": 1,
    },
    "stuck-updating": {"match": {"method": "PUT"}, "effect": {"kind": "stuck"}, "count": 1},
    "operation-canceled": {
        "match": {"method": "PUT"},
        "effect": {
            "kind": "operation-fails",
            "code": "OperationCanceled",
            "message": "The operation was canceled.",
        },
        "count": 1,
    },
    "operation-lost": {
        "match": {"method": "GET", "polls": True, "path": "*/operation*"},
        "effect": _respond(404, "OperationNotFound", "The operation was not found."),
    },
    "resource-not-visible": {
        "match": {"method": "PUT"},
        "effect": {"kind": "resource-hidden", "seconds": 60},
        "count": 1,
    },
    "operation-not-found": {
        "match": {"method": _WRITES},
        "effect": {"kind": "operation-hidden", "seconds": 30},
        "count": 1,
    },
    "soft-deleted-key-vault": {
        "match": {"method": "PUT", "path": "*/providers/Microsoft.KeyVault/vaults/*"},
        "effect": _respond(
            409,
            "ConflictError",
            "A vault with the same name already exists in deleted state. You need to either recover"
            " or purge existing key vault.",
        ),
    },
    "soft-deleted-api-management": {
        "match": {"method": "PUT", "path": "*/providers/Microsoft.ApiManagement/service/*"},
        "effect": _respond(
            409,
            "ServiceAlreadyExistsInSoftDeletedState",
            "Api service was soft-deleted. In order to create the new service with the same name,"
            " you have to either undelete the service or purge it.",
        ),
    },
    "soft-deleted-cognitive-services": {
        "match": {"method": "PUT", "path": "*/providers/Microsoft.CognitiveServices/accounts/*"},
        "effect": _respond(
            409,
            "FlagMustBeSetForRestore",
            "An existing resource with ID has been soft-deleted. To restore the resource, you must"
            " specify 'restore' to be 'true' in the property.",
        ),
    },
    "soft-deleted": {
        "match": {"method": "PUT"},
        "effect": _respond(
            409, "ConflictingName", "A soft-deleted resource with the same name exists."
        ),
    },
    "scope-locked": {
        "match": {"method": "DELETE"},
        "effect": _respond(
            409,
            "ScopeLocked",
            "The scope cannot perform delete operation because following scope(s) are locked."
            " Please remove the lock and try again.",
        ),
    },
    "deleted-out-of-order": {
        "match": {"method": "DELETE"},
        "effect": _respond(
            409,
            "CannotDeleteResource",
            "Can not delete resource before nested resources are deleted.",
        ),
        "count": 1,
    },
    "slow-group": {
        "match": {"method": "DELETE", "type": "Microsoft.Resources/resourceGroups"},
        "effect": {"kind": "slow", "seconds": 3600},
        "count": 1,
    },
    "resources-on-subscription": {
        "match": {"method": "POST", "path": "*/providers/Microsoft.Subscription/cancel"},
        "effect": _respond(
            409,
            "ResourcesExistingOnSubscription",
            "The subscription cannot be cancelled because it holds resources.",
        ),
    },
    "disallowed-by-policy": {
        "match": {"method": "PUT"},
        "effect": _respond(
            403,
            "RequestDisallowedByPolicy",
            "Resource was disallowed by policy.",
            policy="deny-public-ip",
        ),
        "count": 1,
    },
    "forbidden": {
        "effect": _respond(
            403,
            "AuthorizationFailed",
            "The client does not have authorization to perform the action over the scope.",
        ),
        "count": 1,
    },
    "internal-error": {
        "effect": _respond(500, "InternalServerError", "Encountered internal server error."),
        "count": 1,
    },
    "unavailable": {
        "effect": _respond(503, "ServiceUnavailable", "The service is unavailable.", retryAfter=5),
        "count": 1,
    },
    "connection-reset": {"effect": {"kind": "reset-before"}, "count": 1},
    "reset-after-acceptance": {
        "match": {"method": _WRITES},
        "effect": {"kind": "reset-after"},
        "count": 1,
    },
    "timeout-after-acceptance": {
        "match": {"method": _WRITES},
        "effect": {"kind": "timeout-after", "seconds": 120},
        "count": 1,
    },
}
