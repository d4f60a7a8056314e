"""Step 6: the policy that the gateway holds every call of a tenant to, as an XML document.

It is built as a tree and written by the library that parses XML, so that no value can end an
element. API Management reads more than XML in it: a value that begins like an expression or names a
stored value would be evaluated, so such values are refused.
"""

from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree as ET

TENANT_HEADER = "x-tenant-id"
# Headers by which a client could pass for something else at what stands behind the gateway.
STRIPPED_HEADERS = ("api-key", "Ocp-Apim-Subscription-Key")
BACKEND_RESOURCE = "https://cognitiveservices.azure.com"
METRICS_NAMESPACE = "spokewright"

_PERIOD = "Monthly"
_DEPLOYMENT = 'context.Request.MatchedParameters.GetValueOrDefault("deployment-id", "")'
_SAYS_WHO = '@(context.Request.Headers.ContainsKey("Authorization"))'


class ModelLimit(NamedTuple):
    """How much of one model deployment a tenant may use.

    Attributes:
        deployment: Name of the deployment.
        tokens_per_minute: Prompt and completion together.
        tokens_per_month: By calendar month, UTC.
    """

    deployment: str
    tokens_per_minute: int
    tokens_per_month: int


class PolicyFacts(NamedTuple):
    """What the policy of one tenant is made from.

    Attributes:
        tenant_id: The tenant.
        directory_id: The Entra directory that issues its tokens.
        audience: The audience that a token must be issued for.
        role: The app role that a token must carry: the tenant's claim.
        bearer: Whether a token is `required`, `accepted` beside the key, or `ignored`.
        models: The deployments that it may use; no other one.
    """

    tenant_id: str
    directory_id: UUID
    audience: str
    role: str
    bearer: str
    models: tuple[ModelLimit, ...]


def policy_document(facts: PolicyFacts) -> str:
    """The policy as XML.

    Raises:
        ValueError: A value is no plain text, but would be evaluated or is not fit for XML.
    """
    policies = ET.Element("policies")
    inbound = _child(policies, "inbound")
    _child(inbound, "base")
    _token(inbound, facts)
    _headers(inbound, facts)
    _models(inbound, facts)
    _metrics(inbound, facts)
    _child(inbound, "authentication-managed-identity", resource=BACKEND_RESOURCE)
    for section in ("backend", "outbound", "on-error"):
        _child(_child(policies, section), "base")
    ET.indent(policies)
    return ET.tostring(policies, encoding="unicode")


def plain(text: str) -> str:
    """The text, known to mean itself.

    Raises:
        ValueError: It does not.
    """
    if not text.isprintable() or text.lstrip().startswith("@") or "{{" in text or "}}" in text:
        raise ValueError(f"{text!r} is no plain value for a policy")
    return text


def _child(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, named)
    if text:
        child.text = text
    return child


def _token(inbound: ET.Element, facts: PolicyFacts) -> None:
    match facts.bearer:
        case "required":
            _validation(inbound, facts)
        case "accepted":
            when = _child(_child(inbound, "choose"), "when", condition=_SAYS_WHO)
            _validation(when, facts)
        case "ignored":
            pass
        case other:
            raise ValueError(f"{other!r} says nothing about tokens")


def _validation(parent: ET.Element, facts: PolicyFacts) -> None:
    """https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy."""
    token = _child(
        parent,
        "validate-azure-ad-token",
        tenant_id=str(facts.directory_id),
        header_name="Authorization",
        failed_validation_httpcode="401",
        failed_validation_error_message="A valid token of this tenant is needed.",
    )
    _child(_child(token, "audiences"), "audience", plain(facts.audience))
    claim = _child(_child(token, "required-claims"), "claim", name="roles", match="any")
    _child(claim, "value", plain(facts.role))


def _headers(inbound: ET.Element, facts: PolicyFacts) -> None:
    """What a client says of its tenant is replaced by what the gateway knows."""
    header = _child(inbound, "set-header", name=TENANT_HEADER, exists_action="override")
    _child(header, "value", plain(facts.tenant_id))
    for name in STRIPPED_HEADERS:
        _child(inbound, "set-header", name=name, exists_action="delete")


def _models(inbound: ET.Element, facts: PolicyFacts) -> None:
    if not facts.models:
        _refusal(inbound)
        return
    choose = _child(inbound, "choose")
    for model in facts.models:
        condition = f'@({_DEPLOYMENT} == "{_in_quotes(model.deployment)}")'
        when = _child(choose, "when", condition=condition)
        # https://learn.microsoft.com/azure/api-management/llm-token-limit-policy
        _child(
            when,
            "llm-token-limit",
            counter_key=f"{plain(facts.tenant_id)}/{plain(model.deployment)}",
            tokens_per_minute=str(model.tokens_per_minute),
            token_quota=str(model.tokens_per_month),
            token_quota_period=_PERIOD,
            estimate_prompt_tokens="true",
            remaining_tokens_header_name="x-remaining-tokens",
            remaining_quota_tokens_header_name="x-remaining-quota-tokens",
        )
    _refusal(_child(choose, "otherwise"))


def _in_quotes(text: str) -> str:
    """The text as the inside of a string literal of a policy expression (C#)."""
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')


def _refusal(parent: ET.Element) -> None:
    response = _child(parent, "return-response")
    _child(response, "set-status", code="403", reason="Forbidden")
    header = _child(response, "set-header", name="Content-Type", exists_action="override")
    _child(header, "value", "application/problem+json")
    body = '{"title":"This model is not among those of the tenant","status":403}'
    _child(response, "set-body", body)


def _metrics(inbound: ET.Element, facts: PolicyFacts) -> None:
    """https://learn.microsoft.com/azure/api-management/llm-emit-token-metric-policy."""
    metric = _child(inbound, "llm-emit-token-metric", namespace=METRICS_NAMESPACE)
    _child(metric, "dimension", name="Tenant", value=plain(facts.tenant_id))
    _child(metric, "dimension", name="Deployment", value=f"@({_DEPLOYMENT})")
