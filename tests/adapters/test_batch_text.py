"""The text of transactions, and what is read from their answers."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import unquote

import pytest
from azure.core import MatchConditions
from azure.data.tables import UpdateMode
from hypothesis import given
from hypothesis import strategies as st

from azure_adapters.batch_text import Answer, Operation, content_type, decoded, encoded

TABLE = "https://stspokewright.table.core.windows.net/spokewrightaudit"
AS_READ = {"etag": "W/\"datetime'x'\"", "match_condition": MatchConditions.IfNotModified}

KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
VALUES = st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**31), 2**31 - 1)
ENTITIES = st.builds(
    lambda key, more: more | {"PartitionKey": "a'b c", "RowKey": key},
    KEYS,
    st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True), VALUES),
)
OPERATIONS = st.one_of(
    st.builds(lambda entity: ("create", entity), ENTITIES),
    st.builds(lambda entity: ("update", entity, {"mode": UpdateMode.REPLACE, **AS_READ}), ENTITIES),
    st.builds(lambda entity: ("update", entity, {"mode": UpdateMode.REPLACE}), ENTITIES),
    st.builds(lambda entity: ("upsert", entity, {"mode": UpdateMode.REPLACE}), ENTITIES),
    st.builds(lambda entity: ("delete", entity, AS_READ), ENTITIES),
    st.builds(lambda entity: ("delete", entity), ENTITIES),
)


def requests_of(text: bytes, name: str) -> list[str]:
    """The requests that a program which reads MIME finds."""
    whole = message_from_bytes(f"Content-Type: {content_type(name)}\r\n\r\n".encode() + text)
    (changes,) = parts_of(whole)
    found = parts_of(changes)
    assert {part.get_content_type() for part in found} == {"application/http"}
    return [str(part.get_payload()) for part in found]


def parts_of(message: Message) -> list[Message]:
    """The parts of one that has parts."""
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def keys_in(url: str) -> tuple[str, str]:
    """The keys that a URL names."""
    inside = url.removeprefix(f"{TABLE}(PartitionKey='").removesuffix("')")
    partition, _, row = inside.partition("',RowKey='")
    return unquote(partition).replace("''", "'"), unquote(row).replace("''", "'")


@given(st.lists(OPERATIONS, min_size=1, max_size=5))
def test_what_is_written_is_read_by_others(operations: list[Operation]) -> None:
    """Whatever stands in a row, be it lines like those between the parts."""
    requests = requests_of(encoded(operations, TABLE, "0a1b"), "0a1b")
    methods = {"create": "POST", "update": "PUT", "upsert": "PUT", "delete": "DELETE"}
    for (kind, entity, *conditions), request in zip(operations, requests, strict=True):
        head, _, body = request.replace("\r\n", "\n").partition("\n\n")
        line, *headers = head.split("\n")
        method, url, version = line.split(" ")
        assert (method, version) == (methods[kind], "HTTP/1.1")
        version_of_row = (
            f"If-Match: {AS_READ['etag'] if 'etag' in (conditions or [()])[0] else '*'}"
        )
        assert (version_of_row in headers) == (kind not in {"create", "upsert"})
        if kind != "create":
            assert keys_in(url) == (entity["PartitionKey"], entity["RowKey"])
        if kind != "delete":
            assert json.loads(body) == entity


@pytest.mark.parametrize(
    "operation",
    [
        ("upsert", {}),
        ("update", {}, {"mode": UpdateMode.MERGE, **AS_READ}),
        ("delete", {}, {}),
    ],
    ids=["upsert", "merge", "no-condition"],
)
def test_operation_that_is_not_used_is_refused(operation: tuple[Any, ...]) -> None:
    """A kind that is not known is not guessed at."""
    kind, _, *conditions = operation
    entity = {"PartitionKey": "a", "RowKey": "b"}
    with pytest.raises(ValueError, match=r"is no operation|as it was read"):
        encoded([(kind, entity, *conditions)], TABLE, "0a")


@pytest.mark.parametrize("value", [True, 1.5, None, 2**31, -(2**31) - 1, b"x"], ids=repr)
def test_property_whose_type_json_does_not_tell_is_refused(value: object) -> None:
    """It would be stored as something else."""
    with pytest.raises(TypeError, match="Of is neither"):
        encoded([("create", {"PartitionKey": "a", "RowKey": "b", "Of": value})], TABLE, "0a")


def test_transaction_is_of_one_partition() -> None:
    """Azure refuses any other, and Azurite does not."""
    rows = [("create", {"PartitionKey": name, "RowKey": "b"}) for name in "ac"]
    with pytest.raises(ValueError, match="one partition"):
        encoded(rows, TABLE, "0a")


# learn: rest/api/storageservices/performing-entity-group-transactions, sample responses.
DONE = b"""--batchresponse_6
Content-Type: multipart/mixed; boundary=changesetresponse_4

--changesetresponse_4
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 204 No Content
Content-ID: 1
ETag: W/"datetime'2013-09-04T21%3A51%3A18.5337931Z'"
DataServiceId: https://myaccount.table.core.windows.net/Blogs(PartitionKey='C',RowKey='1')


--changesetresponse_4
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 204 No Content
X-Content-Type-Options: nosniff


--changesetresponse_4--
--batchresponse_6--
""".replace(b"\n", b"\r\n")
REFUSED = b"""--batchresponse_a
Content-Type: multipart/mixed; boundary=changesetresponse_b

--changesetresponse_b
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 409 Conflict
Content-Type: application/json

{"odata.error":{"code":"EntityAlreadyExists"}}
--changesetresponse_b--
--batchresponse_a--
""".replace(b"\n", b"\r\n")


def test_each_operation_has_its_answer() -> None:
    """With the version of its row, where there is a row."""
    assert decoded("multipart/mixed; boundary=batchresponse_6", DONE) == [
        Answer(204, "W/\"datetime'2013-09-04T21%3A51%3A18.5337931Z'\""),
        Answer(204),
    ]


def test_refusal_has_its_reason() -> None:
    """It is one answer for all."""
    (answer,) = decoded('multipart/mixed; boundary="batchresponse_a"', REFUSED)
    assert answer == Answer(409, "", '{"odata.error":{"code":"EntityAlreadyExists"}}')
    assert not answer.is_success


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", DONE),
        ("multipart/mixed; boundary=batchresponse_6", DONE.replace(b"HTTP/1.1 204", b"nothing")),
    ],
    ids=["no-parts", "no-status"],
)
def test_what_is_no_answer_to_a_transaction_is_told(kind: str, body: bytes) -> None:
    """It is not taken for success."""
    with pytest.raises(ValueError, match=r"no parts|no status"):
        decoded(kind, body)
