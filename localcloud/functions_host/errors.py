"""Errors of the host, each with the sentence that its user reads."""

from __future__ import annotations


class HostError(Exception):
    """The host cannot start or go on; the message says what to change."""


class AppLoadError(HostError):
    """The function app could not be loaded; ``details`` is the app's own traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class WorkerLostError(Exception):
    """The worker process died while an invocation was in flight."""


class InvocationError(Exception):
    """The function raised: ``message`` is ``Type: text``, ``stack`` its traceback."""

    def __init__(self, message: str, stack: str) -> None:
        super().__init__(message)
        self.message = message
        self.stack = stack
