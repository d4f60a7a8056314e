"""AMQP values become bytes, in the shortest form that their type has."""

import struct
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any
from uuid import UUID

from localcloud.service_bus.amqp.types import (
    Array,
    Byte,
    Char,
    Described,
    Float,
    Long,
    Opaque,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_SHORT = 0xFF
_WIDE = 0x10  # a compound's or a text's long form has this much more in its constructor


class EncodeError(ValueError):
    """The value has no AMQP form."""


def encode(value: Any) -> bytes:
    """The value as bytes.

    Raises:
        EncodeError: Its type or range is none of AMQP's.
    """
    output = bytearray()
    try:
        _write(output, value)
    except (struct.error, KeyError, UnicodeError) as error:
        raise EncodeError(f"no AMQP form: {error}") from error
    return bytes(output)


def encode_list(fields: Iterable[bytes | None]) -> bytes:
    """A list of values that are encoded already (None: null)."""
    parts = [b"\x40" if field is None else field for field in fields]
    return _compound(0xC0, b"".join(parts), len(parts)) if parts else b"\x45"


def encode_map(pairs: bytes, count: int) -> bytes:
    """A map of which keys and values are encoded already, one behind the other."""
    return _compound(0xC1, pairs, count)


def described(code: int, value: bytes) -> bytes:
    """An encoded value under a descriptor of one byte, as all of AMQP's own are."""
    return b"\x00\x53" + bytes((code,)) + value


def _write(output: bytearray, value: Any) -> None:
    _WRITERS[type(value)](output, value)


def _compound(code: int, body: bytes, count: int) -> bytes:
    wide = len(body) >= _SHORT or count > _SHORT
    return bytes((code + _WIDE if wide else code,)) + _counted(body, count, wide=wide)


def _counted(body: bytes, count: int, *, wide: bool) -> bytes:
    """A compound's size, count and elements."""
    if wide:
        return struct.pack(">II", len(body) + 4, count) + body
    return struct.pack(">BB", len(body) + 1, count) + body


def _variable(code: int, body: bytes) -> bytes:
    wide = len(body) > _SHORT
    return bytes((code + _WIDE if wide else code,)) + _measured(body, wide=wide)


def _measured(body: bytes, *, wide: bool) -> bytes:
    """A text's or a binary's length and bytes."""
    return struct.pack(">I" if wide else ">B", len(body)) + body


def _packed(code: int, layout: str) -> Callable[[bytearray, Any], None]:
    packed = struct.Struct(">B" + layout)

    def writer(output: bytearray, value: Any) -> None:
        output += packed.pack(code, value)

    return writer


def _unsigned(zero: int, small: int, large: int, layout: str) -> Callable[[bytearray, int], None]:
    wide = _packed(large, layout)

    def writer(output: bytearray, value: int) -> None:
        if value == 0:
            output.append(zero)
        elif 0 < value <= _SHORT:
            output += bytes((small, value))
        else:
            wide(output, value)

    return writer


def _signed(small: int, large: int, layout: str) -> Callable[[bytearray, int], None]:
    narrow, wide = _packed(small, "b"), _packed(large, layout)

    def writer(output: bytearray, value: int) -> None:
        (narrow if -128 <= value <= 127 else wide)(output, value)  # noqa: PLR2004 - a byte

    return writer


def _null(output: bytearray, _: None) -> None:
    output.append(0x40)


def _boolean(output: bytearray, value: bool) -> None:
    output.append(0x41 if value else 0x42)


def _binary(output: bytearray, value: bytes) -> None:
    output += _variable(0xA0, bytes(value))


def _string(output: bytearray, value: str) -> None:
    output += _variable(0xA1, value.encode())


def _symbol(output: bytearray, value: Symbol) -> None:
    output += _variable(0xA3, value.encode("ascii"))


def _char(output: bytearray, value: Char) -> None:
    output += b"\x73" + value.encode("utf-32-be")


def _uuid(output: bytearray, value: UUID) -> None:
    output += b"\x98" + value.bytes


def _opaque(output: bytearray, value: Opaque) -> None:
    output.append(value.code)
    output += value.data


def _described(output: bytearray, value: Described) -> None:
    output.append(0x00)
    _write(output, value.descriptor)
    _write(output, value.value)


def _list(output: bytearray, value: list[Any]) -> None:
    output += _compound(0xC0, _joined(value), len(value)) if value else b"\x45"


def _map(output: bytearray, value: dict[Any, Any]) -> None:
    output += _compound(0xC1, _joined(chain(*value.items())), 2 * len(value))


def _joined(values: Iterable[Any]) -> bytes:
    body = bytearray()
    for value in values:
        _write(body, value)
    return bytes(body)


def _array(output: bytearray, value: Array) -> None:
    output += _compound(0xE0, _elements(value), len(value.items))


def _elements(value: Array) -> bytes:
    """The one constructor of all elements, and the elements."""
    body = bytearray()
    if value.descriptor is not None:
        body.append(0x00)
        _write(body, value.descriptor)
    body.append(value.code)
    for item in value.items:
        body += _element(value.code, item)
    return bytes(body)


def _element(code: int, item: Any) -> bytes:
    """An array's element in the form that the array's constructor names, without constructor."""
    fixed = _FIXED.get(code)
    if fixed is not None:
        return struct.pack(fixed, item)
    wide = code in _LONG
    match code - _WIDE if wide else code, item:
        case (0xA0, bytes()):
            written = _measured(item, wide=wide)
        case (0xA1, str()):
            written = _measured(item.encode(), wide=wide)
        case (0xA3, Symbol()):
            written = _measured(item.encode("ascii"), wide=wide)
        case (0xC0, list()):
            written = _counted(_joined(item), len(item), wide=wide)
        case (0xC1, dict()):
            written = _counted(_joined(chain(*item.items())), 2 * len(item), wide=wide)
        case (0xE0, Array()):
            written = _counted(_elements(item), len(item.items), wide=wide)
        case _:
            written = _bare(code, item)
    return written


def _bare(code: int, item: Any) -> bytes:
    """A value of the one form that its type has, without its constructor."""
    whole = encode(item)
    if whole[0] != code:
        raise EncodeError(f"an array of 0x{code:02x} cannot hold {type(item).__name__}")
    return whole[1:]


_LONG = frozenset({0xB0, 0xB1, 0xB3, 0xD0, 0xD1, 0xF0})
_FIXED = {
    0x50: ">B",
    0x51: ">b",
    0x52: ">B",
    0x53: ">B",
    0x54: ">b",
    0x55: ">b",
    0x56: ">?",
    0x60: ">H",
    0x61: ">h",
    0x70: ">I",
    0x71: ">i",
    0x72: ">f",
    0x80: ">Q",
    0x81: ">q",
    0x82: ">d",
    0x83: ">q",
}
_WRITERS: dict[type, Callable[[bytearray, Any], None]] = {
    type(None): _null,
    bool: _boolean,
    UByte: _packed(0x50, "B"),
    Byte: _packed(0x51, "b"),
    UShort: _packed(0x60, "H"),
    Short: _packed(0x61, "h"),
    UInt: _unsigned(0x43, 0x52, 0x70, "I"),
    ULong: _unsigned(0x44, 0x53, 0x80, "Q"),
    int: _signed(0x54, 0x71, "i"),
    Long: _signed(0x55, 0x81, "q"),
    Float: _packed(0x72, "f"),
    float: _packed(0x82, "d"),
    Timestamp: _packed(0x83, "q"),
    Char: _char,
    Opaque: _opaque,
    UUID: _uuid,
    bytes: _binary,
    bytearray: _binary,
    str: _string,
    Symbol: _symbol,
    list: _list,
    dict: _map,
    Array: _array,
    Described: _described,
}
