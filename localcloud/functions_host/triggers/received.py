"""A received message as the worker gets it: its body, and the metadata of its trigger.

The names are those that ``azure.functions.servicebus`` reads. Texts travel as texts and all else as
JSON, which is what the host makes of .NET numbers, dates and dictionaries.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import InvocationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.servicebus import ServiceBusReceivedMessage

type Plain = list[Any]

_DAY = timedelta(days=1)
_DATA = "data"  # AmqpMessageBodyType.DATA


def body_of(message: ServiceBusReceivedMessage, *, binary: bool) -> Plain:
    """The body as bytes where the binding says so, otherwise as text.

    Raises:
        InvocationError: the extension cannot read it either: it is no data section, or is to be
            text and is not UTF-8.
    """
    if message.body_type.value != _DATA:
        raise InvocationError("NotSupportedException: the body is no binary data", "")
    data = b"".join(message.body)
    if binary:
        return ["bytes", data]
    try:
        return ["string", data.decode("utf-8")]
    except UnicodeDecodeError:
        raise InvocationError("InvalidOperationException: the body is no UTF-8 text", "") from None


def metadata_of(message: ServiceBusReceivedMessage) -> dict[str, Plain]:
    """What the function is told of the message beside its body."""
    properties = _properties(message.application_properties or {})
    texts = {
        "MessageId": message.message_id,
        "CorrelationId": message.correlation_id,
        "ContentType": message.content_type,
        "Subject": message.subject,
        "Label": message.subject,
        "To": message.to,
        "ReplyTo": message.reply_to,
        "ReplyToSessionId": message.reply_to_session_id,
        "SessionId": message.session_id,
        "PartitionKey": message.partition_key,
        "LockToken": str(message.lock_token),
        "DeadLetterReason": message.dead_letter_reason,
        "DeadLetterErrorDescription": message.dead_letter_error_description,
        "DeadLetterSource": message.dead_letter_source,
    }
    numbers = {
        # The first delivery is number 1 in .NET, and 0 on the wire.
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "SequenceNumber": message.sequence_number,
        "EnqueuedSequenceNumber": message.enqueued_sequence_number,
        "State": message.state.value,
    }
    moments = {
        "EnqueuedTimeUtc": message.enqueued_time_utc,
        "ExpiresAtUtc": message.expires_at_utc,
        "LockedUntil": message.locked_until_utc,
        "ScheduledEnqueueTimeUtc": message.scheduled_enqueue_time_utc,
    }
    return {
        **{name: ["string", _text(value)] for name, value in texts.items() if value is not None},
        **{name: ["json", str(value)] for name, value in numbers.items() if value is not None},
        **{name: _moment(value) for name, value in moments.items() if value is not None},
        **_lifetime(message.time_to_live),
        "UserProperties": properties,
        "ApplicationProperties": properties,
    }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _moment(value: datetime) -> Plain:
    return ["json", json.dumps(value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))]


def _lifetime(value: timedelta | None) -> dict[str, Plain]:
    """``azure.functions`` reads no span of a day or longer: it is left out, not the message."""
    if value is None or not timedelta(0) <= value < _DAY:
        return {}
    seconds = int(value.total_seconds())
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return {"TimeToLive": ["string", text]}


def _properties(properties: Mapping[str | bytes, Any]) -> Plain:
    """The application properties as Newtonsoft.Json writes them."""
    return ["json", json.dumps({_text(name): _value(value) for name, value in properties.items()})]


def _value(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            # The SDK hands texts over as bytes; what is no text is binary data.
            try:
                return value.decode("utf-8")
            except UnicodeDecodeError:
                return base64.b64encode(value).decode("ascii")
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case _:
            return str(value)
