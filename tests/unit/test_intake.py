"""What comes in and goes out by message: identities, copies, reasons, results."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.admission import Insert, Restart, Same, admit
from landing_zone.ends import OpenWork
from landing_zone.errors import PermanentError
from landing_zone.intake.dead_letters import DeadLetter, sent_again
from landing_zone.intake.messages import MOST_PROPERTY_CHARACTERS, Arrival, copy_of, same_id
from landing_zone.intake.refusal import MOST_CHARACTERS, description_of, is_refusal, refused
from landing_zone.intake.replies import Reply
from landing_zone.intake.results import OnboardingResult, final_result
from landing_zone.intake.returning import is_to_be_put_back, return_time, returned
from landing_zone.intake.settings import IntakeSettings, ServiceBusAddress
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, example_request

REQUEST = example_request()
REPLY = Reply(origin="m/1", correlation_id="c", message_id="m")
ANOTHER = Reply(origin="m/2", correlation_id="c")
LONGEST_ID = 128
texts = st.text(max_size=300)


def arrival(**changes: Any) -> Arrival:
    """A message that came in."""
    values: dict[str, Any] = {"body": b"x", "message_id": "m", "sequence_number": 1}
    return Arrival(**values | changes)


@given(first=st.lists(texts, min_size=1, max_size=3), second=st.lists(texts, max_size=3))
def test_ids_are_different_for_different_facts(first: list[str], second: list[str]) -> None:
    """And short enough for Service Bus, whatever a sender put in."""
    one, other = same_id("kind", *first), same_id("kind", *second)
    assert len(one) <= LONGEST_ID
    assert (one == other) == (first == second)


def test_copy_of_a_copy_knows_the_first_message() -> None:
    """Who asked, and under which id, survives any number of returns."""
    first = arrival(correlation_id="", message_id="m", sequence_number=7)
    copies = [returned(first)]
    for number in range(3):
        copy = copies[-1]
        back = arrival(
            message_id=copy.message_id,
            correlation_id=copy.correlation_id,
            properties=copy.properties,
            sequence_number=100 + number,
        )
        assert (back.origin, back.sent_id, back.correlation) == ("m/7", "m", "m")
        copies.append(returned(back))
    assert len({copy.message_id for copy in copies}) == 4


@pytest.mark.parametrize("value", [-3, "7", 2.5, True])
def test_count_of_returns_that_is_no_count_does_no_harm(value: Any) -> None:
    """Properties come from outside."""
    found = arrival(properties={"SpokewrightReturns": value})
    assert found.returns in {0, 1}
    assert return_time(found, IntakeSettings(), NOON) > NOON


def test_returns_come_later_and_later_up_to_a_bound() -> None:
    """However often."""
    settings = IntakeSettings(return_seconds=30, return_most_seconds=600)
    waits = [
        (
            return_time(arrival(properties={"SpokewrightReturns": times}), settings, NOON) - NOON
        ).total_seconds()
        for times in (0, 1, 2, 3, 4, 5, 10**9)
    ]
    assert waits == [30, 60, 120, 240, 480, 600, 600]


def test_message_is_put_back_before_the_queue_gives_up_on_it() -> None:
    """At half of the deliveries that a queue allows by default."""
    first = next(
        count for count in range(1, 11) if is_to_be_put_back(arrival(delivery_count=count))
    )
    assert first == 5


def test_properties_that_are_too_many_are_left_behind() -> None:
    """Those that say what it is a copy of are not."""
    many = {f"name{number}": "x" * 100 for number in range(MOST_PROPERTY_CHARACTERS // 100)}
    copy = copy_of(arrival(properties=many), "id", {"why": "so"})
    assert set(copy.properties) == {"SpokewrightOrigin", "SpokewrightMessageId", "why"}


@given(
    faults=st.lists(
        st.builds(Fault, st.text(max_size=200), st.text(max_size=2000), st.text(max_size=200)),
        min_size=1,
        max_size=250,
    )
)
def test_description_fits_and_says_how_many_faults_there_are(faults: list[Fault]) -> None:
    """As many of them in full as there is room for."""
    error = InvalidRequest(faults)
    text = description_of(error)
    assert len(text) <= MOST_CHARACTERS
    assert text.startswith("The request document has ")
    full = "; ".join(map(str, error.faults))
    assert text.endswith((full, " more faults", "..."))
    if len(full) < MOST_CHARACTERS - 100:
        assert text.endswith(full)


def test_refusal_tells_what_to_do() -> None:
    """The hint is part of the sentence."""
    kept = refused(arrival(), PermanentError("OpenWork", "it exists", "choose another"))
    assert kept.properties["DeadLetterErrorDescription"] == "it exists (choose another)"
    assert kept.properties["DeadLetterSource"] == "onboarding"


def test_only_what_the_request_is_to_blame_for_is_refused() -> None:
    """A storage account that refuses us is no reason to refuse a tenant."""
    assert is_refusal(InvalidRequest([Fault("", "is empty")]))
    assert is_refusal(PermanentError("CapacityExceeded", "full"))
    assert not is_refusal(PermanentError("StorageRefused", "storage answered 403"))


@pytest.mark.parametrize("state", [TenantState.FAILED, TenantState.PROVISIONING])
def test_message_delivered_again_is_the_same_request(state: TenantState) -> None:
    """Even where something is left over, or where it would be begun again."""
    existing = new_tenant(REQUEST, "ann", NOON, REPLY).model_copy(
        update={
            "state": state,
            "ongoing": state is TenantState.PROVISIONING,
            "open_work": (OpenWork(key="x", reason="y"),),
        }
    )
    found = admit(REQUEST, existing, "ann", NOON, REPLY)
    assert found == Same(existing, under_way=state is TenantState.PROVISIONING)


def test_reply_is_remembered_with_the_operation() -> None:
    """The next operation has the next one's, or none when it is asked for over HTTP."""
    first = admit(REQUEST, None, "ann", NOON, REPLY)
    assert isinstance(first, Insert)
    failed = first.record.model_copy(update={"state": TenantState.FAILED})
    by_message = admit(REQUEST, failed, "ann", NOON, ANOTHER)
    over_http = admit(REQUEST, failed, "ann", NOON)
    assert isinstance(by_message, Restart)
    assert isinstance(over_http, Restart)
    assert [first.record.reply, by_message.record.reply, over_http.record.reply] == [
        REPLY,
        ANOTHER,
        None,
    ]


