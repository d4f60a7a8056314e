"""Storage accounts, and the containers of their blob service."""

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.identities import give_identity
from localcloud.arm.errors import conflict
from localcloud.arm.state.records import Record

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_SERVICES = ("blob", "queue", "table", "file", "dfs", "web")
DEFAULTS = MappingProxyType(
    {
        "properties": {
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_0",
            "supportsHttpsTrafficOnly": True,
            "publicNetworkAccess": "Enabled",
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
        }
    }
)


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as Azure writes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def check(write: "Write") -> None:
    """A storage account never changes its kind.

    Raises:
        ArmError: It would.
    """
    old = write.existing.body.get("kind") if write.existing else None
    if old is not None and old != write.body.get("kind"):
        message = f"The kind of the storage account '{write.name}' cannot be changed from {old}."
        raise conflict("StorageAccountPropertyCannotBeUpdated", message)


def prepare(write: "Write") -> None:
    """Fill in endpoints, where and when it was made, and its blob service."""
    properties = write.properties
    suffixes = {name: f"{name}.core.windows.net" for name in _SERVICES}
    endpoints = {name: f"https://{write.name}.{suffix}/" for name, suffix in suffixes.items()}
    properties["primaryEndpoints"] = endpoints
    properties["primaryLocation"] = write.location
    properties["statusOfPrimary"] = "available"
    old = write.existing.properties.get("creationTime") if write.existing else None
    properties["creationTime"] = old or timestamp(write.now)
    write.body["sku"].setdefault("tier", str(write.body["sku"]["name"]).partition("_")[0])
    give_identity(write)
    blobs = f"{write.id}/blobServices/default"
    if write.store.get(blobs) is None:
        body: dict[str, Any] = {"properties": {"deleteRetentionPolicy": {"enabled": False}}}
        write.store.put(Record(blobs, _BLOBS, body, created=write.now, changed=write.now))


def check_container(write: "Write") -> None:
    """A container is public only where its account allows it.

    Raises:
        ArmError: It is not allowed.
    """
    service = write.id.rpartition("/containers/")[0]
    account = write.store.get(service.rpartition("/blobServices/")[0])
    allowed = account is not None and account.properties.get("allowBlobPublicAccess")
    if write.properties.get("publicAccess", "None") != "None" and not allowed:
        message = "Public access is not permitted on this storage account."
        raise conflict("PublicAccessNotPermitted", message)
