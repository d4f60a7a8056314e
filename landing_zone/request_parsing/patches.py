"""Reading a change of a tenant request: a JSON merge patch (RFC 7396)."""

from typing import Any

from landing_zone.request_parsing.faults import InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.parsing import parse_tenant_document
from landing_zone.request_parsing.reading import decoded, refuse
from landing_zone.tenant_request import TenantRequest


def parse_patch(text: bytes) -> dict[str, Any]:
    """Read a merge patch.

    Raises:
        InvalidRequest: It is no JSON object.
    """
    reading = read_json(decoded(text))
    if reading.faults:
        raise InvalidRequest(reading.faults)
    if not isinstance(reading.document, dict):
        refuse("is no JSON object", "a JSON merge patch (RFC 7396) of the tenant request")
    return reading.document


def patched(request: TenantRequest, patch: dict[str, Any]) -> TenantRequest:
    """A request with a patch merged into it; what the patch says is null is left to its default.

    Raises:
        InvalidRequest: The outcome is no tenant request, or another tenant's.
    """
    document = merged(request.to_document(), patch)
    wanted = parse_tenant_document(document)
    if wanted.tenant_id != request.tenant_id:
        refuse("names another tenant", request.tenant_id, "tenantId")
    return wanted


def merged(target: Any, patch: Any) -> Any:
    """The outcome of a merge patch (RFC 7396, section 2); neither of both is changed."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found
