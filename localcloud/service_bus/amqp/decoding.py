"""Bytes become AMQP values; whatever the bytes are, the outcome is a value or a `DecodeError`.

Nothing is allocated on the word of a count alone: a compound never has more elements than bytes,
and nesting is bounded, so that a few bytes cannot keep the broker busy.
"""

import struct
from collections.abc import Callable
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

DEEPEST = 32
_FIXED: dict[int, tuple[str, Callable[[Any], Any]]] = {
    0x50: (">B", UByte),
    0x51: (">b", Byte),
    0x52: (">B", UInt),
    0x53: (">B", ULong),
    0x54: (">b", int),
    0x55: (">b", Long),
    0x60: (">H", UShort),
    0x61: (">h", Short),
    0x70: (">I", UInt),
    0x71: (">i", int),
    0x72: (">f", Float),
    0x80: (">Q", ULong),
    0x81: (">q", Long),
    0x82: (">d", float),
    0x83: (">q", Timestamp),
}
_OPAQUE = {0x74: 4, 0x84: 8, 0x94: 16}
_CONSTANT: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: UInt(0), 0x44: ULong(0)}
_EMPTY_LIST = 0x45
_DESCRIBED = 0x00
_U32 = struct.Struct(">I")
_PAIR32 = struct.Struct(">II")

Step = tuple[Any, int]
Reader = Callable[[bytes, int, int], Step]


class DecodeError(ValueError):
    """The bytes are no AMQP value."""


def decode(data: bytes, at: int = 0) -> Step:
    """The value that begins at an offset, and the offset behind it.

    Raises:
        DecodeError: There is none, or it is cut off, or nested too deeply.
    """
    try:
        return read(data, at, 0)
    except DecodeError:
        raise
    except (IndexError, struct.error, ValueError, OverflowError) as error:
        raise DecodeError(f"malformed value: {error}") from error


def read(data: bytes, at: int, depth: int) -> Step:
    """As `decode`, within a value; raises other errors too where bytes are missing."""
    reader = _READERS[data[at]]
    if reader is None:
        raise DecodeError(f"unknown constructor 0x{data[at]:02x}")
    return reader(data, at + 1, depth)


def _fixed(layout: str, make: Callable[[Any], Any]) -> Reader:
    packed = struct.Struct(layout)
    unpack, width = packed.unpack_from, packed.size

    def reader(data: bytes, at: int, _: int) -> Step:
        return make(unpack(data, at)[0]), at + width

    return reader


def _constant(value: Any) -> Reader:
    return lambda _data, at, _depth: (value, at)


def _opaque(code: int, width: int) -> Reader:
    return lambda data, at, _: (Opaque(code, _slice(data, at, width)), at + width)


