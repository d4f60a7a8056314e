"""Requests that are wrong, each with the paths of its faults."""

import json
from pathlib import Path
from typing import Any

import yaml

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "tenants" / "contoso-research.yaml"


def example(**changes: Any) -> dict[str, Any]:
    """The example's document, with some of its top-level values changed."""
    document: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return document | changes


def changed(*path: str, to: Any) -> bytes:
    """The example with one value changed, as JSON."""
    document = example()
    place: Any = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return json.dumps(document).encode()


def without(name: str) -> bytes:
    """The example without one of its values."""
    document = example()
    del document[name]
    return json.dumps(document).encode()


def several() -> bytes:
    """Five faults at once."""
    document = example(tenantId="Not A Label", environment="production", costCentre="CC-1")
    document["network"] = {"prefixLength": 8}
    document["budget"] = {"monthly": -5, "currency": "EUR", "alertAt": [50]}
    return json.dumps(document).encode()


DEEP = b"[" * 3000 + b"]" * 3000
LAUGHS = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntenantId: *c\n"

MALFORMED: dict[str, tuple[bytes, set[str]]] = {
    "empty": (b"", {""}),
    "null": (b"null", {""}),
    "a number": (b"42", {""}),
    "a list": (b"[]", {""}),
    "cut off": (b'{"apiVersion": "spokewright/v1"', {""}),
    "no yaml": (b"a: [1, 2", {""}),
    "not utf-8": (bytes([0xFF, 0xFE, 0x00, 0x61]), {""}),
    "deep": (DEEP, {""}),
    "anchors": (LAUGHS, {""}),
    "huge": (b'{"displayName": "' + b"x" * 400_000 + b'"}', {""}),
    "two documents": (b"a: 1\n---\nb: 2\n", {""}),
    "a python object": (b"tenantId: !!python/object/apply:os.system ['true']\n", {""}),
    "duplicate key": (b'{"tenantId": "a-one", "tenantId": "b-one"}', {""}),
    "unknown key": (changed("budgets", to=1), {"budgets"}),
    "wrong version": (changed("apiVersion", to="spokewright/v9"), {"apiVersion"}),
    "no tenant": (without("tenantId"), {"tenantId"}),
    "no owner": (without("owner"), {"owner"}),
    "tenant in capitals": (changed("tenantId", to="Contoso"), {"tenantId"}),
    "tenant too long": (changed("tenantId", to="a" * 64), {"tenantId"}),
    "tenant as a path": (changed("tenantId", to="../../etc"), {"tenantId"}),
    "tenant with a quote": (changed("tenantId", to="a' or '1"), {"tenantId"}),
    "owner's group": (changed("owner", "group", to="nobody"), {"owner.group"}),
    "owner's address": (changed("owner", "email", to="no address"), {"owner.email"}),
    "region not served": (changed("region", to="northpole"), {"region"}),
    "prefix too small": (changed("network", to={"prefixLength": 29}), {"network.prefixLength"}),
    "prefix as text": (changed("network", to={"prefixLength": "wide"}), {"network.prefixLength"}),
    "unknown tier": (changed("isolation", to="dungeon"), {"isolation"}),
    "git over http": (changed("gitops", "url", to="http://example.com/x"), {"gitops.url"}),
    "secret in git": (changed("gitops", "url", to="https://u:p@example.com/x"), {"gitops.url"}),
    "adopt without id": (changed("subscription", to={"mode": "adopt"}), {"subscription.id"}),
    "negative budget": (changed("budget", "monthly", to=-1), {"budget.monthly"}),
    "wildcard of all": (changed("egress", "fqdns", to=["*"]), {"egress.fqdns[0]"}),
    "five at once": (
        several(),
        {"tenantId", "environment", "costCentre", "network.prefixLength", "budget.monthly"},
    ),
}
