"""Reading a request's text: the encodings, YAML and JSON that are taken, and those that are not."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from landing_zone.request_parsing import (
    Fault,
    InvalidRequest,
    parse_tenant_document,
    parse_tenant_text,
)
from tests.unit.strategies import json_values, tenant_documents
from tests.unit.test_tenant_request import minimal

YAML = """\
apiVersion: spokewright/v1
tenantId: contoso
displayName: Contoso
owner: {group: 11111111-1111-1111-1111-111111111111, email: ai@contoso.com}
costCenter: CC-1
application: assistant
environment: dev
region: westeurope
isolation: namespace
"""
JSON = json.dumps(minimal())


def faults_of(text: str | bytes, content_type: str = "") -> tuple[Fault, ...]:
    """What is wrong with a text."""
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(InvalidRequest) as caught:
        parse_tenant_text(data, content_type=content_type)
    return caught.value.faults


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (YAML, ""),
        (YAML, "application/yaml"),
        (YAML, "text/yaml; charset=UTF-8"),
        (YAML, "application/octet-stream"),
        ("\ufeff" + YAML, ""),
        ("---\n" + YAML + "...\n", ""),
        (YAML.replace("\n", "\r\n"), ""),
        (JSON, ""),
        ("\n  " + JSON, ""),
        (JSON, "application/json"),
        (JSON, 'application/vnd.contoso+json; charset="utf-8"'),
        (JSON, "application/yaml"),
    ],
)
def test_same_request_is_read_from_every_form(text: str, content_type: str) -> None:
    """YAML and JSON, with and without a byte order mark, say the same."""
    request = parse_tenant_text(text.encode(), content_type=content_type)
    assert request == parse_tenant_document(minimal())


TEXTS: list[tuple[str | bytes, str]] = [
    ("", "is empty"),
    ("   \n# only a comment\n", "is empty"),
    ("null", "is empty"),
    ("---\n---\n", "is followed by another document at line 2"),
    (YAML + "---\n" + YAML, "is followed by another document at line 10"),
    (YAML.encode("utf-16"), "UTF-16"),
    (YAML.encode("utf-16-le"), "zero byte"),
    (YAML.encode("utf-32"), "UTF-16 or UTF-32"),
    (YAML.encode() + b"\xe9", f"byte {len(YAML) + 1} "),
    (b"x" * (256 * 1024 + 1), "262145 bytes long"),
    ("a: &a 1\n", "has an anchor at line 1"),
    ("a: 1\nb: *a\n", "alias"),
    ("a: !!python/object/apply:os.system [ls]", "has a tag at line 1"),
    ("a: !!str 5", "has a tag at line 1"),
    ("a: !own 5", "has a tag at line 1"),
    ("a: [1, 2", "is not YAML"),
    ("a: 1\n\tb: 2", "at line 2"),
    ("a: \x07", "a character that YAML does not allow"),
    ("[" * 21, "is nested too deeply"),
    ("a: " + "[" * 20 + "]" * 20, "is nested too deeply"),
    ("- " * 25 + "x", "is nested too deeply"),
    ('{"a":' * 100_00, "is nested too deeply"),
    ('{"a": 1,}', "is not JSON"),
    ("{'a': 1}", "is not JSON: Expecting property name"),
    ('{"a": "\n"}', "at line 1, column 8"),
    ("{} {}", "is not JSON: Extra data"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS, ids=range(len(TEXTS)))
def test_text_that_cannot_be_read_is_one_clear_fault(text: str | bytes, message: str) -> None:
    """The fault is the document's own and says where to look."""
    (fault,) = faults_of(text)
    assert fault.path == ""
    assert message in fault.message


def test_aliases_that_would_expand_without_end_are_refused_at_the_first() -> None:
    """Nothing is expanded: the first anchor ends the reading."""
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (fault,) = faults_of("a0: &a0 [x]\n" + "\n".join(rows))
    assert fault.message == "has an anchor at line 1"


def test_declared_encoding_other_than_utf8_is_refused() -> None:
    """A declared encoding is believed."""
    (fault,) = faults_of(YAML, "application/yaml; charset=iso-8859-1")
    assert (fault.message, fault.allowed) == ("is declared in another encoding", "UTF-8")


def test_yaml_sent_as_json_is_refused_as_json() -> None:
    """The content type decides."""
    (fault,) = faults_of(YAML, "application/json")
    assert fault.message.startswith("is not JSON")


