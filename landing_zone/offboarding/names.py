"""Names that Azure keeps of what was deleted: which can be purged, and when the others are free."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from landing_zone.arm_ids import resource_type
from landing_zone.audit import AuditEntry
from landing_zone.differences import value_at
from landing_zone.offboarding.certificate import Parked
from landing_zone.plan import Resource

_VAULTS: Final = "microsoft.keyvault/locations/deletedvaults"

_RECOVERABLE: Final[Mapping[str, tuple[timedelta, str]]] = MappingProxyType(
    {
        # See storage/common/storage-account-recover on learn.
        "microsoft.storage/storageaccounts": (
            timedelta(days=14),
            "a deleted storage account can be recovered, unless its name is taken anew",
        ),
        # See postgresql/flexible-server/how-to-restore-dropped-server on learn.
        "microsoft.dbforpostgresql/flexibleservers": (
            timedelta(days=5),
            "a deleted server can be restored, unless its name is taken anew",
        ),
    }
)
"""What can be brought back although nothing shows it, by type: for how long, and what that says."""

# See cost-management-billing/manage/cancel-azure-subscription on learn: within 90 days.
_CANCELLED: Final = timedelta(days=90)


def is_purgeable(found: Mapping[str, Any]) -> bool:
    """Whether something that is kept can be purged.

    Not where it is protected (learn: key-vault/general/soft-delete-overview), which nobody can
    take back.
    """
    return not value_at(dict(found), "properties.purgeProtectionEnabled")


def purge_request(kept_id: str) -> tuple[str, str]:
    """Method and path that purge something that is kept.

    learn: rest/api/keyvault/vaults/purge-deleted, rest/api/aiservices/accountmanagement/
    deleted-accounts/purge.
    """
    if resource_type(kept_id).lower() == _VAULTS:
        return "POST", f"{kept_id}/purge"
    return "DELETE", kept_id


def parked_name(kept_id: str, found: Mapping[str, Any]) -> Parked:
    """Something that is kept and protected."""
    until = datetime.fromisoformat(str(value_at(dict(found), "properties.scheduledPurgeDate")))
    return Parked(
        name=kept_id.rpartition("/")[2],
        type=resource_type(kept_id),
        id=kept_id,
        until=until,
        reason="it is protected from being purged",
    )


def parked_after(resource: Resource, at: datetime) -> Parked | None:
    """What Azure will keep of a resource that is deleted at a time; None for nothing for good.

    Args:
        resource: The resource, its references resolved.
        at: When it is deleted.
    """
    name, kept = resource.name, resource.recovery
    if kept is not None:
        properties = resource.body.get("properties", {})
        if not properties.get("enablePurgeProtection"):
            return None
        days = timedelta(days=int(properties["softDeleteRetentionInDays"]))
        reason = "it is protected from being purged"
        return Parked(
            name=name, type=resource_type(kept.id), id=kept.id, until=at + days, reason=reason
        )
    if resource.type.lower() not in _RECOVERABLE:
        return None
    left, reason = _RECOVERABLE[resource.type.lower()]
    return Parked(name=name, type=resource.type, until=at + left, reason=reason)


def parked_removals(entries: Iterable[AuditEntry]) -> Iterator[Parked]:
    """What was deleted and can be brought back although nothing shows it, as the audit tells."""
    removed = {
        entry.resource: entry.at
        for entry in entries
        if entry.action == "resource.undo"
        and entry.outcome == "done"
        and entry.details.get("wrote") == "true"
    }
    for resource, at in removed.items():
        kind = _type_of(resource)
        days, reason = _RECOVERABLE.get(kind.lower(), (None, ""))
        if days is not None:
            name = resource.rpartition("/")[2]
            yield Parked(name=name, type=kind, until=at + days, reason=reason)


def _type_of(resource: str) -> str:
    try:
        return resource_type(resource)
    except ValueError:
        return ""


def parked_subscription(subscription: str, at: datetime) -> Parked:
    """A subscription that was cancelled."""
    return Parked(
        name=subscription,
        type="Microsoft.Resources/subscriptions",
        id=f"/subscriptions/{subscription}",
        until=at + _CANCELLED,
        reason="it was cancelled, and Azure deletes it by itself",
    )
