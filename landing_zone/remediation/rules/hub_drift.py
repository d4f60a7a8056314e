"""What a hub's reconciler keeps is as it wants it: firewall rules, IP groups, peerings, links.

A hub is not edited here. Its reconciler is the one writer, and is asked to run.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from landing_zone.hub_state.comparing import is_broken, is_same
from landing_zone.hub_state.members import Lane
from landing_zone.hub_state.render import PREFIX
from landing_zone.remediation.model import Facts, Fix, HubRefresh, Rule, Violation
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import id_at, items
from landing_zone.remediation.rules.peerings import own_peering, own_side

_NETWORK: Final = "microsoft.network/virtualnetworks"
_RENDERED: Final = frozenset(
    {"microsoft.network/firewallpolicies/rulecollectiongroups", "microsoft.network/ipgroups"}
)
_CHILDREN: Final = ("virtualNetworkPeerings", "subnets")


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """What of the hub differs from what its reconciler keeps."""
    if facts.ground.owner.kind != "hub":
        return ()
    if facts.resource_type == _NETWORK:
        return tuple(_children(facts))
    return tuple(_itself(facts))


def _itself(facts: Facts) -> Iterator[Violation]:
    wanted = facts.ground.wanted.get(facts.resource_id)
    if wanted is not None:
        detail = _unlike(wanted.body, facts.resource)
        if detail:
            yield _violation(facts, facts.resource_id, detail, wanted.lane)
    elif facts.resource is not None and _is_ours(facts):
        yield _violation(facts, facts.resource_id, "nobody needs it any more", "firewall")


def _is_ours(facts: Facts) -> bool:
    name = facts.resource_id.rpartition("/")[2]
    return facts.resource_type in _RENDERED and name.startswith(PREFIX)


def _unlike(wanted: Mapping[str, Any], actual: Mapping[str, Any] | None) -> str:
    if actual is None:
        return "it is missing"
    if is_broken(dict(actual)):
        return "its last write failed, or it is disconnected"
    return "" if is_same(dict(wanted), dict(actual)) else "it differs from what the hub keeps"


def _children(facts: Facts) -> Iterator[Violation]:
    """Peerings and subnets stand in the network's own body."""
    if facts.resource is None:
        return
    held = {
        id_at(one, "id"): one
        for name in _CHILDREN
        for one in items(facts.resource, "properties", name)
    }
    start = f"{facts.resource_id}/"
    for key, wanted in facts.ground.wanted.items():
        if key.startswith(start) and (detail := _unlike(wanted.body, held.get(key))):
            yield _violation(facts, key, detail, wanted.lane, _far_side(facts, wanted.body))


def _far_side(facts: Facts, peering: Mapping[str, Any]) -> Fix | None:
    """The spoke's side of a peering, which is disconnected with the hub's, where it is governed."""
    spoke = id_at(peering, "properties", "remoteVirtualNetwork", "id")
    if spoke not in facts.ground.directory.networks:
        return None
    hub = facts.ground.hub
    return own_side(own_peering(spoke, hub), hub, both=True)


def _violation(
    facts: Facts, resource_id: str, detail: str, lane: Lane, fix: Fix | None = None
) -> Violation:
    return Violation(
        rule=RuleName.HUB_DRIFT,
        resource_id=resource_id,
        detail=detail,
        fix=fix or HubRefresh(hub=facts.ground.hub.name, lane=lane),
    )


RULE: Final = Rule(
    name=RuleName.HUB_DRIFT,
    title="firewall rules, IP groups, peerings and DNS links of a hub are as its tenants need them",
    types=frozenset(
        {
            *_RENDERED,
            _NETWORK,
            "microsoft.network/networksecuritygroups",
            "microsoft.network/privatednszones/virtualnetworklinks",
        }
    ),
    evaluate=evaluate,
)
