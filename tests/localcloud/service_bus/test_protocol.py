"""AMQP itself, spoken by a peer that follows the rules or breaks them."""

import struct
from collections.abc import Iterator

import pytest

from localcloud.service_bus.amqp.encoding import described, encode
from localcloud.service_bus.amqp.frames import (
    AMQP_HEADER,
    EMPTY,
    SASL,
    SASL_HEADER,
    written,
)
from localcloud.service_bus.amqp.message import BATCH_FORMAT, parse
from localcloud.service_bus.amqp.performatives import (
    RECEIVER,
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Modified,
    Open,
    Rejected,
    Released,
    SaslInit,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)
from localcloud.service_bus.amqp.types import Symbol, UInt, UShort
from tests.localcloud.service_bus.live import Bus
from tests.localcloud.service_bus.namespace import encoded
from tests.localcloud.service_bus.peer import Peer, authorize, received, received_frames


@pytest.fixture
def stranger(bus: Bus) -> Iterator[Peer]:
    """A peer that has connected."""
    with Peer(bus.server.port) as made:
        yield made


@pytest.fixture
def peer(bus: Bus, stranger: Peer) -> Peer:
    """A peer that has a session and may use everything."""
    stranger.open()
    assert authorize(stranger, bus) == 202
    return stranger


def test_the_handshake_is_that_of_service_bus(stranger: Peer) -> None:
    """SASL first; the mechanisms are an array, as the SDK wants them."""
    answer = stranger.open(idle_time_out=UInt(60_000))
    assert answer.max_frame_size == 65_536
    assert answer.idle_time_out == 240_000


@pytest.mark.parametrize("header", [AMQP_HEADER, b"GET / HT", b"AMQP\x02\x01\x00\x00"])
def test_another_header_is_answered_with_the_right_one(stranger: Peer, header: bytes) -> None:
    """And the end."""
    stranger.socket.sendall(header)
    assert stranger.header() == SASL_HEADER
    assert stranger.ended()


def test_an_unknown_mechanism_is_refused(stranger: Peer) -> None:
    """As the outcome of SASL."""
    stranger.socket.sendall(SASL_HEADER)
    stranger.header()
    stranger.socket.sendall(written(SaslInit(Symbol("PLAIN"), b"\0a\0b"), kind=SASL))
    assert stranger.expect(SaslOutcome).code == 1
    assert stranger.ended()


def test_a_quiet_broker_shows_signs_of_life(stranger: Peer) -> None:
    """Empty frames, in half the time that the client waits."""
    stranger.open(idle_time_out=UInt(20))
    for _ in range(2):
        assert stranger.socket.recv(8, 0x100) == EMPTY  # MSG_WAITALL


MALFORMED = [
    pytest.param(struct.pack(">IBBH", 70_000, 2, 0, 0), "framing-error", id="too large a frame"),
    pytest.param(struct.pack(">IBBH", 4, 2, 0, 0), "framing-error", id="too small a frame"),
    pytest.param(struct.pack(">IBBH", 9, 2, 0, 0) + b"\xff", "decode-error", id="no value"),
    pytest.param(
        struct.pack(">IBBH", 12, 2, 0, 0) + b"\x00\x53\x12\x45", "decode-error", id="empty"
    ),
    pytest.param(written(Open("again")), "not-allowed", id="a second open"),
    pytest.param(written(End(), 7), "not-allowed", id="an unknown channel"),
    pytest.param(
        written(Begin(next_outgoing_id=UInt(0), incoming_window=UInt(1), outgoing_window=UInt(1))),
        "not-allowed",
        id="a channel that is in use",
    ),
    pytest.param(written(Transfer(UInt(9), UInt(0))), "unattached-handle", id="an unknown handle"),
    pytest.param(written(SaslInit(Symbol("x")), kind=SASL), "not-allowed", id="SASL again"),
]


@pytest.mark.parametrize(("data", "condition"), MALFORMED)
def test_who_breaks_the_protocol_is_told_and_cut_off(
    stranger: Peer, data: bytes, condition: str
) -> None:
    """With AMQP's condition for it."""
    stranger.open()
    stranger.socket.sendall(data)
    error = stranger.expect(Close).error
    assert error
    assert error.condition.endswith(condition)
    assert stranger.ended()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 202),
        ({"path": "raw"}, 202),
        ({"policy": "Other"}, 401),
        ({"until": 1_000_000_000}, 401),
    ],
)
def test_tokens_are_checked(
    bus: Bus, stranger: Peer, change: dict[str, object], status: int
) -> None:
    """What a token opens can be attached to, and nothing else."""
    stranger.open()
    path = str(change.pop("path", ""))
    assert authorize(stranger, bus, path=path, **change) == status
    answer = stranger.attach_sender("raw", 1, "a")
    assert bool(answer.target) == (status == 202)
    answer = stranger.attach_sender("orders", 2, "b")
    assert bool(answer.target) == (status == 202 and not path)
    if not answer.target:
        error = stranger.expect(Detach).error
        assert error
        assert error.condition == "amqp:unauthorized-access"


