"""Data planes in memory."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from landing_zone.data_planes import KeyName, StoredSecret
from landing_zone.errors import PermanentError, TemporaryError

type Failure = PermanentError | TemporaryError


class FakeApiKeys:
    """Keys of subscriptions; a regenerated one has the next number."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[KeyName, str]] = {}
        self.failures: list[Failure] = []
        self.regenerated: list[tuple[str, KeyName]] = []

    def give(self, subscription_id: str, primary: str, secondary: str) -> None:
        """Let a subscription have keys."""
        self.keys[subscription_id] = {"primary": primary, "secondary": secondary}

    async def read(self, subscription_id: str) -> Mapping[KeyName, SecretStr]:
        """Both keys."""
        _fail(self.failures)
        found = self.keys.get(subscription_id)
        if found is None:
            raise PermanentError("ResourceNotFound", "there is no such subscription")
        return {name: SecretStr(value) for name, value in found.items()}

    async def regenerate(self, subscription_id: str, key: KeyName) -> None:
        """A new key."""
        _fail(self.failures)
        self.regenerated.append((subscription_id, key))
        number = len(self.regenerated)
        self.keys[subscription_id][key] = f"{key}-{number}"


class FakeVaultSecrets:
    """Versions of secrets by vault and name, oldest first."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], list[StoredSecret]] = {}
        self.failures: list[Failure] = []

    async def get(self, vault: str, name: str) -> StoredSecret | None:
        """The current version, or None."""
        _fail(self.failures)
        found = self.versions.get((vault, name))
        return found[-1] if found else None

    async def put(self, vault: str, name: str, value: SecretStr, tags: Mapping[str, str]) -> None:
        """A new version."""
        _fail(self.failures)
        self.versions.setdefault((vault, name), []).append(StoredSecret(value, dict(tags)))


class FakeSearchIndexes:
    """Definitions of indexes by service and name."""

    def __init__(self) -> None:
        self.indexes: dict[tuple[str, str], dict[str, Any]] = {}
        self.failures: list[Failure] = []
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


def _fail(failures: list[Failure]) -> None:
    """Raise what the test has put there next."""
    if failures:
        raise failures.pop(0)
