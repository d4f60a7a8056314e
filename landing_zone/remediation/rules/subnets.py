"""All that leaves a spoke goes to the firewall: its subnets."""

from collections.abc import Mapping
from typing import Any, Final

from landing_zone.plan import Resource
from landing_zone.planning import api_versions
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.model import ByHand, Facts, Fix, Remedy, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import id_at, items, mapping, same_word, text
from landing_zone.remediation.rules.written_back import SUBNET, written_back

_POLICIES: Final = "privateEndpointNetworkPolicies"
# Azure takes no default route, or no security group, on these (learn: virtual-network/
# virtual-networks-udr-overview and network-security-groups-overview).
_AZURES_OWN: Final = frozenset(
    {"azurebastionsubnet", "azurefirewallsubnet", "gatewaysubnet", "routeserversubnet"}
)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Subnets without a route table or a security group, each in one violation."""
    if facts.resource is None or facts.ground.owner.kind != "tenant":
        return ()
    found = (_judged(facts, one) for one in items(facts.resource, "properties", "subnets"))
    return tuple(one for one in found if one is not None)


def _judged(facts: Facts, subnet: Mapping[str, Any]) -> Violation | None:
    lacks = [
        name
        for name in ("routeTable", "networkSecurityGroup")
        if not id_at(subnet, "properties", name, "id")
    ]
    planned = _planned(facts, subnet)
    wanted = planned.get(_POLICIES)
    if wanted is not None and not same_word(mapping(subnet, "properties").get(_POLICIES), wanted):
        lacks.append(_POLICIES)
    if not lacks:
        return None
    name = text(subnet, "name")
    return Violation(
        rule=RuleName.FORCED_TUNNELLING,
        resource_id=id_at(subnet, "id") or f"{facts.resource_id}/subnets/{name.lower()}",
        detail=f"subnet {name} has no {', no '.join(lacks)}",
        fix=_remedy(facts, subnet, lacks, planned),
    )


def _planned(facts: Facts, subnet: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the plan says of a subnet of that name."""
    network = facts.ground.plan.get(facts.resource_id)
    for one in items(network.body if network else {}, "properties", "subnets"):
        if same_word(one.get("name"), text(subnet, "name")):
            return mapping(one, "properties")
    return {}


def _remedy(
    facts: Facts, subnet: Mapping[str, Any], lacks: list[str], planned: Mapping[str, Any]
) -> Remedy:
    name = text(subnet, "name")
    if name.lower() in _AZURES_OWN:
        return ByHand(advice=f"delete {name}: Azure does not let it be routed to the firewall")
    changes = {one: planned.get(one) or _any(facts, one) for one in lacks}
    missing = [one for one, value in changes.items() if value is None]
    if missing:
        return ByHand(advice=f"give subnet {name} a {' and a '.join(missing)} of its own region")
    body = written_back(subnet, SUBNET)
    body["properties"] = {**mapping(body, "properties"), **changes}
    write = Write(
        method="PUT",
        path=id_at(subnet, "id") or f"{facts.resource_id}/subnets/{name}",
        api_version=api_versions.NETWORK,
        body=body,
        if_match=text(subnet, "etag"),
    )
    return Fix(writes=(write,))


def _any(facts: Facts, name: str) -> dict[str, str] | None:
    """One of the tenant's own for a subnet that no plan knows, where it stands in its region."""
    kind = {
        "routeTable": "Microsoft.Network/routeTables",
        "networkSecurityGroup": "Microsoft.Network/networkSecurityGroups",
    }.get(name, "")
    region = text(facts.resource, "location")
    fitting = [
        resource.id
        for resource in _of_kind(facts.ground, kind)
        if _plain(text(resource.body, "location")) == _plain(region)
    ]
    return {"id": min(fitting)} if fitting else None


def _of_kind(ground: Ground, kind: str) -> list[Resource]:
    return [resource for resource in ground.plan.values() if resource.type == kind]


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()
