"""The URLs of the durable webhooks, as the client binding and the API's answers give them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

WEBHOOKS = "/runtime/webhooks/durabletask"
_CONNECTION = "Storage"


@dataclass(frozen=True)
class Links:
    """Builds URLs for one host.

    Attributes:
        base: scheme and host of the public side.
        rpc_base: base URL of the local RPC endpoint, with its slash.
        hub: the task hub.
        code: the system key of the durable extension.
    """

    base: str
    rpc_base: str
    hub: str
    code: str

    @property
    def _query(self) -> str:
        return f"taskHub={self.hub}&connection={_CONNECTION}&code={quote(self.code)}"

    def management(self, base: str, instance_id: str) -> dict[str, str]:
        """Build the links that manage an instance."""
        instance = f"{base}{WEBHOOKS}/instances/{quote(instance_id, safe='')}"
        query = self._query
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{instance}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
            "restartPostUri": f"{instance}/restart?{query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
        }

    def client_binding(self) -> str:
        """Build the value of a ``durableClient`` binding, a JSON text."""
        code = f"code={quote(self.code)}"
        creation = f"{self.base}{WEBHOOKS}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return json.dumps(
            {
                "taskHubName": self.hub,
                "connectionName": None,
                "creationUrls": {
                    "createNewInstancePostUri": f"{creation}?{code}",
                    "createAndWaitOnNewInstancePostUri": f"{creation}?{wait}&{code}",
                },
                "managementUrls": self.management(self.base, "INSTANCEID"),
                "baseUrl": self.base + WEBHOOKS,
                "requiredQueryStringParameters": code,
                "rpcBaseUrl": self.rpc_base,
                "httpBaseUrl": None,
            }
        )
