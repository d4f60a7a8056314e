"""The local certificate authority vouches for localhost, and is renewed in time."""

import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from localcloud.certificates import Certificates, ensure_certificates

NOW = datetime.now(UTC)


def greet(certificates: Certificates, name: str) -> None:
    """Shake hands over TLS with a server that shows the certificate."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificates.server)
    client_side = ssl.create_default_context(cafile=str(certificates.ca))
    one, other = socket.socketpair()

    def serve() -> None:
        with server_side.wrap_socket(other, server_side=True) as connection:
            connection.sendall(b"hello")

    thread = Thread(target=serve)
    thread.start()
    try:
        with client_side.wrap_socket(one, server_hostname=name) as connection:
            assert connection.recv(5) == b"hello"
    finally:
        thread.join()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_accepts_the_server(tmp_path: Path, name: str) -> None:
    """By name and by address, under the strict checks of a default context."""
    greet(ensure_certificates(tmp_path, NOW), name)


def test_certificates_are_kept(tmp_path: Path) -> None:
    """A restart changes nothing that a client was told to trust."""
    files = ensure_certificates(tmp_path, NOW)
    before = (files.ca.read_bytes(), files.server.read_bytes())
    ensure_certificates(tmp_path, NOW + timedelta(days=300))
    assert (files.ca.read_bytes(), files.server.read_bytes()) == before


def test_an_expired_server_certificate_is_renewed_under_the_same_authority(tmp_path: Path) -> None:
    """Clients need not be told."""
    files = ensure_certificates(tmp_path, NOW - timedelta(days=900))
    authority, server = files.ca.read_bytes(), files.server.read_bytes()
    ensure_certificates(tmp_path, NOW)
    assert files.ca.read_bytes() == authority
    assert files.server.read_bytes() != server
    greet(files, "localhost")


def test_a_damaged_authority_is_made_anew_with_its_server_certificate(tmp_path: Path) -> None:
    """No half of an old pair survives."""
    files = ensure_certificates(tmp_path, NOW)
    files.ca.write_text("not a certificate", encoding="utf-8")
    greet(ensure_certificates(tmp_path, NOW), "localhost")


def test_keys_are_private(tmp_path: Path) -> None:
    """Only their owner reads them."""
    files = ensure_certificates(tmp_path, NOW)
    for path in (files.server, tmp_path / "ca.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
