"""PostgreSQL flexible servers, their databases and their administrators from the directory."""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.identities import give_identity
from localcloud.arm.errors import bad_request, conflict
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

DEFAULTS = MappingProxyType(
    {
        "properties": {
            "version": "17",
            "storage": {"storageSizeGB": 128},
            "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"},
            "authConfig": {"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"},
            "highAvailability": {"mode": "Disabled"},
            "network": {"publicNetworkAccess": "Enabled"},
        }
    }
)


def check(write: "Write") -> None:
    """A server has a size, and a way to sign in.

    Raises:
        ArmError: It has not.
    """
    if not write.body.get("sku"):
        raise bad_request("InvalidParameterValue", f"The server {write.name} needs a sku.")
    auth = write.properties["authConfig"]
    by_password = auth.get("passwordAuth", "Enabled") == "Enabled"
    if not by_password and auth.get("activeDirectoryAuth", "Disabled") != "Enabled":
        message = f"The server {write.name} must allow one kind of authentication."
        raise bad_request("InvalidParameterValue", message)
    known = write.existing is not None and "administratorLogin" in write.existing.properties
    given = {"administratorLogin", "administratorLoginPassword"} <= set(write.properties)
    if by_password and not given and not known:
        message = f"The server {write.name} needs an administrator's login and password."
        raise bad_request("InvalidParameterValue", message)
    network = write.properties["network"]
    if network.get("delegatedSubnetResourceId") and not network.get("privateDnsZoneArmResourceId"):
        message = f"The server {write.name} needs a private DNS zone with its delegated subnet."
        raise bad_request("EmptyPrivateDnsZoneArmResourceId", message)


def prepare(write: "Write") -> None:
    """Fill in the name, and that it is on its way."""
    properties: dict[str, Any] = write.properties
    properties["fullyQualifiedDomainName"] = f"{write.name}.postgres.database.azure.com"
    properties["state"] = "Updating" if write.existing else "Provisioning"
    properties["minorVersion"] = "5"
    if properties["authConfig"].get("activeDirectoryAuth") == "Enabled":
        properties["authConfig"].setdefault("tenantId", write.directory)
    give_identity(write)


def written(store: Store, record: Record) -> None:
    """The server takes connections."""
    record.properties["state"] = "Ready"
    store.put(record)


def check_ready(write: "Write") -> None:
    """What stands in a server can be written once it is ready.

    Raises:
        ArmError: It is not.
    """
    server = write.store.get(write.id.rpartition("/")[0].rpartition("/")[0])
    if server is None or server.properties.get("state") != "Ready":
        message = f"The server of {write.name} is not in the Ready state."
        raise conflict("ServerIsBusy", message)


def check_administrator(write: "Write") -> None:
    """Administrators come from the directory where the server trusts it.

    Raises:
        ArmError: It does not.
    """
    check_ready(write)
    server = write.store.get(write.id.rpartition("/administrators/")[0])
    auth = server.properties["authConfig"] if server else {}
    if auth.get("activeDirectoryAuth") != "Enabled":
        message = "Microsoft Entra authentication is not enabled on the server."
        raise bad_request("AadAuthOperationCannotBePerformedWhenServerIsNotAadEnabled", message)


def prepare_administrator(write: "Write") -> None:
    """Fill in who it is."""
    write.properties["objectId"] = write.name
