"""Verifying a chain row by row: what was done to it is named, and where."""

import weakref
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.audit import AuditRecord, chain
from landing_zone.audit_trail.rows import Head, KeptRow, Place, key_of
from landing_zone.audit_trail.verifying import (
    ChainCheck,
    ChainFault,
    FaultKind,
    Receipt,
    parse_receipt,
)
from tests.unit.test_audit import chained, entry

LENGTH = 6
CHAIN = "contoso"


def whole(length: int = LENGTH) -> list[AuditRecord]:
    """A chain of that many records."""
    return chained(*(entry(event_id=f"ev-{number}") for number in range(1, length + 1)))


def numbered(records: Iterable[AuditRecord | None]) -> list[KeptRow]:
    """Records as rows, each in the place that its order gives it."""
    return [
        KeptRow(Place(CHAIN, key_of(number)), record) for number, record in enumerate(records, 1)
    ]


def head_of(records: list[AuditRecord]) -> Head:
    """The head of a whole chain."""
    return Head(records[-1].sequence, records[-1].hash)


def found(
    rows: Iterable[KeptRow], head: Head | None, receipt: Receipt | None = None
) -> ChainFault | None:
    """What is wrong first."""
    check = ChainCheck(CHAIN, head, receipt)
    for row in rows:
        if fault := check.add(row):
            return fault
    return check.end()


def forged(record: AuditRecord, previous: AuditRecord | None) -> AuditRecord:
    """Another entry in the place of a record, with a hash of its own."""
    other = record.entry.model_copy(update={"actor": "mallory"})
    return chain(other, previous)


type Tampering = Callable[[list[AuditRecord]], list[KeptRow]]


def changed(records: list[AuditRecord]) -> list[KeptRow]:
    """The third says something else."""
    other = records[2].entry.model_copy(update={"actor": "mallory"})
    return numbered([*records[:2], records[2].model_copy(update={"entry": other}), *records[3:]])


def changed_with_its_hash(records: list[AuditRecord]) -> list[KeptRow]:
    """And its hash was made anew."""
    return numbered([*records[:2], forged(records[2], records[1]), *records[3:]])


def last_changed_with_its_hash(records: list[AuditRecord]) -> list[KeptRow]:
    """No row comes behind it, but the head tells."""
    return numbered([*records[:-1], forged(records[-1], records[-2])])


def unreadable(records: list[AuditRecord]) -> list[KeptRow]:
    """The third is no record any more."""
    return numbered([*records[:2], None, *records[3:]])


def removed(records: list[AuditRecord]) -> list[KeptRow]:
    """The third is gone, and its place is empty."""
    return [row for row in numbered(records) if row.place.number != 3]


def removed_and_moved_up(records: list[AuditRecord]) -> list[KeptRow]:
    """The third is gone, and the others have taken its place."""
    return numbered([*records[:2], *records[3:]])


def last_but_one_removed_and_moved_up(records: list[AuditRecord]) -> list[KeptRow]:
    """The last one has taken its place."""
    return numbered([*records[:-2], records[-1]])


def first_removed(records: list[AuditRecord]) -> list[KeptRow]:
    """The first is gone."""
    return numbered(records)[1:]


def swapped(records: list[AuditRecord]) -> list[KeptRow]:
    """The third and the fourth stand in each other's place."""
    return numbered([*records[:2], records[3], records[2], *records[4:]])


def swapped_far(records: list[AuditRecord]) -> list[KeptRow]:
    """The second and the last."""
    return numbered([records[0], records[-1], *records[2:-1], records[1]])


def moved_back(records: list[AuditRecord]) -> list[KeptRow]:
    """The first stands in the place of the third."""
    return numbered([*records[:2], records[0], *records[3:]])


def put_in(records: list[AuditRecord]) -> list[KeptRow]:
    """A row that follows the second; those behind have made room for it."""
    return numbered([*records[:2], forged(records[2], records[1]), *records[2:]])


