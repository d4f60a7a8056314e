"""Whether tenants share or leak anything, by what Azure Resource Manager holds."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any, Final

HUB_NETWORK: Final = "/resourcegroups/rg-hub-weu/providers/microsoft.network/virtualnetworks/"
PEERING: Final = "peer-"
PRODUCT: Final = "tenant-"
NETWORK: Final = "vnet-"

type Resources = Iterable[Mapping[str, Any]]


def assert_nothing_is_shared_or_leaked(
    resources: Resources, active: Mapping[str, str], listed: Mapping[str, str]
) -> None:
    """What the hub has is of the tenants that are there, each once; what they hold is theirs.

    Args:
        resources: All that Azure Resource Manager holds.
        active: Ranges (CIDR) of the tenants that are active, by tenant.
        listed: The same of those that failed and of which something remains, as is listed.
    """
    known = {**active, **listed}
    held = list(resources)
    for one, other in combinations(sorted(known), 2):
        assert not IPv4Network(known[one]).overlaps(IPv4Network(known[other])), (one, other)
    for tenant, prefixes in _networks(held):
        assert prefixes == [known.get(tenant)], f"{tenant} has {prefixes}"
    for name, addresses in _rules(held):
        assert len(addresses) == len(set(addresses)), f"{name} names a range twice"
        _assert_between(name, addresses, (), known.values())
    ruled = [address for _, addresses in _rules(held) for address in addresses]
    _assert_between("the firewall", ruled, active.values(), known.values())
    for what, tenants in (("peerings", _peered(held)), ("products", _sold(held))):
        assert len(tenants) == len(set(tenants)), f"{what}: one tenant has two"
        _assert_between(what, tenants, active, known)


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
