"""Shared access signatures: whether one is genuine, and what its bearer may reach.

Source: "Service Bus access control with Shared Access Signatures" on learn.microsoft.com: the
signature is an HMAC-SHA256 over the URL-encoded resource, a line feed and the expiry.
"""

import hmac
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote_plus

from localcloud.service_bus.keys import POLICY

_PREFIX = "SharedAccessSignature "


class TokenError(Exception):
    """A token that is not accepted; the message does not show it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens.

    Attributes:
        path: A queue with all below it, in lower case; empty for the whole namespace.
        until: When it ends, in milliseconds.
    """

    path: str
    until: int

    def covers(self, path: str) -> bool:
        """Whether it opens the node."""
        return not self.path or path == self.path or path.startswith(f"{self.path}/")


def verify(token: str, key: str, now: int) -> Grant:
    """What the token opens.

    Raises:
        TokenError: It is malformed, expired, of an unknown policy, or signed with another key.
    """
    if not token.startswith(_PREFIX):
        raise TokenError("MalformedToken: The token is no shared access signature.")
    parts = {
        name: value
        for name, _, value in (part.partition("=") for part in token[len(_PREFIX) :].split("&"))
    }
    if not {"sr", "sig", "se", "skn"} <= parts.keys() or not _is_number(parts["se"]):
        raise TokenError("MalformedToken: The token lacks one of sr, sig, se and skn.")
    if unquote_plus(parts["skn"]) != POLICY:
        raise TokenError("InvalidSignature: The token has an unknown policy name.")
    if not hmac.compare_digest(_signature(parts, key), unquote_plus(parts["sig"]).encode()):
        raise TokenError("InvalidSignature: The token has an invalid signature.")
    until = int(parts["se"]) * 1000
    if until <= now:
        raise TokenError("ExpiredToken: The token is expired.")
    return Grant(path_of(unquote_plus(parts["sr"])), until)


def path_of(address: str) -> str:
    """The path in an address, with or without scheme and host, in lower case."""
    _, scheme, rest = address.partition("://")
    path = rest.partition("/")[2] if scheme else address
    return path.strip("/").lower()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12  # noqa: PLR2004 - past year 9999


def _signature(parts: dict[str, str], key: str) -> bytes:
    signed = f"{parts['sr']}\n{parts['se']}".encode()
    return b64encode(hmac.digest(key.encode(), signed, "sha256"))
