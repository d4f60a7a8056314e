"""Data planes in memory."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from landing_zone.data_planes import KeyName, StoredSecret


class FakeApiKeys:
    """The two keys of each subscription, by its ARM id; `error` is raised instead of an answer."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[KeyName, SecretStr]] = {}
        self.regenerated: list[KeyName] = []
        self.error: Exception | None = None
        self._made = 0

    async def read(self, subscription_id: str) -> Mapping[KeyName, SecretStr]:
        """Both keys; a subscription that was not known has two at once."""
        if self.error is not None:
            raise self.error
        if subscription_id not in self.keys:
            self.keys[subscription_id] = {"primary": self._new(), "secondary": self._new()}
        return dict(self.keys[subscription_id])

    async def regenerate(self, subscription_id: str, key: KeyName) -> None:
        """Replace one key by a new one."""
        self.keys[subscription_id][key] = self._new()
        self.regenerated.append(key)

    def _new(self) -> SecretStr:
        self._made += 1
        return SecretStr(f"hush-{self._made}-hush")


class FakeVaults:
    """The secrets of vaults, every version of them: by vault and name, oldest first."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], list[StoredSecret]] = {}

    async def get(self, vault: str, name: str) -> StoredSecret | None:
        """The current version of a secret, or None."""
        found = self.versions.get((vault, name))
        return found[-1] if found else None

    async def put(self, vault: str, name: str, value: SecretStr, tags: Mapping[str, str]) -> None:
        """Make a secret's new current version."""
        self.versions.setdefault((vault, name), []).append(StoredSecret(value, dict(tags)))


class FakeSearchIndexes:
    """Definitions of indexes by service and name."""

    def __init__(self) -> None:
        self.indexes: dict[tuple[str, str], dict[str, Any]] = {}
        self.failures: list[Exception] = []
        self.writes = 0

    async def get(self, service: str, index: str) -> dict[str, Any] | None:
        """The definition, or None."""
        _fail(self.failures)
        return self.indexes.get((service, index))

    async def put(self, service: str, index: str, definition: Mapping[str, Any]) -> None:
        """Make it, or change it."""
        _fail(self.failures)
        self.writes += 1
        self.indexes[service, index] = {"name": index, **definition}

    async def delete(self, service: str, index: str) -> None:
        """Remove it."""
        _fail(self.failures)
        self.indexes.pop((service, index), None)


def _fail(failures: list[Exception]) -> None:
    """Raise what the test has put there next."""
    if failures:
        raise failures.pop(0)
