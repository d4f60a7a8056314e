"""AI services accounts with their model deployments and projects; deleted accounts are kept."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from localcloud.arm.behaviours.identities import give_identity
from localcloud.arm.behaviours.storage import timestamp
from localcloud.arm.behaviours.vaults import is_kept
from localcloud.arm.errors import ArmError, bad_request, conflict
from localcloud.arm.paths import group_of, subscription_of
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

ACCOUNT = "Microsoft.CognitiveServices/accounts"
DELETED = "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts"
_KEPT = 48 * 3600.0  # seconds
_KINDS = frozenset(
    {
        "AIServices",
        "OpenAI",
        "FormRecognizer",
        "SpeechServices",
        "TextAnalytics",
        "ContentSafety",
        "CognitiveServices",
        "ComputerVision",
        "TextTranslation",
    }
)
DEFAULTS = MappingProxyType(
    {"properties": {"publicNetworkAccess": "Enabled", "disableLocalAuth": False}}
)


def deleted_id(account_id: str, location: str) -> str:
    """Where a deleted account is found."""
    scope = f"/subscriptions/{subscription_of(account_id)}/providers/Microsoft.CognitiveServices"
    place = f"{scope}/locations/{location}/resourceGroups/{group_of(account_id)}"
    return f"{place}/deletedAccounts/{account_id.rpartition('/')[2]}"


def check(write: "Write") -> None:
    """An account has a kind and a sku, and a subdomain that nobody else has.

    Raises:
        ArmError: It has not, or a deleted account keeps its name.
    """
    if write.body.get("kind") not in _KINDS:
        raise bad_request(
            "InvalidApiSetId", f"The account type '{write.body.get('kind')}' is invalid."
        )
    if not write.body.get("sku"):
        raise bad_request("InvalidSku", f"The account {write.name} needs a sku.")
    _check_deleted(write)
    properties = write.properties
    domain = str(properties.get("customSubDomainName", ""))
    if properties.get("allowProjectManagement") and (not domain or not write.body.get("identity")):
        message = "Project management needs a custom subdomain and a managed identity."
        raise bad_request("BadRequest", message)
    old = write.existing.properties.get("customSubDomainName") if write.existing else None
    if old and old != domain:
        raise bad_request("CustomDomainUpdateNotAllowed", "The custom subdomain cannot be changed.")
    if domain:
        _check_domain(write, domain)


def _check_domain(write: "Write", domain: str) -> None:
    for other in [*write.store.of_type(ACCOUNT), *_kept_accounts(write)]:
        taken = str(other.properties.get("customSubDomainName", "")).lower() == domain.lower()
        if taken and other.key not in {write.id.lower(), _deleted_key(write)}:
            message = f"The subdomain name '{domain}' is not available as it's already used by a"
            raise conflict("CustomDomainInUse", f"{message} resource.")


def _kept_accounts(write: "Write") -> list[Record]:
    """Deleted accounts, which keep their subdomains as long as they can be restored."""
    return [one for one in write.store.of_type(DELETED) if is_kept(one, write.now)]


def _deleted_key(write: "Write") -> str:
    return deleted_id(write.id, write.location).lower()


def _check_deleted(write: "Write") -> None:
    kept = any(one.key == _deleted_key(write) for one in _kept_accounts(write))
    restores = bool(write.properties.get("restore"))
    if restores and not kept:
        message = f"Could not locate a resource to restore: '{write.id}'."
        raise bad_request("CanNotRestoreANonExistingResource", message)
    if restores or not kept:
        return
    message = (
        f"An existing resource with ID '{write.id}' has been soft-deleted. To restore the resource,"
        " you must specify 'restore' to be 'true' in the property. If you don't want to restore"
        " existing resource, please purge it first."
    )
    raise conflict("FlagMustBeSetForRestore", message)


def prepare(write: "Write") -> None:
    """Fill in endpoints and identity; restore a deleted account."""
    properties = write.properties
    properties.pop("restore", None)
    kept = write.store.get(deleted_id(write.id, write.location))
    if kept is not None:
        write.store.remove(kept)
    domain = properties.get("customSubDomainName")
    region = f"https://{write.location}.api.cognitive.microsoft.com/"
    properties["endpoint"] = f"https://{domain}.cognitiveservices.azure.com/" if domain else region
    old = write.existing.properties.get("dateCreated") if write.existing else None
    properties["dateCreated"] = old or timestamp(write.now)
    give_identity(write)


def check_delete(store: Store, record: Record) -> None:
    """An account with projects is not deleted before them.

    Raises:
        ArmError: It has some.
    """
    nested = store.children(record.id, f"{ACCOUNT}/projects")
    if nested:
        message = f"Cannot delete resource while nested resources exist: {nested[0].id}."
        raise conflict("CannotDeleteResource", message)


def deleted(store: Store, record: Record) -> None:
    """Keep a deleted account's name until it is purged, or its time is over."""
    properties = {
        "deletionDate": timestamp(record.changed),
        "scheduledPurgeDate": timestamp(record.changed + _KEPT),
    }
    if domain := record.properties.get("customSubDomainName"):
        properties["customSubDomainName"] = domain
    body = {"location": record.location, "properties": properties}
    kept = Record(deleted_id(record.id, record.location), DELETED, body)
    kept.created = kept.changed = record.changed
    store.put(kept)


def check_deployment(write: "Write") -> None:
    """A deployment is of a model, in an account that is ready.

    Raises:
        ArmError: It is not.
    """
    _account_of(write, "/deployments/")
    model = write.properties.get("model", {})
    if not model.get("name") or not model.get("format"):
        message = f"The deployment '{write.name}' needs a model with its name and format."
        raise bad_request("InvalidResourceProperties", message)


def check_project(write: "Write") -> None:
    """A project stands in an account that manages projects.

    Raises:
        ArmError: It does not.
    """
    account = _account_of(write, "/projects/")
    if not account.properties.get("allowProjectManagement"):
        message = f"The account {account.name} does not allow project management."
        raise bad_request("BadRequest", message)
    if not write.body.get("identity"):
        message = f"The project {write.name} needs a managed identity."
        raise bad_request("BadRequest", message)


def _account_of(write: "Write", marker: str) -> Record:
    account = write.store.get(write.id.rpartition(marker)[0])
    if account is None or account.state != "Succeeded":
        message = f"The account of '{write.name}' is not in a succeeded state: try again later."
        raise ArmError(409, "RequestConflict", message)
    return account


def prepare_project(write: "Write") -> None:
    """Fill in the endpoint and the identity."""
    account = write.id.rpartition("/projects/")[0].rpartition("/")[2]
    endpoint = f"https://{account}.services.ai.azure.com/api/projects/{write.name}"
    write.properties["endpoints"] = {"AI Foundry API": endpoint}
    write.properties["isDefault"] = False
    give_identity(write)
