"""Turns what the ports raise into outcomes that an orchestrator understands."""

from collections.abc import Awaitable
from typing import Final

from landing_zone.contracts import Outcome
from landing_zone.errors import (
    ConfigurationError,
    OperationFailedError,
    PermanentError,
    TemporaryError,
)

UNSEEN: Final = frozenset({"ConnectionFailed"})
"""Errors after which a write may have been made or not: the next look tells."""


async def outcome_of(work: Awaitable[Outcome]) -> Outcome:
    """The outcome of some work; the errors of ours become outcomes, others pass."""
    try:
        return await work
    except OperationFailedError as error:
        return _outcome(error.cause, operation_failed=True)
    except (PermanentError, TemporaryError) as error:
        return _outcome(error, operation_failed=False)
    except ConfigurationError as error:
        return Outcome(state="failed", code="Configuration", message=str(error))


def _outcome(error: PermanentError | TemporaryError, *, operation_failed: bool) -> Outcome:
    match error:
        case TemporaryError():
            return Outcome(
                state="retry",
                wait=error.retry_after,
                operation_failed=operation_failed,
                code=error.code,
                message=error.message,
            )
        case PermanentError():
            return Outcome(
                state="failed",
                operation_failed=operation_failed,
                code=error.code,
                message=error.message,
                hint=error.hint,
            )