def put_in_loose(records: list[AuditRecord]) -> list[KeptRow]:
    """A row that follows nothing, in the place of the third."""
    stranger = chained(*(entry(event_id=f"x-{at}") for at in range(3)))[2]
    return numbered([*records[:2], stranger, *records[3:]])


def put_in_of_another(records: list[AuditRecord]) -> list[KeptRow]:
    """A row of another tenant's chain, in the place of the third."""
    stranger = chained(*(entry(event_id=f"x-{at}", tenant_id="fabrikam") for at in range(3)))[2]
    return numbered([*records[:2], stranger, *records[3:]])


def put_in_under_a_key(records: list[AuditRecord]) -> list[KeptRow]:
    """A row between the second and the third."""
    rows = numbered(records)
    return [*rows[:2], KeptRow(Place(CHAIN, f"{key_of(2)}a"), records[1]), *rows[2:]]


def cut_off(records: list[AuditRecord]) -> list[KeptRow]:
    """The last two are gone."""
    return numbered(records[:-2])


def emptied(records: list[AuditRecord]) -> list[KeptRow]:
    """All are gone."""
    return numbered(records[:0])


@pytest.mark.parametrize(
    ("tampering", "number", "kind"),
    [
        (changed, 3, FaultKind.CHANGED),
        (changed_with_its_hash, 3, FaultKind.CHANGED),
        (last_changed_with_its_hash, LENGTH, FaultKind.CHANGED),
        (unreadable, 3, FaultKind.CHANGED),
        (removed, 3, FaultKind.REMOVED),
        (removed_and_moved_up, 3, FaultKind.REMOVED),
        (last_but_one_removed_and_moved_up, LENGTH - 1, FaultKind.REMOVED),
        (first_removed, 1, FaultKind.REMOVED),
        (swapped, 3, FaultKind.MOVED),
        (swapped_far, 2, FaultKind.MOVED),
        (moved_back, 3, FaultKind.MOVED),
        (put_in, 3, FaultKind.PUT_IN),
        (put_in_loose, 3, FaultKind.PUT_IN),
        (put_in_of_another, 3, FaultKind.PUT_IN),
        (put_in_under_a_key, 3, FaultKind.PUT_IN),
        (cut_off, LENGTH - 1, FaultKind.CUT_OFF),
        (emptied, 1, FaultKind.CUT_OFF),
    ],
)
def test_what_was_done_is_named_with_its_row(
    tampering: Tampering, number: int, kind: FaultKind
) -> None:
    """The first row that is wrong, and why."""
    records = whole()
    fault = found(tampering(records), head_of(records))
    assert fault is not None
    assert (fault.number, fault.kind, bool(fault.reason)) == (number, kind, True)


def test_first_record_follows_nothing() -> None:
    """One that says it does is not the chain's first."""
    records = whole()
    forged_first = chain(records[0].entry, None)
    before = forged_first.model_copy(update={"sequence": 0, "hash": "e" * 64})
    fault = found(numbered([chain(records[0].entry, before), *records[1:]]), head_of(records))
    assert fault is not None
    assert (fault.number, fault.kind) == (1, FaultKind.PUT_IN)


@given(st.integers(0, 8))
def test_whole_chain_is_whole(length: int) -> None:
    """Of any length; its own receipt holds, today and when it has grown."""
    records = whole(length) if length else []
    head = head_of(records) if records else None
    assert found(numbered(records), head) is None
    for record in records:
        receipt = Receipt(record.sequence, record.hash)
        assert found(numbered(records), head, receipt) is None


@given(st.data())
def test_any_one_row_that_is_another_is_found(data: st.DataObject) -> None:
    """At its own number: with the hash it had, or with one made anew."""
    records = whole()
    place = data.draw(st.integers(0, LENGTH - 1))
    previous = records[place - 1] if place else None
    if data.draw(st.booleans()):
        other = forged(records[place], previous)
    else:
        text = data.draw(st.text(min_size=1, max_size=5).filter(lambda one: one != "onboard"))
        entry_of_it = records[place].entry.model_copy(update={"action": text})
        other = records[place].model_copy(update={"entry": entry_of_it})
    fault = found(numbered([*records[:place], other, *records[place + 1 :]]), head_of(records))
    assert fault is not None
    assert (fault.number, fault.kind) == (place + 1, FaultKind.CHANGED)


