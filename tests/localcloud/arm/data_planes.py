"""Data planes without HTTP, on the hand-set clock; and a vault that can be reached."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from localcloud.arm.data_planes import key_vault, search
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, HUB_SUBSCRIPTION, Arm, Reply

AUTOMATION = "62f695ce-4188-5b4e-b0fa-995d173c2a07"
OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
USER = "4633458b-17de-408a-b874-0445c86b69e6"
VAULT = b.at(HUB_GROUP, "Microsoft.KeyVault/vaults", "kv-t")
ENDPOINT = b.at(HUB_GROUP, "Microsoft.Network/privateEndpoints", "pe-kv-t")
VAULT_ZONE = b.at(HUB_GROUP, "Microsoft.Network/privateDnsZones", "privatelink.vaultcore.azure.net")
VERSION = {"vaults": "7.6", "search": "2025-09-01"}
WORK = {"vaults": key_vault.work, "search": search.work}
LONG = 1_000.0


@dataclass
class Planes:
    """The data planes of a local cloud, for one caller."""

    arm: Arm
    caller: str = AUTOMATION

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request to `vaults/...` or `search/...`; the path may carry a query."""
        plane = path.partition("/")[0]
        path, _, text = path.partition("?")
        query = {"api-version": VERSION[plane]}
        query |= dict(pair.split("=", 1) for pair in text.split("&")) if text else {}
        content = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = Call(method, f"/{path}", query, named, content, principal=self.caller)
        try:
            with self.arm.cloud.store.transaction():
                answer = WORK[plane](self.arm.cloud, call)
        except ArmError as error:
            return Reply(error.status, error.body(), error.headers)
        return Reply(answer.status, answer.body, answer.headers)

    def inner(self, reply: Reply) -> str:
        """The narrower code of a refusal."""
        return str(reply.body["error"]["innererror"]["code"])


def grant(arm: Arm, scope: str, role: str = OFFICER, principal: str = AUTOMATION) -> dict[str, Any]:
    """Assign a role, long ago."""
    body = b.role(HUB_SUBSCRIPTION, principal, role)
    name = str(uuid.uuid4())
    made = arm.made(b.at(scope, "Microsoft.Authorization/roleAssignments", name), body, b.ROLES)
    arm.advance(LONG)
    return made


def connect(arm: Arm, target: str = VAULT, subnet: str = b.HUB_SUBNET) -> None:
    """A private endpoint with its record."""
    arm.made(ENDPOINT, b.endpoint(target, "vault", subnet))
    arm.made(f"{ENDPOINT}/privateDnsZoneGroups/default", b.zone_group(VAULT_ZONE))


def made_vault(arm: Arm, **properties: Any) -> dict[str, Any]:
    """A vault, closed to the internet unless told otherwise."""
    filled = {"publicNetworkAccess": "Disabled", **properties}
    return arm.made(VAULT, b.vault(**filled), b.VAULT)
