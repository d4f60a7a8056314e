"""Whether tenants share or leak anything, by what Azure Resource Manager holds."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any, Final

from landing_zone.reservation import Reservation

HUB_NETWORK: Final = "/resourcegroups/rg-hub-weu/providers/microsoft.network/virtualnetworks/"
PEERING: Final = "peer-"
PRODUCT: Final = "tenant-"
NETWORK: Final = "vnet-"
NODES: Final = "nodes-"

type Resources = Iterable[Mapping[str, Any]]
type Held = Mapping[str, Reservation]


def assert_nothing_is_shared_or_leaked(resources: Resources, active: Held, listed: Held) -> None:
    """What the hub has is of the tenants that are there, each once; what they hold is theirs.

    Args:
        resources: All that Azure Resource Manager holds.
        active: What the tenants hold that are active, by tenant.
        listed: The same of those that failed and of which something remains, as is listed.
    """
    known = {**active, **listed}
    held = list(resources)
    _assert_apart(known)
    for tenant, prefixes in _networks(held):
        assert [str(known[tenant].address_range)] == prefixes, f"{tenant} has {prefixes}"
    for name, addresses in _rules(held):
        assert len(addresses) == len(set(addresses)), f"{name} names a range twice"
        _assert_between(name, addresses, (), _ranges(known))
    ruled = [address for _, addresses in _rules(held) for address in addresses]
    _assert_between("the firewall", ruled, _ranges(active), _ranges(known))
    pooled = {tenant for tenant, found in active.items() if found.node_subnet}
    _assert_between("node subnets", _node_subnets(held, known), pooled, known)
    for what, tenants in (("peerings", _peered(held)), ("products", _sold(held))):
        assert len(tenants) == len(set(tenants)), f"{what}: one tenant has two"
        _assert_between(what, tenants, active, known)


def _assert_apart(known: Held) -> None:
    """No two tenants hold an address of the same range."""
    for one, other in combinations(sorted(known), 2):
        for ours in _own(known[one]):
            assert not any(ours.overlaps(theirs) for theirs in _own(known[other])), (one, other)


def _own(reservation: Reservation) -> list[IPv4Network]:
    subnet = reservation.node_subnet
    return [reservation.address_range, *([subnet] if subnet else [])]


def _ranges(held: Held) -> list[str]:
    return [str(one) for reservation in held.values() for one in _own(reservation)]


def _assert_between(
    what: str, found: Iterable[str], least: Iterable[str], most: Iterable[str]
) -> None:
    missing, leaked = set(least) - set(found), set(found) - set(most)
    assert not missing, f"{what}: {sorted(missing)} are missing"
    assert not leaked, f"{what}: {sorted(leaked)} are leaked"


def _networks(resources: Resources) -> Iterator[tuple[str, list[str]]]:
    """The spokes' networks: the tenant, and its prefixes."""
    for item in resources:
        if item["type"] == "Microsoft.Network/virtualNetworks" and _is_a_spokes(item):
            yield (
                item["name"].removeprefix(NETWORK),
                item["properties"]["addressSpace"]["addressPrefixes"],
            )


def _is_a_spokes(item: Mapping[str, Any]) -> bool:
    return HUB_NETWORK not in str(item["id"]).lower()


def _rules(resources: Resources) -> Iterator[tuple[str, list[str]]]:
    """The IP groups, and the rules that name ranges themselves: a name, and its ranges."""
    for item in resources:
        properties = item.get("properties", {})
        if item["type"] == "Microsoft.Network/ipGroups":
            yield item["name"], properties["ipAddresses"]
        for collection in properties.get("ruleCollections", ()):
            for rule in collection.get("rules", ()):
                if rule.get("sourceAddresses"):
                    yield f"{item['name']}/{rule['name']}", rule["sourceAddresses"]


def _node_subnets(resources: Resources, known: Held) -> list[str]:
    """The tenants that have a subnet in the hub's network, each with the range that it holds."""
    found = [
        (item["name"], item["properties"]["addressPrefix"])
        for item in resources
        if item["type"].endswith("/subnets") and not _is_a_spokes(item)
    ]
    subnets = [
        (name.removeprefix(NODES), prefix) for name, prefix in found if name.startswith(NODES)
    ]
    for tenant, prefix in subnets:
        assert str(known[tenant].node_subnet) == prefix, f"{tenant} has the node subnet {prefix}"
    return [tenant for tenant, _ in subnets]


def _peered(resources: Resources) -> list[str]:
    """The tenants that the hub's network is peered with."""
    return [
        item["name"].removeprefix(PEERING)
        for item in resources
        if item["type"].endswith("/virtualNetworkPeerings") and not _is_a_spokes(item)
    ]


def _sold(resources: Resources) -> list[str]:
    """The tenants that have a product at the gateway."""
    return [
        item["name"].removeprefix(PRODUCT)
        for item in resources
        if item["type"] == "Microsoft.ApiManagement/service/products"
    ]