def test_a_refused_link_has_no_ends_and_a_reason(peer: Peer) -> None:
    """Then the handle can be used again."""
    assert peer.attach_receiver("amqps://h:1/nobody").source is None
    detach = peer.expect(Detach)
    assert detach.closed
    assert detach.error
    assert detach.error.condition == "amqp:not-found"
    assert peer.attach_receiver("amqps://h:1/RAW").source


def test_messages_come_as_the_credit_allows(peer: Peer) -> None:
    """One by one, and what is drained comes back as used."""
    peer.attach_sender("raw")
    for number in range(3):
        peer.transfer(encoded(b"%d" % number), number)
        assert peer.expect(Disposition).first == number
    peer.attach_receiver("raw")
    peer.credit(1, 1)
    (first,) = received(peer, 1)
    assert parse(first[1]).data == (b"0",)
    peer.credit(1, 0, count=1, echo=True)
    assert peer.expect(Flow).link_credit == 0
    peer.credit(1, 10, count=1, drain=True)
    assert [parse(data).data for _, data in received(peer, 2)] == [(b"1",), (b"2",)]
    flow = peer.expect(Flow)
    assert (flow.delivery_count, flow.link_credit, flow.drain) == (11, 0, True)


def test_large_messages_come_in_frames_as_the_window_allows(bus: Bus) -> None:
    """No frame is larger than the client takes; none comes that it has no window for."""
    body = bytes(range(256)) * 10  # too much for two frames, not for three
    with Peer(bus.server.port) as peer:
        peer.open(max_frame_size=UInt(1024), window=3)
        assert authorize(peer, bus) == 202
        peer.attach_sender("raw")
        peer.transfer(encoded(body), 0)
        peer.expect(Disposition)
        peer.attach_receiver("raw")
        peer.credit(
            1, 5, window=2, next_incoming_id=UInt(1)
        )  # the token's answer took one of three
        pieces = [peer.read(), peer.read()]
        peer.send(windows(3, 0))
        assert isinstance(peer.read()[0], Flow)
        peer.send(windows(3, 1))
        pieces += received_frames(peer, 1)
    assert [frame.more for frame, _ in pieces] == [True, True, False]
    assert {len(data) for _, data in pieces[:2]} <= set(range(900, 1024))
    assert parse(b"".join(data for _, data in pieces)).data == (body,)


def windows(next_incoming: int, window: int) -> Flow:
    """A flow of a session, which is to be answered."""
    return Flow(
        next_incoming_id=UInt(next_incoming),
        incoming_window=UInt(window),
        next_outgoing_id=UInt(0),
        outgoing_window=UInt(9),
        echo=True,
    )


def test_a_message_may_come_in_pieces_or_be_called_off(peer: Peer) -> None:
    """It is taken when it is complete."""
    data = encoded(b"whole")
    peer.attach_sender("raw")
    peer.transfer(b"never", 0, more=True)
    peer.transfer(b"", 0, aborted=True)
    peer.transfer(data[:7], 1, more=True)
    peer.send(Transfer(UInt(0), more=False), data[7:])
    assert peer.expect(Disposition).first == 1
    peer.attach_receiver("raw")
    peer.credit(1, 9)
    ((_, found),) = received(peer, 1)
    assert parse(found).data == (b"whole",)


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"\xff", "amqp:decode-error"),
        (encoded(b"x" * 300_000), "amqp:link:message-size-exceeded"),
        (encoded(id="x" * 129), "com.microsoft:argument-error"),
    ],
)
def test_a_message_that_is_not_taken_is_rejected(peer: Peer, data: bytes, condition: str) -> None:
    """The link lives on; on one that is settled ahead, the link is what ends."""
    peer.attach_sender("raw")
    for settled in (False, True):
        parts = [data[at : at + 60_000] for at in range(0, len(data), 60_000)]
        for place, part in enumerate(parts):
            more = place < len(parts) - 1
            peer.transfer(part, 5, settled=settled, more=more)
        if settled:
            error = peer.expect(Detach).error
        else:
            (rejected,) = [peer.expect(Disposition).state]
            error = Rejected.of(rejected.value).error
        assert error
        assert error.condition == condition


