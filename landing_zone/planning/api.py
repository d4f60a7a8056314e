"""Step 6: the tenant's way through the hub's API gateway."""

from collections.abc import Iterator
from types import MappingProxyType

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.api_policy import ModelLimit, PolicyFacts, policy_document
from landing_zone.planning.scope import Scope

PRODUCT = "api-product"
SUBSCRIPTION = "api-subscription"
# The API of the hub that all tenants call, each in its own product.
GATEWAY_API = "ai-gateway"

_SERVICE = "Microsoft.ApiManagement/service"
_TOKENS = MappingProxyType({"token": "required", "both": "accepted", "key": "ignored"})


def api_resources(scope: Scope) -> Iterator[Resource]:
    """The product, its API, its policy and the subscription whose key names the product."""
    yield _product(scope)
    yield _child(scope, "api-policy", "policies", "policy", _policy(scope), frozenset({PRODUCT}))
    # The policy first: no call reaches the API without it.
    yield _child(
        scope,
        "api-link",
        "apiLinks",
        GATEWAY_API,
        {"apiId": f"{_service_id(scope)}/apis/{GATEWAY_API}"},
        frozenset({PRODUCT, "api-policy"}),
    )
    yield _subscription(scope)


def policy_facts(scope: Scope) -> PolicyFacts:
    """What the tenant's policy is made from."""
    request = scope.request
    return PolicyFacts(
        tenant_id=request.tenant_id,
        directory_id=scope.document.directory_id,
        audience=f"api://{scope.directory_id}/spokewright-{request.tenant_id}",
        role=f"tenant.{request.tenant_id}",
        bearer=_TOKENS[request.api.auth],
        models=tuple(
            ModelLimit(model.deployment, model.tokens_per_minute, model.tokens_per_month)
            for model in request.ai.models
        ),
    )


def _service_id(scope: Scope) -> str:
    return scope.hub.resource_id(_SERVICE, scope.hub.shared_services.api_management)


def _product_id(scope: Scope) -> str:
    return f"{_service_id(scope)}/products/{naming.api_product(scope.request)}"


def _product(scope: Scope) -> Resource:
    return Resource(
        key=PRODUCT,
        step=Step.IDENTITY_AND_API,
        type=f"{_SERVICE}/products",
        id=_product_id(scope),
        api_version=api_versions.API_MANAGEMENT,
        body={
            "properties": {
                "displayName": f"{scope.request.display_name} ({scope.request.tenant_id})",
                "description": f"Models and limits of tenant {scope.request.tenant_id}",
                "subscriptionRequired": True,
                "approvalRequired": True,
                "subscriptionsLimit": 1,
                "state": "published",
            }
        },
    )


def _child(
    scope: Scope, key: str, kind: str, name: str, properties: dict[str, str], after: frozenset[str]
) -> Resource:
    return Resource(
        key=key,
        step=Step.IDENTITY_AND_API,
        type=f"{_SERVICE}/products/{kind}",
        id=f"{_product_id(scope)}/{kind}/{name}",
        api_version=api_versions.API_MANAGEMENT,
        body={"properties": properties},
        after=after,
    )


def _policy(scope: Scope) -> dict[str, str]:
    return {"format": "xml", "value": policy_document(policy_facts(scope))}


def subscription_id(scope: Scope) -> str:
    """ARM id of the tenant's subscription, which has the keys."""
    return f"{_service_id(scope)}/subscriptions/{naming.api_product(scope.request)}"


def _subscription(scope: Scope) -> Resource:
    """Its keys are made by Azure and never stand in a plan."""
    name = naming.api_product(scope.request)
    return Resource(
        key=SUBSCRIPTION,
        step=Step.IDENTITY_AND_API,
        type=f"{_SERVICE}/subscriptions",
        id=subscription_id(scope),
        api_version=api_versions.API_MANAGEMENT,
        body={
            "properties": {
                "displayName": name,
                "scope": _product_id(scope),
                "state": "active",
                "allowTracing": False,
            }
        },
        after=frozenset({PRODUCT, "api-policy"}),
    )
