"""The rules, by name and by the types that they judge."""

from functools import cache
from typing import Final

from landing_zone.remediation.model import Facts, Read, Rule, Violation
from landing_zone.remediation.rules import (
    closed,
    endpoint_dns,
    hub_drift,
    internet_inbound,
    missing,
    monitoring,
    peerings,
    public_ip,
    roles,
    storage,
    suspension,
    tags,
    tunnelling,
)

RULES: Final[tuple[Rule, ...]] = (
    missing.RULE,
    suspension.RULE,
    closed.RULE,
    storage.RULE,
    public_ip.RULE,
    internet_inbound.RULE,
    peerings.RULE,
    tunnelling.RULE,
    endpoint_dns.RULE,
    roles.RULE,
    hub_drift.RULE,
    monitoring.RULE,
    tags.RULE,
)
"""In the order in which what they find is put right: what opens a door first, tags last."""


@cache
def rules_for(resource_type: str) -> tuple[Rule, ...]:
    """The rules that judge a type, given in lower case."""
    return tuple(rule for rule in RULES if not rule.types or resource_type in rule.types)


def missing_reads(facts: Facts) -> tuple[Read, ...]:
    """What has still to be read before all rules can judge; none for most resources."""
    reads = (read for rule in rules_for(facts.resource_type) for read in rule.needs(facts))
    return tuple(dict.fromkeys(reads))


def violations(facts: Facts) -> tuple[Violation, ...]:
    """Everything that a resource breaks, in the order in which it is put right."""
    return tuple(one for rule in rules_for(facts.resource_type) for one in rule.evaluate(facts))
