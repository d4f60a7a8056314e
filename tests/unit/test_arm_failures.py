"""What each failure that real deployments meet means: another try, or a person's turn."""

import pytest

from landing_zone.arm_errors import PATIENCE, arm_error, operation_error
from landing_zone.errors import PermanentError, TemporaryError

TEMPORARY = [
    (429, "TooManyRequests"),
    (429, "OperationNotAllowed"),
    (429, "Http429"),
    (408, "RequestTimeout"),
    (412, "PreconditionFailed"),
    (409, "AnotherOperationInProgress"),
    (429, "AnotherOperationInProgress"),
    (409, "ReferencedResourceNotProvisioned"),
    (409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"),
    (409, "ResourceGroupBeingDeleted"),
    (409, "Conflict"),
    (409, "RetryableError"),
    (409, "CannotDeleteResource"),
    (400, "PrincipalNotFound"),
    (404, "SubscriptionNotFound"),
    (409, "MissingSubscriptionRegistration"),
    (403, "AuthorizationFailed"),
    (403, "LinkedAuthorizationFailed"),
    (401, "ExpiredAuthenticationToken"),
    (401, "InvalidAuthenticationToken"),
    (409, "ConflictError"),
    (409, "FlagMustBeSetForRestore"),
    (400, "SoftDeletedVaultDoesNotExist"),
    (400, "CanNotRestoreANonExistingResource"),
    (500, "InternalServerError"),
    (502, "Http502"),
    (503, "ServiceUnavailable"),
    (504, "GatewayTimeout"),
]
PERMANENT = [
    (400, "InvalidRequestContent"),
    (400, "AnotherPeeringAlreadyReferencesRemoteVnet"),
    (400, "VnetAddressSpacesOverlap"),
    (409, "ConflictingName"),
    (409, "VaultAlreadyExists"),
    (409, "CustomDomainInUse"),
    (409, "ScopeLocked"),
    (403, "RequestDisallowedByPolicy"),
    (409, "ResourcesExistingOnSubscription"),
    (400, "InUseSubnetCannotBeDeleted"),
    (401, "Http401"),
    (403, "Http403"),
    (404, "ParentResourceNotFound"),
]
# What a person is told to do about it, where Azure's message alone would leave them guessing.
HINTED = {
    "AnotherPeeringAlreadyReferencesRemoteVnet": "peering",
    "VnetAddressSpacesOverlap": "range",
    "ConflictingName": "purge",
    "VaultAlreadyExists": "purge",
    "ScopeLocked": "lock",
    "ServiceAlreadyExistsInSoftDeletedState": "purge",
    "RequestDisallowedByPolicy": "policy",
}


@pytest.mark.parametrize(("status", "code"), TEMPORARY)
@pytest.mark.parametrize("wait", [None, 0.0, 17.0, 3600.0])
def test_passing_trouble_is_tried_again_when_azure_says(
    status: int, code: str, wait: float | None
) -> None:
    """The wait is handed on as it was asked, or as none."""
    error = arm_error(status, code, "wait", wait)
    assert isinstance(error, TemporaryError)
    assert (error.code, error.message, error.retry_after) == (code, "wait", wait)


@pytest.mark.parametrize(("status", "code"), PERMANENT)
def test_lasting_trouble_is_left_to_a_person(status: int, code: str) -> None:
    """Even where Azure named a wait."""
    error = arm_error(status, code, "no", 10.0)
    assert isinstance(error, PermanentError)
    assert (error.code, error.message) == (code, "no")


@pytest.mark.parametrize(("code", "word"), HINTED.items())
def test_trouble_that_a_person_can_end_comes_with_a_hint(code: str, word: str) -> None:
    """It says what to do."""
    error = arm_error(409, code, "no")
    assert isinstance(error, PermanentError)
    assert word in error.hint


@pytest.mark.parametrize("status", range(500, 512))
def test_fault_of_the_server_is_never_ours(status: int) -> None:
    """Whatever its code says."""
    assert isinstance(arm_error(status, "InvalidSomething", ""), TemporaryError)


def test_patience_is_minutes_not_hours() -> None:
    """What could be a mistake of ours is not retried all day."""
    assert {"PrincipalNotFound", "SubscriptionNotFound", "AuthorizationFailed"} <= set(PATIENCE)
    assert all(60 <= seconds <= 1800 for seconds in PATIENCE.values())


@pytest.mark.parametrize(
    ("code", "final"),
    [
        ("InternalServerError", False),
        ("OperationPreempted", False),
        ("Canceled", False),
        ("Failed", False),
        ("AnotherOperationInProgress", False),
        ("RequestDisallowedByPolicy", True),
        ("QuotaExceeded", True),
        ("InvalidParameter", True),
        ("SkuNotAllowed", True),
        ("ConflictingName", True),
        ("ScopeLocked", True),
    ],
)
def test_failed_operation_is_begun_again_unless_it_would_fail_again(code: str, final: bool) -> None:
    """Policies, quotas and mistakes are still there the next time."""
    assert isinstance(operation_error(code, "why"), PermanentError if final else TemporaryError)
