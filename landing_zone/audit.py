"""The audit trail: entries that only ever follow one another, chained by their hashes.

Each record's hash covers its number, the hash before it and its entry. So a row that is changed,
removed, put in or moved breaks the chain at that place; rows cut off the end are found against a
head that was kept elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

GENESIS_HASH: Final = "0" * 64
FIRST_SEQUENCE: Final = 1
# Says what is hashed, so that the hash of something else can never pass for one of these.
_DOMAIN: Final = b"spokewright/audit/v1\n"

Name = Annotated[str, Field(min_length=1, max_length=256)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AuditEntry(_Frozen):
    """What happened, once.

    Attributes:
        tenant_id: The stream: each tenant has a chain of its own, and so has each lane of a hub.
        operation_id: The operation that this was part of.
        event_id: Names this very event, so that one recorded again is recognised.
        action: What was done.
        actor: Who asked for it: a principal, or a part of the application.
        resource: ARM id of what it was done to, or empty.
        outcome: How it ended.
        details: What else a reader should know; nothing secret.
        at: When, in UTC.
    """

    tenant_id: Name
    operation_id: Name
    event_id: Name
    action: Name
    actor: Name
    resource: str = ""
    outcome: Name
    details: dict[str, str] = {}
    at: Annotated[AwareDatetime, AfterValidator(_in_utc)]


class AuditRecord(_Frozen):
    """An entry in its place in the chain; numbers start at 1."""

    sequence: Annotated[int, Field(ge=FIRST_SEQUENCE)]
    previous_hash: Hash
    hash: Hash
    entry: AuditEntry


class ChainVerdict(_Frozen):
    """What a verification found.

    Attributes:
        valid: Whether every record is in its place and unchanged.
        length: How many records are good, from the first.
        head_hash: Hash of the last good record; the genesis hash where there is none.
        first_broken_sequence: Number that the first bad record has or should have had, or None.
        reason: What is wrong with it; empty where nothing is.
    """

    valid: bool
    length: int
    head_hash: str
    first_broken_sequence: int | None = None
    reason: str = ""


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no white space, UTF-8."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """What stands for a JSON value that is too large for an entry, or none of a reader's business.

    Anyone who has the value can tell that it is that one.
    """
    return f"sha256:{hashlib.sha256(canonical_json(value)).hexdigest()}"


def chain(entry: AuditEntry, previous: AuditRecord | None) -> AuditRecord:
    """The record that puts an entry after the last one.

    Raises:
        ValueError: The two belong to different tenants.
    """
    if previous is None:
        return _record(entry, FIRST_SEQUENCE, GENESIS_HASH)
    if previous.entry.tenant_id != entry.tenant_id:
        raise ValueError("an entry cannot follow one of another tenant")
    return _record(entry, previous.sequence + 1, previous.hash)


def verify(
    records: Iterable[AuditRecord],
    *,
    expected_head: str | None = None,
    expected_length: int | None = None,
) -> ChainVerdict:
    """Check a whole chain, from its first record.

    Args:
        records: The chain in the order in which it is kept.
        expected_head: Hash that the last record has, where that was kept elsewhere.
        expected_length: How many records there are, where that was kept elsewhere.
    """
    previous: AuditRecord | None = None
    for record in records:
        if reason := _fault(record, previous):
            return _verdict(previous, reason)
        previous = record
    length = previous.sequence if previous else 0
    if expected_length is not None and length != expected_length:
        return _verdict(previous, f"the chain should have {expected_length} records")
    if expected_head is not None and expected_head != (previous.hash if previous else GENESIS_HASH):
        return _verdict(previous, "the chain does not end in the record it should end in")
    return _verdict(previous)


def is_intact(record: AuditRecord) -> bool:
    """Whether a record's hash is the one of its number, the hash before it and its entry."""
    return record.hash == _hash(record.entry, record.sequence, record.previous_hash)


def _record(entry: AuditEntry, sequence: int, previous_hash: str) -> AuditRecord:
    return AuditRecord(
        sequence=sequence,
        previous_hash=previous_hash,
        hash=_hash(entry, sequence, previous_hash),
        entry=entry,
    )


def _hash(entry: AuditEntry, sequence: int, previous_hash: str) -> str:
    content = {"sequence": sequence, "previousHash": previous_hash, "entry": _content(entry)}
    return hashlib.sha256(_DOMAIN + canonical_json(content)).hexdigest()


def _content(entry: AuditEntry) -> dict[str, Any]:
    """Spelt out, so that no release of a library and no renamed attribute changes old hashes."""
    return {
        "tenantId": entry.tenant_id,
        "operationId": entry.operation_id,
        "eventId": entry.event_id,
        "action": entry.action,
        "actor": entry.actor,
        "resource": entry.resource,
        "outcome": entry.outcome,
        "details": entry.details,
        "at": entry.at.isoformat(timespec="microseconds"),
    }


def _fault(record: AuditRecord, previous: AuditRecord | None) -> str:
    sequence = previous.sequence + 1 if previous else FIRST_SEQUENCE
    if record.sequence != sequence:
        return f"record {record.sequence} stands where {sequence} belongs"
    if record.previous_hash != (previous.hash if previous else GENESIS_HASH):
        return "it does not follow the record before it"
    if previous and record.entry.tenant_id != previous.entry.tenant_id:
        return "it belongs to another tenant"
    if not is_intact(record):
        return "its content is not what its hash was made of"
    return ""


def _verdict(last_good: AuditRecord | None, reason: str = "") -> ChainVerdict:
    length = last_good.sequence if last_good else 0
    return ChainVerdict(
        valid=not reason,
        length=length,
        head_hash=last_good.hash if last_good else GENESIS_HASH,
        first_broken_sequence=length + 1 if reason else None,
        reason=reason,
    )
