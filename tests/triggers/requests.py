"""HTTP requests as the worker hands them over, and answers as JSON."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from landing_zone.lifecycle import SETTLED, TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, example_request
from tests.principals import headers_of

TENANT = "contoso-research"
INSTANCE = f"tenant-{TENANT}"
PROBLEM = "application/problem+json"


def request(
    body: Any = b"",
    *,
    content_type: str = "application/yaml",
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **route: str,
) -> func.HttpRequest:
    """A request of who may do everything, unless told; what is not bytes is sent as JSON."""
    if not isinstance(body, bytes):
        body, content_type = json.dumps(body).encode(), "application/json"
    return func.HttpRequest(
        method="GET",
        url="/api",
        headers={"content-type": content_type, **(headers_of() if headers is None else headers)},
        params=dict(params or {}),
        route_params=route,
        body=body,
    )


def content(response: func.HttpResponse) -> Any:
    """The answer's document."""
    return json.loads(response.get_body())


def record(state: TenantState, tenant_id: str = TENANT, **changes: Any) -> TenantRecord:
    """A tenant's record."""
    made = new_tenant(example_request(tenantId=tenant_id), "ann", NOON)
    ongoing = state not in SETTLED
    return made.model_copy(update={"state": state, "ongoing": ongoing, **changes})
