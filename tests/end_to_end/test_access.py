"""Who may do what, asked of a running application: each refusal is in the audit."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest

from landing_zone.access.refusals import CHAIN
from tests.end_to_end.checks import assert_audit_verifies, audit_records
from tests.end_to_end.cloud import Cloud, example

RITAS: Final = "ritas-own"
OTTO: Final = "other-requester"
EVERYTHING: Final = ("Requester", "Approver", "Operator", "Reader")


@pytest.fixture(scope="module")
def owned(cloud: Cloud) -> Iterator[Cloud]:
    """A cloud on which a requester has a tenant of her own."""
    body = json.dumps(example(tenantId=RITAS)).encode()
    answer = cloud.call(
        "POST", "/api/tenants", body, who="requester", content_type="application/json"
    )
    assert answer.status == 202, answer.body
    assert cloud.settled(RITAS)["state"] == "active"
    yield cloud
    if audit_records(cloud, CHAIN):  # a test that ran alone may have refused nothing
        assert_audit_verifies(cloud, CHAIN)


class Attempt(NamedTuple):
    """What somebody tries.

    Attributes:
        who: The principal; empty for nobody.
        method: The HTTP method.
        path: The path.
        status: What it is refused with.
        body: What is sent.
    """

    who: str
    method: str
    path: str
    status: int
    body: Any = None


RENAMED: Final = example(tenantId=RITAS, displayName="Otto's")
EXEMPTION: Final = {"rule": "monitoring", "scope": "/subscriptions/x", "reason": "mine"}
WRITES: Final = [
    ("POST", "/api/compliance/sweep", None),
    ("POST", "/api/compliance/findings", {"resourceId": "/x", "rule": "x", "action": "approve"}),
    ("PUT", "/api/exemptions/mine", EXEMPTION),
    ("DELETE", "/api/exemptions/mine", None),
]
DECISION: Final = {"decision": "approve", "operationId": f"{RITAS}.1"}
DECIDING: Final = f"/api/tenants/{RITAS}/approval"
READS: Final = [
    "/api/tenants",
    f"/api/tenants/{RITAS}",
    f"/api/tenants/{RITAS}/rotate-key",
    DECIDING,
    f"/api/operations/{RITAS}.1",
    "/api/capacity",
    "/api/compliance",
    "/api/exemptions",
]
ATTEMPTS: Final = [
    # Another's tenant.
    Attempt(OTTO, "GET", f"/api/tenants/{RITAS}", 404),
    Attempt(OTTO, "GET", f"/api/operations/{RITAS}.1", 404),
    Attempt(OTTO, "GET", f"/api/tenants/{RITAS}/rotate-key", 404),
    Attempt(OTTO, "POST", f"/api/tenants/{RITAS}/rotate-key", 404),
    Attempt(OTTO, "POST", f"/api/tenants/{RITAS}/rotate-key?full=true&graceMinutes=0", 404),
    Attempt(OTTO, "POST", "/api/tenants", 403, RENAMED),
    Attempt("pipeline", "GET", f"/api/tenants/{RITAS}", 404),
    Attempt("pipeline", "POST", "/api/tenants", 403, example(tenantId=RITAS)),
    Attempt(OTTO, "GET", DECIDING, 404),
    # What is not for the role.
    *(
        Attempt(who, "POST", DECIDING, 403, DECISION)
        for who in ("requester", OTTO, "pipeline", "platform", "operator", "reader", "nobody")
    ),
    Attempt("", "POST", DECIDING, 401, DECISION),
    *(Attempt("requester", method, path, 403, body) for method, path, body in WRITES),
    *(Attempt("reader", method, path, 403, body) for method, path, body in WRITES),
    *(Attempt("approver", method, path, 403, body) for method, path, body in WRITES),
    Attempt("reader", "POST", "/api/tenants", 403, RENAMED),
    Attempt("approver", "POST", "/api/tenants", 403, RENAMED),
    Attempt("reader", "POST", f"/api/tenants/{RITAS}/rotate-key", 403),
    Attempt("approver", "POST", f"/api/tenants/{RITAS}/rotate-key", 403),
    Attempt("requester", "GET", "/api/compliance", 403),
    Attempt("requester", "GET", "/api/exemptions", 403),
    *(Attempt("nobody", "GET", path, 403) for path in READS),
    # Nobody.
    *(Attempt("", "GET", path, 401) for path in READS),
    *(Attempt("", method, path, 401, body) for method, path, body in WRITES),
    Attempt("", "POST", "/api/tenants", 401, RENAMED),
    Attempt("", "POST", f"/api/tenants/{RITAS}/rotate-key", 401),
]


def tried(cloud: Cloud, attempt: Attempt, **headers: str) -> int:
    """The status that an attempt gets."""
    body = None if attempt.body is None else json.dumps(attempt.body).encode()
    given = {"content_type": "application/json", **headers}
    return cloud.call(attempt.method, attempt.path, body, who=attempt.who, **given).status


def name_of(attempt: Attempt) -> str:
    """How the attempt is called in reports."""
    return f"{attempt.who or 'stranger'} {attempt.method} {attempt.path}"


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=name_of)
def test_an_attempt_is_refused_and_audited(owned: Cloud, attempt: Attempt) -> None:
    """By who it was; the tenant stays as it is."""
    before, tenant = len(audit_records(owned, CHAIN)), owned.tenant(RITAS)
    assert tried(owned, attempt) == attempt.status
    [record] = audit_records(owned, CHAIN)[before:]
    known = owned.ready["principals"].get(attempt.who)
    kind = "app" if attempt.who == "pipeline" else "person"
    assert record.entry.actor == (f"{kind}:{known['objectId']}" if known else "anonymous")
    assert record.entry.outcome == "refused"
    assert owned.tenant(RITAS) == tenant


def forged() -> dict[str, str]:
    """The headers of the platform for one who may do everything, as anyone could write them."""
    document = {
        "auth_typ": "aad",
        "claims": [
            {"typ": "oid", "val": "a0000000-0000-4000-8000-00000000000a"},
            {"typ": "tid", "val": "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01"},
            *({"typ": "roles", "val": role} for role in EVERYTHING),
        ],
        "name_typ": "name",
        "role_typ": "roles",
    }
    header = base64.b64encode(json.dumps(document).encode()).decode()
    return {"x_ms_client_principal": header, "x_ms_client_principal_idp": "aad"}


@pytest.mark.parametrize("path", READS)
def test_a_forged_principal_is_nobody(owned: Cloud, path: str) -> None:
    """The platform takes it off, and the app refuses and notes who is left."""
    before = len(audit_records(owned, CHAIN))
    assert tried(owned, Attempt("", "GET", path, 401), **forged()) == 401
    [record] = audit_records(owned, CHAIN)[before:]
    assert record.entry.details["reason"] == "not-signed-in"


def test_a_forged_principal_adds_nothing_to_a_true_one(owned: Cloud) -> None:
    """Who has signed in is who has signed in."""
    assert tried(owned, Attempt(OTTO, "GET", f"/api/tenants/{RITAS}", 404), **forged()) == 404


@pytest.mark.parametrize("kind", ["unsigned", "cut off", "another's signature", "no scheme"])
def test_a_forged_token_is_refused_by_the_platform(owned: Cloud, kind: str) -> None:
    """401: the application is not even asked."""
    principals = owned.ready["principals"]
    head, body, signature = principals["reader"]["token"].split(".")
    more = principals["platform"]["token"].split(".")[1]
    authorization = {
        "unsigned": f"Bearer {_unsigned(body)}",
        "cut off": f"Bearer {head}.{body}",
        "another's signature": f"Bearer {head}.{more}.{signature}",
        "no scheme": f"{head}.{body}.{signature}",
    }[kind]
    before = len(audit_records(owned, CHAIN))
    answer = owned.call("GET", "/api/tenants", who="", authorization=authorization)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(audit_records(owned, CHAIN)) == before


def _unsigned(body: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{body}."


def test_a_function_key_opens_nothing(owned: Cloud) -> None:
    """Not even the host's own, which opens what is under keys."""
    keys = json.loads((owned.state / "functions" / "keys.json").read_text(encoding="utf-8"))
    for key in (keys["masterKey"], keys["functionKeys"]["default"]):
        assert owned.call("GET", "/api/tenants", who="", x_functions_key=key).status == 401


def test_each_sees_what_is_its_own(owned: Cloud) -> None:
    """A requester its own tenants, another none of them, the others all."""
    for who, sees in {"requester": True, OTTO: False, "reader": True, "operator": True}.items():
        found = owned.call("GET", "/api/tenants?top=500", who=who).json()["value"]
        assert (RITAS in {one["tenantId"] for one in found}) is sees
    [own] = owned.call("GET", "/api/tenants?top=500", who="requester").json()["value"]
    assert own["owner"]["objectId"] == owned.ready["principals"]["requester"]["objectId"]


def test_a_requester_rotates_its_own_key(owned: Cloud) -> None:
    """And the record says who asked."""
    answer = owned.call("POST", f"/api/tenants/{RITAS}/rotate-key", who="requester")
    assert answer.status == 202
    who = owned.ready["principals"]["requester"]["objectId"]
    assert answer.json()["asked"]["by"] == f"person:{who}"