def provisioned(reply: Reply | None) -> TenantRecord:
    """A tenant whose operation is under way."""
    return new_tenant(REQUEST, "ann", NOON, reply).after(TenantEvent.ADMIT, NOON)


@pytest.mark.parametrize(
    ("event", "outcome"), [(TenantEvent.COMPLETE, "active"), (TenantEvent.FAIL, "failed")]
)
def test_end_of_an_operation_is_owed_to_who_asked(event: TenantEvent, outcome: str) -> None:
    """With the same change that makes it the end, so that no crash comes between."""
    ended = provisioned(REPLY).after(event, NOON, reason="because", hint="do this")
    [owed] = ended.owed
    document = json.loads(final_result(owed).body)
    assert document["outcome"] == document["state"] == outcome
    assert (document["reason"], document["hint"], document["correlationId"]) == (
        "because",
        "do this",
        "c",
    )


def test_nothing_is_owed_to_who_asked_over_http() -> None:
    """Nor is anything owed twice when the tenant lives on."""
    assert provisioned(None).after(TenantEvent.COMPLETE, NOON).owed == ()
    active = provisioned(REPLY).after(TenantEvent.COMPLETE, NOON)
    closed = active.after(TenantEvent.UPDATE, NOON).after(TenantEvent.SUSPEND, NOON)
    later = closed.after(TenantEvent.RESUME, NOON).after(TenantEvent.COMPLETE, NOON)
    assert len(later.owed) == 1


def test_results_of_different_operations_are_different_messages() -> None:
    """And the same one is the same message, whenever it is sent."""
    record = provisioned(REPLY)
    failed = record.after(TenantEvent.FAIL, NOON, reason="a").owed[0]
    again = failed.model_copy(update={"at": NOON + timedelta(days=1), "reason": "b"})
    next_one = failed.model_copy(update={"operation_id": f"{record.tenant_id}.2"})
    ids = [final_result(one).message_id for one in (failed, again, next_one)]
    assert ids[0] == ids[1] != ids[2]


def test_result_is_read_back_as_it_was_written() -> None:
    """The contract is one for both sides."""
    message = final_result(provisioned(REPLY).after(TenantEvent.COMPLETE, NOON).owed[0])
    found = OnboardingResult.model_validate_json(message.body)
    assert found.to_message(message.message_id) == message


def test_record_of_before_there_were_messages_is_still_read() -> None:
    """It owes nothing."""
    written = new_tenant(REQUEST, "ann", NOON).model_dump(mode="json", by_alias=True)
    del written["reply"], written["owed"]
    found = TenantRecord.model_validate_json(json.dumps(written))
    assert (found.reply, found.owed) == (None, ())


def test_dead_letter_sent_again_is_a_new_message_with_the_same_id_each_time() -> None:
    """Another document in its place is another message."""
    letter = DeadLetter(
        place="refused",
        sequence_number=3,
        body=b"a",
        message_id="m",
        properties={"SpokewrightOrigin": "m/1", "SpokewrightReturns": 4, "ticket": 1},
    )
    again = sent_again(letter)
    assert again == sent_again(letter)
    assert again.message_id != sent_again(letter.corrected(b"b")).message_id
    assert again.properties == {"ticket": 1, "SpokewrightMessageId": "m"}


def test_address_does_not_show_its_key() -> None:
    """In a log or in a trace."""
    assert "secret" not in repr(ServiceBusAddress("Endpoint=sb://x;SharedAccessKey=secret"))
