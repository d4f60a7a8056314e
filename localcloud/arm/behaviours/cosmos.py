"""Cosmos DB accounts for SQL, their databases, containers and data-plane role assignments."""

import base64
from types import MappingProxyType
from typing import TYPE_CHECKING
from zlib import crc32

from localcloud.arm.behaviours.identities import check_replicated, give_identity
from localcloud.arm.errors import bad_request
from localcloud.arm.locations import REGIONS, canonical

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

DEFAULTS = MappingProxyType(
    {
        "kind": "GlobalDocumentDB",
        "properties": {
            "publicNetworkAccess": "Enabled",
            "disableLocalAuth": False,
            "minimalTlsVersion": "Tls12",
            "consistencyPolicy": {
                "defaultConsistencyLevel": "Session",
                "maxIntervalInSeconds": 5,
                "maxStalenessPrefix": 100,
            },
        },
    }
)
# The built-in data-plane roles: reader and contributor.
_ROLES = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")


def check(write: "Write") -> None:
    """An account has regions, the first of which is where it is written.

    Raises:
        ArmError: It has none, an unknown one, or two of the same priority.
    """
    locations = write.properties["locations"]
    names = [canonical(one.get("locationName", "")) for one in locations]
    if not names or not set(names) <= REGIONS or len(set(names)) < len(names):
        message = f"The locations of the account {write.name} are missing, unknown or not distinct."
        raise bad_request("BadRequest", message)
    priorities = sorted(one.get("failoverPriority", 0) for one in locations)
    if priorities != list(range(len(locations))):
        message = f"The failover priorities of the account {write.name} must count from 0."
        raise bad_request("BadRequest", message)


def prepare(write: "Write") -> None:
    """Fill in endpoints and regions."""
    properties = write.properties
    endpoint = f"https://{write.name}.documents.azure.com:443/"
    properties["documentEndpoint"] = endpoint
    regions = sorted(properties["locations"], key=lambda one: one.get("failoverPriority", 0))
    for one in regions:
        name = canonical(one["locationName"])
        one["id"] = f"{write.name}-{name}"
        one["failoverPriority"] = one.get("failoverPriority", 0)
        one["documentEndpoint"] = f"https://{write.name}-{name}.documents.azure.com:443/"
        one["provisioningState"] = "Succeeded"
    properties["readLocations"] = [dict(one) for one in regions]
    properties["writeLocations"] = [dict(one) for one in regions[:1]]
    properties["failoverPolicies"] = [
        {name: one[name] for name in ("id", "locationName", "failoverPriority")} for one in regions
    ]
    give_identity(write)


def check_inner(write: "Write") -> None:
    """A database or a container is called by the name in its path, in an account that is ready.

    Raises:
        ArmError: It is not.
    """
    named = write.properties["resource"].get("id")
    if named != write.name:
        message = f"The resource id '{named}' in the body is not '{write.name}', as in the path."
        raise bad_request("BadRequest", message)
    account = write.store.get(write.id.partition("/sqlDatabases/")[0])
    if account is not None and account.state != "Succeeded":
        message = f"Database account {account.name} is in {account.state} state: try again later."
        raise bad_request("ParentResourceInTransition", message)


def check_container(write: "Write") -> None:
    """A container has a partition key, which never changes.

    Raises:
        ArmError: It has none, or it would change.
    """
    check_inner(write)
    key = write.properties["resource"].get("partitionKey", {}).get("paths")
    if not key:
        raise bad_request("BadRequest", f"The container {write.name} needs a partition key.")
    old = write.existing.properties["resource"] if write.existing else None
    if old is not None and old["partitionKey"]["paths"] != key:
        message = f"The partition key of the container {write.name} cannot be changed."
        raise bad_request("BadRequest", message)


def prepare_inner(write: "Write") -> None:
    """Fill in what the system generates."""
    resource = write.properties["resource"]
    number = crc32(write.id.lower().encode()).to_bytes(4)
    resource["_rid"] = base64.b64encode(number).decode()
    resource["_ts"] = int(write.now)
    resource["_etag"] = f'"{number.hex()}-{int(write.now)}"'
    write.properties.setdefault("options", {})


def check_role_assignment(write: "Write") -> None:
    """A data-plane role assignment is of a built-in role, within its account.

    Raises:
        ArmError: It is not, or its principal is not known yet.
    """
    properties = write.properties
    account = write.id.rpartition("/sqlRoleAssignments/")[0].lower()
    role = str(properties.get("roleDefinitionId", ""))
    if role.rpartition("/sqlRoleDefinitions/")[0].lower() != account or not role.endswith(_ROLES):
        raise bad_request("BadRequest", f"The role definition '{role}' does not exist.")
    scope = str(properties.get("scope", "")).lower()
    if scope != account and not scope.startswith((account + "/dbs/", account + "/sqldatabases/")):
        raise bad_request("BadRequest", f"The scope '{scope}' is not within the account.")
    check_replicated(write, str(properties.get("principalId", "")))
