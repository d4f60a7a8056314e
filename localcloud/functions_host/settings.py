"""App settings as the app sees them: the process environment over ``local.settings.json``."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_REFERENCE = re.compile(r"%([^%]+)%")


def read_app_settings(app: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Join the file's Values and the environment, which wins.

    Raises:
        HostError: the file is no valid settings document, is encrypted, or is for another language.
    """
    settings = _values_of(app / "local.settings.json") | dict(environment)
    runtime = settings.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    if runtime != "python":
        raise HostError(f"FUNCTIONS_WORKER_RUNTIME is {runtime!r}; this host runs 'python' only.")
    return settings


def _values_of(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HostError(f"{path.name} is not valid JSON: {error}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("Values", {}), dict):
        raise HostError(f"{path.name} must be an object with an object 'Values'.")
    if document.get("IsEncrypted"):
        raise HostError(f"{path.name} is encrypted; decrypt it with 'func settings decrypt'.")
    values = document.get("Values", {})
    wrong = [name for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise HostError(f"{path.name}: the values of {', '.join(wrong)} must be strings.")
    return dict(values)


def resolve(text: str, settings: Mapping[str, str], where: str) -> str:
    """Replace each ``%NAME%`` by that app setting.

    Raises:
        HostError: a setting is missing.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in settings:
            raise HostError(f"{where}: '%{name}%' does not resolve to a value; set {name}.")
        return settings[name]

    return _REFERENCE.sub(value_of, text)
