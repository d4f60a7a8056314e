"""The keys of API Management's subscriptions, by actions of Azure Resource Manager.

Source: learn: rest/api/apimanagement/subscription (List Secrets, Regenerate Primary Key and
Regenerate Secondary Key).
"""

from collections.abc import Mapping

from pydantic import SecretStr

from azure_adapters.arm import ArmResourceManager
from landing_zone.data_planes import KeyName
from landing_zone.errors import TemporaryError
from landing_zone.planning import api_versions

_PROPERTIES: Mapping[KeyName, str] = {"primary": "primaryKey", "secondary": "secondaryKey"}
_ACTIONS: Mapping[KeyName, str] = {
    "primary": "regeneratePrimaryKey",
    "secondary": "regenerateSecondaryKey",
}


class ArmApiKeys:
    """`ApiKeys` over Azure Resource Manager."""

    def __init__(self, arm: ArmResourceManager) -> None:
        """Use a connection that is there."""
        self._arm = arm

    async def read(self, subscription_id: str) -> Mapping[KeyName, SecretStr]:
        """Both keys of the subscription with that ARM id."""
        path = f"{subscription_id}/listSecrets"
        answer = await self._arm.write("POST", path, api_versions.API_MANAGEMENT, None)
        found = {name: (answer.body or {}).get(known) for name, known in _PROPERTIES.items()}
        if not all(isinstance(value, str) and value for value in found.values()):
            raise TemporaryError("UnreadableAnswer", "the answer does not hold both keys")
        return {name: SecretStr(str(value)) for name, value in found.items()}

    async def regenerate(self, subscription_id: str, key: KeyName) -> None:
        """Replace one key by a new one; the old one stops working at once."""
        path = f"{subscription_id}/{_ACTIONS[key]}"
        await self._arm.write("POST", path, api_versions.API_MANAGEMENT, None)
