"""What tags may be."""

import re
from typing import Any

from localcloud.arm.errors import bad_request

_MOST = 50
_NAME = 512
_VALUE = 256
_FORBIDDEN = re.compile(r"[<>%&\\?/]")


def check_tags(tags: Any) -> None:
    """Refuse tags that Azure refuses.

    Raises:
        ArmError: There are too many, or a name or a value does not fit.
    """
    if not isinstance(tags, dict):
        raise bad_request("InvalidTagsFormat", "The tags are not an object of strings.")
    if len(tags) > _MOST:
        message = f"The number of tags {len(tags)} exceeds the allowed limit of {_MOST}."
        raise bad_request("TagsLimitExceeded", message)
    for name, value in tags.items():
        _check_tag(name, value)
    if len({name.lower() for name in tags}) < len(tags):
        raise bad_request("DuplicateTagName", "Two tag names differ in their case only.")


def _check_tag(name: str, value: Any) -> None:
    if not name or len(name) > _NAME or _FORBIDDEN.search(name):
        message = (
            f"The tag name '{name[:60]}' is invalid: 1 to {_NAME} characters, none of <>%&\\?/."
        )
        raise bad_request("InvalidTagName", message)
    if not isinstance(value, str):
        raise bad_request("InvalidTagValue", f"The value of the tag '{name}' is not a string.")
    if len(value) > _VALUE:
        message = f"The value of the tag '{name}' is longer than {_VALUE} characters."
        raise bad_request("InvalidTagValue", message)
