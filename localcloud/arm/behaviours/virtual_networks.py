"""Virtual networks and their subnets."""

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from landing_zone.arm_ids import normalized
from localcloud.arm.behaviours import peerings
from localcloud.arm.behaviours.addresses import check_address, first_overlap, parse_range
from localcloud.arm.errors import bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

type Subnet = tuple[str, list[IPv4Network]]

_VNET = "Microsoft.Network/virtualNetworks"
_SUBNET = f"{_VNET}/subnets"
_PEERING = f"{_VNET}/virtualNetworkPeerings"
_SMALLEST = 29
_FIREWALL_SUBNET = "AzureFirewallSubnet"
_FIREWALL_SMALLEST = 26


def check(write: "Write") -> None:
    """The address space and the subnets within it, and the peerings that see it.

    Raises:
        ArmError: A range is wrong, outside, overlapping or still needed.
    """
    space = _space_of(write.properties, write.name)
    for server in write.properties.get("dhcpOptions", {}).get("dnsServers", []):
        check_address(server, "InvalidDnsServerIPAddress", write.id)
    if "subnets" in write.children:
        subnets = [_subnet(one.name, one.properties) for one in write.children["subnets"]]
    else:
        subnets = _subnets_of(write.store, write.id)
    _check_subnets(write.name, space, subnets)
    for child in write.children.get("subnets", []):
        _check_change(child)
    for child in write.children.get("virtualNetworkPeerings", []):
        peerings.check(child)
    if write.existing is not None:
        peerings.check_new_space(write.store, write.existing, space)


def check_subnet(write: "Write") -> None:
    """A subnet among its siblings.

    Raises:
        ArmError: Its range is wrong, outside, overlapping or still needed.
    """
    network = write.store.get(write.id.rpartition("/")[0].rpartition("/")[0])
    if network is None:
        raise bad_request("ParentResourceNotFound", f"There is no network for {write.id}.")
    space = _space_of(network.properties, network.name)
    siblings = [
        (name, ranges)
        for name, ranges in _subnets_of(write.store, network.id)
        if name.lower() != write.name.lower()
    ]
    _check_subnets(network.name, space, [*siblings, _subnet(write.name, write.properties)])
    _check_change(write)


def _space_of(properties: dict[str, Any], name: str) -> list[IPv4Network]:
    prefixes = properties.get("addressSpace", {}).get("addressPrefixes", [])
    if not prefixes:
        message = f"The virtual network {name} needs at least one address prefix."
        raise bad_request("VnetAddressSpaceNotSpecified", message)
    space = [parse_range(prefix, name) for prefix in prefixes]
    if first_overlap([(str(one), one) for one in space]) is not None:
        message = f"The address prefixes of virtual network {name} overlap."
        raise bad_request("VnetAddressSpaceOverlapsWithItself", message)
    return space


def _subnet(name: str, properties: dict[str, Any]) -> Subnet:
    single, several = properties.get("addressPrefix"), properties.get("addressPrefixes")
    prefixes = several or ([single] if single else [])
    if not prefixes or (single and several and several != [single]):
        message = f"Subnet '{name}' needs an addressPrefix or addressPrefixes, and not both."
        raise bad_request("InvalidRequestFormat", message)
    return name, [parse_range(prefix, name) for prefix in prefixes]


def _subnets_of(store: Store, network_id: str) -> list[Subnet]:
    return [_subnet(one.name, one.properties) for one in store.children(network_id, _SUBNET)]


def _check_subnets(network: str, space: list[IPv4Network], subnets: list[Subnet]) -> None:
    for name, ranges in subnets:
        for one in ranges:
            _check_range(network, space, name, one)
    flat = [(name, one) for name, ranges in subnets for one in ranges]
    if (pair := first_overlap(flat)) is not None:
        message = f"Subnet '{pair[1]}' is not valid because its IP address range overlaps with"
        message += f" that of an existing subnet '{pair[0]}' in virtual network '{network}'."
        raise bad_request("NetcfgSubnetRangesOverlap", message)


def _check_range(network: str, space: list[IPv4Network], name: str, one: IPv4Network) -> None:
    if not any(one.subnet_of(prefix) for prefix in space):
        message = f"Subnet '{name}' is not valid because its IP address range is outside the IP"
        message += f" address range of virtual network '{network}'."
        raise bad_request("NetcfgInvalidSubnet", message)
    smallest = _FIREWALL_SMALLEST if name.lower() == _FIREWALL_SUBNET.lower() else _SMALLEST
    if one.prefixlen > smallest:
        message = f"Subnet '{name}' with prefix {one} is too small: at least a /{smallest}."
        raise bad_request("NetcfgInvalidSubnet", message)


def _check_change(write: "Write") -> None:
    """A subnet that is in use keeps its range."""
    old = write.existing
    if old is None or not write.store.blocking_referrers(old.id):
        return
    if _subnet(old.name, old.properties)[1] != _subnet(write.name, write.properties)[1]:
        message = f"Subnet {write.name} is in use and its address prefix cannot be changed."
        raise bad_request("InUsePrefixCannotBeDeleted", message)


def check_delete(store: Store, record: Record) -> None:
    """A network goes after what uses its subnets, and after its peerings.

    Raises:
        ArmError: One of them is still there.
    """
    users = [
        user.id
        for subnet in store.children(record.id, _SUBNET)
        for user in store.blocking_referrers(subnet.id)
    ]
    users += [peering.id for peering in store.children(record.id, _PEERING)]
    if users:
        message = f"Virtual network {record.name} is in use by {', '.join(users)} and cannot be"
        raise bad_request("InUseVirtualNetworkCannotBeDeleted", f"{message} deleted.")


def written(store: Store, record: Record) -> None:
    """A network that has a new address space leaves its peerings out of sync."""
    peerings.space_changed(store, record)


def render_subnet(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the IP configurations that use a subnet."""
    key = normalized(record.id)
    configurations = [
        {"id": configuration["id"]}
        for user in store.referrers(record.id)
        for configuration in user.properties.get("ipConfigurations", [])
        if "id" in configuration
        and normalized(configuration["properties"].get("subnet", {}).get("id", "")) == key
    ]
    if configurations:
        body["properties"]["ipConfigurations"] = configurations
