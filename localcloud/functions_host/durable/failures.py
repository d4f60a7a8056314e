"""How failures read in histories and outputs: as Azure's extension words them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.functions_host.durable.events import Event, EventType, event

if TYPE_CHECKING:
    from localcloud.functions_host.errors import InvocationError

OUT_OF_PROC_DATA = "\n\n$OutOfProcData$:"


def activity_failed(name: str, error: InvocationError, task: int, timestamp: str) -> Event:
    """Describe an activity that raised."""
    # The extension cuts the text after "Exception:" out of the host's message, blank included.
    text = f" {error.message}"
    return _task_failed(
        f"Activity function '{name}' failed: {text}", text, error.stack, task, timestamp
    )


def activity_missing(message: str, task: int, timestamp: str) -> Event:
    """Describe an activity that the app does not have (any more)."""
    return _task_failed(message, message, "", task, timestamp)


def _task_failed(reason: str, message: str, stack: str, task: int, timestamp: str) -> Event:
    return event(
        EventType.TASK_FAILED,
        timestamp,
        TaskScheduledId=task,
        Reason=reason,
        Details=exception_json(message, stack),
    )


def exception_json(message: str, stack: str) -> str:
    """Write an exception as .NET's serializer does, which is what ``Details`` holds."""
    return json.dumps(
        {
            "$type": "System.Exception, System.Private.CoreLib",
            "ClassName": "System.Exception",
            "Message": message,
            "Data": None,
            "InnerException": None,
            "HelpURL": None,
            "StackTraceString": stack,
            "RemoteStackTraceString": None,
            "RemoteStackIndex": 0,
            "ExceptionMethod": None,
            "HResult": -2146233088,
            "Source": None,
            "WatsonBuckets": None,
        }
    )


def orchestrator_failed(name: str, error: str) -> str:
    """Word the failure of an orchestration: its output, and the reason its parent sees."""
    return f"Orchestrator function '{name}' failed: {error}"


def orchestrator_details(error: str, stack: str) -> str:
    """Word the details that the parent of a failed orchestration sees."""
    return f"Message: {error}, StackTrace: {stack}"


def unknown_function(kind: str, name: str, known: list[str]) -> str:
    """Word the refusal of a function that is not there."""
    if not known:
        listed = f"No {kind} functions are currently registered!"
    else:
        names = "', '".join(known)
        listed = f"The following are the known {kind} functions: '{names}'."
    article = "an" if kind[0] in "aeio" else "a"
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not {article} {kind} function. "
        f"Additional info: {listed}"
    )
