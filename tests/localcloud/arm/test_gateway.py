"""The gateway: which key opens which API, and what a product's policy makes of a call."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import jwt
import pytest

from landing_zone.planning.api_policy import TENANT_HEADER, ModelLimit, PolicyFacts, policy_document
from localcloud.arm.data_planes.gateway import INVALID, MISSING, answered
from localcloud.arm.exchange import Call
from localcloud.identity.tokens import Tokens, load_or_create_key
from tests.localcloud.arm.conftest import HUB_GROUP, Arm, Reply

SERVICE = f"{HUB_GROUP}/providers/Microsoft.ApiManagement/service/apim-hub-weu"
PRODUCT = f"{SERVICE}/products/tenant-one"
SUBSCRIPTION = f"{SERVICE}/subscriptions/tenant-one"
VERSION = "2024-05-01"
AUDIENCE = "api://directory/spokewright-one"
CHAT = "/gateway/apim-hub-weu/ai/deployments/gpt-5-mini/chat/completions"
TENANT = TENANT_HEADER


def policy(arm: Arm, bearer: str = "ignored", models: Iterable[str] = ("gpt-5-mini",)) -> str:
    """A tenant's policy, as the plan renders it."""
    facts = PolicyFacts(
        tenant_id="one",
        directory_id=UUID(arm.cloud.directory),
        audience=AUDIENCE,
        role="tenant.one",
        bearer=bearer,
        models=tuple(ModelLimit(name, 1_000, 100_000) for name in models),
    )
    return policy_document(facts)


def put(arm: Arm, path: str, **properties: Any) -> None:
    """Make something of the service."""
    reply = arm.put(path, {"properties": properties}, VERSION)
    assert reply.status < 300, reply.body


def opened(arm: Arm, document: str = "") -> str:
    """A tenant's way through the gateway; its primary key."""
    put(arm, PRODUCT, displayName="one", subscriptionRequired=True, state="published")
    put(arm, f"{PRODUCT}/policies/policy", format="xml", value=document or policy(arm))
    put(arm, f"{PRODUCT}/apiLinks/ai-gateway", apiId=f"{SERVICE}/apis/ai-gateway")
    put(arm, SUBSCRIPTION, displayName="one", scope=PRODUCT, state="active")
    return keys(arm)["primaryKey"]


def keys(arm: Arm) -> dict[str, str]:
    """Both keys."""
    found: dict[str, str] = arm.call("POST", f"{SUBSCRIPTION}/listSecrets", VERSION).body
    return found


def through(arm: Arm, key: str = "", path: str = CHAT, **headers: str) -> Reply:
    """A call through the gateway."""
    path, _, text = path.partition("?")
    query = dict(pair.split("=", 1) for pair in text.split("&")) if text else {}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        given["ocp-apim-subscription-key"] = key
    call = Call("POST", path, query, given)
    found = answered(arm.cloud, Tokens(arm.settings.identity_state), call)
    assert isinstance(found.body, bytes)
    return Reply(found.status, json.loads(found.body), dict(found.headers))


def token(arm: Arm, *roles: str, audience: str = AUDIENCE) -> str:
    """A token as Entra would issue it to the tenant's application."""
    never = 4_000_000_000
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{arm.cloud.directory}/",
        "exp": never,
        "oid": "0f000000-0000-4000-8000-000000000009",
        "roles": list(roles),
    }
    return jwt.encode(claims, load_or_create_key(arm.settings.identity_state), algorithm="RS256")


def test_a_key_opens_the_api_of_its_product(arm: Arm) -> None:
    """Either key, in a header or in the query."""
    opened(arm)
    for key in keys(arm).values():
        assert through(arm, key).status == 200
        assert through(arm, path=f"{CHAT}?subscription-key={key}").status == 200


def test_without_a_key_or_with_a_wrong_one_nothing_is_opened(arm: Arm) -> None:
    """In the service's own words."""
    opened(arm)
    missing = through(arm)
    assert (missing.status, missing.body) == (401, {"statusCode": 401, "message": MISSING})
    wrong = through(arm, "wrong")
    assert (wrong.status, wrong.body) == (401, {"statusCode": 401, "message": INVALID})


def test_a_key_that_was_made_anew_opens_nothing_the_other_one_does(arm: Arm) -> None:
    """At once; this is what a rotation lives by."""
    opened(arm)
    before = keys(arm)
    assert arm.call("POST", f"{SUBSCRIPTION}/regenerateSecondaryKey", VERSION).status == 204
    after = keys(arm)
    assert through(arm, before["secondaryKey"]).body["message"] == INVALID
    assert through(arm, after["secondaryKey"]).status == 200
    assert through(arm, before["primaryKey"]).status == 200


