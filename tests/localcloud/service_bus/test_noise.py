"""Noise: whatever comes over the wire, at most its own connection ends."""

import contextlib
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.performatives import Begin, Open
from localcloud.service_bus.amqp.types import UInt
from tests.localcloud.service_bus.live import Bus
from tests.localcloud.service_bus.peer import Peer, authorize
from tests.localcloud.service_bus.test_frames import performatives


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(min_size=1, max_size=80), kind=st.integers(0, 2), body=st.booleans())
def test_arbitrary_bytes_never_harm_the_others(
    bus: Bus, noise: bytes, kind: int, body: bool
) -> None:
    """Whenever they come; another client goes on."""
    with Peer(bus.server.port) as noisy:
        if kind:
            noisy.shake_hands()
        if kind > 1:
            noisy.send(Open("noisy"))
            noisy.send(
                Begin(next_outgoing_id=UInt(0), incoming_window=UInt(9), outgoing_window=UInt(9))
            )
        if body:
            noise = struct.pack(">IBBH", len(noise) + 8, 2, 0, 0) + noise
        noisy.socket.sendall(noise)
        assert noisy.hangs_up()
    with Peer(bus.server.port) as other:
        other.open()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.lists(st.tuples(performatives, st.binary(max_size=40)), min_size=1, max_size=4))
def test_arbitrary_frames_of_a_trusted_client_never_harm_the_broker(
    bus: Bus, caplog: pytest.LogCaptureFixture, sent: list[tuple[Composite, bytes]]
) -> None:
    """Each is done, refused or the connection's end; none finds a fault in the broker."""
    with Peer(bus.server.port) as noisy:
        noisy.open()
        assert authorize(noisy, bus) == 202
        noisy.attach_sender("noise", 0)
        noisy.attach_receiver("noise", 1)
        with contextlib.suppress(OSError):
            for frame, payload in sent:
                noisy.send(frame, payload)
            assert noisy.hangs_up()
    assert "could not be handled" not in caplog.text
