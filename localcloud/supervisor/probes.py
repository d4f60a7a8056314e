"""Whether a part of the local cloud answers: small HTTP questions, asked until it does."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from localcloud.supervisor.ports import HOST

TIMEOUT_SECONDS = 2.0
OK = 200
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
Probe = Callable[[], bool]


def get(
    port: int,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> tuple[int, bytes] | None:
    """Status and body of a GET on the loopback interface, None where nothing answers."""
    connection = (
        http.client.HTTPSConnection(HOST, port, timeout=TIMEOUT_SECONDS, context=tls)
        if tls
        else http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    )
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def answers(*ports: int) -> Probe:
    """Ready when every port answers HTTP at all (Azurite refuses what is not signed)."""
    return lambda: all(get(port, "/") is not None for port in ports)


def healthy(port: int, path: str, ca: Path | None = None) -> Probe:
    """Ready when the path answers 200; with a CA, over TLS that it has to vouch for."""

    def probe() -> bool:
        tls = ssl.create_default_context(cafile=str(ca)) if ca else None
        answer = get(port, path, tls=tls)
        return answer is not None and answer[0] == OK

    return probe


def speaks_amqp(port: int) -> Probe:
    """Ready when the port answers AMQP's handshake, which begins with SASL."""

    def probe() -> bool:
        try:
            with socket.create_connection((HOST, port), TIMEOUT_SECONDS) as connection:
                connection.sendall(SASL_HEADER)
                return connection.recv(len(SASL_HEADER)) == SASL_HEADER
        except OSError:
            return False

    return probe


def host_running(port: int, keys: Path) -> Probe:
    """Ready when the Functions host says so to who has its master key."""

    def probe() -> bool:
        try:
            master = json.loads(keys.read_text(encoding="utf-8"))["masterKey"]
        except (OSError, ValueError, KeyError):
            return False
        answer = get(port, "/admin/host/status", headers={"x-functions-key": master})
        if answer is None or answer[0] != OK:
            return False
        try:
            return bool(json.loads(answer[1])["state"] == "Running")
        except (ValueError, KeyError, TypeError):
            return False

    return probe
