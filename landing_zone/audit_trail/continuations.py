"""Where a reader of the audit left off.

A continuation names a row, and proves that its bearer has seen it: its digest covers the row's hash
and what was asked for. So no key is needed that could leak, one that is made up is refused, and so
is one whose row is not there any more.
"""

import base64
import binascii
import hashlib
import json
from typing import Final, NamedTuple

from landing_zone.audit import canonical_json
from landing_zone.audit_trail.filters import AuditFilter
from landing_zone.audit_trail.rows import KeptRow, Place
from landing_zone.request_parsing import Fault, InvalidRequest

_DOMAIN: Final = b"spokewright/audit-continuation/v1\n"
_LONGEST: Final = 2_000
_PARTS: Final = 3


class Continuation(NamedTuple):
    """What a continuation says.

    Attributes:
        place: The last row that was seen.
        digest: Proves it.
    """

    place: Place
    digest: str

    @property
    def text(self) -> str:
        """It as callers get it."""
        content = canonical_json([*self.place, self.digest])
        return base64.urlsafe_b64encode(content).decode().rstrip("=")


def continuation_behind(row: KeptRow, wanted: AuditFilter) -> Continuation:
    """What to go on with behind a row."""
    content = [*row.place, row.record.hash if row.record else "", wanted.dump()]
    digest = hashlib.sha256(_DOMAIN + canonical_json(content)).hexdigest()
    return Continuation(row.place, digest)


def parse_continuation(text: str, wanted: AuditFilter) -> Continuation:
    """Read a continuation.

    Raises:
        InvalidRequest: It is none, or leads to chains that are not asked for.
    """
    try:
        padded = f"{text}{'=' * (-len(text) % 4)}"
        content = base64.b64decode(padded.encode(), altchars=b"-_", validate=True)
        parts = json.loads(content) if len(text) <= _LONGEST else None
    except (ValueError, binascii.Error, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != _PARTS:
        raise not_continued()
    chain, key, digest = parts
    if not all(isinstance(part, str) and _is_plain(part) for part in parts):
        raise not_continued()
    if not wanted.span.holds(chain):
        raise not_continued()
    return Continuation(Place(chain, key), digest)


def not_continued() -> InvalidRequest:
    """A continuation cannot be gone on from."""
    fault = Fault(
        "continuation",
        "is not one that these filters were answered with, or its row is not there any more",
        "the continuation of the page before, with the same filters; or none, to begin anew",
    )
    return InvalidRequest([fault])


def _is_plain(text: str) -> bool:
    """What a key of a table may be made of, as far as ours go."""
    return text.isprintable() and not set(text) & set("/\\#?")
