"""What the refusals of data planes mean.

They have a second, narrower code within, or none at all; and what they say is not repeated, as it
could repeat what was sent.
"""

import re
from http import HTTPStatus
from typing import Any

from azure_adapters.arm_answers import Answer, body_of, retry_after
from landing_zone.arm_errors import arm_error
from landing_zone.errors import PermanentError, TemporaryError

_CODE = re.compile(r"[A-Za-z]{1,100}")
# What the codes of these statuses would be, where a service gives none.
_CODES = {HTTPStatus.FORBIDDEN: "DataAccessForbidden", HTTPStatus.UNAUTHORIZED: "Unauthorized"}


def code_of(answer: Answer) -> str:
    """The narrowest code of a refusal: a word, made from the status where there is none."""
    error = _inner((body_of(answer) or {}).get("error"))
    found = ""
    for _ in range(3):
        code = error.get("code")
        if isinstance(code, str) and _CODE.fullmatch(code):
            found = code
        error = _inner(error.get("innererror"))
    status = answer.status_code
    known = _CODES.get(HTTPStatus(status)) if status in HTTPStatus else None
    return found or known or f"Http{status}"


def _inner(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def data_refusal(answer: Answer, what: str) -> PermanentError | TemporaryError:
    """The error that an answer of 300 or above means to us.

    Args:
        answer: The answer.
        what: What was refused, for a person.
    """
    status = answer.status_code
    phrase = HTTPStatus(status).phrase if status in HTTPStatus else "unknown"
    message = f"{what} was refused: {status} {phrase}"
    return arm_error(status, code_of(answer), message, retry_after(answer))
