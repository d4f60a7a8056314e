"""Follows an operation to its end, through restarts of the host."""

import http.client
import time
from collections.abc import Callable
from typing import Protocol

from localcloud.demo.client import Api, ApiError
from localcloud.demo.models import Operation

POLL_SECONDS = 0.25
SILENCE_SECONDS = 60.0
FIRST_SERVER_ERROR = 500


class View(Protocol):
    """Shows an operation."""

    def update(self, operation: Operation) -> None:
        """Show its newest state."""

    def refused(self, trouble: str) -> None:
        """Show that there is none, or that nothing more can be told of it, and why."""


def follow(
    api: Api, operation_id: str, view: View, *, pause: Callable[[float], None] = time.sleep
) -> Operation:
    """Show the operation until it is over; returns its end.

    Raises:
        ApiError: The API refuses to tell.
        OSError: The API has not answered for a while.
    """
    silent_since: float | None = None
    while True:
        try:
            operation = api.operation(operation_id)
        except (OSError, http.client.HTTPException, ApiError) as error:
            if isinstance(error, ApiError) and error.status < FIRST_SERVER_ERROR:
                raise
            silent_since = silent_since or time.monotonic()
            if time.monotonic() - silent_since > SILENCE_SECONDS:
                raise
        else:
            silent_since = None
            view.update(operation)
            if operation.over:
                return operation
        pause(POLL_SECONDS)
