"""Problem documents (RFC 9457)."""

import json

import pytest

from landing_zone.access.refusals import Reason, forbidden, unauthenticated
from landing_zone.capacity import CapacityExceeded, HubRefusal, Shortage
from landing_zone.capacity.limits import Limit
from landing_zone.errors import (
    ConfigurationError,
    PermanentError,
    SpokewrightError,
    TemporaryError,
)
from landing_zone.problems import problem
from landing_zone.request_parsing import Fault, InvalidRequest
from tests.principals import principal_of

LIMIT = Limit("peerings", "peerings of the hub network", "peerings", 500)
FAULTS = (Fault("network.prefixLength", "is too small", "22 to 27"), Fault("owner", "is missing"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest(FAULTS), 400),
        (PermanentError("RegionNotServed", "no hub is there"), 400),
        (PermanentError("TenantNotFound", "there is none"), 404),
        (unauthenticated(Reason.MALFORMED), 401),
        (forbidden(principal_of(), Reason.NO_ROLE, "no", "ask"), 403),
        (PermanentError("TenantIdTaken", "it is another's"), 403),
        (PermanentError("OperationNotFound", "there is none"), 404),
        (PermanentError("NeverActive", "it is new"), 409),
        (PermanentError("InvalidTransition", "it cannot"), 409),
        (CapacityExceeded([HubRefusal("hub", (Shortage(LIMIT, 1, 2),))]), 409),
        (PermanentError("AddressPoolExhausted", "no range is free"), 422),
        (TemporaryError("StorageBusy", "storage answered 503"), 503),
        (ConfigurationError("settings: no storage is named"), 503),
        (SpokewrightError("secret internals"), 500),
    ],
    ids=lambda value: getattr(value, "code", str(value)),
)
def test_each_error_has_its_status(error: SpokewrightError, status: int) -> None:
    """And the members that the standard asks for, as JSON."""
    document = problem(error)
    assert document["status"] == status
    assert {"type", "title", "status", "detail", "code"} <= document.keys()
    assert document["type"].endswith(document["code"])
    assert json.loads(json.dumps(document)) == document


def test_invalid_request_lists_every_fault_with_its_path() -> None:
    """And what would be right."""
    document = problem(InvalidRequest(FAULTS))
    assert document["detail"] == "2 faults in the request"
    assert document["errors"] == [
        {"path": "network.prefixLength", "message": "is too small", "allowed": "22 to 27"},
        {"path": "owner", "message": "is missing", "allowed": ""},
    ]
    assert problem(InvalidRequest(FAULTS[:1]))["detail"] == "1 fault in the request"


def test_hint_is_shown_where_there_is_one() -> None:
    """Nothing empty is shown."""
    assert problem(PermanentError("X", "no", "do that"))["hint"] == "do that"
    assert "hint" not in problem(PermanentError("X", "no"))


def test_unknown_error_shows_nothing_of_itself() -> None:
    """Its text may hold anything."""
    assert "secret" not in json.dumps(problem(SpokewrightError("secret internals")))
