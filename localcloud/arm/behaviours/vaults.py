"""Key Vaults and their secrets; a deleted vault is kept for a while, and keeps its name."""

from copy import deepcopy
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.storage import timestamp
from localcloud.arm.errors import ArmError, bad_request, conflict
from localcloud.arm.paths import subscription_of
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

DELETED = "Microsoft.KeyVault/locations/deletedVaults"
_LEAST, _GREATEST = 7, 90
_DAY = 86_400.0
DEFAULTS = MappingProxyType(
    {
        "properties": {
            "accessPolicies": [],
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": _GREATEST,
            "enableRbacAuthorization": False,
            "publicNetworkAccess": "Enabled",
        }
    }
)


def deleted_id(vault_id: str, location: str) -> str:
    """Where a deleted vault is found."""
    subscription, name = subscription_of(vault_id), vault_id.rpartition("/")[2]
    scope = f"/subscriptions/{subscription}/providers/Microsoft.KeyVault"
    return f"{scope}/locations/{location}/deletedVaults/{name}"


def check(write: "Write") -> None:
    """A vault's name may be kept by a deleted one, and its protection is never given up.

    Raises:
        ArmError: It is, or it would be.
    """
    properties = write.properties
    if properties["tenantId"].lower() != write.directory.lower():
        message = f"The tenant ID '{properties['tenantId']}' is not the one of the subscription."
        raise bad_request("InvalidTenantId", message)
    _check_deleted(write)
    _check_retention(write)
    if not properties["enableSoftDelete"]:
        message = 'The property "enableSoftDelete" can be set to false only for creating new vault.'
        raise bad_request("BadRequest", message)
    old = write.existing.properties if write.existing else {}
    if "enablePurgeProtection" in properties and not properties["enablePurgeProtection"]:
        message = 'The property "enablePurgeProtection" cannot be set to false.'
        raise bad_request("BadRequest", message)
    if old.get("enablePurgeProtection") and "enablePurgeProtection" not in properties:
        properties["enablePurgeProtection"] = True


def _check_retention(write: "Write") -> None:
    days = write.properties["softDeleteRetentionInDays"]
    if not _LEAST <= days <= _GREATEST:
        message = f"The soft delete retention {days} is not within {_LEAST} to {_GREATEST} days."
        raise bad_request("BadRequest", message)
    old = write.existing.properties["softDeleteRetentionInDays"] if write.existing else days
    if old != days:
        message = 'The property "softDeleteRetentionInDays" has been set already and it can\'t be'
        raise bad_request("BadRequest", f"{message} modified.")


def _check_deleted(write: "Write") -> None:
    """A vault is recovered in its own subscription, location and group; its name is kept anywhere.

    learn: key-vault/general/key-vault-recovery.
    """
    kept = [
        one
        for one in write.store.of_type(DELETED)
        if one.name.lower() == write.name.lower() and is_kept(one, write.now)
    ]
    here = any(_is_of(one, write) for one in kept)
    if write.properties.get("createMode") == "recover":
        if write.existing is None and not here:
            message = (
                "A soft deleted vault with the given name does not exist. Ensure that the name for"
                " the vault that is being attempted to recover is in a recoverable state."
            )
            raise bad_request("SoftDeletedVaultDoesNotExist", message)
        return
    if here:
        message = (
            "A vault with the same name already exists in deleted state. You need to either recover"
            " or purge existing key vault."
        )
        raise conflict("ConflictError", message)
    if kept:
        message = (
            f"The vault name '{write.name}' is already in use. Vault names are globally unique so"
            " it is possible that the name is already taken. If you are sure that the vault name"
            " was not taken then it is possible that a vault with the same name was recently"
            " deleted but not purged after being placed in a recoverable state."
        )
        raise conflict("VaultAlreadyExists", message)


def _is_of(kept: Record, write: "Write") -> bool:
    """Whether a deleted vault is the one that would be written."""
    same = kept.key == deleted_id(write.id, write.location).lower()
    return same and kept.properties["vaultId"].lower() == write.id.lower()


