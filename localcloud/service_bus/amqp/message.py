"""A message: cut into its sections when it comes, put together with the broker's own when it goes.

What a sender wrote in the properties, the application properties, the body and the footer is kept
as the bytes that it sent. Sections may come in any order; the SDK sends delivery annotations last.
"""

from dataclasses import dataclass
from typing import Any

from localcloud.service_bus.amqp.composites import number
from localcloud.service_bus.amqp.decoding import DecodeError, decode
from localcloud.service_bus.amqp.encoding import described, encode, encode_list, encode_map
from localcloud.service_bus.amqp.types import Described, UByte, UInt

BATCH_FORMAT = 0x80013700
_HEADER, _DELIVERY, _ANNOTATIONS, _PROPERTIES, _APPLICATION = 0x70, 0x71, 0x72, 0x73, 0x74
_DATA, _SEQUENCE, _VALUE, _FOOTER = 0x75, 0x76, 0x77, 0x78
_BODIES = (_DATA, _SEQUENCE, _VALUE)
_PROPERTY = {"message_id": 0, "reply_to": 4, "correlation_id": 5, "group_id": 10}
_DEFAULT_PRIORITY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it came.

    Attributes:
        durable: Of the header.
        priority: Of the header; 4 is the default.
        ttl: Of the header, in milliseconds.
        annotations: The message annotations.
        fields: The properties, in AMQP's order.
        properties: That section as bytes, empty without one.
        application: The section of the application properties as bytes, empty without one.
        body: The sections of the body and the footer as bytes.
        data: What the data sections hold.
        value: What the value section holds.
        size: All of it, in bytes.
    """

    durable: bool = False
    priority: int = _DEFAULT_PRIORITY
    ttl: int | None = None
    annotations: dict[Any, Any]
    fields: list[Any]
    properties: bytes = b""
    application: bytes = b""
    body: bytes = b""
    data: tuple[bytes, ...] = ()
    value: Any = None
    size: int

    def field(self, name: str) -> Any:
        """One of the properties: message_id, reply_to, correlation_id or group_id."""
        place = _PROPERTY[name]
        return self.fields[place] if place < len(self.fields) else None

    def application_properties(self) -> dict[Any, Any]:
        """The application properties."""
        return section_map(self.application)


def parse(data: bytes) -> Message:
    """The message that the bytes are.

    Raises:
        DecodeError: They are none.
    """
    at, found = 0, _Sections()
    while at < len(data):
        section, end = decode(data, at)
        if not isinstance(section, Described):
            raise DecodeError("a message is made of sections")
        found.add(number(section), section.value, data[at:end])
        at = end
    return found.message(len(data))


def section_map(section: bytes) -> dict[Any, Any]:
    """The map in a section, empty where there is no section."""
    return dict(decode(section)[0].value) if section else {}


class _Sections:
    """The sections of one message as they come."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._header: list[Any] = []
        self._annotations: dict[Any, Any] = {}
        self._fields: list[Any] = []
        self._raw = {_PROPERTIES: b"", _APPLICATION: b"", _FOOTER: b""}
        self._body = bytearray()
        self._data: list[bytes] = []
        self._value: Any = None

    def add(self, code: int, value: Any, raw: bytes) -> None:
        """Take one section."""
        if code in self._seen and code not in {_DATA, _SEQUENCE}:
            raise DecodeError(f"two sections 0x{code:02x}")
        if code in _BODIES and self._seen.intersection(_BODIES) - {code}:
            raise DecodeError("a body of two kinds")
        self._seen.add(code)
        match code:
            case 0x70:
                self._header = _typed(value, list, code)
            case 0x72:
                self._annotations = _typed(value, dict, code)
            case 0x73:
                self._fields = _typed(value, list, code)
                self._raw[code] = raw
            case 0x71 | 0x74 | 0x78:
                _typed(value, dict, code)
                self._raw[code] = raw
            case 0x75 | 0x76 | 0x77:
                self._take_body(code, value, raw)
            case _:
                raise DecodeError(f"an unknown section 0x{code:02x}")

    def _take_body(self, code: int, value: Any, raw: bytes) -> None:
        if code == _DATA:
            self._data.append(_typed(value, bytes, code))
        elif code == _SEQUENCE:
            _typed(value, list, code)
        else:
            self._value = value
        self._body += raw

    def message(self, size: int) -> Message:
        """All of them together."""
        durable, priority, ttl = (*self._header[:3], None, None, None)[:3]
        return Message(
            durable=_optional(durable, bool, default=False),
            priority=int(_optional(priority, UByte, default=_DEFAULT_PRIORITY)),
            ttl=_optional(ttl, UInt, default=None),
            annotations=self._annotations,
            fields=self._fields,
            properties=self._raw[_PROPERTIES],
            application=self._raw[_APPLICATION],
            body=bytes(self._body) + self._raw[_FOOTER],
            data=tuple(self._data),
            value=self._value,
            size=size,
        )


def _typed[T](value: Any, kind: type[T], code: int) -> T:
    if not isinstance(value, kind):
        raise DecodeError(f"section 0x{code:02x} holds a {type(value).__name__}")
    return value


def _optional(value: Any, kind: type, *, default: Any) -> Any:
    if value is None:
        return default
    if type(value) is not kind:
        raise DecodeError(f"the header holds a {type(value).__name__}")
    return value


def header_section(durable: bool, priority: int, ttl: int | None, delivery_count: int) -> bytes:
    """The header that the broker writes."""
    fields = (
        encode(durable),
        encode(UByte(priority)),
        None if ttl is None else encode(UInt(ttl)),
        None,
        encode(UInt(delivery_count)),
    )
    return described(_HEADER, encode_list(fields))


def annotations_section(pairs: bytes, count: int) -> bytes:
    """Message annotations out of encoded keys and values; the count is of both together."""
    return described(_ANNOTATIONS, encode_map(pairs, count))


def application_section(properties: dict[Any, Any]) -> bytes:
    """A section of application properties."""
    return described(_APPLICATION, encode(properties))


def reply(correlation_id: Any, properties: dict[str, Any], value: Any) -> bytes:
    """A whole message that answers a request."""
    fields = [None] * _PROPERTY["correlation_id"] + [correlation_id]
    return (
        described(_PROPERTIES, encode(fields))
        + application_section(properties)
        + described(_VALUE, encode(value))
    )


def pairs_of(annotations: dict[Any, Any]) -> tuple[bytes, int]:
    """Keys and values of a map one behind the other, and how many there are of both."""
    pairs = b"".join(encode(key) + encode(value) for key, value in annotations.items())
    return pairs, 2 * len(annotations)
