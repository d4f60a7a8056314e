"""The gateway's policy: what it holds a call to, and that no value can change it."""

from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.planning.api import policy_facts
from landing_zone.planning.api_policy import (
    STRIPPED_HEADERS,
    TENANT_HEADER,
    ModelLimit,
    PolicyFacts,
    policy_document,
)
from tests.fakes import HUBS, example_request
from tests.unit.planned_whole import Planned, of_type, scope_of, wanting, whole_plan_of, whole_plans

DIRECTORY = UUID("5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01")
HOSTILE = [
    '"/><base/><set-header name="x"/>',
    "</value></set-header>",
    "<!-- ",
    "]]>",
    "&lt;&amp;",
    "'\"\\",
    "${x}",
]


def facts(
    tenant: str = "contoso", bearer: str = "required", deployments: tuple[str, ...] = ("gpt",)
) -> PolicyFacts:
    """What a policy is made from."""
    models = tuple(ModelLimit(name, 1_000, 2_000_000) for name in deployments)
    return PolicyFacts(tenant, DIRECTORY, f"api://{tenant}", f"tenant.{tenant}", bearer, models)


def inbound(policy: str) -> ET.Element:
    """The inbound section of a policy."""
    found = ET.fromstring(policy).find("inbound")  # noqa: S314 - it is our own document
    assert found is not None
    return found


def shape(element: ET.Element) -> list[object]:
    """Elements and names of attributes, without any value."""
    return [element.tag, sorted(element.attrib), [shape(child) for child in element]]


@given(whole_plans())
@settings(max_examples=20)
def test_every_planned_policy_is_well_formed_and_bounds_the_tenant(drawn: Planned) -> None:
    """One limit for each model that was asked for, counted for this tenant alone."""
    request, made = drawn
    (item,) = of_type(made, "Microsoft.ApiManagement/service/products/policies")
    section = inbound(item.body["properties"]["value"])
    limits = list(section.iter("llm-token-limit"))
    assert [
        (one.get("counter-key"), one.get("tokens-per-minute"), one.get("token-quota"))
        for one in limits
    ] == [
        (
            f"{request.tenant_id}/{model.deployment}",
            str(model.tokens_per_minute),
            str(model.tokens_per_month),
        )
        for model in request.ai.models
    ]
    assert all(one.get("token-quota-period") == "Monthly" for one in limits)
    assert len(list(section.iter("return-response"))) == 1


@given(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)),
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)),
)
def test_no_value_breaks_out_of_its_place(tenant: str, deployment: str) -> None:
    """The document has the same shape for every value, or there is none."""
    try:
        made = policy_document(facts(tenant, deployments=(deployment,)))
    except ValueError:
        return
    section = inbound(made)
    assert shape(section) == shape(inbound(policy_document(facts())))
    assert section.findtext("set-header/value") == tenant or not tenant
    limit = next(section.iter("llm-token-limit"))
    assert limit.get("counter-key") == f"{tenant}/{deployment}"


@pytest.mark.parametrize("value", HOSTILE)
def test_markup_and_quotes_are_written_as_text(value: str) -> None:
    """They are told apart from refused values: these pass, as what they are."""
    section = inbound(policy_document(facts(value)))
    assert section.findtext("set-header/value") == value


@pytest.mark.parametrize(
    "value",
    ["@(context.Subscription.Key)", " @{return 1;}", "{{secret}}", "{{a", "a}}", "a\nb", "\x00"],
)
def test_values_that_would_be_evaluated_are_refused(value: str) -> None:
    """An expression or a stored value is no name of a tenant."""
    with pytest.raises(ValueError, match="no plain value"):
        policy_document(facts(value))


def test_quote_in_a_deployment_stays_within_its_literal() -> None:
    """The condition is an expression: there a quote is escaped twice."""
    section = inbound(policy_document(facts(deployments=('a" || "" == "',))))
    when = next(section.iter("when"))
    assert str(when.get("condition")).endswith('== "a\\" || \\"\\" == \\"")')


def test_token_is_checked_for_the_tenants_audience_and_claim() -> None:
    """A token of another tenant of the same directory does not pass."""
    section = inbound(policy_document(policy_facts(scope_of(example_request()))))
    token = next(section.iter("validate-azure-ad-token"))
    assert token.get("tenant-id") == str(HUBS.directory_id)
    assert token.findtext("audiences/audience") == (
        f"api://{HUBS.directory_id}/spokewright-contoso-research"
    )
    claim = token.find("required-claims/claim")
    assert claim is not None
    assert (claim.get("name"), claim.findtext("value")) == ("roles", "tenant.contoso-research")


@pytest.mark.parametrize(
    ("auth", "parents"), [("token", ["inbound"]), ("both", ["when"]), ("key", [])]
)
def test_token_is_needed_as_the_request_says(auth: str, parents: list[str]) -> None:
    """With `both`, one that is sent must be good; with `key`, none is looked at."""
    request = wanting(api={"auth": auth})
    section = inbound(policy_document(policy_facts(scope_of(request))))
    found = [
        parent.tag
        for parent in section.iter()
        if parent.find("validate-azure-ad-token") is not None
    ]
    assert found == parents


def test_manner_of_checking_tokens_is_one_of_three() -> None:
    """A slip of ours does not become a policy without a check."""
    with pytest.raises(ValueError, match="nothing about tokens"):
        policy_document(facts(bearer="maybe"))


def test_tenant_header_is_the_gateways_and_keys_end_there() -> None:
    """What a client says of its tenant is replaced; its key goes no further."""
    section = inbound(policy_document(facts()))
    headers = {one.get("name"): one for one in section.findall("set-header")}
    assert headers[TENANT_HEADER].get("exists-action") == "override"
    assert headers[TENANT_HEADER].findtext("value") == "contoso"
    assert all(headers[name].get("exists-action") == "delete" for name in STRIPPED_HEADERS)
    order = [child.tag for child in section]
    assert order.index("base") == 0
    assert order.index("validate-azure-ad-token") < order.index("choose")
    assert order[-1] == "authentication-managed-identity"


def test_tokens_are_measured_by_tenant() -> None:
    """The metric has the tenant for a dimension, of the ten that there may be."""
    section = inbound(policy_document(facts()))
    metric = next(section.iter("llm-emit-token-metric"))
    dimensions = {one.get("name"): one.get("value") for one in metric}
    assert dimensions["Tenant"] == "contoso"
    assert len(dimensions) <= 5


def test_tenant_without_models_calls_none() -> None:
    """No limit is not the same as no bound."""
    section = inbound(policy_document(facts(deployments=())))
    assert section.find("return-response") is not None
    assert section.find("choose") is None


def test_product_is_entered_with_a_subscription_and_never_without_its_policy() -> None:
    """The API is linked once the policy stands; no key is planned."""
    made = whole_plan_of(wanting()).by_key
    product = made["api-product"].body["properties"]
    assert (product["subscriptionRequired"], product["approvalRequired"]) == (True, True)
    assert "api-policy" in made["api-link"].waits_for
    subscription = made["api-subscription"].body["properties"]
    assert subscription["scope"] == made["api-product"].id
    assert not any("Key" in name for name in subscription)
