"""Private endpoints: an interface in the subnet, and a connection that the target sees too."""

import uuid
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.addresses import first_free
from localcloud.arm.behaviours.private_links import GROUPS, Member, members_of
from localcloud.arm.errors import bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE_GROUP = f"{ENDPOINT}/privateDnsZoneGroups"
_INTERFACE = "Microsoft.Network/networkInterfaces"
_LISTS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
_APPROVED = {"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}
_PENDING = {"status": "Pending", "description": "Awaiting approval", "actionsRequired": "None"}
_VAULT = "Microsoft.KeyVault/vaults"
_GONE = {"status": "Disconnected", "description": "The target is gone", "actionsRequired": "None"}


def connection_of(properties: dict[str, Any]) -> dict[str, Any]:
    """The one connection of an endpoint."""
    found: dict[str, Any] = next(one for name in _LISTS for one in properties.get(name, []))
    return found


def target_of(store: Store, endpoint: Record) -> Record | None:
    """What an endpoint leads to, while it is there."""
    inner = connection_of(endpoint.properties)["properties"]
    return store.get(inner["privateLinkServiceId"])


def check(write: "Write") -> None:
    """An endpoint stands in a subnet and leads to one part of one target.

    Raises:
        ArmError: It does not, or it would lead elsewhere than before.
    """
    properties = write.properties
    if not properties.get("subnet", {}).get("id"):
        raise bad_request("SubnetNotSpecified", f"Private endpoint {write.name} needs a subnet.")
    connections = [one for name in _LISTS for one in properties.get(name, [])]
    inner = connections[0].get("properties", {}) if connections else {}
    target = write.store.get(str(inner.get("privateLinkServiceId", "/")))
    if len(connections) != 1 or target is None:
        message = f"Private endpoint {write.name} needs exactly one connection, with its target."
        raise bad_request("PrivateLinkServiceConnectionInvalid", message)
    _check_group(target, inner.get("groupIds", []))
    if write.existing is not None:
        _check_unchanged(write.existing, inner, properties["subnet"]["id"])


def _check_group(target: Record, groups: list[str]) -> None:
    known = GROUPS.get(target.type.lower())
    if known is None:
        message = f"The resource type '{target.type}' does not support private endpoints."
        raise bad_request("PrivateLinkServiceNotSupported", message)
    if len(groups) != 1 or groups[0] not in known:
        message = (
            f"Call to {target.type} failed. The group ids {groups} are invalid: one of"
            f" {', '.join(known)} is expected."
        )
        raise bad_request("InvalidPrivateEndpointGroupId", message)


def _check_unchanged(old: Record, inner: dict[str, Any], subnet: str) -> None:
    was = connection_of(old.properties)["properties"]
    same = (
        was["privateLinkServiceId"].lower() == inner["privateLinkServiceId"].lower()
        and was["groupIds"] == inner["groupIds"]
        and old.properties["subnet"]["id"].lower() == subnet.lower()
    )
    if not same:
        message = f"Target and subnet of private endpoint {old.name} cannot be changed."
        raise bad_request("PrivateEndpointCannotBeUpdated", message)


def prepare(write: "Write") -> None:
    """Give the endpoint its interface, its addresses, and a connection on its way."""
    properties = write.properties
    manual = not properties.get(_LISTS[0])
    kind = _LISTS[1] if manual else _LISTS[0]
    connection = properties[kind][0]
    connection["id"] = f"{write.id}/{kind}/{connection['name']}"
    inner = connection["properties"]
    was = connection_of(write.existing.properties)["properties"] if write.existing else {}
    state = was.get("privateLinkServiceConnectionState", _PENDING)
    inner["privateLinkServiceConnectionState"] = dict(state)
    inner["provisioningState"] = "Succeeded"
    for name in _LISTS:
        properties.setdefault(name, [])
    if write.existing is None:
        _put_interface(write)
    else:
        properties["networkInterfaces"] = write.existing.properties["networkInterfaces"]


def _put_interface(write: "Write") -> None:
    properties, target = write.properties, target_of(write.store, Record(write.id, "", write.body))
    if target is None:  # pragma: no cover - the check has refused it
        return
    inner = connection_of(properties)["properties"]
    members = members_of(target, inner["groupIds"][0])
    subnet_id = properties["subnet"]["id"]
    addresses = _addresses(write, subnet_id, len(members))
    guid = str(uuid.uuid4())
    name = properties.get("customNetworkInterfaceName") or f"{write.name}.nic.{guid}"
    interface_id = f"{write.id.partition('/providers/')[0]}/providers/{_INTERFACE}/{name}"
    configurations = [
        _configuration(interface_id, subnet_id, inner["groupIds"][0], member, address, first=not n)
        for n, (member, address) in enumerate(zip(members, addresses, strict=True))
    ]
    body = {
        "location": write.location,
        "tags": dict(write.body.get("tags", {})),
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": guid,
            "ipConfigurations": configurations,
            "privateEndpoint": {"id": write.id},
            "nicType": "Standard",
        },
    }
    write.store.put(Record(interface_id, _INTERFACE, body, created=write.now, changed=write.now))
    properties["networkInterfaces"] = [{"id": interface_id}]


