"""Log Analytics workspaces."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from localcloud.arm.behaviours.identities import give_identity, made_guid
from localcloud.arm.behaviours.storage import timestamp
from localcloud.arm.errors import bad_request

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_LEAST, _GREATEST = 30, 730
DEFAULTS = MappingProxyType(
    {
        "properties": {
            "sku": {"name": "PerGB2018"},
            "retentionInDays": _LEAST,
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
        }
    }
)


def check(write: "Write") -> None:
    """A workspace keeps what it has for a month at least.

    Raises:
        ArmError: It does not.
    """
    days = write.properties["retentionInDays"]
    if not _LEAST <= days <= _GREATEST:
        message = f"'RetentionInDays' {days} is not within {_LEAST} to {_GREATEST}."
        raise bad_request("InvalidParameter", message)


def prepare(write: "Write") -> None:
    """Fill in the workspace's own id."""
    old = write.existing.properties if write.existing else {}
    write.properties["customerId"] = made_guid(write, "workspace")
    write.properties["createdDate"] = old.get("createdDate", timestamp(write.now))
    write.properties["modifiedDate"] = timestamp(write.now)
    give_identity(write)
