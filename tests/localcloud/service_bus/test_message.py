"""Messages: cut into sections, and put together."""

from typing import Any

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from hypothesis import given
from hypothesis import strategies as st

from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.encoding import described, encode
from localcloud.service_bus.amqp.message import application_section, parse, reply
from localcloud.service_bus.amqp.types import Symbol, UByte, UInt
from localcloud.service_bus.delivering import written
from localcloud.service_bus.store import Row
from tests.localcloud.service_bus.values import same, symbols, texts, unsigned, values

maps = st.dictionaries(symbols, values, max_size=3)


def section(code: int, value: Any) -> bytes:
    """One section."""
    return described(code, encode(value))


@given(
    st.booleans(),
    unsigned(8),
    st.none() | unsigned(32).map(UInt),
    maps,
    st.dictionaries(texts, values, max_size=3),
    st.lists(st.binary(max_size=50), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_sections_are_read_in_any_order(
    durable: bool,
    priority: int,
    ttl: UInt | None,
    annotations: dict[Any, Any],
    application: dict[Any, Any],
    data: list[bytes],
    random: Any,
) -> None:
    """Their content does not depend on it; what is passed on is what came."""
    sections = [
        section(0x70, [durable, UByte(priority), ttl]),
        section(0x72, annotations),
        section(0x73, ["id", None, None, None, "back"]),
        section(0x74, application),
        b"".join(section(0x75, part) for part in data),
        section(0x78, {}),
    ]
    random.shuffle(sections)
    message = parse(b"".join(sections))
    assert (message.durable, message.priority, message.ttl) == (durable, priority, ttl)
    assert same(message.annotations, annotations)
    assert same(message.application_properties(), application)
    assert (message.field("message_id"), message.field("reply_to")) == ("id", "back")
    assert message.field("group_id") is None
    assert message.data == tuple(data)
    assert message.body == b"".join(section(0x75, part) for part in data) + section(0x78, {})
    assert message.size == sum(map(len, sections))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_message_or_an_error(data: bytes) -> None:
    """Nothing else comes out."""
    for given_bytes in (data, b"\x00\x53\x72" + data, b"\x00\x53\x73\xc0" + data):
        try:
            assert parse(given_bytes).size == len(given_bytes)
        except DecodeError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        section(0x75, "text"),
        section(0x72, []),
        section(0x73, []) * 2,
        section(0x75, b"") + section(0x77, 1),
        section(0x79, 1),
        section(0x70, [1]),
        encode(1),
    ],
)
def test_a_message_is_strict(data: bytes) -> None:
    """Each section once, with its type; one kind of body."""
    with pytest.raises(DecodeError):
        parse(data)


def row(**changes: Any) -> Row:
    """A message as it is kept."""
    fields: dict[str, Any] = {
        "seq": 7,
        "entity": "q",
        "state": 0,
        "session": None,
        "enqueued": 1_000,
        "due": None,
        "ttl": 60_000,
        "deliveries": 2,
        "token": None,
        "locked": None,
        "size": 1,
        "reason": None,
        "description": None,
        "durable": 1,
        "priority": 4,
        "notes": encode(Symbol("x-mine")) + encode(5),
        "note_count": 2,
        "properties": section(0x73, ["id"]),
        "body": section(0x75, b"body"),
        "application": application_section({"kept": UInt(9), "DeadLetterReason": "old"}),
    }
    return Row(**fields | changes)


def test_a_message_carries_what_the_broker_knows_of_it() -> None:
    """As the SDK reads it."""
    message = ServiceBusReceivedMessage.from_bytes(written(row(), 5_000))
    assert message.sequence_number == 7
    assert message.delivery_count == 2
    assert message.enqueued_time_utc
    assert message.locked_until_utc
    assert (message.enqueued_time_utc.timestamp(), message.locked_until_utc.timestamp()) == (1, 5)
    assert message.time_to_live
    assert message.time_to_live.total_seconds() == 60
    assert message.message_id == "id"
    assert message.raw_amqp_message.annotations
    assert message.raw_amqp_message.annotations[b"x-mine"] == 5
    assert b"".join(message.body) == b"body"


def test_a_dead_letter_says_why_it_is_one() -> None:
    """Its own reason, not one that it had before; all else is left as it was."""
    dead = ServiceBusReceivedMessage.from_bytes(written(row(reason="why", description="so"), None))
    assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("why", "so")
    assert dead.application_properties
    assert dead.application_properties[b"kept"] == 9


def test_an_answer_keeps_the_type_of_the_requests_id() -> None:
    """The SDK compares it with the UUID that it sent."""
    parsed = parse(reply(UInt(3), {"statusCode": 200}, {"a": [1]}))
    assert type(parsed.field("correlation_id")) is UInt
    assert parsed.application_properties() == {"statusCode": 200}
    assert parsed.value == {"a": [1]}
