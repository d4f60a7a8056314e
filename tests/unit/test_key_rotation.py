"""When a key is rotated, which one is next, and that the vault never holds a dead one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from landing_zone.admission import Restart, admit
from landing_zone.data_planes import KeyName, StoredSecret
from landing_zone.errors import PermanentError
from landing_zone.key_place import place_of
from landing_zone.key_records import KeyRecord, RotationAsk
from landing_zone.key_rotation import (
    KEYS,
    PAUSE_AFTER_FAILURE,
    Due,
    Held,
    due_at,
    due_rotation,
    held_by,
    is_to_be_started,
    key_to_repair_with,
    last_rotation,
    open_ask,
    other,
    tags_of,
    with_ask,
)
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.plan import Plan
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, example_request
from tests.unit.planned import plan_of
from tests.unit.planned_whole import whole_plan_of

DAYS = timedelta(days=90)
SECOND = timedelta(seconds=1)


def tenant(**keys: Any) -> TenantRecord:
    """A tenant that has been active since noon."""
    made = new_tenant(example_request(), "ann", NOON)
    active = made.after(TenantEvent.ADMIT, NOON).after(TenantEvent.COMPLETE, NOON)
    return active.model_copy(update={"keys": KeyRecord(**keys)})


def asked(at: datetime = NOON, *, full: bool = False) -> RotationAsk:
    """Someone's wish."""
    return RotationAsk(full=full, grace_minutes=5 if full else 0, actor="ann", at=at)


def stored(value: str, **tags: str) -> StoredSecret:
    """What the vault holds."""
    return StoredSecret(SecretStr(value), tags)


def pair(primary: str = "p", secondary: str = "s") -> dict[KeyName, SecretStr]:
    """The two keys of a subscription."""
    return {"primary": SecretStr(primary), "secondary": SecretStr(secondary)}


def test_what_the_vault_holds_is_told_by_the_value_not_by_the_tag() -> None:
    """A tag is what someone wrote; a value is what opens the gateway."""
    found = held_by(pair(), stored("s", key="primary", rotatedAt=NOON.isoformat()))
    assert found == Held("secondary", "primary", NOON)
    assert held_by(pair(), stored("p")) == Held("primary")
    assert held_by(pair(), stored("x", key="secondary")) == Held(None, "secondary")
    assert held_by(pair(), None) == Held(None)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-14T12:00:00", "2026-13-01"])
def test_a_time_that_is_none_is_not_believed(text: str) -> None:
    """People can write tags, too."""
    assert held_by(pair(), stored("p", key="x", rotatedAt=text)) == Held("primary")


@given(st.sampled_from(KEYS), st.none() | st.datetimes(timezones=st.timezones()))
def test_tags_are_read_as_they_were_written(key: KeyName, at: datetime | None) -> None:
    """Which key, and when."""
    found = held_by(pair(), StoredSecret(pair()[key], tags_of(key, at)))
    assert (found.key, found.tagged) == (key, key)
    # In UTC: of an hour that a time zone has twice, neither equals anything in another zone.
    assert found.rotated_at == (at and at.astimezone(UTC))


def test_a_key_that_does_not_work_is_replaced_by_the_one_of_the_same_name() -> None:
    """So that the turns go on; where none was named, by the first."""
    assert key_to_repair_with(Held(None, "secondary")) == "secondary"
    assert key_to_repair_with(Held(None)) == "primary"
    assert key_to_repair_with(Held("primary", "secondary")) is None


def test_the_first_rotation_is_due_a_period_after_the_tenant_became_active() -> None:
    """Not after it was asked for: a tenant may wait long for its approval."""
    record = tenant().model_copy(update={"created_at": NOON - DAYS})
    assert due_at(record, None) == NOON + DAYS
    assert not is_to_be_started(record, NOON + DAYS - SECOND)
    assert is_to_be_started(record, NOON + DAYS)
    old = record.model_copy(update={"active_since": None})
    assert due_at(old, None) == NOON


