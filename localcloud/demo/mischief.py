"""What the rogue administrator does to the tenants and the hub, and how it shows to be undone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landing_zone.arm_ids import arm_id, normalized
from landing_zone.planning import api_versions
from landing_zone.tags import REQUIRED_TAGS
from localcloud.demo.models import Operation, Resource
from localcloud.demo.rogue import Write

type Held = Mapping[str, Mapping[str, Any]]
"""What Resource Manager holds, by normalized id."""

PEERING = "rogue"
ADDRESS = "pip-rogue"
ZONES = "/microsoft.network/privatednszones/"
LINKS = "/virtualnetworklinks/"
EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the rogue does.

    Attributes:
        title: What, in the past tense.
        whose: Of which tenants, or of the hub.
        what: The resource's name.
        writes: How.
        is_undone: Whether all is again as it was before, by what Resource Manager holds.
    """

    title: str
    whose: str
    what: str
    writes: tuple[Write, ...]
    is_undone: Callable[[Held], bool]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing that cannot be done here.

    Attributes:
        title: What.
        reason: Why not.
    """

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to meddle with.

    Attributes:
        operations: Of the tenants that are active.
        hub: ARM id of the hub's resource group.
        held: What Resource Manager holds while all is as it should be.
    """

    operations: Sequence[Operation]
    hub: str
    held: Held

    def find(self, key: str) -> Iterator[tuple[str, Resource, Mapping[str, Any]]]:
        """What the tenants' plans made under a key: whose it is, and how it is held."""
        for operation in self.operations:
            resource = operation.resources().get(key)
            body = self.held.get(normalized(resource.id)) if resource else None
            if resource and body is not None:
                yield operation.tenant_id, resource, body


def acts(ground: Ground) -> list[Act | LeftOut]:
    """All that is done, in order; each is another kind of drift."""
    return [
        _storage(ground),
        _tags(ground),
        _address(ground),
        _peering(ground),
        _link(ground),
        _route(ground),
    ]


def _storage(ground: Ground) -> Act | LeftOut:
    title = "opened storage to the internet"
    for whose, resource, _ in ground.find("storage"):
        body = {"properties": {"publicNetworkAccess": "Enabled"}}
        write = Write("PATCH", resource.id, api_versions.STORAGE, body)
        closed = _holds(resource.id, "publicNetworkAccess", "Disabled")
        return Act(title, whose, resource.name, (write,), closed)
    return LeftOut(title, "no tenant has a storage account")


def _tags(ground: Ground) -> Act | LeftOut:
    title = "stripped all required tags"
    for whose, resource, body in ground.find("storage"):
        before = _required(body)
        if not before:
            continue
        path = f"{resource.id}/providers/Microsoft.Resources/tags/default"
        change = {"operation": "Delete", "properties": {"tags": before}}
        write = Write("PATCH", path, api_versions.RESOURCES, change)
        return Act(title, whose, resource.name, (write,), _bears(resource.id, before))
    return LeftOut(title, "no tenant has a storage account that bears them")


def _address(ground: Ground) -> Act | LeftOut:
    """With the tags that policy asks for: what is wrong with it is only that it is public."""
    title = "added a public IP address"
    found = list(ground.find("resource-group:workload"))
    for whose, group, held in found[1:] or found:
        path = arm_id(group.id, "Microsoft.Network/publicIPAddresses", ADDRESS)
        body = {
            "location": held["location"],
            "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static"},
            "tags": _required(held),
        }
        write = Write("PUT", path, api_versions.NETWORK, body)
        return Act(title, whose, ADDRESS, (write,), _lacks(path))
    return LeftOut(title, "no tenant has a resource group for workloads")


def _peering(ground: Ground) -> Act | LeftOut:
    """Both sides, as somebody would who has rights in two spokes."""
    title = "peered two spokes"
    match list(ground.find("network")):
        case [(one, here, _), (other, there, _), *_] if here.id != there.id:
            paths = [f"{spoke.id}/virtualNetworkPeerings/{PEERING}" for spoke in (here, there)]
            writes = tuple(
                Write("PUT", path, api_versions.NETWORK, {"properties": _peered_with(remote)})
                for path, remote in zip(paths, (there.id, here.id), strict=True)
            )
            return Act(title, f"{one}, {other}", PEERING, writes, _lacks(*paths))
    return LeftOut(title, "it takes two spokes")


def _peered_with(network: str) -> dict[str, Any]:
    return {"remoteVirtualNetwork": {"id": network}, "allowVirtualNetworkAccess": True}


def _link(ground: Ground) -> Act | LeftOut:
    """Of the zone of blobs where there is one: then no tenant finds its storage account."""
    title = "deleted a DNS zone link"
    inside = f"{normalized(ground.hub)}/providers{ZONES}"
    links = [one for one in ground.held if one.startswith(inside) and LINKS in one]
    if not links:
        return LeftOut(title, "the hub has none")
    chosen = next((one for one in links if ".blob." in one), links[0])
    link = ground.held[chosen]
    zone = chosen.partition(LINKS)[0]
    network = _linked(link)

    def is_undone(held: Held) -> bool:
        return any(
            one.startswith(f"{zone}{LINKS}") and _linked(body) == network and _is_made(body)
            for one, body in held.items()
        )

    write = Write("DELETE", link["id"], api_versions.PRIVATE_DNS)
    return Act(title, "the hub", zone.rpartition("/")[2], (write,), is_undone)


def _route(ground: Ground) -> Act | LeftOut:
    title = "deleted the default route"
    for whose, table, _ in reversed(list(ground.find("route-table"))):
        inside = f"{normalized(table.id)}/routes/"
        for known, route in ground.held.items():
            if known.startswith(inside) and _property(route, "addressPrefix") == EVERYWHERE:
                write = Write("DELETE", route["id"], api_versions.NETWORK)
                hop = "nextHopIpAddress"
                whole = _holds(route["id"], hop, _property(route, hop))
                return Act(title, whose, table.name, (write,), whole)
    return LeftOut(title, "no tenant has a route table of its own")


def _bears(resource_id: str, tags: Mapping[str, str]) -> Callable[[Held], bool]:
    def is_undone(held: Held) -> bool:
        return _required(held.get(normalized(resource_id), {})) == tags

    return is_undone


def _holds(resource_id: str, name: str, value: Any) -> Callable[[Held], bool]:
    def is_undone(held: Held) -> bool:
        body = held.get(normalized(resource_id), {})
        return _property(body, name) == value and _is_made(body)

    return is_undone


def _lacks(*resource_ids: str) -> Callable[[Held], bool]:
    unwanted = {normalized(one) for one in resource_ids}

    def is_undone(held: Held) -> bool:
        return unwanted.isdisjoint(held)

    return is_undone


def _is_made(body: Mapping[str, Any]) -> bool:
    return bool(_property(body, "provisioningState") in {None, "Succeeded"})


def _required(body: Mapping[str, Any]) -> dict[str, str]:
    tags = body.get("tags") or {}
    return {name: tags[name] for name in REQUIRED_TAGS if name in tags}


def _linked(link: Mapping[str, Any]) -> str:
    return normalized((_property(link, "virtualNetwork") or {}).get("id", ""))


def _property(body: Mapping[str, Any], name: str) -> Any:
    return (body.get("properties") or {}).get(name)
