"""A private endpoint's names lead to it: its zone group, and the records that the group keeps.

A zone group that is written again writes its records again (learn: private-link/
private-endpoint-dns-integration). It is judged from both sides: the endpoint, and the hub's zone
when an event told of one of its records.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from landing_zone.arm_ids import normalized
from landing_zone.planning import api_versions
from landing_zone.planning.private_endpoints import PRIVATE_LINKS
from landing_zone.remediation.ground import DnsRecord
from landing_zone.remediation.model import ByHand, Facts, Fix, Read, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import id_at, items, text

_ENDPOINT: Final = "microsoft.network/privateendpoints"
_ZONE: Final = "microsoft.network/privatednszones"
_LINKS: Final = {kind.lower(): link for kind, link in PRIVATE_LINKS.items()}

type _Body = Mapping[str, Any]


def needs(facts: Facts) -> tuple[Read, ...]:
    """The zone group first, then the records that it says it keeps."""
    if facts.resource is None:
        return ()
    match facts.resource_type:
        case "microsoft.network/privateendpoints" if _is_judged(facts):
            wanted = [_groups(facts), *_records(_listed(facts))]
        case "microsoft.network/privatednszones":
            wanted = [
                read
                for record_id, record in _told_of(facts)
                for read in (_record(record_id), _group(record))
            ]
        case _:
            wanted = []
    return tuple(read for read in wanted if read not in facts.answers)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Records that are missing or lead elsewhere."""
    if facts.resource is None:
        return ()
    if facts.resource_type == _ZONE:
        return tuple(_zone_violations(facts))
    if not _is_judged(facts) or _groups(facts) not in facts.answers:
        return ()
    wrong = _wrong(facts)
    if not wrong:
        return ()
    return (_violation(facts.resource_id, wrong, _written_anew(facts)),)


def _is_judged(facts: Facts) -> bool:
    """One of a tenant's that leads to something with names in the hub's zones."""
    return facts.ground.owner.kind == "tenant" and _target_type(facts) in _LINKS


def _target_type(facts: Facts) -> str:
    connections = items(facts.resource, "properties", "privateLinkServiceConnections")
    for one in connections:
        target = id_at(one, "properties", "privateLinkServiceId")
        return "/".join(target.split("/providers/")[-1].split("/")[:2])
    return ""


def _groups(facts: Facts) -> Read:
    return Read(f"{facts.resource_id}/privateDnsZoneGroups", api_versions.NETWORK, "list")


def _listed(facts: Facts) -> list[_Body]:
    return items({"value": facts.answers.get(_groups(facts))}, "value")


def _record(record_id: str) -> Read:
    return Read(record_id, api_versions.PRIVATE_DNS)


def _group(record: DnsRecord) -> Read:
    return Read(record.group_id, api_versions.NETWORK)


def _records(groups: list[_Body]) -> list[Read]:
    return [_record(record_id) for record_id, _ in _kept(groups)]


def _kept(groups: list[_Body]) -> Iterator[tuple[str, frozenset[str]]]:
    """The records that groups keep: normalized id, and addresses."""
    for group in groups:
        for configuration in items(group, "properties", "privateDnsZoneConfigs"):
            zone = id_at(configuration, "properties", "privateDnsZoneId")
            for one in items(configuration, "properties", "recordSets"):
                name, kind = text(one, "recordSetName"), text(one, "recordType") or "A"
                addresses = one.get("ipAddresses")
                known = addresses if isinstance(addresses, list) else []
                if zone and name and kind.upper() == "A":
                    yield f"{zone}/a/{name.lower()}", frozenset(map(str, known))


def _addresses(record: Any) -> frozenset[str]:
    return frozenset(text(one, "ipv4Address") for one in items(record, "properties", "aRecords"))


def _wrong(facts: Facts) -> str:
    groups = _listed(facts)
    wanted = _planned_zones(facts)
    if not groups:
        return "the private endpoint has no DNS zone group"
    zones = {
        id_at(one, "properties", "privateDnsZoneId")
        for group in groups
        for one in items(group, "properties", "privateDnsZoneConfigs")
    }
    if wanted and not wanted <= zones:
        return "the DNS zone group is not of the hub's zone"
    for record_id, addresses in _kept(groups):
        held = facts.answers.get(_record(record_id))
        name = "/".join(record_id.split("/")[-3::2])
        if held is None:
            return f"the DNS record {name} is missing"
        if _addresses(held) != addresses:
            return f"the DNS record {name} leads elsewhere"
    return ""


def _group_body(facts: Facts) -> dict[str, Any]:
    """What the plan says, or the hub's zone for an endpoint that no plan knows; else nothing."""
    for key, planned in facts.ground.plan.items():
        if key.startswith(f"{facts.resource_id}/privatednszonegroups/"):
            return planned.body
    link = _LINKS[_target_type(facts)]
    if link.zone not in facts.ground.hub.private_dns_zones:
        return {}
    zone = facts.ground.hub.resource_id("Microsoft.Network/privateDnsZones", link.zone)
    configuration = {
        "name": link.zone.replace(".", "-"),
        "properties": {"privateDnsZoneId": zone},
    }
    return {"properties": {"privateDnsZoneConfigs": [configuration]}}


def _planned_zones(facts: Facts) -> frozenset[str]:
    configurations = items(_group_body(facts), "properties", "privateDnsZoneConfigs")
    return frozenset(id_at(one, "properties", "privateDnsZoneId") for one in configurations)


def _written_anew(facts: Facts) -> Remedy:
    """An endpoint has one group, so that one of another name is written over."""
    body = _group_body(facts)
    if not body:
        return ByHand(advice="add the private DNS zone of its target to the hub document")
    name = next((text(one, "name") for one in _listed(facts)), "") or "default"
    path = f"{facts.resource_id}/privateDnsZoneGroups/{name}"
    return _writing(path, body)


def _writing(path: str, body: dict[str, Any]) -> Fix:
    return Fix(
        writes=(Write(method="PUT", path=path, api_version=api_versions.NETWORK, body=body),)
    )


def _violation(endpoint_id: str, wrong: str, remedy: Remedy) -> Violation:
    return Violation(
        rule=RuleName.PRIVATE_ENDPOINT_DNS, resource_id=endpoint_id, detail=wrong, fix=remedy
    )


def _told_of(facts: Facts) -> Iterator[tuple[str, DnsRecord]]:
    """Records of planned endpoints that events told of, in the hub's zone."""
    for record_id in sorted(facts.about):
        record = facts.ground.directory.records.get(record_id)
        if record is not None:
            yield record_id, record


def _zone_violations(facts: Facts) -> Iterator[Violation]:
    for record_id, record in _told_of(facts):
        if _record(record_id) not in facts.answers or _group(record) not in facts.answers:
            continue
        kept = dict(_kept(items({"value": [facts.answers[_group(record)]]}, "value")))
        held = facts.answers[_record(record_id)]
        if held is None or _addresses(held) != kept.get(record_id, frozenset()):
            endpoint = normalized(record.group_id).rpartition("/privatednszonegroups/")[0]
            name = record_id.rpartition("/")[2]
            detail = f"the DNS record {name} is missing or leads elsewhere"
            yield _violation(endpoint, detail, _writing(record.group_id, dict(record.body)))


RULE: Final = Rule(
    name=RuleName.PRIVATE_ENDPOINT_DNS,
    title="the names of what a private endpoint leads to resolve to it",
    types=frozenset({_ENDPOINT, _ZONE}),
    evaluate=evaluate,
    needs=needs,
)