def test_a_subscription_that_is_not_active_opens_nothing(arm: Arm) -> None:
    """Whoever suspends a tenant counts on it."""
    key = opened(arm)
    put(arm, SUBSCRIPTION, displayName="one", scope=PRODUCT, state="suspended")
    assert through(arm, key).body["message"] == INVALID


def test_a_product_opens_only_what_is_linked_to_it(arm: Arm) -> None:
    """And nothing while it is not published."""
    key = opened(arm)
    assert arm.delete(f"{PRODUCT}/apiLinks/ai-gateway", VERSION).status in {200, 204}
    assert through(arm, key).body["message"] == INVALID
    put(arm, f"{PRODUCT}/apiLinks/ai-gateway", apiId=f"{SERVICE}/apis/ai-gateway")
    put(arm, PRODUCT, displayName="one", subscriptionRequired=True, state="notPublished")
    assert through(arm, key).body["message"] == INVALID


def test_a_path_of_no_api_is_not_found(arm: Arm) -> None:
    """And neither is a gateway that is not there."""
    key = opened(arm)
    assert through(arm, key, "/gateway/apim-hub-weu/air/deployments").status == 404
    assert through(arm, key, "/gateway/apim-nowhere/ai").status == 404


def test_a_client_cannot_pass_for_another_tenant(arm: Arm) -> None:
    """The backend is told what the gateway knows, and is not shown the key."""
    found = through(arm, opened(arm), x_tenant_id="two", api_key="forged")
    assert found.body == {
        "api": "ai-gateway",
        "deployment": "gpt-5-mini",
        "headers": {TENANT: "one"},
    }


@pytest.mark.parametrize("path", [CHAT.replace("gpt-5-mini", "gpt-5"), "/gateway/apim-hub-weu/ai"])
def test_a_model_that_is_not_the_tenants_is_forbidden(arm: Arm, path: str) -> None:
    """By the policy's own answer."""
    found = through(arm, opened(arm), path)
    assert (found.status, found.body["status"]) == (403, 403)
    assert found.headers["content-type"] == "application/problem+json"


def test_without_models_everything_is_forbidden(arm: Arm) -> None:
    """Whatever the path."""
    assert through(arm, opened(arm, policy(arm, models=()))).status == 403


def test_a_name_with_quotes_is_compared_as_it_is(arm: Arm) -> None:
    """The policy has it as a literal of an expression."""
    name = 'a"b\\c'
    key = opened(arm, policy(arm, models=(name,)))
    assert through(arm, key, CHAT.replace("gpt-5-mini", name)).status == 200
    assert through(arm, key).status == 403


def test_a_token_is_required_where_the_policy_says_so(arm: Arm) -> None:
    """A valid one, for the tenant's audience, with the tenant's role."""
    key = opened(arm, policy(arm, "required"))
    refused = through(arm, key)
    assert (refused.status, refused.body["statusCode"]) == (401, 401)
    good = token(arm, "other", "tenant.one")
    assert through(arm, key, authorization=f"Bearer {good}").status == 200
    bad = ["", "x", token(arm, "tenant.two"), token(arm, "tenant.one", audience="api://else")]
    for one in bad:
        assert through(arm, key, authorization=f"Bearer {one}").status == 401
    # The key names the product: without it, no token is looked at.
    assert through(arm, authorization=f"Bearer {good}").body["message"] == MISSING


def test_where_a_token_is_accepted_a_wrong_one_is_not(arm: Arm) -> None:
    """The key alone is enough, as long as nothing else is claimed."""
    key = opened(arm, policy(arm, "accepted"))
    assert through(arm, key).status == 200
    assert through(arm, key, authorization="Bearer x").status == 401
    assert through(arm, key, authorization=f"Bearer {token(arm, 'tenant.one')}").status == 200


@pytest.mark.parametrize(
    "inbound",
    [
        "<rate-limit calls='1' renewal-period='1' />",
        "<choose><when condition='@(true)'><base /></when></choose>",
        "<set-header name='a' exists-action='append'><value>b</value></set-header>",
    ],
)
def test_what_is_not_understood_fails_the_call(arm: Arm, inbound: str) -> None:
    """It is not passed over: a policy may forbid."""
    document = f"<policies><inbound>{inbound}</inbound></policies>"
    assert through(arm, opened(arm, document)).status == 500


def test_a_header_is_left_alone_deleted_or_set(arm: Arm) -> None:
    """As the action says."""
    inbound = (
        "<set-header name='x-tenant-id' exists-action='skip'><value>a</value></set-header>"
        "<set-header name='api-key'><value>b</value><value>c</value></set-header>"
    )
    key = opened(arm, f"<policies><inbound>{inbound}</inbound></policies>")
    shown = through(arm, key, x_tenant_id="mine").body["headers"]
    assert (shown[TENANT], shown["api-key"]) == ("mine", "b,c")
    assert through(arm, key).body["headers"][TENANT] == "a"
