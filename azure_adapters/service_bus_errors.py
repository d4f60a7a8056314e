"""Errors of the Service Bus SDK, translated once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.core.exceptions import AzureError

from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.intake.messages import TOO_LARGE


@asynccontextmanager
async def service_bus_errors(what: str) -> AsyncIterator[None]:
    """Let errors of the Service Bus SDK out as ours.

    All but one are worth another try: a queue that is missing or a right that is not given is for
    an operator to put right, and no message may be lost until then.

    Args:
        what: What is being done, for a person.

    Raises:
        TemporaryError: It may not have been done.
        PermanentError: A message does not fit into its queue.
    """
    from azure.servicebus.exceptions import MessageSizeExceededError  # noqa: PLC0415 - heavy

    try:
        yield
    except MessageSizeExceededError as error:
        raise PermanentError(TOO_LARGE, f"{what}: the message is too large") from error
    except (AzureError, OSError, TimeoutError) as error:
        raise TemporaryError("ServiceBusFailed", f"{what}: {type(error).__name__}") from error
