"""Managed identities: user-assigned ones with their federated credentials, and resources' own.

Identities are written in one place of the directory, and known everywhere only later.
"""

import uuid
from typing import TYPE_CHECKING

from localcloud.arm.errors import bad_request, conflict
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_CREDENTIAL = f"{IDENTITY}/federatedIdentityCredentials"
_MOST_CREDENTIALS = 20  # learn: workload-identity-federation-considerations
_SPACE = uuid.UUID("8f27a5ac-51d7-44f8-9f3d-6b1c2f8a3d10")


def made_guid(write: "Write", purpose: str) -> str:
    """A GUID that a resource keeps for as long as it is there, and no other ever gets."""
    made = write.existing.created if write.existing else write.now
    return str(uuid.uuid5(_SPACE, f"{write.id.lower()}|{made!r}|{purpose}"))


def prepare(write: "Write") -> None:
    """Fill in the identity's principal, client and directory."""
    write.properties["principalId"] = made_guid(write, "principal")
    write.properties["clientId"] = made_guid(write, "client")
    write.properties["tenantId"] = write.directory


def give_identity(write: "Write") -> None:
    """Fill in a system-assigned identity, and what is known of user-assigned ones.

    Raises:
        ArmError: A user-assigned identity is not there.
    """
    identity = write.body.get("identity")
    if not identity:
        return
    if "systemassigned" in str(identity.get("type", "")).lower():
        identity["principalId"] = made_guid(write, "system")
        identity["tenantId"] = write.directory
    for resource_id in identity.get("userAssignedIdentities", {}):
        found = write.store.get(resource_id)
        if found is None or found.type != IDENTITY:
            message = f"The identity '{resource_id}' could not be found."
            raise bad_request("FailedIdentityOperation", message)
        known = {name: found.properties[name] for name in ("principalId", "clientId")}
        identity["userAssignedIdentities"][resource_id] = known


def check_replicated(write: "Write", principal: str) -> None:
    """Refuse a principal that is so new that not all of the directory knows it.

    Raises:
        ArmError: 400 PrincipalNotFound.
    """
    found = _identity_of(write.store, principal.lower())
    if found is not None and write.now < found.created + write.replication:
        message = (
            f"Principal {principal.replace('-', '')} does not exist in the directory"
            f" {write.directory}. Check that you have the correct principal ID. If you are creating"
            " this principal and then immediately assigning a role, this error might be related to"
            " a replication delay."
        )
        raise bad_request("PrincipalNotFound", message)


def _identity_of(store: Store, principal: str) -> Record | None:
    return next(
        (
            one
            for one in reversed(store.of_type(IDENTITY))
            if str(one.properties.get("principalId")).lower() == principal
        ),
        None,
    )


def check_credential(write: "Write") -> None:
    """An identity has few federated credentials, of different subjects.

    Raises:
        ArmError: There are too many, or the same issuer and subject stand in another one.
    """
    properties = write.properties
    if not str(properties.get("issuer", "")).startswith("https://"):
        raise bad_request("BadRequest", f"The issuer of '{write.name}' must be an https URL.")
    if not properties.get("subject") or len(properties.get("audiences", [])) != 1:
        message = f"The federated credential '{write.name}' needs a subject and one audience."
        raise bad_request("BadRequest", message)
    identity = write.id.rpartition("/federatedIdentityCredentials/")[0]
    others = [
        one
        for one in write.store.children(identity, _CREDENTIAL)
        if one.name.lower() != write.name.lower()
    ]
    for other in others:
        if all(other.properties[name] == properties[name] for name in ("issuer", "subject")):
            message = (
                "Issuer and subject combination already exists for this Managed Identity, in"
                f" '{other.name}'."
            )
            raise conflict("Conflict", message)
    if len(others) >= _MOST_CREDENTIALS:
        message = f"Too many Federated Identity Credentials for this identity: {_MOST_CREDENTIALS}."
        raise bad_request("BadRequest", message)
