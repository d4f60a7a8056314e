"""What of the audit is asked for, and where a reader left off."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.audit import chain
from landing_zone.audit_trail.continuations import continuation_behind, parse_continuation
from landing_zone.audit_trail.filters import MOST, USUAL, AuditFilter, parse_asked
from landing_zone.audit_trail.rows import EVERYTHING, KeptRow, Place, key_of, only
from landing_zone.request_parsing import InvalidRequest
from tests.unit.test_audit import NOON, entry

ROW = KeptRow(Place("contoso", key_of(1)), chain(entry(), None))
ID = "/subscriptions/a/resourceGroups/rg"


@pytest.mark.parametrize(
    ("params", "matches"),
    [
        ({}, True),
        ({"operation": "op-1"}, True),
        ({"operation": "op-2"}, False),
        ({"action": "onboard"}, True),
        ({"action": "resource.apply"}, False),
        ({"actor": "requester@contoso.com"}, True),
        ({"actor": "contoso.com"}, False),
        ({"outcome": "succeeded"}, True),
        ({"outcome": "failed"}, False),
        ({"from": "2026-01-02T12:00:00Z"}, True),
        ({"from": "2026-01-02T12:00:01Z"}, False),
        ({"to": "2026-01-02T12:00:00Z"}, False),
        ({"to": "2026-01-02T14:00:01+02:00"}, True),
        ({"from": "2026-01-02", "to": "2026-01-03"}, None),
        ({"resource": ID}, True),
        ({"resource": "/SUBSCRIPTIONS/A/"}, True),
        ({"resource": f"{ID}/providers"}, False),
        ({"resource": "/subscriptions/a/resourceGroups/r"}, False),
        ({"action": "onboard", "outcome": "failed"}, False),
    ],
)
def test_filters_hold_together(params: dict[str, str], matches: bool | None) -> None:
    """Each alone and all at once; a moment without a zone is refused."""
    one = entry(resource=ID)
    if matches is None:
        with pytest.raises(InvalidRequest, match="is no moment"):
            parse_asked(params)
        return
    assert parse_asked(params).filter.matches(one) is matches


@pytest.mark.parametrize(
    ("params", "span"),
    [
        ({}, EVERYTHING),
        ({"tenant": "contoso"}, only("contoso")),
        ({"chain": "hub:hub-weu:firewall"}, only("hub:hub-weu:firewall")),
        ({"operation": "contoso.2"}, only("contoso")),
        ({"operation": "sweep-1"}, EVERYTHING),
        ({"operation": "contoso.2", "chain": "hub:hub-weu:dns"}, only("hub:hub-weu:dns")),
    ],
)
def test_only_chains_that_can_hold_it_are_read(params: dict[str, str], span: Any) -> None:
    """An operation's id names its tenant."""
    assert parse_asked(params).filter.span == span


def test_everything_wrong_is_told_at_once() -> None:
    """Each with its parameter."""
    params = {
        "tenant": "Contoso!",
        "chain": "../x",
        "action": "\x00",
        "actor": "x" * 257,
        "resource": "network",
        "from": "yesterday",
        "to": "2026-13-01T00:00:00Z",
        "top": str(MOST + 1),
    }
    with pytest.raises(InvalidRequest) as caught:
        parse_asked(params)
    paths = [fault.path for fault in caught.value.faults]
    assert sorted(set(paths)) == sorted(params)


def test_span_of_time_has_a_length() -> None:
    """The end comes after the beginning."""
    moment = NOON.isoformat()
    with pytest.raises(InvalidRequest, match="is not after from"):
        parse_asked({"from": moment, "to": moment})


def test_page_has_its_usual_size() -> None:
    """Unless another one is asked for."""
    assert (parse_asked({}).top, parse_asked({"top": "7"}).top) == (USUAL, 7)


@given(
    st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=9),
    st.integers(1, 10**12 - 1),
    st.sampled_from(["", "contoso"]),
)
def test_continuation_reads_back(name: str, number: int, action: str) -> None:
    """For what it was made for; a reader may change the size of the page."""
    wanted = AuditFilter(action=action, since=datetime(2026, 1, 1, tzinfo=UTC))
    row = KeptRow(Place(name, key_of(number)), ROW.record)
    made = continuation_behind(row, wanted)
    assert parse_continuation(made.text, wanted) == made


def test_continuation_is_of_one_row_and_one_filter() -> None:
    """Another record, another place or another question makes another one."""
    wanted = AuditFilter(chain="contoso")
    other = chain(entry(event_id="other"), None)
    made = {
        continuation_behind(row, one).digest
        for row, one in [
            (ROW, wanted),
            (KeptRow(ROW.place, other), wanted),
            (KeptRow(ROW.place, None), wanted),
            (KeptRow(Place("contoso", key_of(2)), ROW.record), wanted),
            (ROW, AuditFilter(chain="contoso", action="onboard")),
            (ROW, AuditFilter(chain="contoso", until=NOON + timedelta(days=1))),
        ]
    }
    assert len(made) == 6


def forged(content: Any) -> str:
    """A continuation that says that."""
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "=",
        "é",
        "....",
        forged("no json"),
        forged({}),
        forged(["contoso", key_of(1)]),
        forged(["contoso", 1, "digest"]),
        forged(["fabrikam", key_of(1), "digest"]),
        forged(["contoso", "../1", "digest"]),
        forged(["contoso", "\ud800", "digest"]),
        forged(["contoso", "\x00", "digest"]),
        forged("[" * 1_400),
        forged(["contoso", "1" * 3_000, "digest"]),
    ],
)
def test_what_is_no_continuation_is_a_fault(text: str) -> None:
    """Named as the parameter that it is."""
    with pytest.raises(InvalidRequest) as caught:
        parse_continuation(text, AuditFilter(chain="contoso"))
    assert [fault.path for fault in caught.value.faults] == ["continuation"]


@given(st.text(max_size=60))
def test_any_text_is_a_continuation_or_a_fault(text: str) -> None:
    """Nothing else is raised."""
    with pytest.raises(InvalidRequest):
        parse_continuation(text, AuditFilter(chain="contoso"))
