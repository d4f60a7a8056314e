"""Access tokens as Entra would issue them, signed with a key of our own.

The key is made by whoever needs it first; several processes may start at once.
"""

import contextlib
import os
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from landing_zone.hub import HubDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_FILE = "signing-key.pem"
_ALGORITHM = "RS256"
_LIFETIME = 24 * 3600  # seconds; Azure gives managed identities a day
_SPACE = uuid.UUID("6f2d8a50-52a7-4b1c-8d0e-0a64a1f0c9d2")


class InvalidTokenError(Exception):
    """A token that is not accepted.

    Attributes:
        expired: Whether it is only too old.
    """

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """A system-assigned identity of the application.

    Attributes:
        directory_id: The directory (tenant).
        object_id: Of the service principal: what roles are assigned to.
        client_id: Of the application.
    """

    directory_id: str
    object_id: str
    client_id: str


def identity_of(directory_id: str, object_id: str) -> ManagedIdentity:
    """The identity of the application in a directory: the same one at each start."""
    return ManagedIdentity(
        directory_id,
        object_id,
        str(uuid.uuid5(_SPACE, f"{directory_id}/client")),
    )


def automation_of(hub: HubDocument) -> ManagedIdentity:
    """The identity of the application, as the hub document names it."""
    return identity_of(str(hub.directory_id), str(hub.automation_principal_id))


class Tokens:
    """Issues and verifies tokens with the key in a directory."""

    def __init__(self, state: Path) -> None:
        self._key = load_or_create_key(state)
        self._public = self._key.public_key()

    def issue(self, identity: ManagedIdentity, resource: str, now: float) -> tuple[str, int]:
        """A token for a resource, and when it expires, in seconds since the epoch."""
        expires = int(now) + _LIFETIME
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{identity.directory_id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": expires,
            "appid": identity.client_id,
            "idtyp": "app",
            "oid": identity.object_id,
            "sub": identity.object_id,
            "tid": identity.directory_id,
            "ver": "1.0",
        }
        return self.signed(claims), expires

    def signed(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str, audiences: tuple[str, ...], directory_id: str) -> dict[str, Any]:
        """The claims of a token that was issued for one of the audiences.

        Raises:
            InvalidTokenError: It is malformed, expired, of another audience or another directory.
        """
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                audience=audiences,
                issuer=f"https://sts.windows.net/{directory_id}/",
                options={"require": ["exp", "aud", "iss", "oid"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidTokenError(
                "The access token expiry is in the past.", expired=True
            ) from error
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(f"The access token is invalid: {error}.") from error
        return dict(claims)


def load_or_create_key(state: Path) -> rsa.RSAPrivateKey:
    """The signing key of a directory; made once, even by several processes at the same time."""
    path = state / KEY_FILE
    if not path.exists():
        _create_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path.name} holds no RSA key")
    return key


def _create_key(path: Path) -> None:
    """Write a whole key file, then link it into place: the first to do so wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(temporary)
    Path(temporary).unlink()
