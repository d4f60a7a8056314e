"""Texts longer than one table property may be: 64 KiB, which is 32 Ki characters of UTF-16.

Source: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from collections.abc import Mapping
from typing import Any, Final

# Characters beyond the first 64 Ki take two places of UTF-16 each.
PART: Final = 16_000


def split(name: str, text: str) -> dict[str, str]:
    """The text as properties `name0`, `name1` and so on."""
    return {
        f"{name}{index}": text[start : start + PART]
        for index, start in enumerate(range(0, max(len(text), 1), PART))
    }


def joined(name: str, entity: Mapping[str, Any]) -> str:
    """The text that `split` made properties of."""
    parts: list[str] = []
    while (part := entity.get(f"{name}{len(parts)}")) is not None:
        parts.append(str(part))
    return "".join(parts)
