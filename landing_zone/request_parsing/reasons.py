"""Reading why something is asked for: in the query, or in a JSON body."""

from typing import Final

from landing_zone.request_parsing.faults import InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.reading import decoded, refuse

MOST_REASON: Final = 500
_NAME: Final = "reason"


def parse_reason(asked: str | None, body: bytes) -> str:
    """Why, in the caller's words, for the audit; empty where nothing is said.

    Args:
        asked: What the query says; None for nothing.
        body: The request's body: empty, or a JSON object that has a reason at most.

    Raises:
        InvalidRequest: It is too long, holds what cannot be printed, or is said twice.
    """
    told = _of_body(body)
    if asked is not None and told is not None and asked != told:
        refuse("is said twice, and differently", "in the query or in the body", _NAME)
    text = asked if told is None else told
    if text is None:
        return ""
    if len(text) > MOST_REASON or not text.isprintable():
        refuse("is no reason", f"at most {MOST_REASON} printable characters", _NAME)
    return text


def _of_body(body: bytes) -> str | None:
    if not body.strip():
        return None
    reading = read_json(decoded(body))
    if reading.faults:
        raise InvalidRequest(reading.faults)
    document = reading.document
    if not isinstance(document, dict) or document.keys() - {_NAME}:
        refuse("is no such body", 'nothing, or a JSON object such as {"reason": "..."}')
    told = document.get(_NAME)
    if told is not None and not isinstance(told, str):
        refuse("is no text", f"at most {MOST_REASON} printable characters", _NAME)
    return told
