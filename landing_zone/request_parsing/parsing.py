"""From the bytes that came in to a tenant request, or to everything that is wrong with them."""

from pydantic import ValidationError

from landing_zone.request_parsing.faults import Fault, InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.reading import Reading, decoded, refuse
from landing_zone.request_parsing.translation import translated
from landing_zone.request_parsing.yaml_text import read_yaml
from landing_zone.tenant_request import TenantRequest

_UTF8 = ("", "utf-8", "utf8", "us-ascii")


def parse_tenant_text(text: bytes, *, content_type: str = "") -> TenantRequest:
    """Read a tenant request from what was sent.

    Args:
        text: The document in UTF-8, as YAML or JSON, at most 256 KiB.
        content_type: Media type, where one was sent; otherwise a first `{` or `[` means JSON.

    Raises:
        InvalidRequest: It is not a tenant request; lists everything that is wrong.
    """
    media_type, charset = _split(content_type)
    if charset not in _UTF8:
        refuse("is declared in another encoding", "UTF-8")
    readable = decoded(text)
    reading = read_json(readable) if _is_json(readable, media_type) else read_yaml(readable)
    if reading.document is None and not reading.faults:
        refuse("is empty", "a tenant request as YAML or JSON")
    return _validated(reading)


def parse_tenant_document(document: object) -> TenantRequest:
    """Read a tenant request from data as JSON has it.

    Raises:
        InvalidRequest: It is not a tenant request; lists everything that is wrong.
    """
    return _validated(Reading(document))


def _validated(reading: Reading) -> TenantRequest:
    faults: list[Fault] = list(reading.faults)
    try:
        request = TenantRequest.model_validate(reading.document, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidRequest(faults + translated(error, reading.document)) from None
    if faults:
        raise InvalidRequest(faults)
    return request


def _split(content_type: str) -> tuple[str, str]:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [part.removeprefix("charset=") for part in parameters if part.startswith("charset=")]
    return media_type, charsets[0].strip('"') if charsets else ""


def _is_json(text: str, media_type: str) -> bool:
    if media_type.endswith(("/json", "+json")):
        return True
    if "yaml" in media_type:
        return False
    return text.lstrip()[:1] in ("{", "[")
