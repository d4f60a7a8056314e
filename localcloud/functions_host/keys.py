"""The keys of the host, made at the first start and kept in ``keys.json``."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import HostError

if TYPE_CHECKING:
    from pathlib import Path

DURABLE_SYSTEM_KEY = "durabletask_extension"
EVENT_GRID_SYSTEM_KEY = "eventgrid_extension"
_SYSTEM_KEYS = (DURABLE_SYSTEM_KEY, EVENT_GRID_SYSTEM_KEY)


@dataclass(frozen=True)
class Keys:
    """What opens which door.

    Attributes:
        master: opens everything, and alone what is at level ``admin``.
        functions: host keys, which open every function at level ``function``.
        system: the keys of extensions, by extension.
        by_function: keys that open one function only, by its lower-case name.
    """

    master: str
    functions: dict[str, str]
    system: dict[str, str]
    by_function: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def durable(self) -> str:
        """The system key of the durable webhooks."""
        return self.system[DURABLE_SYSTEM_KEY]

    def secrets(self) -> list[str]:
        """List every value, so that the log can hide them."""
        named = [self.functions, self.system, *self.by_function.values()]
        return [self.master, *(value for keys in named for value in keys.values())]

    def opens(self, level: str, function: str, given: str | None) -> bool:
        """Tell whether a given key opens a function at an auth level."""
        if level == "anonymous":
            return True
        accepted = [self.master]
        if level == "function":
            own = self.by_function.get(function.lower(), {})
            accepted += [*self.functions.values(), *own.values()]
        return self._is_one_of(given, accepted)

    def opens_system(self, extension: str, given: str | None) -> bool:
        """Tell whether a given key opens an extension's webhooks."""
        accepted = [self.master, *filter(None, [self.system.get(extension)])]
        return self._is_one_of(given, accepted)

    @staticmethod
    def _is_one_of(given: str | None, accepted: list[str]) -> bool:
        if not given:
            return False
        data = given.encode()
        return any([secrets.compare_digest(data, key.encode()) for key in accepted])  # noqa: C419 - constant time


def load_keys(state: Path) -> Keys:
    """Read the keys, or make them at the first start; a crash leaves all of them or none.

    Raises:
        HostError: the file is there but not readable as keys.
    """
    path = state / "keys.json"
    if not path.exists():
        _create(path)
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        master, functions = document["masterKey"], dict(document["functionKeys"])
        system = dict(document["systemKeys"])
        system[DURABLE_SYSTEM_KEY]
        if any(name not in system for name in _SYSTEM_KEYS):  # made before there was such a key
            system = _system_keys() | system
            _write(path, document | {"systemKeys": system})
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"{path} holds no keys ({error!r}); remove it to get new ones.") from error
    own = {name.lower(): dict(keys) for name, keys in document.get("keys", {}).items()}
    return Keys(master, functions, system, own)


def _create(path: Path) -> None:
    document = {
        "masterKey": _new_key(),
        "functionKeys": {"default": _new_key()},
        "systemKeys": _system_keys(),
    }
    _write(path, document)


def _write(path: Path, document: dict[str, Any]) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
    draft.replace(path)


def _system_keys() -> dict[str, str]:
    return {name: _new_key() for name in _SYSTEM_KEYS}


def _new_key() -> str:
    return secrets.token_urlsafe(40)
