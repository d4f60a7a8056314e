"""The tenant request: what it holds, its defaults, its document and its published schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from landing_zone.request_parsing import parse_tenant_document, parse_tenant_text
from landing_zone.tenant_request import API_VERSION, TenantRequest
from landing_zone.tenant_request.schema import schema_text, tenant_request_schema
from tests.unit.strategies import tenant_requests

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "tenants").glob("*.yaml"))
VALIDATOR = Draft202012Validator(tenant_request_schema())


def minimal(**changes: Any) -> dict[str, Any]:
    """The least that a request can say, with changes."""
    return {
        "apiVersion": API_VERSION,
        "tenantId": "contoso",
        "displayName": "Contoso",
        "owner": {"group": "11111111-1111-1111-1111-111111111111", "email": "ai@contoso.com"},
        "costCenter": "CC-1",
        "application": "assistant",
        "environment": "dev",
        "region": "westeurope",
        "isolation": "namespace",
    } | changes


@given(tenant_requests())
def test_document_of_a_request_reads_back_as_the_same_request(request: TenantRequest) -> None:
    """Nothing is lost or changed on the way out and in."""
    text = json.dumps(request.to_document()).encode()
    assert parse_tenant_document(request.to_document()) == request
    assert parse_tenant_text(text) == request


@given(tenant_requests())
def test_document_of_a_request_fits_the_published_schema(request: TenantRequest) -> None:
    """The schema refuses nothing that the model takes."""
    VALIDATOR.validate(request.to_document())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_a_valid_request(path: Path) -> None:
    """Every example onboards as it stands."""
    request = parse_tenant_text(path.read_bytes())
    assert VALIDATOR.is_valid(request.to_document())


def test_there_is_an_example_of_each_tier() -> None:
    """A reader finds a start for each tier."""
    tiers = {parse_tenant_text(path.read_bytes()).isolation for path in EXAMPLES}
    assert tiers == {"namespace", "nodepool", "cluster"}


def test_published_schema_is_the_models_schema() -> None:
    """The file is made with `python -m landing_zone.tenant_request.schema`."""
    published = (ROOT / "docs" / "tenant-request.schema.json").read_text()
    assert published == schema_text()


def test_published_schema_is_a_schema() -> None:
    """It is valid in the dialect it names."""
    Draft202012Validator.check_schema(tenant_request_schema())


@pytest.mark.parametrize(
    "changes",
    [
        {"isolation": "nodepool"},
        {"subscription": {"mode": "adopt"}},
        {"subscription": {"mode": "vend", "id": "11111111-1111-1111-1111-111111111111"}},
        {"network": {"prefixLength": 28}},
        {"unknown": 1},
    ],
)
def test_schema_refuses_what_the_model_refuses(changes: dict[str, Any]) -> None:
    """Editors that know the schema show these before anything is sent."""
    document = minimal(**changes)
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(ValidationError):
        TenantRequest.model_validate(document)


def test_optional_parts_have_defaults() -> None:
    """A minimal request is complete."""
    request = TenantRequest.model_validate(minimal())
    assert request.network.prefix_length == 24
    assert request.subscription.mode == "vend"
    assert request.compute.nodes is None
    assert request.gitops is None
    assert request.budget.alert_at == (50, 80, 100)
    assert parse_tenant_document(request.to_document()) == request


def test_request_cannot_be_changed() -> None:
    """A request is a value."""
    request = TenantRequest.model_validate(minimal())
    with pytest.raises(ValidationError, match="frozen"):
        request.tenant_id = "other"  # type: ignore[misc]


def test_budget_keeps_cents_exactly() -> None:
    """An amount is decimal, never binary."""
    request = TenantRequest.model_validate(minimal(budget={"monthly": 0.1}))
    assert str(request.budget.monthly * 3) == "0.30"
    assert request.to_document()["budget"]["monthly"] == 0.1


def test_host_names_are_kept_in_lower_case() -> None:
    """Names of hosts are equal whatever their case."""
    request = TenantRequest.model_validate(minimal(egress={"fqdns": ["API.Contoso.com"]}))
    assert request.egress.fqdns == ("api.contoso.com",)


def test_model_built_in_code_obeys_the_rules_between_values() -> None:
    """There is no way around the rules by leaving the document out."""
    with pytest.raises(ValidationError, match="nodes of its own"):
        TenantRequest.model_validate(minimal(isolation="cluster"))
