"""What Event Grid posts: parsed, and refused with a reason where it is no such thing.

Azure's extension parses with Newtonsoft.Json, whose readers stop at a depth of 64, and fails with
500 on what it cannot parse; here that is 400, which Event Grid does not repeat. Fields of events
are not looked at, here as there: the function sees whatever object comes.
"""

from __future__ import annotations

import codecs
import json
from email.message import Message
from typing import Any, Never

_DEEPEST = 64  # Newtonsoft.Json's MaxDepth
_MEDIA_TYPES = frozenset(
    {"application/json", "application/cloudevents+json", "application/cloudevents-batch+json"}
)


class BadPostError(Exception):
    """The body is not what Event Grid posts; the message says why, without quoting it."""


class MediaTypeError(Exception):
    """The content type is not one of Event Grid's."""


def check_media_type(content_type: str) -> None:
    """Refuse what is not JSON in UTF-8.

    Raises:
        MediaTypeError: it is something else.
    """
    header = Message()
    header["content-type"] = content_type
    charset = header.get_param("charset", "utf-8")
    if not content_type or header.get_content_type() not in _MEDIA_TYPES or not _is_utf8(charset):
        raise MediaTypeError("the content type must be application/json in UTF-8")


def _is_utf8(charset: Any) -> bool:
    try:
        return codecs.lookup(str(charset)).name == "utf-8"
    except LookupError:
        return False


def read_events(body: bytes) -> list[str]:
    """Return each event as a JSON text: an array of events, or one alone.

    Raises:
        BadPostError: it is neither.
    """
    document = _parse(body)
    events = document if isinstance(document, list) else [document]
    if not all(isinstance(event, dict) for event in events):
        raise BadPostError("an event must be a JSON object")
    try:
        return [json.dumps(event, allow_nan=False) for event in events]
    except ValueError:
        raise BadPostError("a number is too large") from None


def validation_code(body: bytes) -> str:
    """Return the code of a handshake: in an array of one event, or in a CloudEvent's data.

    Raises:
        BadPostError: there is none.
    """
    document = _parse(body)
    event = document[0] if isinstance(document, list) and document else document
    data = event.get("data") if isinstance(event, dict) else None
    if isinstance(data, str):  # a CloudEvent carries it as a JSON text
        data = _parse(data.encode(errors="replace"))
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str) or not code:
        raise BadPostError("there is no data.validationCode")
    return code


def _parse(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadPostError("the body is not UTF-8") from None
    try:
        document = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise BadPostError(_TOO_DEEP) from None
    except ValueError:
        raise BadPostError("the body is not JSON") from None
    if text.count("[") + text.count("{") > _DEEPEST and _is_deeper(document, _DEEPEST):
        raise BadPostError(_TOO_DEEP)
    return document


_TOO_DEEP = f"the body is nested deeper than {_DEEPEST}"


def _refuse(constant: str) -> Never:
    raise ValueError(constant)  # NaN and its like are not JSON


def _is_deeper(document: Any, levels: int) -> bool:
    """Tell whether containers stand in each other more levels deep than that."""
    layer = [document]
    for _ in range(levels + 1):
        layer = [one for one in layer if isinstance(one, (dict, list))]
        if not layer:
            return False
        layer = [
            inner for one in layer for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return True