def test_the_next_rotation_is_due_a_period_after_the_last() -> None:
    """By the record, or by what the vault says of itself, whichever is later."""
    record = tenant(key="secondary", rotated_at=NOON + DAYS)
    assert due_at(record, record.keys.rotated_at) == NOON + 2 * DAYS
    held = Held("primary", "primary", NOON + DAYS + SECOND)
    assert due_rotation(record, held, NOON + 2 * DAYS) is None
    assert due_rotation(record, held, NOON + 2 * DAYS + SECOND) == Due("secondary")
    assert last_rotation(record, Held("primary", "primary", NOON)) == NOON + DAYS


@pytest.mark.parametrize("key", KEYS)
def test_the_idle_key_is_next(key: KeyName) -> None:
    """Never the one that the vault holds."""
    assert due_rotation(tenant(), Held(key), NOON + DAYS) == Due(other(key))
    full = tenant(asked=asked(full=True))
    assert due_rotation(full, Held(key), NOON) == Due(other(key), key, full.keys.asked)


def test_nothing_is_decided_while_the_vault_holds_a_dead_key() -> None:
    """That is mended first."""
    with pytest.raises(ValueError, match="works"):
        due_rotation(tenant(), Held(None), NOON + DAYS)


def test_only_active_tenants_are_rotated() -> None:
    """Whatever is due or asked for."""
    for state in TenantState:
        record = tenant(asked=asked()).model_copy(update={"state": state})
        assert is_to_be_started(record, NOON + DAYS) == (state is TenantState.ACTIVE)


def test_what_was_asked_for_is_due_at_once() -> None:
    """Whenever the last rotation was, as long as it was before."""
    record = tenant(asked=asked(), rotated_at=NOON - SECOND)
    assert is_to_be_started(record, NOON)
    assert due_rotation(record, Held("primary"), NOON) == Due("secondary", None, asked())


def test_an_ask_is_answered_by_any_rotation_after_it_a_full_one_by_its_own_end_only() -> None:
    """That the vault has a new key does not say that the leaked one is gone."""
    assert open_ask(KeyRecord(asked=asked()), NOON - SECOND) == asked()
    assert open_ask(KeyRecord(asked=asked()), NOON) is None
    assert open_ask(KeyRecord(asked=asked(full=True)), NOON + DAYS) == asked(full=True)
    assert open_ask(KeyRecord(), NOON) is None


def test_a_failed_rotation_is_tried_again_after_a_pause() -> None:
    """One that fails for ever must not take every tick."""
    record = tenant(asked=asked(), failed_at=NOON)
    assert not is_to_be_started(record, NOON + PAUSE_AFTER_FAILURE - SECOND)
    assert is_to_be_started(record, NOON + PAUSE_AFTER_FAILURE)


@pytest.mark.parametrize(
    ("before", "running", "ask", "changes"),
    [
        (None, False, asked(), True),
        (None, True, asked(), False),
        (asked(), False, asked(NOON + SECOND), False),
        (asked(full=True), False, asked(NOON + SECOND), False),
        (None, True, asked(full=True), True),
        (asked(), True, asked(full=True), True),
        (asked(full=True), True, asked(NOON + SECOND, full=True), False),
        (asked(full=True), False, asked(NOON + SECOND, full=True), True),
    ],
)
def test_asking_again_asks_for_no_more(
    before: RotationAsk | None, running: bool, ask: RotationAsk, changes: bool
) -> None:
    """What runs is as good, but no ordinary rotation is as good as a full one."""
    record = KeyRecord(asked=before)
    found = with_ask(record, ask, running=running)
    assert found.asked == (ask if changes else before)
    assert (found == record) == (not changes)


def test_the_place_of_a_key_is_the_plans() -> None:
    """The hub's subscription, the tenant's vault."""
    made = whole_plan_of(example_request())
    place = place_of(made)
    assert place.subscription == made.by_key["api-subscription"].id
    assert "${" not in place.subscription + place.vault
    assert (place.vault, place.secret) == (made.by_key["vault"].name, "api-key")
    with pytest.raises(PermanentError, match="NoApiKey"):
        place_of(without_key(plan_of(example_request())))


def without_key(plan: Plan) -> Plan:
    """A plan from the time before there were keys."""
    kept = [one for one in plan.resources if one.key.partition(":")[0] == "resource-group"]
    return plan.model_copy(update={"resources": tuple(kept)})