def test_a_batch_with_one_bad_message_is_rejected_whole(peer: Peer) -> None:
    """None of it is there."""
    peer.attach_sender("raw")
    good = described(0x75, encode(encoded()))
    bad = described(0x75, encode(b"\xff"))
    peer.send(Transfer(UInt(0), UInt(0), b"t", UInt(BATCH_FORMAT)), good + bad)
    assert peer.expect(Disposition).state.descriptor == Rejected.CODE
    peer.transfer(encoded(b"alone"), 1)
    assert peer.expect(Disposition).state.descriptor == Accepted.CODE
    peer.attach_receiver("raw")
    peer.credit(1, 9)
    ((_, found),) = received(peer, 1)
    assert parse(found).data == (b"alone",)


def test_outcomes_are_echoed_and_bad_ones_refused(peer: Peer) -> None:
    """Settled, one a delivery; `rejected` without its error, unless it could not be done."""
    peer.attach_sender("raw")
    peer.transfer(encoded(b"x"), 0)
    peer.expect(Disposition)
    peer.attach_receiver("raw", deletes=False)
    peer.credit(1, 9)
    for outcome, counted in (
        (Released(), 0),
        (Modified(delivery_failed=True), 0),
        (Modified(), 1),
    ):
        ((frame, data),) = received(peer, 1)
        assert parse(data).size
        assert encode(UInt(counted)) in data[:30]
        assert frame.delivery_id is not None
        peer.send(Disposition(RECEIVER, frame.delivery_id, state=outcome))
        told = peer.expect(Disposition)
        assert (told.role, told.first, told.settled) == (False, frame.delivery_id, True)
        assert told.state.descriptor == outcome.CODE
    ((frame, _),) = received(peer, 1)
    assert frame.delivery_id is not None
    for _ in range(2):
        peer.send(Disposition(RECEIVER, frame.delivery_id, state=Accepted()))
        told = peer.expect(Disposition)
    assert "message-lock-lost" in str(told.state.value)


def test_the_sessions_of_a_connection_come_and_go(peer: Peer) -> None:
    """A link's detach is answered; what comes for an ended session is ignored."""
    peer.attach_sender("raw")
    peer.send(Detach(UInt(0), closed=True))
    assert peer.expect(Detach).closed
    peer.send(End())
    peer.expect(End)
    peer.send(Detach(UInt(0)))
    peer.send(
        Begin(next_outgoing_id=UInt(0), incoming_window=UInt(1), outgoing_window=UInt(1)), channel=3
    )
    assert peer.expect(Begin).remote_channel == UShort(3)
    peer.send(Close())
    assert peer.expect(Close).error is None
    assert peer.ended()


def seek(peer: Peer, address: str, session: str | None, handle: int) -> None:
    """Attach a receiver of a session; None for any."""
    peer.send(
        Attach(
            f"seeker{handle}",
            UInt(handle),
            RECEIVER,
            source=Source(address, filter={Symbol("com.microsoft:session-filter"): session}),
            target=Target("here"),
            properties={Symbol("com.microsoft:timeout"): UInt(5_000)},
        )
    )


def test_a_receiver_waits_for_a_session_as_long_as_it_says(bus: Bus, peer: Peer) -> None:
    """Then it is told that there was none."""
    seek(peer, "other", None, 1)
    peer.attach_sender("raw")  # answered, so the wait has begun
    bus.advance(4.9)
    peer.attach_sender("raw", 2, "second")  # nothing came before this answer
    bus.advance(0.1)
    assert peer.expect(Attach).source is None
    error = peer.expect(Detach).error
    assert error
    assert error.condition == "com.microsoft:timeout"


def test_whoever_waits_gets_the_session_that_comes(peer: Peer) -> None:
    """With its name and its lock in the answer; nobody else gets it meanwhile."""
    seek(peer, "other", None, 1)
    peer.attach_sender("other")
    peer.transfer(encoded(b"x", session="s"), 0)
    answer = peer.expect(Attach)
    assert answer.source
    assert answer.source.filter == {"com.microsoft:session-filter": "s"}
    assert "com.microsoft:locked-until-utc" in (answer.properties or {})
    seek(peer, "other", "s", 2)
    error = peer.expect(Detach).error
    assert error
    assert error.condition == "com.microsoft:session-cannot-be-locked"
    peer.credit(1, 1)
    received(peer, 1)


@pytest.mark.parametrize("address", ["other", "raw"])
def test_sessions_are_asked_for_where_there_are_some(peer: Peer, address: str) -> None:
    """And nowhere else."""
    if address == "raw":
        seek(peer, address, "s", 1)
    else:
        peer.attach_receiver(address)
    error = peer.expect(Detach).error
    assert error
    assert error.condition == "amqp:not-allowed"
