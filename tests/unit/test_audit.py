"""The audit chain: whatever is done to its rows is found."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from landing_zone.audit import (
    GENESIS_HASH,
    AuditEntry,
    AuditRecord,
    canonical_json,
    chain,
    verify,
)

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def entry(**changes: Any) -> AuditEntry:
    """An entry, with changes."""
    values: dict[str, Any] = {
        "tenant_id": "contoso",
        "operation_id": "op-1",
        "event_id": "ev-1",
        "action": "onboard",
        "actor": "requester@contoso.com",
        "resource": "/subscriptions/a",
        "outcome": "succeeded",
        "details": {"step": "network"},
        "at": NOON,
    }
    return AuditEntry.model_validate(values | changes)


def chained(*entries: AuditEntry) -> list[AuditRecord]:
    """The entries as a chain."""
    records: list[AuditRecord] = []
    for one in entries:
        records.append(chain(one, records[-1] if records else None))
    return records


def text() -> st.SearchStrategy[str]:
    """Text of any script."""
    return st.text(min_size=1, max_size=8)


def entries() -> st.SearchStrategy[AuditEntry]:
    """Entries of one tenant."""
    return st.builds(
        entry,
        operation_id=text(),
        event_id=text(),
        outcome=text(),
        resource=st.text(max_size=8),
        details=st.dictionaries(text(), st.text(max_size=8), max_size=3),
        at=st.datetimes(timezones=st.just(UTC)),
    )


def chains(least: int = 1) -> st.SearchStrategy[list[AuditRecord]]:
    """Whole chains."""
    return st.lists(entries(), min_size=least, max_size=6).map(lambda rows: chained(*rows))


@given(chains(least=0))
def test_whole_chain_verifies(records: list[AuditRecord]) -> None:
    """Its length and its head are what they are."""
    head = records[-1].hash if records else GENESIS_HASH
    verdict = verify(records, expected_head=head, expected_length=len(records))
    assert (verdict.valid, verdict.length, verdict.head_hash) == (True, len(records), head)


@given(chains())
def test_chain_survives_storage(records: list[AuditRecord]) -> None:
    """Written as JSON and read again it verifies."""
    kept = [record.model_dump_json() for record in records]
    read = [AuditRecord.model_validate_json(row) for row in kept]
    assert read == records
    assert verify(read).valid


@given(chains(), entries(), st.data())
def test_changed_entry_is_found(
    records: list[AuditRecord], other: AuditEntry, data: st.DataObject
) -> None:
    """The row itself is named."""
    place = data.draw(st.integers(0, len(records) - 1))
    assume(records[place].entry != other)
    records[place] = records[place].model_copy(update={"entry": other})
    verdict = verify(records)
    assert not verdict.valid
    assert verdict.first_broken_sequence == place + 1
    assert verdict.length == place


@given(chains(least=2), entries(), st.data())
def test_changed_entry_with_a_new_hash_is_found(
    records: list[AuditRecord], other: AuditEntry, data: st.DataObject
) -> None:
    """Who recomputes the row's hash breaks the next row, or the head that was kept."""
    head = records[-1].hash
    place = data.draw(st.integers(0, len(records) - 1))
    assume(records[place].entry != other)
    records[place] = chain(other, records[place - 1] if place else None)
    assert not verify(records, expected_head=head).valid


@given(chains(least=2), st.data())
def test_removed_row_is_found(records: list[AuditRecord], data: st.DataObject) -> None:
    """From the start and the middle at once, from the end against what was kept elsewhere."""
    head, length = records[-1].hash, len(records)
    place = data.draw(st.integers(0, length - 1))
    del records[place]
    if place < length - 1:
        assert verify(records).first_broken_sequence == place + 1
    assert not verify(records, expected_head=head).valid
    assert not verify(records, expected_length=length).valid


@given(chains(least=2), st.data())
def test_moved_row_is_found(records: list[AuditRecord], data: st.DataObject) -> None:
    """Any other order is another chain."""
    moved = data.draw(st.permutations(records))
    assume(moved != records)
    assert not verify(moved).valid


@given(chains(), entries(), st.data())
def test_inserted_row_is_found(
    records: list[AuditRecord], other: AuditEntry, data: st.DataObject
) -> None:
    """A row put in, even one that follows its place, breaks what comes after."""
    place = data.draw(st.integers(0, len(records) - 1))
    records.insert(place, chain(other, records[place - 1] if place else None))
    assert not verify(records).valid


@pytest.mark.parametrize("field", ["sequence", "previous_hash", "hash"])
def test_changed_link_is_found(field: str) -> None:
    """The chain's own columns are as safe as the entries."""
    records = chained(entry(), entry(event_id="ev-2"), entry(event_id="ev-3"))
    value = 7 if field == "sequence" else "f" * 64
    records[1] = records[1].model_copy(update={field: value})
    verdict = verify(records)
    assert (verdict.valid, verdict.first_broken_sequence) == (False, 2)
    assert verdict.reason


def test_row_of_another_tenant_is_found() -> None:
    """Each tenant has a chain of its own."""
    first, second = chained(entry(), entry(event_id="ev-2"))
    stranger = chained(entry(tenant_id="fabrikam"), entry(tenant_id="fabrikam"))[1]
    forged = stranger.model_copy(update={"previous_hash": first.hash})
    assert verify([first, second]).valid
    assert verify([first, forged]).reason == "it belongs to another tenant"


def test_entry_cannot_be_chained_to_another_tenants() -> None:
    """The mistake is refused where it is made."""
    with pytest.raises(ValueError, match="another tenant"):
        chain(entry(), chain(entry(tenant_id="fabrikam"), None))


def test_hash_never_changes() -> None:
    """Chains written by an older release verify: this value is a promise."""
    record = chain(entry(), None)
    assert (record.sequence, record.previous_hash) == (1, GENESIS_HASH)
    assert record.hash == "39907e2f3e7b695d46c85e9d21604e8e278f7dad0ec1a57290a84a4d4194166e"


def test_same_moment_in_another_zone_is_the_same_entry() -> None:
    """Time is kept in UTC."""
    there = NOON.astimezone(timezone(timedelta(hours=5)))
    assert chain(entry(at=there), None) == chain(entry(at=NOON), None)


def test_moment_without_a_zone_is_refused() -> None:
    """A time that could be anywhere proves nothing."""
    with pytest.raises(ValidationError, match="timezone"):
        entry(at=NOON.replace(tzinfo=None))


def test_canonical_json_is_sorted_compact_utf8() -> None:
    """There is one spelling."""
    assert canonical_json({"b": "é", "a": [1, None]}) == '{"a":[1,null],"b":"é"}'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))


@given(st.dictionaries(text(), st.text(max_size=8)))
def test_canonical_json_reads_back(value: dict[str, str]) -> None:
    """Nothing is lost in the one spelling."""
    assert json.loads(canonical_json(value)) == value


def test_row_with_a_number_left_out_is_found() -> None:
    """Even one whose own hash was made for that number."""
    first, second, third = chained(entry(), entry(event_id="ev-2"), entry(event_id="ev-3"))
    forged = chain(third.entry, second.model_copy(update={"hash": first.hash}))
    verdict = verify([first, forged])
    assert (verdict.valid, verdict.first_broken_sequence) == (False, 2)
    assert verdict.reason == "record 3 stands where 2 belongs"