def is_kept(deleted: Record, now: float) -> bool:
    """Whether a deleted resource is still there to be recovered or purged."""
    purged = datetime.fromisoformat(deleted.properties["scheduledPurgeDate"])
    return now < purged.timestamp()


def prepare(write: "Write") -> None:
    """Fill in the address; recover what a deleted vault held."""
    properties = write.properties
    if properties.pop("createMode", "default") == "recover":
        _recover(write)
    properties["vaultUri"] = f"https://{write.name.lower()}.vault.azure.net/"
    properties["sku"].setdefault("family", "A")


def _recover(write: "Write") -> None:
    for one in write.store.of_type(DELETED):
        if _is_of(one, write):
            for document in one.notes.get("secrets", []):
                write.store.put(Record(**document))
            write.store.remove(one)


def deleted(store: Store, record: Record) -> None:
    """Keep a deleted vault with its name until it is purged, or its time is over."""
    days = record.properties["softDeleteRetentionInDays"]
    when = record.changed
    properties = {
        "vaultId": record.id,
        "location": record.location,
        "tags": deepcopy(record.body.get("tags", {})),
        "deletionDate": timestamp(when),
        "scheduledPurgeDate": timestamp(when + days * _DAY),
    }
    if record.properties.get("enablePurgeProtection"):
        properties["purgeProtectionEnabled"] = True
    kept = Record(deleted_id(record.id, record.location), DELETED, {"properties": properties})
    kept.created = kept.changed = when
    kept.notes = {"secrets": record.notes.get("deletedSecrets", [])}
    store.put(kept)


def secret_deleted(store: Store, record: Record) -> None:
    """A secret goes with its vault, and is kept with it."""
    vault = store.get(record.id.rpartition("/secrets/")[0])
    if vault is not None:
        vault.notes.setdefault("deletedSecrets", []).append(record.as_dict())


def check_secret(write: "Write") -> None:
    """A secret has a value, and not one that is too long.

    Raises:
        ArmError: It has not.
    """
    value = write.properties.get("value")
    if write.existing is None and not value:
        raise bad_request("BadParameter", f"The secret '{write.name}' needs a value.")
    if value is not None and len(value.encode()) > 25 * 1024:
        raise bad_request("BadParameter", f"The secret '{write.name}' is longer than 25 KiB.")


def prepare_secret(write: "Write") -> None:
    """Give each version its address, and keep the ones before it."""
    vault = write.id.rpartition("/secrets/")[0].rpartition("/")[2]
    if write.existing is not None:
        write.existing.notes["versions"] = all_versions(write.existing)
    complete_secret(write.properties, vault, write.name, write.existing, write.now)


def complete_secret(
    properties: dict[str, Any], vault: str, name: str, old: Record | None, now: float
) -> None:
    """Fill in the address and the attributes of a secret's new version."""
    uri = f"https://{vault.lower()}.vault.azure.net/secrets/{name}"
    before = old.properties["secretUriWithVersion"].rpartition("/")[2] if old else "0"
    properties["secretUri"] = uri
    properties["secretUriWithVersion"] = f"{uri}/{int(before, 16) + 1:032x}"
    attributes = properties.setdefault("attributes", {})
    attributes.setdefault("enabled", True)
    attributes.update(created=int(now), updated=int(now))


def current_version(record: Record) -> dict[str, Any]:
    """What the data plane knows of a secret's current version, its value too."""
    address = record.properties["secretUriWithVersion"]
    return {
        "id": address,
        "version": address.rpartition("/")[2],
        "value": record.notes["secrets"]["value"],
        "attributes": deepcopy(record.properties["attributes"]),
        "contentType": record.properties.get("contentType", ""),
        "tags": dict(record.body.get("tags", {})),
    }


def all_versions(record: Record) -> list[dict[str, Any]]:
    """Every version of a secret, oldest first."""
    return [*record.notes.get("versions", []), current_version(record)]


def check_secret_delete(_: Store, record: Record) -> None:
    """Secrets are deleted through the vault, never here.

    Raises:
        ArmError: 405, always.
    """
    message = f"The requested resource '{record.name}' does not support http method 'DELETE'."
    raise ArmError(405, "MethodNotAllowed", message)