def _configuration(
    interface: str, subnet: str, group: str, member: Member, address: IPv4Address, *, first: bool
) -> dict[str, Any]:
    name = f"privateEndpointIpConfig.{member.name}"
    return {
        "name": name,
        "id": f"{interface}/ipConfigurations/{name}",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": str(address),
            "privateIPAllocationMethod": "Dynamic",
            "privateIPAddressVersion": "IPv4",
            "primary": first,
            "subnet": {"id": subnet},
            "privateLinkConnectionProperties": {
                "groupId": group,
                "requiredMemberName": member.name,
                "fqdns": [member.fqdn],
            },
        },
    }


def _addresses(write: "Write", subnet_id: str, count: int) -> list[IPv4Address]:
    subnet = write.store.get(subnet_id)
    found = subnet.properties if subnet is not None else {}
    prefix = found.get("addressPrefix") or found["addressPrefixes"][0]
    taken = {
        IPv4Address(one["properties"]["privateIPAddress"])
        for interface in write.store.referrers(subnet_id, _INTERFACE)
        for one in interface.properties["ipConfigurations"]
        if "privateIPAddress" in one.get("properties", {})
    }
    chosen: list[IPv4Address] = []
    for _ in range(count):
        address = first_free(IPv4Network(prefix), taken | set(chosen))
        if address is None:
            message = f"Subnet {subnet_id} is full: private endpoint {write.name} needs {count}."
            raise bad_request("SubnetIsFull", message)
        chosen.append(address)
    return chosen


def written(store: Store, record: Record) -> None:
    """Approve the connection, as for a caller who may write the target too."""
    for connection in record.properties[_LISTS[0]]:
        connection["properties"]["privateLinkServiceConnectionState"] = dict(_APPROVED)
    store.put(record)


def deleted(store: Store, record: Record) -> None:
    """The interface goes with its endpoint."""
    for one in record.properties.get("networkInterfaces", []):
        interface = store.get(one["id"])
        if interface is not None:
            store.remove(interface)


def check_interface_delete(store: Store, record: Record) -> None:
    """An interface of an endpoint goes with it only.

    Raises:
        ArmError: The endpoint is there.
    """
    owner = record.properties.get("privateEndpoint", {}).get("id", "/")
    if store.get(owner) is not None:
        message = f"Network interface {record.name} is used by the private endpoint {owner}."
        raise bad_request("NicInUseWithPrivateEndpoint", message)


def addresses_of(store: Store, endpoint: Record) -> list[tuple[str, str]]:
    """The public names of an endpoint, each with its private address."""
    pairs = []
    for one in endpoint.properties.get("networkInterfaces", []):
        interface = store.get(one["id"])
        for configuration in interface.properties["ipConfigurations"] if interface else ():
            inner = configuration["properties"]
            fqdn = inner["privateLinkConnectionProperties"]["fqdns"][0]
            pairs.append((fqdn, inner["privateIPAddress"]))
    return pairs


def render(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Tell where the names lead while no zone group does, and whether the target is gone."""
    properties = body["properties"]
    grouped = bool(store.children(record.id, ZONE_GROUP))
    pairs = () if grouped else addresses_of(store, record)
    properties["customDnsConfigs"] = [{"fqdn": fqdn, "ipAddresses": [ip]} for fqdn, ip in pairs]
    if target_of(store, record) is None:
        inner = connection_of(properties)["properties"]
        inner["privateLinkServiceConnectionState"] = dict(_GONE)


def connections_to(store: Store, target: Record) -> list[dict[str, Any]]:
    """The connections of a target, as it sees them; Key Vault tells neither name nor type."""
    found = []
    for endpoint in store.referrers(target.id, ENDPOINT):
        guid = uuid.uuid5(uuid.NAMESPACE_URL, f"{endpoint.key}|{endpoint.created!r}")
        name = f"{endpoint.name}.{guid}"
        state = connection_of(endpoint.properties)["properties"]
        shown = state["privateLinkServiceConnectionState"]
        kind = f"{target.type}/privateEndpointConnections"
        named = {} if target.type == _VAULT else {"name": name, "type": kind}
        found.append(
            {
                "id": f"{target.id}/privateEndpointConnections/{name}",
                **named,
                "properties": {
                    "privateEndpoint": {"id": endpoint.id},
                    "privateLinkServiceConnectionState": {
                        key: shown[key] for key in ("status", "description")
                    },
                    "provisioningState": "Succeeded",
                },
            }
        )
    return found
