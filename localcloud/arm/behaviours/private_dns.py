"""Private DNS zones, their links to networks, and their A records."""

import base64
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.addresses import check_address
from localcloud.arm.errors import bad_request, conflict
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_ZONE = "Microsoft.Network/privateDnsZones"
_LINK = f"{_ZONE}/virtualNetworkLinks"
_A = f"{_ZONE}/A"
_MOST_LINKS = 1000
_MOST_REGISTERING = 100
_MOST_RECORD_SETS = 25_000


def prepare_zone(write: "Write") -> None:
    """Fill in the zone's limits."""
    write.properties.update(
        {
            "internalId": base64.b64encode(write.id.encode()).decode(),
            "maxNumberOfRecordSets": _MOST_RECORD_SETS,
            "maxNumberOfVirtualNetworkLinks": _MOST_LINKS,
            "maxNumberOfVirtualNetworkLinksWithRegistration": _MOST_REGISTERING,
        }
    )


def render_zone(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Count what is in the zone; it starts with its SOA record."""
    links = store.children(record.id, _LINK)
    registering = [one for one in links if one.properties.get("registrationEnabled")]
    body["properties"]["numberOfRecordSets"] = 1 + len(store.children(record.id, _A))
    body["properties"]["numberOfVirtualNetworkLinks"] = len(links)
    body["properties"]["numberOfVirtualNetworkLinksWithRegistration"] = len(registering)


def check_link(write: "Write") -> None:
    """A network is linked to a zone once, and to no other zone of the same name.

    Raises:
        ArmError: It is linked already, or the link would change its network.
    """
    network = write.properties.get("virtualNetwork", {}).get("id", "")
    if not network:
        raise bad_request("BadRequest", f"The link {write.name} names no virtual network.")
    zone_id = write.id.rpartition("/")[0].rpartition("/")[0]
    if write.existing is None and len(write.store.children(zone_id, _LINK)) >= _MOST_LINKS:
        message = f"A private DNS zone takes {_MOST_LINKS} links."
        raise bad_request("PrivateDnsZoneLinkLimitExceeded", message)
    zone_name = zone_id.rpartition("/")[2].lower()
    for other in write.store.referrers(network, _LINK):
        if other.key != write.id.lower() and other.parent.rpartition("/")[2] == zone_name:
            message = (
                f"A virtual network cannot be linked to multiple zones with overlapping namespaces."
                f" You tried to link virtual network '{network}' with '{zone_id}', and it is linked"
                f" by '{other.id}'."
            )
            raise bad_request("BadRequest", message)
    _check_unchanged(write, network)


def _check_unchanged(write: "Write", network: str) -> None:
    old = write.existing.properties["virtualNetwork"]["id"] if write.existing else network
    if old.lower() != network.lower():
        message = f"The virtual network of the link {write.name} cannot be changed."
        raise conflict("Conflict", message)


def prepare_link(write: "Write") -> None:
    """A link is on its way until its write has ended."""
    write.properties["virtualNetworkLinkState"] = "InProgress"


def link_written(store: Store, record: Record) -> None:
    """The link is there."""
    record.properties["virtualNetworkLinkState"] = "Completed"
    store.put(record)


def check_record(write: "Write") -> None:
    """An A record set holds addresses, and a time to live.

    Raises:
        ArmError: It does not.
    """
    if not isinstance(write.properties.get("ttl"), int):
        raise bad_request("BadRequest", f"The record set {write.name} has no ttl.")
    records = write.properties.get("aRecords", [])
    if not records:
        raise bad_request("BadRequest", f"The record set {write.name} has no records.")
    for one in records:
        check_address(one.get("ipv4Address"), "BadRequest", write.name)


def prepare_record(write: "Write") -> None:
    """Fill in the record's full name."""
    zone = write.id.rpartition("/")[0].rpartition("/")[0].rpartition("/")[2]
    name = zone if write.name == "@" else f"{write.name}.{zone}"
    write.properties["fqdn"] = f"{name}."
    write.properties["isAutoRegistered"] = False