@dataclass
class Model:
    """Two keys and a vault, decided upon by the rules and changed by anyone.

    Attributes:
        now: The time.
        record: The tenant.
        keys: What opens the gateway.
        vault: What the vault holds.
        made: How many keys there have been.
        turns: The keys that rotations have put into the vault.
    """

    now: datetime = NOON
    record: TenantRecord = field(default_factory=tenant)
    keys: dict[KeyName, SecretStr] = field(default_factory=pair)
    vault: StoredSecret | None = None
    made: int = 0
    turns: list[KeyName] = field(default_factory=list)

    def held(self) -> Held:
        """What the vault holds."""
        return held_by(self.keys, self.vault)

    def regenerate(self, key: KeyName) -> None:
        """Make a key anew, by rule or by hand."""
        self.made += 1
        self.keys[key] = SecretStr(f"key-{self.made}")

    def put(self, key: KeyName, at: datetime | None) -> None:
        """Make a key the vault's current one."""
        self.vault = StoredSecret(self.keys[key], tags_of(key, at))

    def rotate(self, steps: int) -> None:
        """Do so many steps of a rotation, then crash; after each, the vault's key works."""
        repairing = key_to_repair_with(self.held())
        if repairing is not None:
            self.put(repairing, self.held().rotated_at)
        due = due_rotation(self.record, self.held(), self.now)
        if due is None:
            return
        for step in range(steps):
            self._step(step, due)
            assert self.held().key is not None

    def _step(self, step: int, due: Due) -> None:
        match step:
            case 0:
                self.regenerate(due.renew)
            case 1:
                self.put(due.renew, self.now)
                self.turns.append(due.renew)
            case 2 if due.retire is not None:
                self.regenerate(due.retire)
            case _:
                last = last_rotation(self.record, self.held())
                self.record = self.record.model_copy(update={"keys": KeyRecord(rotated_at=last)})


def happenings() -> st.SearchStrategy[list[tuple[str, int]]]:
    """Time passes, rotations get so far, people meddle."""
    return st.lists(
        st.one_of(
            st.tuples(st.just("rotate"), st.integers(0, 4)),
            st.tuples(st.just("wait"), st.integers(1, 100)),
            st.tuples(st.just("ask"), st.integers(0, 1)),
            st.tuples(st.just("meddle"), st.integers(0, 1)),
        ),
        max_size=30,
    )


@given(happenings())
def test_once_begun_the_vault_holds_a_working_key_and_the_two_take_turns(
    happened: list[tuple[str, int]],
) -> None:
    """Over any sequence of rotations, crashes at any step, and keys made anew by hand."""
    model = Model()
    for what, number in happened:
        match what:
            case "rotate":
                model.rotate(number)
            case "wait":
                model.now += timedelta(days=number)
            case "ask":
                ask = asked(model.now, full=bool(number))
                keys = with_ask(model.record.keys, ask, running=False)
                model.record = model.record.model_copy(update={"keys": keys})
            case _:
                model.regenerate(KEYS[number])
    assert all(before != after for before, after in pairwise(model.turns))


def test_a_tenant_is_active_since_it_first_was() -> None:
    """An update does not put its rotation off; one that starts anew starts with nothing."""
    record = tenant(key="primary", rotated_at=NOON)
    later = NOON + DAYS
    updated = record.after(TenantEvent.UPDATE, later).after(TenantEvent.COMPLETE, later)
    assert updated.active_since == NOON
    gone = record.model_copy(update={"state": TenantState.OFFBOARDED})
    match admit(example_request(), gone, "ann", later):
        case Restart(again):
            assert (again.active_since, again.keys) == (None, KeyRecord())
        case other_meaning:
            pytest.fail(f"not {other_meaning}")


def test_a_record_of_before_there_were_keys_is_read() -> None:
    """The registry holds some."""
    document = tenant().model_dump(mode="json", exclude={"keys", "active_since"})
    found = TenantRecord.model_validate(document)
    assert (found.keys, found.active_since) == (KeyRecord(), None)
    assert TenantRecord.model_validate_json(tenant().model_dump_json()) == tenant()
