"""Nothing from the internet enters a spoke: no security rule lets it in, and ours keeps it out."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from landing_zone.hub_state.comparing import is_same
from landing_zone.planning import api_versions
from landing_zone.remediation.model import ByHand, Facts, Fix, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import at, id_at, items, mapping, same_word, text

# Addresses that cannot come from the internet: RFC 1918, RFC 6598 (pods), RFC 4193, link-local.
_PRIVATE4: Final = tuple(
    IPv4Network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
_PRIVATE6: Final = (IPv6Network("fc00::/7"), IPv6Network("fe80::/10"))
# Tags that do not stand for public addresses (learn: virtual-network/service-tags-overview).
_INSIDE: Final = frozenset({"virtualnetwork", "azureloadbalancer"})


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Rules that let the internet in, and planned rules that are not there as planned."""
    if facts.resource is None or facts.ground.owner.kind != "tenant":
        return ()
    rules = items(facts.resource, "properties", "securityRules")
    open_rules = [rule for rule in rules if _lets_in(rule)]
    gone = tuple(_let_in(facts, rule) for rule in open_rules)
    left = [rule for rule in rules if not _lets_in(rule)]
    return gone + tuple(_missing(facts, left))


def _lets_in(rule: Mapping[str, Any]) -> bool:
    found = mapping(rule, "properties")
    if not same_word(found.get("direction"), "Inbound"):
        return False
    if not same_word(found.get("access"), "Allow"):
        return False
    return any(_is_outside(source) for source in _sources(found))


def _sources(properties: Mapping[str, Any]) -> Iterator[str]:
    single = properties.get("sourceAddressPrefix")
    if isinstance(single, str) and single:
        yield single
    several = properties.get("sourceAddressPrefixes")
    if isinstance(several, list):
        yield from (one for one in several if isinstance(one, str))


@lru_cache(maxsize=4096)
def _is_outside(source: str) -> bool:
    """Whether a source may be on the internet; a service tag is, unless it is known not to be."""
    try:
        network = ip_network(source, strict=False)
    except ValueError:
        return source.lower() not in _INSIDE
    if isinstance(network, IPv4Network):
        return not any(network.subnet_of(one) for one in _PRIVATE4)
    return not any(network.subnet_of(one) for one in _PRIVATE6)


def _let_in(facts: Facts, rule: Mapping[str, Any]) -> Violation:
    name = text(rule, "name")
    sources = ", ".join(sorted(set(_sources(mapping(rule, "properties")))))
    rule_id = id_at(rule, "id") or f"{facts.resource_id}/securityrules/{name.lower()}"
    version = api_versions.NETWORK
    return Violation(
        rule=RuleName.INTERNET_INBOUND,
        resource_id=rule_id,
        detail=f"security rule {name} lets in {sources}",
        fix=Fix(writes=(Write(method="DELETE", path=rule_id, api_version=version),)),
    )


def _missing(facts: Facts, left: list[Mapping[str, Any]]) -> Iterator[Violation]:
    """The plan's own rules, which stand above all that is added below them."""
    planned = facts.ground.plan.get(facts.resource_id)
    for wanted in items(planned.body if planned else {}, "properties", "securityRules"):
        name = text(wanted, "name")
        found = next((rule for rule in left if same_word(rule.get("name"), name)), None)
        if found is None or not is_same(
            mapping(wanted, "properties"), mapping(found, "properties")
        ):
            rule_id = f"{facts.resource_id}/securityrules/{name.lower()}"
            yield Violation(
                rule=RuleName.INTERNET_INBOUND,
                resource_id=rule_id,
                detail=f"the security rule {name} is {'changed' if found else 'missing'}",
                fix=_restored(rule_id, wanted, left),
            )


def _restored(rule_id: str, wanted: Mapping[str, Any], left: list[Mapping[str, Any]]) -> Remedy:
    """Two rules cannot have one priority, and another's harmless rule is not ours to move."""
    taken = next((rule for rule in left if _same_place(rule, wanted)), None)
    if taken is not None:
        priority = at(wanted, "properties", "priority")
        return ByHand(advice=f"give {text(taken, 'name')} another priority than {priority}")
    body = {"properties": dict(mapping(wanted, "properties"))}
    version = api_versions.NETWORK
    return Fix(writes=(Write(method="PUT", path=rule_id, api_version=version, body=body),))


def _same_place(rule: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return (
        not same_word(rule.get("name"), text(wanted, "name"))
        and same_word(at(rule, "properties", "direction"), text(wanted, "properties", "direction"))
        and at(rule, "properties", "priority") == at(wanted, "properties", "priority")
    )


RULE: Final = Rule(
    name=RuleName.INTERNET_INBOUND,
    title="no security rule of a spoke lets the internet in",
    types=frozenset({"microsoft.network/networksecuritygroups"}),
    evaluate=evaluate,
)
