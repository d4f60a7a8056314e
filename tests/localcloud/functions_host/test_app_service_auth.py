"""App Service authentication in front of the app: what passes, as whom, and what does not."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from landing_zone.access import AccessRefused, Reason, parse_principal
from landing_zone.access.principal import PrincipalKind
from localcloud.functions_host.app_service_auth import (
    AppServiceAuthentication,
    NotAuthenticatedError,
)
from localcloud.functions_host.triggers.http import HttpCall
from localcloud.identity.principals import PRINCIPALS, DevelopmentPrincipal
from localcloud.identity.tokens import Tokens, identity_of

DIRECTORY = "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01"
ELSEWHERE = "00000000-0000-4000-8000-0000000000d1"
RITA = PRINCIPALS["requester"]


@pytest.fixture
def front(tmp_path: Path) -> AppServiceAuthentication:
    """The middleware of a directory with a new key."""
    return AppServiceAuthentication(Tokens(tmp_path), DIRECTORY)


def call(**headers: str) -> HttpCall:
    """A request with some headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpCall("GET", "/api/tenants", "http://x/api/tenants", named, {}, b"")


def claims(who: DevelopmentPrincipal = RITA, age: float = 0.0, **changes: Any) -> dict[str, Any]:
    """The claims of a token that was issued some seconds ago."""
    found = who.claims(DIRECTORY, time.time() - age) | changes
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("who", PRINCIPALS.values(), ids=lambda one: one.key)
def test_the_app_learns_who_signed_in(
    front: AppServiceAuthentication, who: DevelopmentPrincipal
) -> None:
    """From headers that it reads as those of the platform."""
    token = front.tokens.signed(claims(who))
    passed = front.passed(call(authorization=f"Bearer {token}", accept="x"))
    found = parse_principal(passed.headers)
    assert found.id.directory == DIRECTORY
    assert found.id.object == who.object_id(DIRECTORY)
    assert found.roles == {str(role) for role in who.roles}
    assert found.kind is (PrincipalKind.APP if who.is_app else PrincipalKind.PERSON)
    assert found.name == (found.id.object if who.is_app else who.name)
    assert passed.headers["accept"] == "x"


def test_the_principals_are_told_apart(front: AppServiceAuthentication) -> None:
    """Each has its own ids, in each directory others, the same at each start."""
    own = {one.object_id(front.directory_id) for one in PRINCIPALS.values()}
    others = {one.object_id(ELSEWHERE) for one in PRINCIPALS.values()}
    assert len(own | others) == 2 * len(PRINCIPALS)
    subjects = {claims(one)["sub"] for one in PRINCIPALS.values()}
    assert len(subjects) == len(PRINCIPALS)


@pytest.mark.parametrize(
    "name", ["x_ms_client_principal", "x_ms_client_principal_id", "x_ms_token_aad_access_token"]
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_headers_of_the_platform_cannot_be_sent(
    front: AppServiceAuthentication, name: str, *, signed_in: bool
) -> None:
    """They are taken off, whoever sends them; the platform's own stay."""
    more = {"authorization": f"Bearer {front.tokens.signed(claims())}"} if signed_in else {}
    more |= {"x_ms_continuation_token": "of the durable webhooks"}
    passed = dict(front.passed(call(**{name: "forged"}, **more)).headers)
    assert "forged" not in passed.values()
    assert passed.pop("x-ms-continuation-token") == "of the durable webhooks"
    if signed_in:
        assert parse_principal(passed).id.object == RITA.object_id(DIRECTORY)
        return
    assert not passed
    with pytest.raises(AccessRefused) as raised:
        parse_principal(passed)
    assert raised.value.reason is Reason.NOT_SIGNED_IN


@pytest.mark.parametrize(
    "changes",
    [
        {"age": 100_000.0},
        {"age": -3_600.0},
        {"aud": "https://management.azure.com"},
        {"aud": None},
        {"iss": f"https://sts.windows.net/{ELSEWHERE}/"},
        {"iss": None},
        {"exp": None},
        {"oid": None},
    ],
    ids=["expired", "not yet", "audience", "no audience", "issuer", "no issuer", "exp", "oid"],
)
def test_a_token_for_something_else_is_refused(
    front: AppServiceAuthentication, changes: dict[str, Any]
) -> None:
    """Of another time, audience or directory, or without them."""
    token = front.tokens.signed(claims(**changes))
    with pytest.raises(NotAuthenticatedError):
        front.passed(call(authorization=f"Bearer {token}"))


def test_a_token_that_we_did_not_sign_is_refused(front: AppServiceAuthentication) -> None:
    """By someone else, by nobody, with the public key as a secret, or cut off."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = front.tokens.signed(claims())
    head, body, signature = own.split(".")
    other = front.tokens.signed(claims(PRINCIPALS["operator"])).split(".")[1]
    tokens = [
        jwt.encode(claims(), stranger, algorithm="RS256"),
        jwt.encode(claims(), "", algorithm="none"),
        jwt.encode(claims(), "k" * 32, algorithm="HS256"),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{other}.{signature}",
        f"{own},Bearer {own}",
        "",
    ]
    for token in tokens:
        with pytest.raises(NotAuthenticatedError):
            front.passed(call(authorization=f"Bearer {token}"))


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer", "Negotiate x", "token"])
def test_what_is_no_bearer_token_is_refused(
    front: AppServiceAuthentication, authorization: str
) -> None:
    """Nothing else is understood here."""
    with pytest.raises(NotAuthenticatedError):
        front.passed(call(authorization=authorization))


def test_the_applications_own_identity_is_no_caller(front: AppServiceAuthentication) -> None:
    """Its tokens are for other audiences."""
    identity = identity_of(DIRECTORY, ELSEWHERE)
    token, _ = front.tokens.issue(identity, "https://management.azure.com", time.time())
    with pytest.raises(NotAuthenticatedError):
        front.passed(call(authorization=f"Bearer {token}"))
