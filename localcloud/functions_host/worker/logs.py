"""What the app logs or prints goes to the host, with the invocation that it belongs to."""

from __future__ import annotations

import io
import logging
import traceback
from typing import TYPE_CHECKING

from azure_functions_runtime import invocation_id_cv

if TYPE_CHECKING:
    from collections.abc import Callable

type Send = Callable[[dict[str, object]], None]


class HostHandler(logging.Handler):
    """Sends every record to the host."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, with its traceback as the last lines."""
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[0]:
                text += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        except Exception:  # noqa: BLE001 - a bad format string must not fail the function
            self.handleError(record)
            return
        self._send(_message(record.levelname, record.name, text))


class HostStream(io.TextIOBase):
    """A stand-in for ``sys.stdout`` and ``sys.stderr`` that sends whole lines to the host."""

    def __init__(self, send: Send, level: str) -> None:
        self._send = send
        self._level = level
        self._rest: dict[object, str] = {}

    def writable(self) -> bool:
        """Tell that one can print here."""
        return True

    def write(self, text: str) -> int:
        """Send what is complete; keep the rest of a line until its end comes."""
        key = invocation_id_cv.get()
        *lines, rest = (self._rest.pop(key, "") + text).split("\n")
        if rest:
            self._rest[key] = rest
        for line in lines:
            self._send(_message(self._level, "print", line))
        return len(text)

    def finish(self, invocation_id: str) -> None:
        """Send what an invocation printed without a line's end."""
        rest = self._rest.pop(invocation_id, "")
        if rest:
            self._send(_message(self._level, "print", rest))


def _message(level: str, name: str, text: str) -> dict[str, object]:
    return {
        "type": "log",
        "level": level,
        "logger": name,
        "text": text,
        "invocation": invocation_id_cv.get(),
    }
