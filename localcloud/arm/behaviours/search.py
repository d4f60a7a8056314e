"""AI Search services."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from localcloud.arm.behaviours.identities import give_identity
from localcloud.arm.errors import bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_MOST_UNITS = 36
_PARTITIONS = (1, 2, 3, 4, 6, 12)
DEFAULTS = MappingProxyType(
    {
        "properties": {
            "replicaCount": 1,
            "partitionCount": 1,
            "hostingMode": "Default",
            "publicNetworkAccess": "Enabled",
            "disableLocalAuth": False,
        }
    }
)


def check(write: "Write") -> None:
    """A service has a sku that stays, and a size that exists.

    Raises:
        ArmError: It has not.
    """
    sku = write.body.get("sku", {}).get("name")
    if not sku:
        raise bad_request("InvalidRequest", f"The search service {write.name} needs a sku.")
    if write.existing is not None and write.existing.body["sku"]["name"] != sku:
        message = f"The sku of the search service {write.name} cannot be changed."
        raise bad_request("InvalidRequest", message)
    properties = write.properties
    replicas, partitions = properties["replicaCount"], properties["partitionCount"]
    if partitions not in _PARTITIONS or not 0 < replicas * partitions <= _MOST_UNITS:
        message = f"A search service cannot have {replicas} replicas of {partitions} partitions."
        raise bad_request("InvalidRequest", message)
    if properties["disableLocalAuth"] and properties.get("authOptions"):
        message = "Cannot set authOptions when disableLocalAuth is true."
        raise bad_request("InvalidRequest", message)


def prepare(write: "Write") -> None:
    """Fill in its address and its identity."""
    write.properties["endpoint"] = f"https://{write.name}.search.windows.net"
    write.properties["status"] = "provisioning"
    give_identity(write)


def written(store: Store, record: Record) -> None:
    """The service runs; its own spelling of the state is in lower case."""
    record.properties["status"] = "running"
    record.properties["provisioningState"] = "succeeded"
    store.put(record)
