"""Peerings of virtual networks: one on each side, each with a state that depends on the other.

| this side    | other side                  | becomes                  |
|--------------|-----------------------------|--------------------------|
| written      | none                        | Initiated                |
| written      | Initiated or Connected      | both Connected           |
| written      | Disconnected                | refused                  |
| deleted      | Initiated or Connected      | the other Disconnected   |
"""

import uuid
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from landing_zone.arm_ids import normalized, same_id
from localcloud.arm.behaviours.addresses import any_overlap
from localcloud.arm.errors import bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

MOST = 500
_TYPE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
_LIVE = frozenset({"Initiated", "Connected"})


def remote_of(properties: dict[str, Any]) -> str:
    """Key of the remote network."""
    return normalized(str(properties.get("remoteVirtualNetwork", {}).get("id", "")))


def check(write: "Write") -> None:
    """Refuse a peering that Azure refuses.

    Raises:
        ArmError: Its remote network is missing, taken, overlapping or disconnected.
    """
    network_id = write.id.rpartition("/")[0].rpartition("/")[0]
    remote_key = remote_of(write.properties)
    remote = write.store.get(remote_key) if remote_key else None
    if remote is None:
        message = f"Peering {write.id} needs the id of an existing remote virtual network."
        raise bad_request("InvalidRequestFormat", message)
    if same_id(network_id, remote.id):
        message = f"The peering {write.id} cannot reference its own virtual network."
        raise bad_request("CannotPeerVirtualNetworkWithItself", message)
    if write.existing is not None and remote_of(write.existing.properties) != remote_key:
        message = f"The remote virtual network of peering {write.id} cannot be changed."
        raise bad_request("CannotChangeRemoteVnetOfPeering", message)
    if write.properties.get("useRemoteGateways"):
        message = f"Peering {write.id} cannot have UseRemoteGateways flag set to true because"
        message += f" remote virtual network {remote.id} does not have any gateways."
        raise bad_request("RemoteVnetHasNoGateways", message)
    siblings = [one for one in write.store.children(network_id, _TYPE) if one.name != write.name]
    _check_siblings(write, siblings, remote)
    _check_spaces(write, network_id, siblings, remote)
    _check_counterpart(write, network_id, remote)


def _check_siblings(write: "Write", siblings: list[Record], remote: Record) -> None:
    for sibling in siblings:
        if remote_of(sibling.properties) == remote.key:
            message = (
                f"Peering {write.id} cannot be added or updated because peering {sibling.id}"
                f" already references remote virtual network {remote.id}. Cannot have multiple"
                " peerings referencing same virtual network."
            )
            raise bad_request("AnotherPeeringAlreadyReferencesRemoteVnet", message)
    if write.existing is None and len(siblings) >= MOST:
        message = f"A virtual network cannot have more than {MOST} peerings."
        raise bad_request("VirtualNetworkPeeringLimitExceeded", message)


def _check_spaces(write: "Write", network_id: str, siblings: list[Record], remote: Record) -> None:
    local = write.store.get(network_id)
    properties = write.parent.properties if write.parent else local.properties if local else {}
    there = list(space_of(remote.properties))
    if any_overlap(space_of(properties), there):
        message = (
            f"Cannot create or update peering {write.id}. Virtual networks {network_id} and"
            f" {remote.id} cannot be peered because their address spaces overlap."
        )
        raise bad_request("VnetAddressSpacesOverlap", message)
    for sibling in siblings:
        if any_overlap(_ranges(sibling.properties.get("remoteAddressSpace", {})), there):
            message = (
                f"Cannot create or update peering {write.id}. Virtual network {remote.id} has an"
                f" address space that overlaps with that of the network which {sibling.id} already"
                " references."
            )
            raise bad_request("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", message)


