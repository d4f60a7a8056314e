"""Traces of a tenant in its hub: found by what they are about, whatever they are called. Pure."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from landing_zone import naming
from landing_zone.arm_ids import normalized, subscription_scope
from landing_zone.differences import value_at
from landing_zone.ends import OpenWork

type Items = list[dict[str, Any]]


class Trail(NamedTuple):
    """What a trace of a tenant in its hub would be known by.

    Attributes:
        tenant_id: The tenant.
        subscription: Its subscription; empty where it has none.
        ranges: Its address ranges; none where they may be another's by now.
    """

    tenant_id: str
    subscription: str
    ranges: tuple[IPv4Network, ...]

    def is_from(self, text: str) -> bool:
        """Whether an address or a range is, or lies, in one of the tenant's."""
        try:
            found = IPv4Network(text, strict=False)
        except ValueError:
            return False
        return any(found.subnet_of(own) for own in self.ranges)

    def is_in(self, resource_id: str) -> bool:
        """Whether a resource stands in the tenant's subscription."""
        if not self.subscription:
            return False
        scope = normalized(subscription_scope(self.subscription))
        return normalized(resource_id).startswith(f"{scope}/")


class Sight(NamedTuple):
    """What a hub shows.

    Attributes:
        peerings: Of its network.
        subnets: Of its network.
        ip_groups: Of its group.
        rule_groups: Of its firewall policy.
        links: Of its private DNS zones.
        records: Address records of its private DNS zones.
        roles: Role assignments in its subscription.
    """

    peerings: Items
    subnets: Items
    ip_groups: Items
    rule_groups: Items
    links: Items
    records: Items
    roles: Items

    @property
    def size(self) -> dict[str, int]:
        """How much was looked at, by what it is, for a person."""
        return {
            "peerings of the hub network": len(self.peerings),
            "subnets of the hub network": len(self.subnets),
            "IP groups of the hub": len(self.ip_groups),
            "rule collection groups of the firewall policy": len(self.rule_groups),
            "links of the private DNS zones": len(self.links),
            "records of the private DNS zones": len(self.records),
            "role assignments in the hub's subscription": len(self.roles),
        }


def traces(sight: Sight, trail: Trail, principals: frozenset[str]) -> Iterator[OpenWork]:
    """All that is left of a tenant in its hub.

    Args:
        sight: What the hub shows.
        trail: What a trace would be known by.
        principals: Object ids of the tenant's identities, in lower case.
    """
    yield from _left("peering", _peerings(sight.peerings, trail))
    yield from _left("subnet", _subnets(sight.subnets, trail))
    yield from _left("ip-group", (one for one in sight.ip_groups if _names(one, trail)))
    yield from _left("firewall", (one for one in sight.rule_groups if _names(one, trail)))
    yield from _left("dns-link", _links(sight.links, trail))
    yield from _left("dns-record", (one for one in sight.records if _names(one, trail)))
    yield from _left("role", roles_of(sight.roles, principals))


def _left(kind: str, items: Iterator[dict[str, Any]]) -> Iterator[OpenWork]:
    for item in items:
        yield OpenWork(key=f"hub:{kind}", resource=str(item["id"]), reason="found in the hub")


def _peerings(items: Items, trail: Trail) -> Iterator[dict[str, Any]]:
    name = naming.hub_peering(trail.tenant_id)
    for item in items:
        remote = str(value_at(item, "properties.remoteVirtualNetwork.id") or "")
        if item["name"] == name or trail.is_in(remote):
            yield item


def _subnets(items: Items, trail: Trail) -> Iterator[dict[str, Any]]:
    name = naming.node_subnet(trail.tenant_id)
    for item in items:
        if item["name"] == name or trail.is_from(str(value_at(item, "properties.addressPrefix"))):
            yield item


def _links(items: Items, trail: Trail) -> Iterator[dict[str, Any]]:
    for item in items:
        if trail.is_in(str(value_at(item, "properties.virtualNetwork.id") or "")):
            yield item


def roles_of(items: Items, principals: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The role assignments of some principals."""
    for item in items:
        if str(value_at(item, "properties.principalId")).lower() in principals:
            yield item


def _names(item: Mapping[str, Any], trail: Trail) -> bool:
    """Whether it speaks of the tenant anywhere in its properties: by an address, or its id."""
    return any(
        text == trail.tenant_id or trail.is_from(text) for text in _texts(item.get("properties"))
    )


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
