"""Messages as the worker hands them over."""

from typing import Any

from azure.functions.servicebus import ServiceBusMessage

from tests.fakes import EXAMPLE


def message(body: bytes = EXAMPLE, **changes: Any) -> ServiceBusMessage:
    """A message, with some of its properties changed."""
    values: dict[str, Any] = {
        "body": body,
        "application_properties": {},
        "user_properties": {},
        "message_id": "message-1",
        "correlation_id": "question-1",
        "content_type": "application/yaml",
        "sequence_number": 17,
        "delivery_count": 1,
    }
    return ServiceBusMessage(**values | changes)


def again(copy: Any, **changes: Any) -> ServiceBusMessage:
    """What the application sent to the queue, coming out of it."""
    properties = dict(copy.properties)
    values = {
        "application_properties": properties,
        "user_properties": properties,
        "message_id": copy.message_id,
        "correlation_id": copy.correlation_id,
        "content_type": copy.content_type,
        "sequence_number": 18,
    }
    return message(copy.body, **values | changes)
