"""Where the dead letters of an event subscription go, by the rules that Azure has for it."""

from typing import Any, Final

from localcloud.arm.data_planes.access import has_role
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

# Storage Blob Data Contributor and Owner: learn, event-grid/add-identity-roles.
_WRITERS: Final = frozenset(
    {"ba92f5b4-2d11-453d-a403-e96b0029c9fe", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"}
)


def dead_letter_place(cloud: Cloud, subscription_id: str) -> dict[str, Any]:
    """`{"account", "container"}`, or `{"refused"}` with the reason.

    With an identity, the topic's principal needs a role, and passes the account's firewall as a
    trusted service (learn: storage/common/storage-network-security, trusted access). Without one
    the account must be open to public networks.
    """
    record = cloud.store.get(subscription_id)
    properties = record.properties if record is not None else {}
    with_identity = properties.get("deadLetterWithResourceIdentity") or {}
    destination = with_identity.get("deadLetterDestination") or properties.get(
        "deadLetterDestination"
    )
    if record is None or not destination:
        return {"refused": "there is no dead-letter destination"}
    inner = destination["properties"]
    account = cloud.store.get(str(inner["resourceId"]))
    container = str(inner["blobContainerName"])
    if account is None:
        return {"refused": "the storage account was not found"}
    container_id = f"{account.id}/blobServices/default/containers/{container}"
    if cloud.store.get(container_id) is None:
        return {"refused": "the container was not found"}
    principal = _principal(cloud, record, with_identity.get("identity") or {})
    if with_identity and not has_role(cloud, principal, container_id, _WRITERS):
        return {"refused": "the topic's identity may not write blobs there"}
    if not _is_open(account, trusted=bool(with_identity)):
        return {"refused": "the storage account's firewall refuses it"}
    return {"account": account.name, "container": container}


def _principal(cloud: Cloud, record: Record, identity: dict[str, Any]) -> str:
    """The object id of the topic's identity that the subscription names."""
    topic = cloud.store.get(record.parent)
    known = topic.body.get("identity", {}) if topic is not None else {}
    named = str(identity.get("userAssignedIdentity", "")).lower()
    if not named:
        return str(known.get("principalId", ""))
    for resource_id, one in known.get("userAssignedIdentities", {}).items():
        if resource_id.lower() == named:
            return str(one.get("principalId", ""))
    return ""


def _is_open(account: Record, *, trusted: bool) -> bool:
    acls = account.properties.get("networkAcls", {})
    public = account.properties.get("publicNetworkAccess", "Enabled").lower() == "enabled"
    if public and acls.get("defaultAction", "Allow").lower() == "allow":
        return True
    return trusted and "azureservices" in str(acls.get("bypass", "")).lower()
