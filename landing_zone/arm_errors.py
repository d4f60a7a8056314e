"""Which answers of Azure Resource Manager are worth another try, and for how long.

Sources: Microsoft's throttling page (429, Retry-After) and the failures that deployments of hub
and spoke networks report (parallel writes on one parent, replication lag of identities, of role
assignments and of new subscriptions).
"""

from http import HTTPStatus

from landing_zone.errors import PermanentError, TemporaryError

_TRY_AGAIN = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.PRECONDITION_FAILED}
)

_BUSY = frozenset(
    {
        "AnotherOperationInProgress",
        "AnotherOperationInProgressOnParent",
        "Conflict",
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "OperationNotAllowedOnTransientState",
        "ObjectIsBeingDeleted",
        "ObjectIsBeingRecovered",
        "OperationPreempted",
        "ParentResourceInTransition",
        "ReferencedResourceNotProvisioned",
        "RequestConflict",
        "ResourceGroupBeingDeleted",
        "RetryableError",
        "ServerIsBusy",
        "SubnetsInTransition",
    }
)

# What a fresh subscription, identity, role assignment or DNS record answers until it has
# replicated, and what is deleted and kept until it is seen as such: seconds for which it is
# believed to be that, rather than a mistake. Roles take up to ten minutes to open a data plane
# (learn: role-based-access-control/troubleshooting). With the last four, Key Vault and AI services
# refuse to make what they keep, or to bring back what they do not keep (any more).
PATIENCE: dict[str, float] = {
    "AuthorizationFailed": 600.0,
    # What stands in it or uses it is going, and is still counted for a while.
    "CannotDeleteResource": 300.0,
    "DataAccessForbidden": 600.0,
    "ForbiddenByConnection": 600.0,
    "ForbiddenByRbac": 600.0,
    "LinkedAuthorizationFailed": 600.0,
    "MissingSubscriptionRegistration": 600.0,
    "PrincipalNotFound": 900.0,
    "SubscriptionNotFound": 900.0,
    "SubscriptionNotRegistered": 600.0,
    "ExpiredAuthenticationToken": 120.0,
    "InvalidAuthenticationToken": 120.0,
    "InvalidAuthenticationTokenTenant": 600.0,
    # Until the hub's reconciler has written the other side of the peering again.
    "RemotePeeringIsDisconnected": 900.0,
    "ResourceNotFound": 120.0,
    "Unauthorized": 120.0,
    "ConflictError": 300.0,
    "FlagMustBeSetForRestore": 300.0,
    "SoftDeletedVaultDoesNotExist": 300.0,
    "CanNotRestoreANonExistingResource": 300.0,
}

# Failures of a long-running operation that the next attempt would meet again.
_FINAL_FAILURES = (
    *("Policy", "Quota", "Invalid", "NotAllowed"),
    *("Forbidden", "Conflicting", "Locked"),
)

_KEPT = "purge the soft-deleted resource, or wait until it is gone"
_HINTS = {
    "RequestDisallowedByPolicy": "ask for an exemption from the policy, or change the request",
    "AuthorizationFailed": "grant the automation's identity the role it lacks, then try again",
    "DataAccessForbidden": "grant the automation's identity the role it lacks, then try again",
    "ForbiddenByConnection": "see that the private endpoint is approved and its name resolves",
    "ForbiddenByRbac": "grant the automation's identity the role it lacks, then try again",
    "ObjectIsDeletedButRecoverable": "recover or purge the deleted secret, then try again",
    "QuotaExceeded": "remove what is unused, or take a higher tier of the service",
    "ResourcesExistingOnSubscription": "remove what is left in the subscription, then try again",
    "CannotDeleteResource": "remove what stands in it or uses it, then try again",
    "RemotePeeringIsDisconnected": "see why the hub's reconciler does not write its side again",
    "ScopeLocked": "remove the lock, then try again",
    "VnetAddressSpacesOverlap": "the range is in use by a peering that the ledger does not know",
    "AnotherPeeringAlreadyReferencesRemoteVnet": "delete the hub's peering of the removed spoke",
    "ConflictError": _KEPT,
    "ConflictingName": _KEPT,
    "CustomDomainInUse": _KEPT,
    "FlagMustBeSetForRestore": _KEPT,
    "ServiceAlreadyExistsInSoftDeletedState": _KEPT,
    "VaultAlreadyExists": _KEPT,
}


def arm_error(
    status: int, code: str, message: str, retry_after: float | None = None
) -> PermanentError | TemporaryError:
    """The error that a refusal of ARM means to us.

    Args:
        status: HTTP status, 400 or above.
        code: ARM's error code, or the status where it gave none.
        message: ARM's message.
        retry_after: Seconds that ARM asked to wait, if it did.
    """
    server_fault = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if server_fault or status in _TRY_AGAIN or code in _BUSY or code in PATIENCE:
        return TemporaryError(code, message, retry_after)
    return permanent(code, message)


def operation_error(code: str, message: str) -> PermanentError | TemporaryError:
    """The error that a failed long-running operation means to us."""
    if any(word in code for word in _FINAL_FAILURES):
        return permanent(code, message)
    return TemporaryError(code, message)


def permanent(code: str, message: str) -> PermanentError:
    """A permanent error with the hint that belongs to its code."""
    return PermanentError(code, message, hint_for(code))


def hint_for(code: str) -> str:
    """What a person can do about an error of that code; empty where nothing better is known."""
    return _HINTS.get(code, "")
