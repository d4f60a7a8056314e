"""A spoke is peered with its hub, as planned, and with nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from landing_zone import naming
from landing_zone.hub import Hub
from landing_zone.hub_state.comparing import is_same
from landing_zone.planning import api_versions
from landing_zone.planning.network import peering_properties
from landing_zone.remediation.model import Facts, Fix, HubRefresh, Read, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import id_at, items, mapping, same_word, text

_VERSION: Final = api_versions.NETWORK


def needs(facts: Facts) -> tuple[Read, ...]:
    """The peerings of a governed network that this one must not be peered with."""
    return tuple(read for read in _far_reads(facts) if read not in facts.answers)


def _far_reads(facts: Facts) -> Iterator[Read]:
    for peering in _foreign(facts):
        remote = id_at(peering, "properties", "remoteVirtualNetwork", "id")
        if remote in facts.ground.directory.networks:
            yield _far(remote)


def _far(network: str) -> Read:
    return Read(f"{network}/virtualNetworkPeerings", _VERSION, "list")


def _peerings(facts: Facts) -> list[Mapping[str, Any]]:
    if facts.resource is None or facts.ground.owner.kind != "tenant":
        return []
    return items(facts.resource, "properties", "virtualNetworkPeerings")


def _foreign(facts: Facts) -> list[Mapping[str, Any]]:
    return [one for one in _peerings(facts) if not _leads_to_hub(facts, one)]


def _leads_to_hub(facts: Facts, peering: Mapping[str, Any]) -> bool:
    remote = id_at(peering, "properties", "remoteVirtualNetwork", "id")
    return remote == facts.ground.hub.network_id.lower()


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Peerings that are not ours, and ours where it is not as planned."""
    foreign = tuple(_deleted(facts, one) for one in _foreign(facts))
    return foreign + tuple(_own(facts))


def _deleted(facts: Facts, peering: Mapping[str, Any]) -> Violation:
    remote = id_at(peering, "properties", "remoteVirtualNetwork", "id")
    mine = _id_of(facts, peering)
    others = facts.answers.get(_far(remote)) or []
    theirs = [id_at(other, "id") for other in _mappings(others) if _leads_back(facts, other)]
    writes = [
        Write(method="DELETE", path=path, api_version=_VERSION) for path in (mine, *theirs) if path
    ]
    return Violation(
        rule=RuleName.FOREIGN_PEERING,
        resource_id=mine,
        detail=f"the network is peered with {remote or 'an unknown network'}",
        fix=Fix(writes=tuple(writes)),
    )


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return items({"value": value}, "value")


def _leads_back(facts: Facts, other: Mapping[str, Any]) -> bool:
    return id_at(other, "properties", "remoteVirtualNetwork", "id") == facts.resource_id


def _id_of(facts: Facts, peering: Mapping[str, Any]) -> str:
    named = f"{facts.resource_id}/virtualnetworkpeerings/{text(peering, 'name').lower()}"
    return id_at(peering, "id") or named


def _own(facts: Facts) -> Iterator[Violation]:
    """The planned network alone is peered with the hub."""
    if facts.resource is None or facts.resource_id not in facts.ground.plan:
        return
    own = [one for one in _peerings(facts) if _leads_to_hub(facts, one)]
    if not own:
        path = own_peering(facts.resource_id, facts.ground.hub)
        yield _restored(facts, path, "the peering with the hub is missing", both=True)
    for peering in own:
        path, properties = _id_of(facts, peering), mapping(peering, "properties")
        if same_word(properties.get("peeringState"), "Disconnected"):
            detail = "the peering with the hub is disconnected"
            yield _restored(facts, path, detail, both=True)
        elif not is_same(peering_properties(facts.ground.hub.network_id), properties):
            detail = "the peering with the hub is not as planned"
            yield _restored(facts, path, detail, both=False)


def own_peering(network_id: str, hub: Hub) -> str:
    """ARM id of the spoke's side of its peering with the hub."""
    return f"{network_id}/virtualNetworkPeerings/{naming.spoke_peering(hub.name)}"


def own_side(path: str, hub: Hub, *, both: bool) -> Fix:
    """What writes the spoke's side again.

    Once a side has been deleted the other is disconnected, until each has been written again
    (learn: virtual-network/virtual-network-troubleshoot-peering-issues).
    """
    body = {"properties": peering_properties(hub.network_id)}
    put = Write(method="PUT", path=path, api_version=_VERSION, body=body)
    return Fix(writes=(put,), hub=HubRefresh(hub=hub.name, lane="network") if both else None)


def _restored(facts: Facts, path: str, detail: str, *, both: bool) -> Violation:
    return Violation(
        rule=RuleName.FOREIGN_PEERING,
        resource_id=path.lower(),
        detail=detail,
        fix=own_side(path, facts.ground.hub, both=both),
    )


RULE: Final = Rule(
    name=RuleName.FOREIGN_PEERING,
    title="a spoke is peered with its hub and with nothing else",
    types=frozenset({"microsoft.network/virtualnetworks"}),
    evaluate=evaluate,
    needs=needs,
)
