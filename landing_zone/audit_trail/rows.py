"""The rows of the audit as they are kept: whatever someone has done to them, they can be read."""

import re
from typing import Final, NamedTuple

from landing_zone.audit import AuditRecord

_KEY: Final = re.compile(r"[0-9]{12}")


class Place(NamedTuple):
    """Where a row stands.

    Attributes:
        chain: Its chain: a tenant's id, or a name with colons, as `hub:hub-weu:firewall`.
        key: Its key within the chain: twelve digits, where nobody has made up another.
    """

    chain: str
    key: str

    @property
    def number(self) -> int | None:
        """The number that belongs here; None where no record has its place."""
        return int(self.key) if _KEY.fullmatch(self.key) else None


class KeptRow(NamedTuple):
    """A row of a chain.

    Attributes:
        place: Where it stands.
        record: What it holds; None where that is no record.
    """

    place: Place
    record: AuditRecord | None


class Head(NamedTuple):
    """Where a chain ends, as its head row says; a head that says nothing says 0.

    Attributes:
        length: Number of its last record.
        hash: Hash of its last record.
    """

    length: int
    hash: str


class Span(NamedTuple):
    """Chains that follow one another by name.

    Attributes:
        first: The first one; empty for the very first.
        last: The last one; empty for the very last.
    """

    first: str = ""
    last: str = ""

    def holds(self, chain: str) -> bool:
        """Whether a chain is among them."""
        return self.first <= chain and (not self.last or chain <= self.last)

    @property
    def single(self) -> str:
        """The chain, where there is one alone; else empty."""
        return self.first if self.first == self.last else ""


EVERYTHING: Final = Span()
"""All chains."""


def only(chain: str) -> Span:
    """One chain."""
    return Span(chain, chain)


def key_of(number: int) -> str:
    """The key of the row of a record."""
    return f"{number:012d}"
