"""Whether a chain is whole, found out row by row: which row is wrong first, and in which way.

A row may be changed, removed, moved or put in, and whoever does it may make hashes anew. What is
wrong is then seen at the next row, so a row that may be innocent waits until that one is known.
Nothing else is remembered: a chain may be as long as it likes.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from landing_zone.audit import FIRST_SEQUENCE, GENESIS_HASH, AuditRecord, is_intact
from landing_zone.audit_trail.rows import Head, KeptRow


class FaultKind(StrEnum):
    """What was done to a chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"
    PUT_IN = "put-in"
    CUT_OFF = "cut-off"
    HEAD = "head"


class ChainFault(NamedTuple):
    """What is wrong with a chain first.

    Attributes:
        number: Number of the first record that is not as it should be.
        kind: What was done to it.
        reason: How that is seen, for a person.
    """

    number: int
    kind: FaultKind
    reason: str


class Receipt(NamedTuple):
    """What an earlier verification found at the end of a chain: it must stand there for ever.

    Attributes:
        length: Number of the record that was the last one.
        hash: Its hash.
    """

    length: int
    hash: str

    def __str__(self) -> str:
        return f"{self.length}:{self.hash}"


_RECEIPT: Final = re.compile(r"([1-9][0-9]{0,11}):([0-9a-f]{64})")


def parse_receipt(text: str) -> Receipt | None:
    """The receipt that a text is; None where it is none."""
    found = _RECEIPT.fullmatch(text)
    return Receipt(int(found[1]), found[2]) if found else None


class ChainCheck:
    """The verification of one chain, whose rows come in their order.

    Attributes:
        last: The last record that is known to be good, or None.
    """

    def __init__(self, chain: str, head: Head | None, receipt: Receipt | None = None) -> None:
        """Begin.

        Args:
            chain: Name of the chain.
            head: Where it ended before the first row was read; None where there was no head.
            receipt: What an earlier verification found.
        """
        self.last: AuditRecord | None = None
        self._chain = chain
        self._head = head
        self._receipt = receipt
        self._suspect: AuditRecord | None = None

    @property
    def length(self) -> int:
        """How many records are good, from the first."""
        return self.last.sequence if self.last else 0

    @property
    def next_number(self) -> int:
        """Number of the record that is to come."""
        return self.length + 1 if self.last else FIRST_SEQUENCE

    @property
    def head_hash(self) -> str:
        """Hash of the last good record; the genesis hash where there is none."""
        return self.last.hash if self.last else GENESIS_HASH

    def is_behind_the_head(self, row: KeptRow) -> bool:
        """Whether a row stands behind the end of the chain, as it was when reading began."""
        number = row.place.number
        return self._head is not None and number is not None and number > self._head.length

    def add(self, row: KeptRow) -> ChainFault | None:
        """Look at the next row; what is wrong, once that is known."""
        if self._suspect is not None:
            return self._judged(self._suspect, row.record)
        number, record = row.place.number, row.record
        if number is None:
            return self._fault(FaultKind.PUT_IN, f"a row stands here under the key {row.place.key}")
        if number > self.next_number:
            return self._fault(FaultKind.REMOVED, f"the next record that is there is {number}")
        if record is None or not is_intact(record):
            readable = "its content is not what its hash was made of"
            reason = readable if record is not None else "it cannot be read as a record"
            return self._fault(FaultKind.CHANGED, reason)
        if record.entry.tenant_id != self._chain:
            return self._fault(FaultKind.PUT_IN, f"it belongs to {record.entry.tenant_id}")
        return self._placed(record)

    def end(self) -> ChainFault | None:
        """What is wrong once there are no more rows."""
        if self._suspect is not None:
            return self._judged(self._suspect, None)
        head = self._head
        if head is None:
            if self.last is None:
                return self._receipted()
            return ChainFault(self.length, FaultKind.HEAD, "the row that names the end is missing")
        if self.length < head.length:
            reason = f"the head says that {head.length} records are there"
            return self._fault(FaultKind.CUT_OFF, reason)
        if self.head_hash != head.hash:
            reason = "it is not the record that the head names: it, or the head, was made anew"
            return ChainFault(self.length, FaultKind.CHANGED, reason)
        return self._receipted()

    def _fault(self, kind: FaultKind, reason: str) -> ChainFault:
        return ChainFault(self.next_number, kind, reason)

    def _placed(self, record: AuditRecord) -> ChainFault | None:
        """Look at a record that is whole in itself, and see whether it belongs here."""
        last = self.last
        in_place = record.sequence == self.next_number
        if in_place and record.previous_hash == self.head_hash:
            self.last = record
            return self._against_receipt(record)
        if last is not None and record.sequence == last.sequence:
            if record.previous_hash == last.previous_hash:
                reason = "the record of this number stands one place further on"
                return ChainFault(last.sequence, FaultKind.PUT_IN, reason)
        elif in_place or record.sequence > self.next_number:
            self._suspect = record
            return None
        return self._moved(record)

    def _moved(self, record: AuditRecord) -> ChainFault:
        return self._fault(FaultKind.MOVED, f"record {record.sequence} stands here")

    def _judged(self, suspect: AuditRecord, following: AuditRecord | None) -> ChainFault:
        """What is wrong, given what comes behind a record that does not fit."""
        followed = self._follows(suspect, following)
        if suspect.sequence != self.next_number:
            if not followed:
                return self._moved(suspect)
            reason = f"record {suspect.sequence} and those behind it have moved up"
            return self._fault(FaultKind.REMOVED, reason)
        if followed and self.last is not None:
            reason = "the record behind it was made to follow another one: its hash was made anew"
            return ChainFault(self.length, FaultKind.CHANGED, reason)
        reason = "it does not follow the record before it"
        return self._fault(FaultKind.CHANGED if followed else FaultKind.PUT_IN, reason)

    def _follows(self, record: AuditRecord, following: AuditRecord | None) -> bool:
        """Whether the rest of the chain goes on from a record."""
        if following is not None:
            ordered = following.sequence == record.sequence + 1
            return ordered and following.previous_hash == record.hash
        return self._head == Head(record.sequence, record.hash)

    def _against_receipt(self, record: AuditRecord) -> ChainFault | None:
        known = self._receipt
        if known is None or record.sequence != known.length or record.hash == known.hash:
            return None
        reason = "it is not the record of the receipt: this one, or one before it, was made anew"
        return ChainFault(record.sequence, FaultKind.CHANGED, reason)

    def _receipted(self) -> ChainFault | None:
        known = self._receipt
        if known is None or self.length >= known.length:
            return None
        return self._fault(FaultKind.CUT_OFF, f"the receipt is of {known.length} records")
