"""What the application needs of Azure's data planes, as small protocols.

Like those of `landing_zone.ports`: all are asynchronous, and raise `TemporaryError` when
trying again can help and `PermanentError` when it cannot. A secret's value travels as `SecretStr`,
within one activity, and is never part of a contract.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import SecretStr

type KeyName = Literal["primary", "secondary"]


class StoredSecret(NamedTuple):
    """A secret's current version.

    Attributes:
        value: The secret itself.
        tags: What is noted with it, none of it secret.
    """

    value: SecretStr
    tags: Mapping[str, str]


class ApiKeys(Protocol):
    """The two keys of a subscription of API Management; either one opens the API."""

    async def read(self, subscription_id: str) -> Mapping[KeyName, SecretStr]:
        """Both keys of the subscription with that ARM id."""
        ...

    async def regenerate(self, subscription_id: str, key: KeyName) -> None:
        """Replace one key by a new one; the old one stops working at once."""
        ...


class VaultSecrets(Protocol):
    """The secrets of Key Vaults."""

    async def get(self, vault: str, name: str) -> StoredSecret | None:
        """The current version of a secret of the vault of that name, or None."""
        ...

    async def put(self, vault: str, name: str, value: SecretStr, tags: Mapping[str, str]) -> None:
        """Make a secret's new current version."""
        ...


class SearchIndexes(Protocol):
    """The indexes of AI Search services."""

    async def get(self, service: str, index: str) -> dict[str, Any] | None:
        """The definition of an index of the service of that name, or None."""
        ...

    async def put(self, service: str, index: str, definition: Mapping[str, Any]) -> None:
        """Make an index, or bring it to the definition."""
        ...

    async def delete(self, service: str, index: str) -> None:
        """Remove an index; one that is not there is removed already."""
        ...
