"""JSON merge patches: the cases of RFC 7396, and patches of tenant requests."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given

from landing_zone.request_parsing import InvalidRequest
from landing_zone.request_parsing.patches import merged, parse_patch, patched
from tests.fakes import example_request
from tests.unit.strategies import json_values

REQUEST = example_request()

RFC_CASES: list[tuple[str, str, str]] = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]
"""RFC 7396, appendix A: the original, the patch, the result."""


@pytest.mark.parametrize(("original", "patch", "result"), RFC_CASES)
def test_merging_is_as_the_rfc_says(original: str, patch: str, result: str) -> None:
    """Each of its example test cases."""
    assert merged(json.loads(original), json.loads(patch)) == json.loads(result)


@given(target=json_values(), patch=json_values())
def test_merging_changes_neither_of_both(target: Any, patch: Any) -> None:
    """The outcome stands for itself."""
    before = copy.deepcopy((target, patch))
    merged(target, patch)
    assert repr((target, patch)) == repr(before)


@given(target=json_values(), patch=json_values())
def test_merging_twice_is_merging_once(target: Any, patch: Any) -> None:
    """A patch that is sent again changes nothing more."""
    once = merged(target, patch)
    assert repr(merged(once, patch)) == repr(once)


def test_patch_changes_what_it_names_and_nothing_else() -> None:
    """Inside of what is nested, too; a list is taken as a whole."""
    patch = {"costCenter": "CC-7", "compute": {"cpu": 6}, "egress": {"fqdns": ["b.contoso.com"]}}
    wanted = patched(REQUEST, patch).to_document()
    before = REQUEST.to_document()
    assert wanted["costCenter"] == "CC-7"
    assert wanted["compute"] == before["compute"] | {"cpu": 6}
    assert wanted["egress"] == before["egress"] | {"fqdns": ["b.contoso.com"]}
    named = {"costCenter", "compute", "egress"}
    assert {key: wanted[key] for key in wanted.keys() - named} == {
        key: before[key] for key in before.keys() - named
    }


def test_null_leaves_a_property_to_its_default() -> None:
    """As if it had never been asked for."""
    assert REQUEST.ai.services
    wanted = patched(REQUEST, {"ai": {"services": None}, "egress": None})
    assert wanted.ai.services == ()
    assert wanted.ai.models == REQUEST.ai.models
    document = REQUEST.to_document()
    del document["egress"]
    assert wanted.egress == type(REQUEST).model_validate(document).egress


def test_empty_patch_changes_nothing() -> None:
    """The request is what it was, to the last property."""
    assert patched(REQUEST, {}) == REQUEST


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"tenantId": "fabrikam"}, "tenantId"),
        ({"tenantId": None}, "tenantId"),
        ({"owner": None}, "owner"),
        ({"costCentre": "CC-7"}, "costCentre"),
        ({"compute": {"cpu": "many"}}, "compute.cpu"),
        ({"budget": {"alertAt": [80, 50]}}, "budget.alertAt[1]"),
        ({"apiVersion": "spokewright/v0"}, "apiVersion"),
    ],
)
def test_patch_that_leads_to_no_request_names_the_fault(patch: dict[str, Any], path: str) -> None:
    """By its path in the document."""
    with pytest.raises(InvalidRequest) as caught:
        patched(REQUEST, patch)
    assert path in {fault.path for fault in caught.value.faults}


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"1", b'"a"', b"null", b'{"a": 1, "a": 2}', b"\xff", b"{'a': 1}", b"NaN"],
)
def test_what_is_no_json_object_is_no_patch(text: bytes) -> None:
    """A property that is named twice included: nobody knows which is meant."""
    with pytest.raises(InvalidRequest) as caught:
        parse_patch(text)
    assert caught.value.faults


def test_patch_is_read_as_it_was_sent() -> None:
    """With its nulls, which say something."""
    assert parse_patch(b'{"egress": null, "compute": {"cpu": 6}}') == {
        "egress": None,
        "compute": {"cpu": 6},
    }
