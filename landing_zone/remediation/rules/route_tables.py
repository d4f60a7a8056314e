"""All that leaves a spoke goes to the firewall: its route tables."""

from collections.abc import Mapping
from typing import Any, Final

from landing_zone.planning import api_versions
from landing_zone.remediation.model import Facts, Fix, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import at, id_at, items, mapping, same_word, text
from landing_zone.remediation.rules.written_back import ROUTE_TABLE, written_back

_EVERYWHERE: Final = "0.0.0.0/0"
_OWN_NAME: Final = "default-to-firewall"
# Next hops that lead past the firewall. `VnetLocal` and `None` lead nowhere outside.
_PAST: Final = frozenset({"internet", "virtualnetworkgateway"})


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """What of a table leads past the firewall, in one violation."""
    if facts.resource is None or facts.ground.owner.kind != "tenant":
        return ()
    routes = items(facts.resource, "properties", "routes")
    default = next((one for one in routes if _goes_everywhere(one)), None)
    past = [one for one in routes if one is not default and _leads_past(facts, one)]
    learns = at(facts.resource, "properties", "disableBgpRoutePropagation") is not True
    lacks = default is None or not _leads_to_firewall(facts, default)
    wrong = [f"route {text(one, 'name')} leads past the firewall" for one in past]
    wrong += ["routes of gateways are taken over"] if learns else []
    wrong += ["the default route to the firewall is missing or changed"] if lacks else []
    if not wrong:
        return ()
    name = text(default, "name") or _free_name(routes)
    put = _default(facts, name) if lacks else None
    return (
        Violation(
            rule=RuleName.FORCED_TUNNELLING,
            resource_id=facts.resource_id,
            detail="; ".join(wrong),
            fix=_whole(facts, past, put) if learns else _parts(facts, past, put),
        ),
    )


def _goes_everywhere(route: Mapping[str, Any]) -> bool:
    return text(route, "properties", "addressPrefix") == _EVERYWHERE


def _leads_to_firewall(facts: Facts, route: Mapping[str, Any]) -> bool:
    found = mapping(route, "properties")
    address = str(facts.ground.hub.firewall.private_ip)
    appliance = same_word(found.get("nextHopType"), "VirtualAppliance")
    return appliance and found.get("nextHopIpAddress") == address


def _leads_past(facts: Facts, route: Mapping[str, Any]) -> bool:
    hop = text(route, "properties", "nextHopType").lower()
    if hop == "virtualappliance":
        return not _leads_to_firewall(facts, route)
    return hop in _PAST


def _free_name(routes: list[Mapping[str, Any]]) -> str:
    taken = {text(one, "name").lower() for one in routes}
    names = (_OWN_NAME, *(f"{_OWN_NAME}-{number}" for number in range(2, len(routes) + 3)))
    return next(name for name in names if name not in taken)


def _default(facts: Facts, name: str) -> dict[str, Any]:
    properties = {
        "addressPrefix": _EVERYWHERE,
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": str(facts.ground.hub.firewall.private_ip),
    }
    return {"name": name, "properties": properties}


def _parts(facts: Facts, past: list[Mapping[str, Any]], put: dict[str, Any] | None) -> Fix:
    """The routes that are wrong, one by one."""
    version = api_versions.NETWORK
    paths = [_id_of(facts, text(one, "name"), id_at(one, "id")) for one in past]
    writes = [Write(method="DELETE", path=path, api_version=version) for path in paths]
    if put is not None:
        path, body = _id_of(facts, put["name"]), {"properties": put["properties"]}
        writes.insert(0, Write(method="PUT", path=path, api_version=version, body=body))
    return Fix(writes=tuple(writes))


def _id_of(facts: Facts, name: str, known: str = "") -> str:
    return known or f"{facts.resource_id}/routes/{name}"


def _whole(facts: Facts, past: list[Mapping[str, Any]], put: dict[str, Any] | None) -> Fix:
    """The table as it was read, set right: what it learns from gateways is its own property."""
    body = written_back(facts.resource or {}, ROUTE_TABLE)
    dropped = {text(one, "name").lower() for one in past}
    dropped |= {put["name"].lower()} if put else set()
    kept = [
        one
        for one in items(body, "properties", "routes")
        if text(one, "name").lower() not in dropped
    ]
    routes = [*kept, put] if put else kept
    changed = {"routes": routes, "disableBgpRoutePropagation": True}
    body["properties"] = {**mapping(body, "properties"), **changed}
    write = Write(
        method="PUT",
        path=facts.resource_id,
        api_version=api_versions.NETWORK,
        body=body,
        if_match=text(facts.resource, "etag"),
    )
    return Fix(writes=(write,))