@given(st.data())
def test_any_disorder_is_found(data: st.DataObject) -> None:
    """At the first place where another row stands."""
    records = whole()
    order = data.draw(st.permutations(range(LENGTH)).filter(lambda one: one != sorted(one)))
    fault = found(numbered([records[at] for at in order]), head_of(records))
    assert fault is not None
    first = next(at for at, number in enumerate(order) if at != number)
    assert fault.number == first + 1


@given(gone=st.sets(st.integers(1, LENGTH), min_size=1), moved_up=st.booleans())
def test_any_rows_that_are_gone_are_found(gone: set[int], *, moved_up: bool) -> None:
    """At the first one that is missing, be its place empty or taken by those behind it."""
    records = whole()
    kept = [record for record in records if record.sequence not in gone]
    rows = numbered(kept)
    if not moved_up:
        rows = [row for row in numbered(records) if row.place.number not in gone]
    fault = found(rows, head_of(records))
    assert fault is not None
    assert fault.number == min(gone)


def test_chain_that_was_made_anew_breaks_an_earlier_receipt() -> None:
    """Every hash and the head fit: only what was kept elsewhere tells."""
    records = whole()
    anew = chained(*(one.entry.model_copy(update={"actor": "mallory"}) for one in records))
    assert found(numbered(anew), head_of(anew)) is None
    fault = found(numbered(anew), head_of(anew), Receipt(4, records[3].hash))
    assert fault is not None
    assert (fault.number, fault.kind) == (4, FaultKind.CHANGED)
    short = anew[:3]
    fault = found(numbered(short), head_of(short), Receipt(4, records[3].hash))
    assert fault is not None
    assert (fault.number, fault.kind) == (4, FaultKind.CUT_OFF)


def test_missing_head_is_found() -> None:
    """It is what tells that nothing was cut off."""
    fault = found(numbered(whole()), None)
    assert fault is not None
    assert (fault.number, fault.kind) == (LENGTH, FaultKind.HEAD)


def test_receipt_of_a_chain_that_is_gone_is_not_honoured() -> None:
    """The whole partition was emptied, its head too."""
    fault = found([], None, Receipt(4, "a" * 64))
    assert fault is not None
    assert (fault.number, fault.kind) == (1, FaultKind.CUT_OFF)


@pytest.mark.parametrize(
    "text", ["", "4", f"0:{'a' * 64}", f"4:{'a' * 63}", f"4:{'A' * 64}", f" 4:{'a' * 64}", "x:y"]
)
def test_what_is_no_receipt_is_none(text: str) -> None:
    """A receipt is the number of a record and its hash."""
    assert parse_receipt(text) is None


def test_receipt_reads_back() -> None:
    """As it is written."""
    receipt = Receipt(12, "ab" * 32)
    assert parse_receipt(str(receipt)) == receipt


def endless(length: int) -> Iterator[KeptRow]:
    """The rows of a long chain, each made when it is asked for."""
    last: AuditRecord | None = None
    one = entry()
    for number in range(1, length + 1):
        last = chain(one, last)
        yield KeptRow(Place(CHAIN, key_of(number)), last)


def test_hundred_thousand_records_are_not_kept() -> None:
    """Only the last one is, and the one that is being looked at."""
    check = ChainCheck(CHAIN, None)
    seen: list[weakref.ref[AuditRecord]] = []
    for row in endless(100_000):
        assert row.record is not None
        seen.append(weakref.ref(row.record))
        assert check.add(row) is None
    assert check.length == len(seen) == 100_000
    assert sum(one() is not None for one in seen) <= 2
