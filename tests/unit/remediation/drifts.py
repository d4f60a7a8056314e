"""Every way in which a tenant's resource can come to break a rule, made on a model of ARM.

A drift is made on the world as planned. What it may add beside is not for a fix to touch.
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from landing_zone.remediation.ground import Ground
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.estate import World

type Body = dict[str, Any]

AWAY = "/subscriptions/99999999-0000-4000-8000-000000000009/resourceGroups/rg/providers"
FOREIGN = f"{AWAY}/Microsoft.Network/virtualNetworks/vnet-elsewhere"
OURS = {
    "routes": "default-to-firewall",
    "securityRules": "deny-internet-inbound",
    "subnets": "aks",
    "virtualNetworkPeerings": "peer-hub-weu",
}
"""The planned child that a drift strikes."""
_NETWORK = "microsoft.network"


class Drift(NamedTuple):
    """One way to break a rule.

    Attributes:
        rule: The rule that is broken.
        kind: Type of the resource that is broken, in lower case.
        make: Breaks the body of such a resource.
    """

    rule: RuleName
    kind: str
    make: Callable[[Body], None]


def setting(*path: str, to: Any) -> Callable[[Body], None]:
    """A property with another value, or without one where that is None."""

    def change(body: Body) -> None:
        inner = body
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        if to is None:
            inner.pop(path[-1], None)
        else:
            inner[path[-1]] = to

    return change


def adding(name: str, child: Body) -> Callable[[Body], None]:
    """One child more."""

    def change(body: Body) -> None:
        children = body["properties"].setdefault(name, [])
        number = 1 + max((one.get("number", 0) for one in children), default=0)
        added = copy.deepcopy(child) | {"name": f"{child['name']}-{number}", "number": number}
        if "priority" in added["properties"]:
            added["properties"]["priority"] += number
        children.append({**added, "id": f"{body['id']}/{name}/{added['name']}"})

    return change


def dropping(name: str) -> Callable[[Body], None]:
    """The planned child less."""

    def change(body: Body) -> None:
        left = [one for one in body["properties"][name] if one["name"] != OURS[name]]
        body["properties"][name] = left

    return change


def of_ours(name: str, *path: str, to: Any) -> Callable[[Body], None]:
    """A property of the planned child with another value, while it is there."""

    def change(body: Body) -> None:
        for one in body["properties"][name]:
            if one["name"] == OURS[name]:
                setting(*path, to=to)(one)

    return change


def rule_from(source: str, name: str = "allow", priority: int = 200) -> Body:
    """A security rule that lets a source in."""
    properties = {
        "direction": "Inbound",
        "access": "Allow",
        "priority": priority,
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": properties}


def route_to(hop: str, prefix: str = "198.51.100.0/24", address: str = "") -> Body:
    """A route."""
    properties = {"addressPrefix": prefix, "nextHopType": hop}
    return {
        "name": "another",
        "properties": properties | ({"nextHopIpAddress": address} if address else {}),
    }


def _closed() -> list[Drift]:
    access = ("properties", "publicNetworkAccess")
    places = {
        "microsoft.cognitiveservices/accounts": access,
        "microsoft.documentdb/databaseaccounts": access,
        "microsoft.keyvault/vaults": access,
        "microsoft.search/searchservices": access,
        "microsoft.storage/storageaccounts": access,
    }
    return [
        Drift(RuleName.PUBLIC_NETWORK_ACCESS, kind, setting(*place, to=value))
        for kind, place in places.items()
        for value in ("Enabled", "SecuredByPerimeter", None)
    ]


def _storage() -> list[Drift]:
    opened: tuple[tuple[tuple[str, ...], Any], ...] = (
        (("minimumTlsVersion",), "TLS1_0"),
        (("minimumTlsVersion",), None),
        (("allowSharedKeyAccess",), True),
        (("allowSharedKeyAccess",), None),
        (("allowBlobPublicAccess",), True),
        (("supportsHttpsTrafficOnly",), False),
        (("networkAcls", "defaultAction"), "Allow"),
    )
    kind = "microsoft.storage/storageaccounts"
    return [
        Drift(RuleName.STORAGE_SECURITY, kind, setting("properties", *path, to=value))
        for path, value in opened
    ]


def _inbound() -> list[Drift]:
    sources = (
        "Internet",
        "*",
        "0.0.0.0/0",
        "203.0.113.7",
        "8.0.0.0/7",
        "AzureCloud",
        "2001:db8::/32",
    )
    kind = f"{_NETWORK}/networksecuritygroups"
    made = [adding("securityRules", rule_from(source)) for source in sources]
    made += [
        dropping("securityRules"),
        of_ours("securityRules", "properties", "access", to="Allow"),
        of_ours("securityRules", "properties", "direction", to="Outbound"),
    ]
    return [Drift(RuleName.INTERNET_INBOUND, kind, one) for one in made]


def _peering() -> list[Drift]:
    foreign = {
        "name": "elsewhere",
        "properties": {"remoteVirtualNetwork": {"id": FOREIGN}, "peeringState": "Initiated"},
    }
    peerings = "virtualNetworkPeerings"
    made = [
        adding(peerings, foreign),
        dropping(peerings),
        of_ours(peerings, "properties", "allowForwardedTraffic", to=False),
        of_ours(peerings, "properties", "useRemoteGateways", to=True),
    ]
    return [Drift(RuleName.FOREIGN_PEERING, f"{_NETWORK}/virtualnetworks", one) for one in made]


def _tunnelling() -> list[Drift]:
    subnet = {
        name: of_ours("subnets", "properties", name, to=value)
        for name, value in (
            ("routeTable", None),
            ("networkSecurityGroup", None),
        )
    }
    routes = [
        dropping("routes"),
        of_ours("routes", "properties", "nextHopType", to="Internet"),
        of_ours("routes", "properties", "nextHopIpAddress", to="10.16.3.9"),
        adding("routes", route_to("Internet")),
        adding("routes", route_to("VirtualNetworkGateway")),
        adding("routes", route_to("VirtualAppliance", address="10.16.3.9")),
        setting("properties", "disableBgpRoutePropagation", to=False),
    ]
    rule = RuleName.FORCED_TUNNELLING
    return [
        *(Drift(rule, f"{_NETWORK}/virtualnetworks", one) for one in subnet.values()),
        *(Drift(rule, f"{_NETWORK}/routetables", one) for one in routes),
    ]


def _tags() -> list[Drift]:
    kinds = (
        "microsoft.storage/storageaccounts",
        "microsoft.network/virtualnetworks",
        "microsoft.resources/resourcegroups",
        "microsoft.keyvault/vaults",
    )
    changes = (
        setting("tags", "costCenter", to="CC-0"),
        setting("tags", "owner", to=None),
        setting("tags", to=None),
    )
    return [Drift(RuleName.REQUIRED_TAGS, kind, one) for kind in kinds for one in changes]


DRIFTS = (
    *_closed(),
    *_storage(),
    *_inbound(),
    *_peering(),
    *_tunnelling(),
    *_tags(),
)


def broken(world: World, ground: Ground, drift: Drift) -> str:
    """Break the first planned resource of a drift's type; its normalized id."""
    key = next(key for key, item in ground.plan.items() if item.type.lower() == drift.kind)
    drift.make(world[key])
    return key
