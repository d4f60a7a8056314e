"""Strategies: every AMQP value, and values that a message may hold."""

import math
import struct
from typing import Any

from hypothesis import strategies as st

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


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Numbers of so many bits."""
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> st.SearchStrategy[int]:
    """Numbers of so many bits, with a sign."""
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def number32(value: float) -> Float:
    """The nearest number that 32 bits hold."""
    return Float(struct.unpack(">f", struct.pack(">f", value))[0])


texts = st.text(max_size=300)
symbols = st.text(st.characters(max_codepoint=127), max_size=40).map(Symbol)
finite32 = st.floats(allow_nan=False, width=32).map(number32)
finite64 = st.floats(allow_nan=False)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    unsigned(8).map(UByte),
    unsigned(16).map(UShort),
    unsigned(32).map(UInt),
    unsigned(64).map(ULong),
    signed(8).map(Byte),
    signed(16).map(Short),
    signed(32),
    signed(64).map(Long),
    signed(64).map(Timestamp),
    finite32,
    finite64,
    st.characters(exclude_categories=["Cs"]).map(Char),
    st.uuids(),
    st.binary(max_size=300),
    texts,
    symbols,
    st.binary(min_size=16, max_size=16).map(lambda data: Opaque(0x94, data)),
)
# Keys of one type, as Python's equality is not AMQP's: a symbol equals the string of its letters.
keys = st.one_of(symbols, unsigned(64).map(ULong))
arrays: st.SearchStrategy[Array] = st.one_of(
    st.lists(unsigned(32).map(UInt), max_size=20).map(lambda found: Array(tuple(found), 0x70)),
    st.lists(st.uuids(), max_size=5).map(lambda found: Array(tuple(found), 0x98)),
    st.lists(symbols, max_size=5).map(lambda found: Array(tuple(found), 0xA3)),
    st.lists(texts, max_size=5).map(lambda found: Array(tuple(found), 0xB1)),
    st.lists(st.lists(st.none(), min_size=1, max_size=3), max_size=3).map(
        lambda found: Array(tuple(found), 0xC0)
    ),
    st.lists(st.lists(st.booleans(), max_size=3), max_size=3).map(
        lambda found: Array(tuple(found), 0xD0, ULong(7))
    ),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | arrays,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(symbols, inner, max_size=6),
        st.builds(Described, symbols | unsigned(64).map(ULong), inner),
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same AMQP types, all the way down."""
    if type(one) is not type(other):
        return False
    match one:
        case list() | tuple():
            found = len(one) == len(other) and all(map(same, one, other))
        case dict():
            found = same(list(one.items()), list(other.items()))
        case Described():
            found = same((one.descriptor, one.value), (other.descriptor, other.value))
        case Array():
            found = one.code == other.code and same(
                (one.items, one.descriptor), (other.items, other.descriptor)
            )
        case float():
            found = one == other and math.copysign(1, one) == math.copysign(1, other)
        case _:
            found = one == other
    return bool(found)
