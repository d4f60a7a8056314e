"""Route templates, matched as ASP.NET matches them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.triggers.routes import Route

GUID = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("tenants", "/tenants", {}),
        ("tenants", "/TENANTS/", {}),
        ("tenants", "/tenants/x", None),
        ("tenants/{id}", "/tenants/a%20b", {"id": "a b"}),
        ("tenants/{id}", "/tenants", None),
        ("tenants/{id?}", "/tenants", {}),
        ("tenants/{id=all}", "/tenants", {"id": "all"}),
        ("tenants/{id}/plan", "/tenants/x/plan", {"id": "x"}),
        ("files/{*path}", "/files/a/b/c", {"path": "a/b/c"}),
        ("files/{*path}", "/files", {"path": ""}),
        ("{name}.{kind}", "/a.txt", {"name": "a", "kind": "txt"}),
        ("n/{x:int}", "/n/-5", {"x": "-5"}),
        ("n/{x:int}", "/n/5.5", None),
        ("n/{x:double}", "/n/5.5", {"x": "5.5"}),
        ("n/{x:bool}", "/n/True", {"x": "True"}),
        ("n/{x:guid}", f"/n/{GUID}", {"x": GUID}),
        ("n/{x:guid}", "/n/123", None),
        ("n/{x:datetime}", "/n/2026-01-01", {"x": "2026-01-01"}),
        ("n/{x:alpha:maxlength(3)}", "/n/abc", {"x": "abc"}),
        ("n/{x:alpha:maxlength(3)}", "/n/abcd", None),
        ("n/{x:length(2,3)}", "/n/a", None),
        ("n/{x:length(2)}", "/n/ab", {"x": "ab"}),
        ("n/{x:range(1,5)}", "/n/5", {"x": "5"}),
        ("n/{x:range(1,5)}", "/n/6", None),
        ("n/{x:min(3)}", "/n/2", None),
        ("n/{x:max(3)}", "/n/2", {"x": "2"}),
        ("n/{x:regex(^a+$)}", "/n/aaa", {"x": "aaa"}),
        ("n/{x:regex(^a+$)}", "/n/aab", None),
        ("n/{x:int?}", "/n", {}),
    ],
)
def test_templates_match(template: str, path: str, values: dict[str, str] | None) -> None:
    """Literals without case, parameters with constraints, defaults and a catch-all."""
    assert Route(template).match(path) == values


@pytest.mark.parametrize("template", ["a/{x:nothing}", "a/{x", "a/x}", "a/{x:range(1)}"])
def test_wrong_templates_are_refused(template: str) -> None:
    """With the template in the message."""
    with pytest.raises(HostError, match="route"):
        Route(template)


def test_the_most_specific_route_comes_first() -> None:
    """Literal before constrained before plain before catch-all."""
    templates = ["a/{*rest}", "a/{x}", "a/{x:int}", "a/b"]
    ranked = sorted(templates, key=lambda template: Route(template).rank)
    assert ranked == ["a/b", "a/{x:int}", "a/{x}", "a/{*rest}"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1))
def test_any_segment_fits_a_plain_parameter(segment: str) -> None:
    """What is quoted in the URL arrives unquoted."""
    from urllib.parse import quote  # noqa: PLC0415 - this test only

    assert Route("t/{id}").match("/t/" + quote(segment, safe="")) == {"id": segment}
