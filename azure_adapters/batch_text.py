"""The text of a transaction of a table, and of its answer: MIME parts that hold HTTP messages.

Source of both forms: learn: rest/api/storageservices/performing-entity-group-transactions.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

_EOL: Final = "\r\n"
_MULTIPART: Final = "multipart/mixed; boundary="
_PART: Final = _EOL.join(
    ("Content-Type: application/http", "Content-Transfer-Encoding: binary", "", "")
)
_HEADERS: Final = _EOL.join(
    (
        " HTTP/1.1",
        "Accept: application/json;odata=nometadata",
        "Prefer: return-no-content",
        "DataServiceVersion: 3.0",
        "",
    )
)
_BODY: Final = f"Content-Type: application/json{_EOL}{_EOL}"
_ANY: Final[Mapping[str, Any]] = {}
"""No condition but that the row is there."""

_LEAST: Final = -(2**31)
_MOST: Final = 2**31 - 1
_BOUNDARY: Final = re.compile(r'boundary="?([^";\r\n]+)', re.IGNORECASE)
_BLANK: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
_ETAG: Final = re.compile(rb"^ETag: *([^\r\n]+)", re.IGNORECASE | re.MULTILINE)

type Operation = tuple[Any, ...]
"""As the SDK's transactions take it: what is done, the entity, and conditions, if any."""


class Answer(NamedTuple):
    """What one operation was answered.

    Attributes:
        status: The status.
        etag: The row's new version; empty where there is none.
        body: What else was said: why it was refused.
    """

    status: int
    etag: str = ""
    body: str = ""

    @property
    def is_success(self) -> bool:
        """Whether it was done."""
        return HTTPStatus(self.status).is_success


def content_type(name: str) -> str:
    """What the body of a transaction of that name is."""
    return f"{_MULTIPART}batch_{name}"


def encoded(operations: Sequence[Operation], table: str, name: str) -> bytes:
    """The body of a transaction, in parts as `content_type` says.

    Args:
        operations: What is done: rows are created, replaced and deleted.
        table: URL of the table.
        name: Names the transaction, by letters and digits that are found nowhere else in it.

    Raises:
        ValueError: It is an operation of another kind, or they are of several partitions.
        TypeError: A property is neither a text nor a whole number.
    """
    if len({entity["PartitionKey"] for _, entity, *_ in operations}) > 1:
        raise ValueError("a transaction is of one partition")
    batch, changes = f"--batch_{name}", f"--changeset_{name}"
    parts = "".join(f"{changes}{_EOL}{_PART}{_request(table, one)}{_EOL}" for one in operations)
    head = f"{batch}{_EOL}Content-Type: {_MULTIPART}changeset_{name}{_EOL}{_EOL}"
    return f"{head}{parts}{changes}--{_EOL}{batch}--{_EOL}".encode()


def decoded(kind: str, body: bytes) -> list[Answer]:
    """What each operation was answered, or only the one that was refused: then none was done.

    Raises:
        ValueError: It is no answer to a transaction.
    """
    return [_answer(message) for message in _messages(kind, body)]


def _request(table: str, operation: Operation) -> str:
    kind, entity, *conditions = operation
    match (kind, *conditions):
        case ("create",):
            return f"POST {table}{_HEADERS}{_BODY}{_properties(entity)}"
        case ("update", {"mode": UpdateMode.REPLACE, **rest}):
            head = f"PUT {_row(table, entity)}{_HEADERS}{_if_match(rest)}"
            return f"{head}{_BODY}{_properties(entity)}"
        case ("upsert", {"mode": UpdateMode.REPLACE, **rest}) if not rest:
            # Without a condition the row is made where it is not there
            # (learn: rest/api/storageservices/insert-or-replace-entity).
            return f"PUT {_row(table, entity)}{_HEADERS}{_BODY}{_properties(entity)}"
        case ("delete",):
            return f"DELETE {_row(table, entity)}{_HEADERS}{_if_match(_ANY)}{_EOL}"
        case ("delete", {"etag": _} as condition):
            return f"DELETE {_row(table, entity)}{_HEADERS}{_if_match(condition)}{_EOL}"
        case _:
            raise ValueError(f"{kind} is no operation that is used here")


def _if_match(condition: Mapping[Any, Any]) -> str:
    match condition:
        case {} if not condition:
            return f"If-Match: *{_EOL}"
        case {"etag": str(etag), "match_condition": MatchConditions.IfNotModified}:
            return f"If-Match: {etag}{_EOL}"
        case _:
            raise ValueError("a condition is that the row is as it was read")


def _row(table: str, entity: Mapping[str, Any]) -> str:
    partition, row = _key(entity["PartitionKey"]), _key(entity["RowKey"])
    return f"{table}(PartitionKey='{partition}',RowKey='{row}')"


def _key(key: str) -> str:
    """A key within a URL, where a quotation mark is written twice."""
    return quote(key.replace("'", "''"), safe="")


def _properties(entity: Mapping[str, Any]) -> str:
    # Texts and whole numbers of 32 bits are what JSON says that they are, without a type beside
    # them (learn: rest/api/storageservices/payload-format-for-table-service-operations).
    for name, value in entity.items():
        if type(value) is not str and not (type(value) is int and _LEAST <= value <= _MOST):
            raise TypeError(f"{name} is neither a text nor a whole number of 32 bits")
    return json.dumps(entity, separators=(",", ":"))


def _messages(kind: str, body: bytes) -> Iterator[bytes]:
    """The HTTP messages in the parts, and in the parts of parts."""
    found = _BOUNDARY.search(kind)
    if found is None:
        raise ValueError("the answer to a transaction has no parts")
    _, *parts = body.split(f"--{found[1].strip()}".encode())
    for part in parts:
        if part.startswith(b"--"):
            return
        head, _, rest = part.partition(_BLANK)
        if b"multipart/mixed" in head:
            yield from _messages(head.decode("latin-1"), rest)
        else:
            yield rest


def _answer(message: bytes) -> Answer:
    head, _, body = message.partition(_BLANK)
    status, etag = _STATUS.match(head), _ETAG.search(head)
    if status is None:
        raise ValueError("the answer to an operation has no status")
    return Answer(
        int(status[1]),
        etag[1].strip().decode("latin-1") if etag else "",
        body.decode("utf-8", "replace").strip(),
    )
