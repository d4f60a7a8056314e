"""Key Vault's secrets over its data plane: learn: rest/api/keyvault/secrets."""

from collections.abc import Mapping
from http import HTTPStatus

from azure.core.credentials_async import AsyncTokenCredential
from pydantic import SecretStr

from azure_adapters.arm_answers import body_of
from azure_adapters.data_answers import code_of, data_refusal
from azure_adapters.pipeline import Pipeline
from landing_zone.data_planes import StoredSecret
from landing_zone.errors import TemporaryError
from landing_zone.planning import api_versions

_ABSENT = "SecretNotFound"


class KeyVaultSecrets:
    """`VaultSecrets` over HTTP."""

    def __init__(self, endpoint: str, scope: str, credential: AsyncTokenCredential) -> None:
        """Build the pipeline; nothing is sent.

        Args:
            endpoint: Base URL of a vault, with `{name}` for its name.
            scope: Scope of the tokens.
            credential: Where tokens come from.
        """
        self._endpoint = endpoint
        self._pipeline = Pipeline(endpoint, scope, credential)

    async def get(self, vault: str, name: str) -> StoredSecret | None:
        """The current version of a secret, or None."""
        answer = await self._pipeline.send("GET", self._url(vault, name))
        absent = answer.status_code == HTTPStatus.NOT_FOUND
        if absent and code_of(answer) == _ABSENT:
            return None
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise data_refusal(answer, f"reading the secret {name} of the vault {vault}")
        body = body_of(answer) or {}
        value = body.get("value")
        if not isinstance(value, str):
            # To take it for nothing would be to write it anew.
            raise TemporaryError("UnreadableAnswer", "the answer to a read holds no secret")
        return StoredSecret(SecretStr(value), body.get("tags") or {})

    async def put(self, vault: str, name: str, value: SecretStr, tags: Mapping[str, str]) -> None:
        """Make a secret's new current version."""
        body = {"value": value.get_secret_value(), "tags": dict(tags)}
        answer = await self._pipeline.send("PUT", self._url(vault, name), body)
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise data_refusal(answer, f"writing the secret {name} of the vault {vault}")

    async def close(self) -> None:
        """Close the connections."""
        await self._pipeline.close()

    def _url(self, vault: str, name: str) -> str:
        base = self._endpoint.replace("{name}", vault)
        return f"{base}/secrets/{name}?api-version={api_versions.SECRETS}"
