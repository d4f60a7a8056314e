"""AMQP's values, as bytes and back."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from localcloud.service_bus.amqp.decoding import DEEPEST, DecodeError, decode
from localcloud.service_bus.amqp.encoding import EncodeError, encode
from localcloud.service_bus.amqp.types import Array, Described, Symbol, UByte, UInt, ULong
from tests.localcloud.service_bus.values import same, values


@given(values)
def test_values_survive_the_wire_with_their_types(value: Any) -> None:
    """Decoding is the inverse of encoding, and ends where the value does."""
    data = encode(value)
    found, end = decode(b"\x00" + data + b"\xff", 1)
    assert same(found, value)
    assert end == 1 + len(data)


@given(values, st.data())
def test_a_value_that_is_cut_off_is_an_error(value: Any, draw: st.DataObject) -> None:
    """Never another value."""
    data = encode(value)
    with pytest.raises(DecodeError):
        decode(data[: draw.draw(st.integers(0, len(data) - 1))])


@given(st.binary(max_size=200))
@example(b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40")  # four billion nulls in one byte
@example(b"\xd0\x00\x00\x00\x04\xff\xff\xff\xff")
@example(b"\xc1\x02\x01\x40")
@example(b"\x73\x00\x11\x00\x00")
def test_arbitrary_bytes_are_a_value_or_an_error(data: bytes) -> None:
    """Nothing else comes out, and what comes out can be written."""
    try:
        value, end = decode(data)
    except DecodeError:
        return
    assert 0 < end <= len(data)
    encode(value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (UInt(0), b"\x43"),
        (UInt(255), b"\x52\xff"),
        (UInt(256), b"\x70\x00\x00\x01\x00"),
        (ULong(0x53), b"\x53\x53"),
        (True, b"\x41"),
        ([], b"\x45"),
        ([None], b"\xc0\x02\x01\x40"),
        ("é", b"\xa1\x02\xc3\xa9"),
        (Symbol("a"), b"\xa3\x01a"),
        (Array((Symbol("a"), Symbol("bc")), 0xA3), b"\xe0\x07\x02\xa3\x01a\x02bc"),
        (Described(ULong(0x24), []), b"\x00\x53\x24\x45"),
    ],
)
def test_values_have_the_bytes_of_the_specification(value: Any, data: bytes) -> None:
    """AMQP 1.0, part 1, section 1.6; and 3.2 for a described type."""
    assert encode(value) == data


def test_nesting_has_a_bound() -> None:
    """A deep value is an error, not a deep recursion."""
    deep = b"\x45"
    for _ in range(DEEPEST):
        deep = b"\xc0" + bytes((len(deep) + 1, 1)) + deep
    assert decode(deep)[1] == len(deep)
    with pytest.raises(DecodeError, match="deeply"):
        decode(b"\xc0" + bytes((len(deep) + 1, 1)) + deep)


@pytest.mark.parametrize("value", [UByte(256), 2**31, object(), Symbol("é"), "\ud800", {1, 2}])
def test_what_has_no_form_is_not_written(value: Any) -> None:
    """An error says so."""
    with pytest.raises(EncodeError):
        encode(value)
