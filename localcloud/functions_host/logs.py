"""The host's log: one line per event on stderr, with every known secret blotted out."""

from __future__ import annotations

import logging
import re
import sys

logger = logging.getLogger("functions_host")

_CODE = re.compile(r"([?&](?:code|sig)=)[^&\s\"']+", re.IGNORECASE)
_SECRET_NAMES = re.compile(
    r"(ACCOUNT_?KEY|CONNECTION_?STRING|PASSWORD|SECRET|TOKEN|IDENTITY_HEADER|STORAGE|_KEY)$",
    re.IGNORECASE,
)
_ACCOUNT_KEY = re.compile(
    r"(AccountKey|SharedAccessKey|SharedAccessSignature)=([^;]+)", re.IGNORECASE
)
_SHORTEST_SECRET = 6


class Redactor(logging.Filter):
    """Replaces secrets in a record's text before it is written."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: set[str] = set()

    def add(self, *secrets: str) -> None:
        """Remember values that must never be written."""
        self._secrets.update(value for value in secrets if len(value) >= _SHORTEST_SECRET)

    def add_settings(self, settings: dict[str, str]) -> None:
        """Remember the values of the settings whose names tell that they are secret."""
        for name, value in settings.items():
            self.add(*(key for _, key in _ACCOUNT_KEY.findall(value)))
            if _SECRET_NAMES.search(name) and "://" not in value:
                self.add(value)

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        text = _CODE.sub(r"\1***", text)
        text = _ACCOUNT_KEY.sub(r"\1=***", text)
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean the record in place."""
        record.msg, record.args = self.clean(record.getMessage()), ()
        return True


class _OneLine(logging.Formatter):
    """Keeps one event on one line: a traceback's lines are joined by a visible mark."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")


def configure(redactor: Redactor) -> None:
    """Send the host's log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)-7s %(message)s"))
    handler.addFilter(redactor)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
