"""What becomes of a record while it waits for a person, and of what was decided."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.approval.deciding import after_look, decided
from landing_zone.approval.ending import ended_by, hint_of, reason_of, state_after
from landing_zone.approval.record import Approval, Decision, Verdict
from landing_zone.approval.reporting import entry_of
from landing_zone.approval.settings import ApprovalSettings
from landing_zone.asking import Queued, ask
from landing_zone.ends import OpenWork
from landing_zone.errors import PermanentError
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.fakes import NOON, example_request

USUAL = ApprovalSettings()
CLUSTER = example_request(isolation="cluster")
REPLY = Reply(origin="queue:1", correlation_id="c")
LEFT = OpenWork(key="storage", reason="it is locked")


def hours(number: float) -> datetime:
    """So many hours after noon."""
    return NOON + timedelta(hours=number)


def waiting(**changes: object) -> TenantRecord:
    """A tenant that was asked for at noon and needs approval."""
    asked = new_tenant(CLUSTER, "ann", NOON, REPLY).model_copy(update=changes)
    return after_look(USUAL, asked, NOON)


def updating() -> TenantRecord:
    """An active tenant that is to get a cluster of its own."""
    work = Work(kind=Kind.UPDATE, actor="ann", wanted=CLUSTER)
    active = new_tenant(example_request(), "ann", NOON).model_copy(
        update={"state": TenantState.ACTIVE, "active_since": NOON}
    )
    return after_look(USUAL, active.next_operation(work, NOON), NOON)


def found(record: TenantRecord) -> Approval:
    """Its approval."""
    assert record.approval is not None
    return record.approval


def decision(verdict: Verdict, at: datetime = NOON, reason: str = "so") -> Decision:
    """A decision."""
    return Decision(verdict=verdict, actor="ben", reason=reason, at=at)


def test_what_needs_approval_is_asked_for_once() -> None:
    """Looking again changes nothing, until something is due."""
    record = waiting()
    assert (record.state, record.ongoing) == (TenantState.AWAITING_APPROVAL, True)
    assert (found(record).until, found(record).remind_at) == (hours(72), hours(24))
    assert after_look(USUAL, record, hours(23)) is record


def test_what_needs_none_goes_on() -> None:
    """Nothing of its record changes."""
    record = new_tenant(example_request(), "ann", NOON)
    assert after_look(USUAL, record, NOON) is record


def test_a_change_waits_without_its_tenant_changing() -> None:
    """It stays active, and its operation goes on."""
    record = updating()
    assert (record.state, record.ongoing) == (TenantState.ACTIVE, True)
    assert found(record).operation_id == record.operation_id


@pytest.mark.parametrize(
    ("deadline", "reminder", "remind_at"),
    [(72, 24, hours(24)), (72, 0, None), (10, 24, None), (24, 24, None)],
)
def test_a_reminder_comes_before_the_deadline_or_not_at_all(
    deadline: float, reminder: float, remind_at: datetime | None
) -> None:
    """One that comes with the end helps nobody."""
    settings = ApprovalSettings(deadline_hours=deadline, reminder_hours=reminder)
    record = after_look(settings, new_tenant(CLUSTER, "ann", NOON), NOON)
    assert (found(record).until, found(record).remind_at) == (hours(deadline), remind_at)


def test_a_reminder_is_owed_once_to_who_asked_by_message() -> None:
    """With since when and until when it waits."""
    reminded = after_look(USUAL, waiting(), hours(25))
    [owed] = reminded.owed
    assert (owed.outcome, owed.reply) == ("awaiting-approval", REPLY)
    assert "since 2026-03-14 12:00 UTC, until 2026-03-17 12:00 UTC" in owed.reason
    assert after_look(USUAL, reminded, hours(26)) is reminded
    assert after_look(USUAL, waiting(reply=None), hours(25)).owed == ()


@given(st.floats(72, 10_000))
def test_what_nobody_decides_upon_expires_at_its_deadline(late: float) -> None:
    """However late somebody looks; and it does not decide again."""
    expired = after_look(USUAL, waiting(), hours(late))
    told = found(expired).decision
    assert told is not None
    assert (told.verdict, told.at, told.actor) == (Verdict.EXPIRE, hours(72), "spokewright")
    assert after_look(USUAL, expired, hours(late + 1)) is expired


@given(
    verdicts=st.lists(st.tuples(st.sampled_from(Verdict), st.floats(0, 100)), max_size=6),
    looks=st.lists(st.floats(0, 100), max_size=6),
)
def test_there_is_one_decision_for_ever(
    verdicts: list[tuple[Verdict, float]], looks: list[float]
) -> None:
    """Whoever decides, looks and comes late, in whatever order: the first one stays."""
    record = waiting()
    events = sorted(
        [(at, verdict) for verdict, at in verdicts] + [(at, None) for at in looks],
        key=lambda one: one[0],
    )
    first: Decision | None = None
    for at, verdict in events:
        if verdict is None:
            record = after_look(USUAL, record, hours(at))
        else:
            try:
                record = decided(record, record.operation_id, decision(verdict, hours(at)))
            except PermanentError as error:
                assert error.code in {"ApprovalDecided", "ApprovalExpired"}  # noqa: PT017
                assert error.hint  # noqa: PT017
        first = first or found(record).decision
        assert found(record).decision == first
    assert first is None or first.at <= hours(72)


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.EXPIRE, Verdict.WITHDRAW])
def test_what_was_decided_against_ends_as_if_it_had_never_been(verdict: Verdict) -> None:
    """A new tenant is offboarded, and who asked is told; a change leaves the tenant as it was."""
    record = waiting()
    against = decision(verdict, hours(1))
    ended = ended_by(record, found(record), against, hours(1))
    assert (ended.state, ended.ongoing) == (TenantState.OFFBOARDED, False)
    assert ended.state is state_after(record, against)
    [owed] = ended.owed
    assert (owed.outcome, owed.state) == ("failed", "offboarded")
    assert (owed.reason, owed.hint) == (ended.reason, ended.hint)
    change = updating()
    kept = ended_by(change, found(change), against, hours(1))
    assert (kept.state, kept.ongoing, kept.request) == (
        TenantState.ACTIVE,
        False,
        example_request(),
    )
    assert kept.reason
    assert kept.hint
    assert kept.owed == ()
    by_message = change.model_copy(update={"reply": REPLY})
    [owed] = ended_by(by_message, found(by_message), against, hours(1)).owed
    assert (owed.outcome, owed.state, owed.reason) == ("failed", "active", kept.reason)


def test_what_an_earlier_attempt_has_left_stays_listed() -> None:
    """Such a tenant has failed, as before: an offboarded one has left nothing."""
    record = waiting(open_work=(LEFT,))
    ended = ended_by(record, found(record), decision(Verdict.REJECT), NOON)
    assert (ended.state, ended.open_work, ended.ongoing) == (TenantState.FAILED, (LEFT,), False)


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.EXPIRE, Verdict.WITHDRAW])
@pytest.mark.parametrize("reason", ["", "too dear"])
def test_people_are_told_why_and_what_they_can_do(verdict: Verdict, reason: str) -> None:
    """In words, with the reason of who decided."""
    approval = found(waiting())
    told = reason_of(approval, decision(verdict, reason=reason))
    assert reason in told
    assert not told.endswith(": ")
    assert hint_of(approval, decision(verdict))


@pytest.mark.parametrize("kind", [Kind.OFFBOARD, Kind.SUSPEND, Kind.UPDATE])
def test_closing_a_tenant_does_not_wait_behind_a_person(kind: Kind) -> None:
    """A change that waits is withdrawn for it; other changes wait their turn."""
    asked = ask(updating(), Work(kind=kind, actor="bob", wanted=None), hours(1))
    assert isinstance(asked, Queued)
    looked = found(after_look(USUAL, asked.record, hours(1))).decision
    if kind is Kind.UPDATE:
        assert looked is None
        return
    assert looked is not None
    assert (looked.verdict, looked.actor) == (Verdict.WITHDRAW, "bob")


def test_the_audit_has_who_why_and_until_when() -> None:
    """And each thing that happens has one name, so that it is noted once."""
    record = after_look(USUAL, waiting(), hours(25))
    approval = found(record)
    against = decision(Verdict.REJECT, hours(26))
    entries = [entry_of(record, approval, one) for one in ("asked", "reminded", against)]
    assert [one.outcome for one in entries] == ["asked", "reminded", "rejected"]
    assert [one.at for one in entries] == [NOON, hours(25), hours(26)]
    assert len({one.event_id for one in entries}) == 3
    assert all(one.details["until"] == hours(72).isoformat() for one in entries)
    last = entries[-1]
    assert (last.actor, last.details["reason"], last.details["askedBy"]) == ("ben", "so", "ann")
    assert (last.details["before"], last.details["after"]) == ("awaiting-approval", "offboarded")
