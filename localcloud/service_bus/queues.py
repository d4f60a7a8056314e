"""The queues of the namespace, declared as data with the names and bounds that Azure gives them.

Source of names, defaults and bounds: Microsoft.ServiceBus/namespaces/queues on learn.microsoft.com,
and "Service Bus quotas".
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

DEAD_LETTER = "$deadletterqueue"
_NAME = r"^[A-Za-z0-9]$|^[A-Za-z0-9][\w\-./]*[A-Za-z0-9]$"


class QueuesError(Exception):
    """The document does not declare queues; the message says what is wrong."""


class Queue(BaseModel):
    """One queue.

    Attributes:
        name: Unique whatever the case.
        lock_duration: How long a message or a session is locked for its receiver.
        max_delivery_count: After so many deliveries a message is dead-lettered.
        default_message_time_to_live: For messages that name none or a longer one.
        dead_lettering_on_message_expiration: Whether expired messages are kept there.
        requires_duplicate_detection: Whether a message id counts once within the window.
        duplicate_detection_history_time_window: That window.
        requires_session: Whether each message belongs to a session.
        max_size_in_megabytes: Of all messages, those in the dead-letter queue too.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    name: Annotated[str, Field(pattern=_NAME, max_length=260)]
    lock_duration: Annotated[timedelta, Field(ge=timedelta(seconds=5), le=timedelta(minutes=5))] = (
        timedelta(minutes=1)
    )
    max_delivery_count: Annotated[int, Field(ge=1, le=2000)] = 10
    default_message_time_to_live: Annotated[timedelta, Field(ge=timedelta(seconds=1))] | None = None
    dead_lettering_on_message_expiration: bool = False
    requires_duplicate_detection: bool = False
    duplicate_detection_history_time_window: Annotated[
        timedelta, Field(ge=timedelta(seconds=20), le=timedelta(days=7))
    ] = timedelta(minutes=10)
    requires_session: bool = False
    max_size_in_megabytes: Annotated[int, Field(ge=1, le=81_920)] = 1024

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return self.name.lower()

    @property
    def lock_milliseconds(self) -> int:
        """The lock's duration."""
        return milliseconds(self.lock_duration)

    @property
    def most_bytes(self) -> int:
        """What the queue may hold."""
        return self.max_size_in_megabytes * 1024 * 1024


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    queues: Annotated[tuple[Queue, ...], Field(min_length=1)]

    @field_validator("queues")
    @classmethod
    def _unique(cls, queues: tuple[Queue, ...]) -> tuple[Queue, ...]:
        if len({queue.key for queue in queues}) < len(queues):
            raise ValueError("two queues have the same name")
        return queues


def milliseconds(duration: timedelta) -> int:
    """A duration as the broker counts."""
    return duration // timedelta(milliseconds=1)


def parse_queues(text: str) -> tuple[Queue, ...]:
    """The queues that a YAML document declares.

    Raises:
        QueuesError: It is malformed, or Azure would refuse a queue in it.
    """
    try:
        return _Document.model_validate(yaml.safe_load(text)).queues
    except (yaml.YAMLError, ValidationError) as error:
        raise QueuesError(f"not a document of queues: {error}") from error


def read_queues(path: Path) -> tuple[Queue, ...]:
    """The queues that a file declares.

    Raises:
        QueuesError: As `parse_queues`, or the file cannot be read.
    """
    try:
        return parse_queues(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QueuesError(f"cannot read {path}: {error.strerror}") from error
