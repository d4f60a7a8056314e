"""Reading a tenant request from what was sent, with everything that is wrong reported at once."""

from landing_zone.request_parsing.faults import Fault, InvalidRequest
from landing_zone.request_parsing.parsing import parse_tenant_document, parse_tenant_text

__all__ = ["Fault", "InvalidRequest", "parse_tenant_document", "parse_tenant_text"]
