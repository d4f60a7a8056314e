"""Ports: moved together, and checked before anything starts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from localcloud.supervisor.errors import PortInUseError
from localcloud.supervisor.ports import Ports, free_offset, is_free, require_free


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """Listen on a port of the loopback interface."""
    with socket.create_server(("127.0.0.1", port)) as server:
        yield server.getsockname()[1]


def test_an_offset_moves_every_port() -> None:
    """Nothing stays where another local cloud would look for it."""
    default, moved = Ports().by_name(), Ports.at_offset(100).by_name()
    assert {name: port - default[name] for name, port in moved.items()} == dict.fromkeys(
        default, 100
    )


def test_every_taken_port_is_named_with_the_way_out() -> None:
    """One message shows all of them."""
    with listening() as one, listening() as two:
        ports = Ports(arm=one, blob=two, functions=0, identity=0, queue=0, table=0, service_bus=0)
        with pytest.raises(PortInUseError, match=f"port {one} .arm., {two} .blob.*--port-offset"):
            require_free(ports)


def test_a_port_is_free_again_when_its_listener_has_gone() -> None:
    """Connections in their last wait do not count."""
    with listening() as port:
        assert not is_free(port)
        with socket.create_connection(("127.0.0.1", port)):
            pass
    assert is_free(port)


def test_the_first_offset_with_free_ports_is_chosen() -> None:
    """A taken default moves the demo elsewhere."""
    start = next(offset for offset in range(18_500, 22_000, 500) if free_offset([offset]) == offset)
    with listening(Ports.at_offset(start).identity):
        assert free_offset([start, start + 40]) == start + 40
        with pytest.raises(PortInUseError, match=str(start)):
            free_offset([start])
