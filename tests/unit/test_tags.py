"""The required tags."""

from hypothesis import given

from landing_zone.tags import REQUIRED_TAGS, required_tags
from landing_zone.tenant_request import TenantRequest
from tests.unit.strategies import tenant_requests
from tests.unit.test_tenant_request import minimal


def test_tags_say_whose_a_resource_is_and_who_pays() -> None:
    """The values come from the request."""
    assert required_tags(TenantRequest.model_validate(minimal())) == {
        "tenantId": "contoso",
        "costCenter": "CC-1",
        "application": "assistant",
        "environment": "dev",
        "owner": "ai@contoso.com",
    }


@given(tenant_requests())
def test_tags_are_legal_and_complete(request: TenantRequest) -> None:
    """Azure takes them: names without its reserved characters, values of up to 256."""
    tags = required_tags(request)
    assert tuple(tags) == REQUIRED_TAGS
    for name, value in tags.items():
        assert not set(name) & set("<>%&\\?/")
        assert 0 < len(value) <= 256