# A line to add to the YAML; the path, and a part of the message, of the fault it makes.
LINES: list[tuple[str, str, str]] = [
    ("region: eastus", "region", "is written again at line 10"),
    ("data: {storage: true, storage: false}", "data.storage", "is written again at line 10"),
    ("1: x", "", "has the number 1 for a key at line 10"),
    ("true: x", "", "has the truth value true for a key"),
    ("~: x", "", "has nothing for a key"),
    ("[a, b]: x", "", "has a list for a key"),
    ("? {a: b}\n: x", "", "has a mapping for a key"),
    ("<<: {region: eastus}", "<<", "is not a known key"),
    ("no: x", "no", "is not a known key"),
    ("budget: {monthly: " + "9" * 5000 + "}", "budget.monthly", "too many digits"),
    ("budget: {monthly: 1e999}", "budget.monthly", "is out of range"),
    ("budget: {monthly: .inf}", "budget.monthly", 'the text ".inf"'),
    ("budget: {monthly: .nan}", "budget.monthly", 'the text ".nan"'),
    ("budget: {monthly: 1_000}", "budget.monthly", 'the text "1_000"'),
    ("network: {prefixLength: 024}", "network.prefixLength", 'the text "024"'),
    ("network: {prefixLength: 0x18}", "network.prefixLength", 'the text "0x18"'),
    ("network: {prefixLength: '24'}", "network.prefixLength", 'the text "24"'),
    ("data: {storage: yes}", "data.storage", 'the text "yes"'),
    ("data: {storage: on}", "data.storage", 'the text "on"'),
    ("data: {storage: 'true'}", "data.storage", 'the text "true"'),
    ("network:", "network", "must be a mapping, not nothing"),
]


@pytest.mark.parametrize(("line", "path", "message"), LINES, ids=range(len(LINES)))
def test_surprise_of_yaml_is_a_clear_fault(line: str, path: str, message: str) -> None:
    """What YAML would silently turn into something else is said instead."""
    faults = faults_of(YAML + line)
    assert any(fault.path == path and message in fault.message for fault in faults)


@pytest.mark.parametrize("word", ["no", "off", "2026-01-01", "0042", "12:30:00", "1e", "0x10"])
def test_plain_word_stays_the_text_it_looks_like(word: str) -> None:
    """Norway is a country, not false; a cost centre keeps its zeros."""
    text = YAML.replace("CC-1", word)
    if ":" in word:
        assert '"12:30:00" is not a plain label' in faults_of(text)[0].message
    else:
        assert parse_tenant_text(text.encode()).cost_center == word


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ('"region": "eastus"', 'has the key "region" twice'),
        ('"budget": {"monthly": NaN}', "has NaN, which JSON does not know"),
        ('"budget": {"monthly": -Infinity}', "has -Infinity, which JSON does not know"),
        ('"budget": {"monthly": 1e999}', 'has the number "1e999"'),
        ('"budget": {"monthly": ' + "9" * 5000 + "}", "a number of too many digits"),
    ],
)
def test_json_that_would_lose_something_is_a_fault(part: str, message: str) -> None:
    """A key is not overwritten, a number is a number."""
    faults = faults_of(JSON[:-1] + f", {part}}}")
    assert any(message in fault.message for fault in faults)


def test_faults_of_text_and_of_values_come_together() -> None:
    """A key written twice does not hide what else is wrong."""
    paths = {fault.path for fault in faults_of(YAML + "region: x\nisolation: nodepool\nq: 1")}
    assert paths == {"region", "isolation", "q"}


def refused_or_read(text: bytes, content_type: str = "") -> None:
    """Any outcome but an error of another kind."""
    faults: tuple[Fault, ...] = ()
    try:
        parse_tenant_text(text, content_type=content_type)
    except InvalidRequest as error:
        faults = (*error.faults, Fault("", error.message[:100]))
    for fault in faults:
        json.dumps(fault.to_document(), ensure_ascii=False).encode()
        assert len(fault.path) + len(fault.message) < 500


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "application/yaml"]))
@example(b"\xef\xbb\xbf", "")
@example(b'{"\\ud800": 1}', "")
@example(b'"\\ud800', "")
@example(b"? ", "")
@example(b"- ? : -", "")
def test_any_bytes_are_read_or_refused(text: bytes, content_type: str) -> None:
    """Nothing that is sent raises anything else."""
    refused_or_read(text, content_type)


@given(st.text("{}[]:,-?&*!|>'\"%@`# \n\tab10.~", max_size=60))
def test_any_yaml_looking_text_is_read_or_refused(text: str) -> None:
    """The syntax's own characters, in any order."""
    refused_or_read(text.encode())


@given(json_values())
def test_any_json_is_read_or_refused(value: Any) -> None:
    """As text and as data."""
    refused_or_read(json.dumps(value).encode())
    with contextlib.suppress(InvalidRequest):
        parse_tenant_document(value)


@given(tenant_documents(), st.data())
def test_request_with_one_value_replaced_is_read_or_refused(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Near misses reach the depths that random values do not."""
    key = data.draw(st.sampled_from(sorted(document)))
    refused_or_read(json.dumps(document | {key: data.draw(json_values())}).encode())
