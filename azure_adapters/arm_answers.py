"""What the headers and bodies of Azure Resource Manager's answers mean."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from landing_zone.applying import is_settling
from landing_zone.arm_errors import arm_error, operation_error
from landing_zone.contracts import PollTarget
from landing_zone.errors import (
    OperationFailedError,
    PermanentError,
    SpokewrightError,
    TemporaryError,
)

_MILLISECONDS = ("x-ms-retry-after-ms", "retry-after-ms")
_MESSAGE_LIMIT = 1000
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_WHOLE_NUMBER = re.compile(r"[0-9]+")
# Nothing sane asks for more, and a timer has to be able to hold it.
_LONGEST_WAIT = 7 * 86_400.0


class Answer(Protocol):
    """As much of an HTTP response as is looked at here."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever their case."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...


def retry_after(answer: Answer) -> float | None:
    """Seconds that an answer asks to wait, in any form that Azure uses; None when it does not."""
    for name in _MILLISECONDS:
        value = answer.headers.get(name, "")
        if _NUMBER.fullmatch(value):
            return min(float(value) / 1000, _LONGEST_WAIT)
    value = answer.headers.get("Retry-After", "")
    if _WHOLE_NUMBER.fullmatch(value):
        return min(float(value), _LONGEST_WAIT)
    return _until(value) if value else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    left = (moment - datetime.now(UTC)).total_seconds()
    return min(max(0.0, left), _LONGEST_WAIT)


def refusal(answer: Answer) -> PermanentError | TemporaryError:
    """The error that an answer of 400 or above means to us."""
    code, message = _error(body_of(answer), answer.status_code)
    return arm_error(answer.status_code, code, message, retry_after(answer))


def body_of(answer: Answer) -> dict[str, Any] | None:
    """The body as a JSON object; None when it is none."""
    try:
        # JSON is UTF-8 (RFC 8259), whatever a header may say: there is no encoding to be guessed.
        body = json.loads(answer.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _error(body: Mapping[str, Any] | None, status: int) -> tuple[str, str]:
    error = _error_of(body)
    code = str(error.get("code") or f"Http{status}")
    fallback = HTTPStatus(status).phrase if status in HTTPStatus else f"HTTP {status}"
    return code, str(error.get("message") or fallback)[:_MESSAGE_LIMIT]


def _error_of(body: Mapping[str, Any] | None) -> dict[str, Any]:
    error = (body or {}).get("error")
    return error if isinstance(error, dict) else {}


def target_of(answer: Answer) -> PollTarget | None:
    """What to poll after an accepted write; None when the write is over."""
    url = answer.headers.get("Azure-AsyncOperation", "")
    if url:
        return PollTarget(kind="async-operation", url=url)
    location = answer.headers.get("Location", "")
    if answer.status_code == HTTPStatus.ACCEPTED and location:
        return PollTarget(kind="location", url=location)
    if answer.status_code == HTTPStatus.ACCEPTED or is_settling(body_of(answer)):
        return PollTarget(kind="resource")
    return None


def operation_is_over(body: Mapping[str, Any] | None) -> bool:
    """Whether an Azure-AsyncOperation document says that the operation has succeeded.

    Raises:
        OperationFailedError: It says that the operation has failed or was canceled.
    """
    status = str((body or {}).get("status", "")).lower()
    if status in {"failed", "canceled", "cancelled"}:
        error = _error_of(body)
        code = str(error.get("code") or status.capitalize())
        message = str(error.get("message") or f"the operation ended as {status}")
        raise OperationFailedError(operation_error(code, message[:_MESSAGE_LIMIT]))
    return status == "succeeded"


def polled_refusal(answer: Answer) -> SpokewrightError:
    """The error that a refused poll means: not there yet, try again, or the operation failed."""
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return TemporaryError(
            "OperationNotFound", "the operation cannot be seen yet", retry_after(answer)
        )
    error = refusal(answer)
    if isinstance(error, TemporaryError):
        return error
    # The status is that of the poll; whether to begin anew is told by the operation's own error.
    return OperationFailedError(operation_error(error.code, error.message))


def is_at(url: str, endpoint: str) -> bool:
    """Whether a URL that ARM gave us is ARM's own, or of one of its regions.

    Our token goes to whatever we poll, so it goes nowhere else.
    """
    ours = urlsplit(endpoint)
    try:
        theirs = urlsplit(url)
        same_port = theirs.port == ours.port
    except ValueError:
        return False
    same_host = theirs.hostname == ours.hostname or (
        theirs.hostname is not None and theirs.hostname.endswith(f".{ours.hostname}")
    )
    return same_host and same_port and theirs.scheme == ours.scheme
