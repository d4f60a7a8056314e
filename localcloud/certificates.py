"""The local certificate authority, and the certificate that the local ARM shows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509

from localcloud.supervisor.state import write_private

NAMES = ("localhost", "127.0.0.1")
VALID_FOR = timedelta(days=825)
RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files, as PEM.

    Attributes:
        ca: The authority's certificate, which clients trust.
        server: Key and chain of the server; only its owner can read it.
    """

    ca: Path
    server: Path


def ensure_certificates(directory: Path, now: datetime) -> Certificates:
    """The directory's authority and server certificate, made or renewed where needed.

    The authority's key is kept, so that a renewed server certificate needs no new trust.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificates(ca=directory / "ca.pem", server=directory / "server.pem")
    key = directory / "ca.key"
    if not (_is_valid(files.ca, now) and key.exists()):
        files.server.unlink(missing_ok=True)
        made = trustme.CA(organization_name="Spokewright local cloud")
        write_private(key, made.private_key_pem.bytes())
        write_private(files.ca, made.cert_pem.bytes())
    if not _is_valid(files.server, now):
        authority = trustme.CA.from_pem(files.ca.read_bytes(), key.read_bytes())
        issued = authority.issue_cert(
            *NAMES, not_before=now - timedelta(days=1), not_after=now + VALID_FOR
        )
        write_private(files.server, issued.private_key_and_cert_chain_pem.bytes())
    return files


def local_certificates(directory: Path) -> Certificates:
    """As `ensure_certificates`, by this machine's clock."""
    return ensure_certificates(directory, datetime.now(UTC))


def _is_valid(path: Path, now: datetime) -> bool:
    """Whether the file holds a certificate that stays valid for a while."""
    try:
        certificate = x509.load_pem_x509_certificate(_certificate_of(path.read_bytes()))
    except (OSError, ValueError):
        return False
    return (
        certificate.not_valid_before_utc <= now
        and now + RENEW_BEFORE < certificate.not_valid_after_utc
    )


def _certificate_of(pem: bytes) -> bytes:
    """The first certificate of a PEM file that may begin with a key."""
    marker = b"-----BEGIN CERTIFICATE-----"
    if marker not in pem:
        raise ValueError("no certificate")
    return marker + pem.split(marker)[1]
