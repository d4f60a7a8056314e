"""Frames and performatives."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.decoding import DecodeError, decode
from localcloud.service_bus.amqp.frames import AMQP, FrameError, FrameReader, written
from localcloud.service_bus.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    Error,
    Flow,
    Modified,
    Open,
    Rejected,
    Source,
    Target,
    Transfer,
    delivery_state,
    performative,
)
from localcloud.service_bus.amqp.types import Symbol, UInt, ULong
from tests.localcloud.service_bus.values import symbols, texts, unsigned, values

uints = unsigned(32).map(UInt)
fields = st.dictionaries(symbols, values, max_size=3)
errors = st.builds(Error, symbols, st.none() | texts, st.none() | fields)
outcomes: st.SearchStrategy[Any] = st.one_of(
    st.just(Accepted()),
    st.builds(Rejected, st.none() | errors),
    st.builds(Modified, st.none() | st.booleans(), st.none() | st.booleans(), st.none()),
)
performatives: st.SearchStrategy[Composite] = st.one_of(
    st.builds(Open, texts, st.none() | texts, uints, properties=st.none() | fields),
    st.builds(Begin, next_outgoing_id=uints, incoming_window=uints, outgoing_window=uints),
    st.builds(
        Attach,
        texts,
        uints,
        st.booleans(),
        source=st.none() | st.builds(Source, texts, filter=st.none() | fields),
        target=st.none() | st.builds(Target, texts),
        max_message_size=unsigned(64).map(ULong),
    ),
    st.builds(
        Flow,
        incoming_window=uints,
        next_outgoing_id=uints,
        outgoing_window=uints,
        handle=st.none() | uints,
        drain=st.booleans(),
    ),
    st.builds(Transfer, uints, uints, st.binary(max_size=32), uints, more=st.booleans()),
    st.builds(Disposition, st.booleans(), uints, st.none() | uints, settled=st.booleans()),
    st.builds(Detach, uints, st.booleans(), st.none() | errors),
    st.builds(Close, st.none() | errors),
)


@given(performatives, st.integers(0, 65_535), st.binary(max_size=100), st.integers(1, 9))
def test_frames_survive_the_wire_in_pieces(
    sent: Composite, channel: int, payload: bytes, piece: int
) -> None:
    """Whatever the pieces in which the network brings them."""
    data = written(sent, channel, payload) * 2
    reader = FrameReader()
    found = []
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
        while (frame := reader.frame()) is not None:
            found.append(frame)
    assert [(frame.kind, frame.channel) for frame in found] == [(AMQP, channel)] * 2
    assert [performative(frame.body) for frame in found] == [(sent, payload)] * 2


@given(outcomes)
def test_outcomes_survive_the_wire(outcome: Composite) -> None:
    """As the state of a disposition."""
    assert delivery_state(decode(outcome.encoded())[0]) == outcome


def test_an_error_is_written_with_all_its_fields() -> None:
    """With fewer the SDK raises an IndexError and hangs."""
    value, _ = decode(Error(Symbol("amqp:not-found"), "gone").encoded())
    assert value.value == ["amqp:not-found", "gone", None]


@pytest.mark.parametrize("size", [0, 7, 65_537, 2**32 - 1])
def test_a_frame_of_an_impossible_size_is_an_error(size: int) -> None:
    """At its head, before anything is collected for it."""
    reader = FrameReader()
    reader.feed(struct.pack(">IBBH", size, 2, 0, 0))
    with pytest.raises(FrameError):
        reader.frame()


@given(st.binary(max_size=120))
def test_arbitrary_bodies_are_a_performative_or_an_error(data: bytes) -> None:
    """Nothing else comes out."""
    for body in (data, b"\x00\x53\x12" + data, b"\x00\x53\x14\xc0" + data):
        try:
            assert isinstance(performative(body)[0], Composite)
        except DecodeError:
            continue


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x53\x10\x45",  # an open without a container
        b"\x00\x53\x10\xc0\x02\x01\x41",  # with a boolean for it
        b"\x00\x53\x77\x45",  # no performative
        b"\x00\xa3\x01a\x45",  # described by a symbol
        b"\x45",
    ],
)
def test_a_performative_is_strict(body: bytes) -> None:
    """A field that has to be there, and each type."""
    with pytest.raises(DecodeError):
        performative(body)
