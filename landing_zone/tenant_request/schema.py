"""The JSON Schema of the tenant request, as `docs/tenant-request.schema.json` publishes it.

`python -m landing_zone.tenant_request.schema` prints it.
"""

import json
import sys
from decimal import Decimal
from typing import Any

from landing_zone.tenant_request.field_rules import plain_number
from landing_zone.tenant_request.model import TenantRequest

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def tenant_request_schema() -> dict[str, Any]:
    """The schema, with those rules between values that JSON Schema can say."""
    schema = _tidied(TenantRequest.model_json_schema(by_alias=True))
    return {
        "$schema": DIALECT,
        **schema,
        "title": "Spokewright tenant request",
        "allOf": [_tier_needs_nodes(), _adopt_needs_id()],
    }


def schema_text() -> str:
    """The published file's text."""
    return json.dumps(tenant_request_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidied(schema: Any) -> Any:
    """The schema without what the generator puts in for Python's readers."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {key: _tidied(part) for key, part in schema.items() if not _is_noise(key, part)}
    if isinstance(text := tidied.get("description"), str):
        tidied["description"] = text.partition("\n\n")[0]
    if tidied.get("type") == "number" and "default" in tidied:
        tidied["default"] = plain_number(Decimal(tidied["default"]))
    return tidied


def _is_noise(key: str, part: Any) -> bool:
    return key == "title" and isinstance(part, str)


def _tier_needs_nodes() -> dict[str, Any]:
    return {
        "if": {
            "properties": {"isolation": {"enum": ["nodepool", "cluster"]}},
            "required": ["isolation"],
        },
        "then": {"properties": {"compute": {"required": ["nodes"]}}, "required": ["compute"]},
    }


def _adopt_needs_id() -> dict[str, Any]:
    adopt = {"properties": {"mode": {"const": "adopt"}}, "required": ["mode"]}
    return {
        "if": {"properties": {"subscription": adopt}, "required": ["subscription"]},
        "then": {"properties": {"subscription": {"required": ["id"]}}},
        "else": {"properties": {"subscription": {"not": {"required": ["id"]}}}},
    }


if __name__ == "__main__":
    sys.stdout.write(schema_text())
