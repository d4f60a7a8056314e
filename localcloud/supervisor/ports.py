"""The ports of the local cloud, and whether they are free."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from localcloud.supervisor.errors import PortInUseError

HOST = "127.0.0.1"
HIGHEST_PORT = 65_535
HIGHEST_OFFSET = HIGHEST_PORT - 10_002


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One TCP port for each part; the defaults are those of the real tools."""

    service_bus: int = 5672
    functions: int = 7071
    arm: int = 8700
    identity: int = 8701
    data: int = 8702
    event_grid: int = 8703
    blob: int = 10_000
    queue: int = 10_001
    table: int = 10_002

    @classmethod
    def at_offset(cls, offset: int) -> Self:
        """The default ports, each moved up by the offset."""
        default = cls()
        return cls(**{name: port + offset for name, port in default.by_name().items()})

    def by_name(self) -> dict[str, int]:
        """Each port under the name of what listens there."""
        return {name: getattr(self, name) for name in self.__slots__}


def is_free(port: int) -> bool:
    """Whether something could listen on the port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def taken(ports: Ports) -> dict[str, int]:
    """Those of the ports on which something listens already."""
    return {name: port for name, port in ports.by_name().items() if not is_free(port)}


def require_free(ports: Ports) -> None:
    """Make sure that every port can be had.

    Raises:
        PortInUseError: Some cannot; all of them are named.
    """
    if in_use := taken(ports):
        raise PortInUseError(in_use_message(f"{port} ({name})" for name, port in in_use.items()))


def in_use_message(ports: Iterable[str]) -> str:
    """The sentence that names taken ports and the way out."""
    named = ", ".join(ports)
    return (
        f"in use on {HOST}: port {named}. "
        "End what listens there, or choose other ports with --port-offset N"
    )


def free_offset(candidates: Iterable[int]) -> int:
    """The first offset at which every port is free.

    Raises:
        PortInUseError: There is none among the candidates.
    """
    tried = list(candidates)
    for offset in tried:
        if not taken(Ports.at_offset(offset)):
            return offset
    raise PortInUseError(f"no free ports at the offsets {', '.join(map(str, tried))}")
