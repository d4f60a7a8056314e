"""Errors of Azure Storage, translated once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from landing_zone.errors import PermanentError, TemporaryError

_SERVER_FAULT = 500
_THROTTLED = frozenset({408, 429})


@asynccontextmanager
async def storage_errors() -> AsyncIterator[None]:
    """Let errors of the storage SDK out as ours.

    Raises:
        TemporaryError: Storage could not be reached, or was too busy.
        PermanentError: It refused.
    """
    try:
        yield
    except (ServiceRequestError, ServiceResponseError) as error:
        raise TemporaryError("StorageUnreachable", type(error).__name__) from error
    except HttpResponseError as error:
        status = error.status_code or _SERVER_FAULT
        if status >= _SERVER_FAULT or status in _THROTTLED:
            raise TemporaryError("StorageBusy", f"storage answered {status}") from error
        raise PermanentError("StorageRefused", f"storage answered {status}") from error
    except AzureError as error:
        raise TemporaryError("StorageFailed", type(error).__name__) from error
