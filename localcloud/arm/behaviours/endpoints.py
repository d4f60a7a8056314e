"""Private endpoints, as far as general rules carry them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_APPROVED = {
    "status": "Approved",
    "description": "Auto-Approved",
    "actionsRequired": "None",
}


def prepare(write: "Write") -> None:
    """Approve the connections, as for a caller who may write the target too."""
    for connection in write.properties.get("privateLinkServiceConnections", []):
        name = connection["name"]
        connection["id"] = f"{write.id}/privateLinkServiceConnections/{name}"
        inner = connection.setdefault("properties", {})
        inner["privateLinkServiceConnectionState"] = dict(_APPROVED)
        inner["provisioningState"] = "Succeeded"