def _slice(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise DecodeError("a value ends behind the data")
    return data[at : at + length]


def _text(data: bytes) -> str:
    return data.decode()


def _symbol(data: bytes) -> Symbol:
    return Symbol(data.decode("ascii"))


def _variable8(make: Callable[[bytes], Any]) -> Reader:
    def reader(data: bytes, at: int, _: int) -> Step:
        length = data[at]
        return make(_slice(data, at + 1, length)), at + 1 + length

    return reader


def _variable32(make: Callable[[bytes], Any]) -> Reader:
    def reader(data: bytes, at: int, _: int) -> Step:
        (length,) = _U32.unpack_from(data, at)
        return make(_slice(data, at + 4, length)), at + 4 + length

    return reader


def _boolean(data: bytes, at: int, _: int) -> Step:
    if data[at] > 1:
        raise DecodeError("a boolean is neither 0 nor 1")
    return bool(data[at]), at + 1


def _char(data: bytes, at: int, _: int) -> Step:
    return Char(_slice(data, at, 4).decode("utf-32-be")), at + 4


def _uuid(data: bytes, at: int, _: int) -> Step:
    return UUID(bytes=_slice(data, at, 16)), at + 16


def _compound(data: bytes, at: int, wide: bool) -> tuple[int, int, int]:
    """Number of elements, and where they begin and end."""
    if wide:
        size, count = _PAIR32.unpack_from(data, at)
        start, end = at + 8, at + 4 + size
    else:
        size, count = data[at], data[at + 1]
        start, end = at + 2, at + 1 + size
    if end > len(data) or start > end or count > end - start:
        raise DecodeError("a compound value does not fit its size")
    return count, start, end


def _deeper(depth: int) -> int:
    if depth >= DEEPEST:
        raise DecodeError("values are nested too deeply")
    return depth + 1


def _list(*, wide: bool) -> Reader:
    def reader(data: bytes, at: int, depth: int) -> Step:
        count, position, end = _compound(data, at, wide)
        inner = _deeper(depth)
        values = []
        for _ in range(count):
            value, position = read(data, position, inner)
            values.append(value)
        return values, _ended(position, end)

    return reader


def _map(*, wide: bool) -> Reader:
    def reader(data: bytes, at: int, depth: int) -> Step:
        count, position, end = _compound(data, at, wide)
        inner = _deeper(depth)
        values: dict[Any, Any] = {}
        if count % 2:
            raise DecodeError("a map has a key without a value")
        for _ in range(count // 2):
            key, position = read(data, position, inner)
            value, position = read(data, position, inner)
            _put(values, key, value)
        return values, _ended(position, end)

    return reader


def _put(values: dict[Any, Any], key: Any, value: Any) -> None:
    try:
        known = key in values
    except TypeError:
        raise DecodeError("the key of a map is a compound value") from None
    if known:
        raise DecodeError("a map has a key twice")
    values[key] = value


def _array(*, wide: bool) -> Reader:
    def reader(data: bytes, at: int, depth: int) -> Step:
        count, position, end = _compound(data, at, wide)
        inner = _deeper(depth)
        descriptor = None
        code = data[position]
        described = code == _DESCRIBED
        if described:
            descriptor, position = read(data, position + 1, inner)
            code = data[position]
        element = _element(code)
        position += 1
        items = []
        for _ in range(count):
            item, position = element(data, position, inner)
            items.append(item)
        return Array(tuple(items), code, descriptor), _ended(position, end)

    return reader


def _element(code: int) -> Reader:
    """The reader of an array's elements; those without a width would cost memory for nothing."""
    reader = _READERS[code]
    if reader is None or code in _CONSTANT or code in {_EMPTY_LIST, _DESCRIBED}:
        raise DecodeError(f"an array of constructor 0x{code:02x}")
    return reader


def _ended(position: int, end: int) -> int:
    if position != end:
        raise DecodeError("a compound value does not end where it says")
    return end


def _described(data: bytes, at: int, depth: int) -> Step:
    inner = _deeper(depth)
    descriptor, at = read(data, at, inner)
    value, at = read(data, at, inner)
    return Described(descriptor, value), at


def _readers() -> list[Reader | None]:
    table: dict[int, Reader] = {
        _DESCRIBED: _described,
        _EMPTY_LIST: lambda _data, at, _depth: ([], at),
        0x56: _boolean,
        0x73: _char,
        0x98: _uuid,
        **{code: _fixed(*layout) for code, layout in _FIXED.items()},
        **{code: _opaque(code, width) for code, width in _OPAQUE.items()},
        **{code: _constant(value) for code, value in _CONSTANT.items()},
    }
    for short, long, make in ((0xA0, 0xB0, bytes), (0xA1, 0xB1, _text), (0xA3, 0xB3, _symbol)):
        table[short], table[long] = _variable8(make), _variable32(make)
    for short, long, kind in ((0xC0, 0xD0, _list), (0xC1, 0xD1, _map), (0xE0, 0xF0, _array)):
        table[short], table[long] = kind(wide=False), kind(wide=True)
    return [table.get(code) for code in range(256)]


_READERS: list[Reader | None] = _readers()
