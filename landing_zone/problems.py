"""Problem details (RFC 9457): how HTTP callers are told what is wrong."""

from http import HTTPStatus
from typing import Any

from landing_zone.capacity import CapacityExceeded, HubRefusal
from landing_zone.errors import ConfigurationError, PermanentError, SpokewrightError, TemporaryError
from landing_zone.request_parsing import InvalidRequest

CONTENT_TYPE = "application/problem+json"

_STATUS = {
    "Unauthenticated": HTTPStatus.UNAUTHORIZED,
    "Forbidden": HTTPStatus.FORBIDDEN,
    "TenantIdTaken": HTTPStatus.FORBIDDEN,
    "OwnRequest": HTTPStatus.FORBIDDEN,
    "CapacityExceeded": HTTPStatus.CONFLICT,
    "OpenWork": HTTPStatus.CONFLICT,
    "TenantExists": HTTPStatus.CONFLICT,
    "InvalidTransition": HTTPStatus.CONFLICT,
    "NothingToCleanUp": HTTPStatus.CONFLICT,
    "TenantNotActive": HTTPStatus.CONFLICT,
    "ApprovalOutdated": HTTPStatus.CONFLICT,
    "ApprovalDecided": HTTPStatus.CONFLICT,
    "ApprovalExpired": HTTPStatus.CONFLICT,
    "ApprovalNotFound": HTTPStatus.NOT_FOUND,
    "RolloutUnderWay": HTTPStatus.CONFLICT,
    "RolloutReplaced": HTTPStatus.CONFLICT,
    "NotMoving": HTTPStatus.CONFLICT,
    "NotPaused": HTTPStatus.CONFLICT,
    "RolledBack": HTTPStatus.CONFLICT,
    "RolloutNotFound": HTTPStatus.NOT_FOUND,
    "ActionNotSafe": HTTPStatus.CONFLICT,
    "OperationEnded": HTTPStatus.CONFLICT,
    "TenantNotFound": HTTPStatus.NOT_FOUND,
    "FindingNotFound": HTTPStatus.NOT_FOUND,
    "ExemptionNotFound": HTTPStatus.NOT_FOUND,
    "OperationNotFound": HTTPStatus.NOT_FOUND,
    "CertificateNotFound": HTTPStatus.NOT_FOUND,
    "ResourceNotPlanned": HTTPStatus.NOT_FOUND,
    "AuditChainNotFound": HTTPStatus.NOT_FOUND,
    "RegionNotServed": HTTPStatus.BAD_REQUEST,
}


def problem(error: SpokewrightError) -> dict[str, Any]:
    """The problem document of an error; its `status` is the status of the answer."""
    match error:
        case InvalidRequest():
            faults = [
                {"path": fault.path, "message": fault.message, "allowed": fault.allowed}
                for fault in error.faults
            ]
            detail = f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in the request"
            return _problem(error.code, HTTPStatus.BAD_REQUEST, detail) | {"errors": faults}
        case CapacityExceeded():
            return _permanent(error) | {"hubs": [_refusal(item) for item in error.refusals]}
        case PermanentError():
            return _permanent(error)
        case TemporaryError():
            return _problem(error.code, HTTPStatus.SERVICE_UNAVAILABLE, error.message)
        case ConfigurationError():
            return _problem("Configuration", HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        case _:
            return _problem("Error", HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong")


def _permanent(error: PermanentError) -> dict[str, Any]:
    status = _STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    found = _problem(error.code, status, error.message)
    return found | {"hint": error.hint} if error.hint else found


def _refusal(refusal: HubRefusal) -> dict[str, Any]:
    return {
        "hub": refusal.hub,
        "bindingLimit": refusal.binding.limit.title,
        "shortages": [
            {
                "limit": short.limit.name,
                "title": short.limit.title,
                "unit": short.limit.unit,
                "total": short.limit.total,
                "left": short.left,
                "asked": short.asked,
            }
            for short in refusal.shortages
        ],
    }


def _problem(code: str, status: HTTPStatus, detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:spokewright:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