def _check_counterpart(write: "Write", network_id: str, remote: Record) -> None:
    other = _peering_between(write.store, remote.id, network_id)
    if other is not None and other.properties.get("peeringState") == "Disconnected":
        message = (
            f"Cannot create or update peering {write.id} because remote peering {other.id}"
            f" referencing parent virtual network {network_id} is in Disconnected state. Update or"
            " re-create the remote peering to get it back to Initiated state. Peering gets"
            " Disconnected when remote vnet or remote peering is deleted and re-created."
        )
        # A peering that is itself disconnected is what has to be written first.
        if write.existing is None or write.existing.properties["peeringState"] != "Disconnected":
            raise bad_request("RemotePeeringIsDisconnected", message)


def space_of(properties: dict[str, Any]) -> Iterable[IPv4Network]:
    """The address space of a network."""
    return _ranges(properties.get("addressSpace", {}))


def _ranges(address_space: dict[str, Any]) -> list[IPv4Network]:
    return [IPv4Network(prefix) for prefix in address_space.get("addressPrefixes", [])]


def _peering_between(store: Store, network_id: str, remote_id: str) -> Record | None:
    """The peering of a network that references a remote one."""
    key = normalized(remote_id)
    return next(
        (one for one in store.children(network_id, _TYPE) if remote_of(one.properties) == key), None
    )


def prepare(write: "Write") -> None:
    """Fill in the state, the remote side's addresses and the GUID that both sides share."""
    properties = write.properties
    network_id = write.id.rpartition("/")[0].rpartition("/")[0]
    old = write.existing.properties.get("peeringState") if write.existing else None
    properties["peeringState"] = old if old in _LIVE else "Initiated"
    properties["peeringSyncLevel"] = "FullyInSync"
    pair = sorted((normalized(network_id), remote_of(properties)))
    properties["resourceGuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(pair)))
    _fill_remote(write.store, properties)


def _fill_remote(store: Store, properties: dict[str, Any]) -> None:
    remote = store.get(remote_of(properties))
    if remote is not None:
        space = {"addressPrefixes": [str(one) for one in space_of(remote.properties)]}
        properties["remoteAddressSpace"] = space
        properties["remoteVirtualNetworkAddressSpace"] = dict(space)


def written(store: Store, record: Record) -> None:
    """Connect both sides once both have been written."""
    other = _peering_between(store, remote_of(record.properties), record.parent)
    if other is None or other.state != "Succeeded":
        return
    if other.properties.get("peeringState") not in _LIVE:
        return
    for side in (record, other):
        side.properties["peeringState"] = "Connected"
        store.put(side)


def deleted(store: Store, record: Record) -> None:
    """Leave the other side disconnected."""
    other = _peering_between(store, remote_of(record.properties), record.parent)
    if other is not None:
        other.properties["peeringState"] = "Disconnected"
        store.put(other)


def check_new_space(store: Store, network: Record, space: list[IPv4Network]) -> None:
    """Refuse an address space that overlaps with that of a peered network.

    Raises:
        ArmError: It does.
    """
    for peering in store.children(network.id, _TYPE):
        if any_overlap(space, _ranges(peering.properties.get("remoteAddressSpace", {}))):
            message = f"The address space of {network.id} would overlap with that of the remote"
            message += f" network of peering {peering.id}."
            raise bad_request("VnetAddressSpacesOverlap", message)


def space_changed(store: Store, network: Record) -> None:
    """Peerings that carry an older address space of a network are no longer in sync."""
    prefixes = [str(one) for one in space_of(network.properties)]
    for peering in store.referrers(network.id, _TYPE):
        known = peering.properties.get("remoteAddressSpace", {}).get("addressPrefixes")
        if known == prefixes:
            continue
        peering.properties["peeringSyncLevel"] = "RemoteNotInSync"
        store.put(peering)
        mine = _peering_between(store, network.id, peering.parent)
        if mine is not None:
            mine.properties["peeringSyncLevel"] = "LocalNotInSync"
            store.put(mine)
