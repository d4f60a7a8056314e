"""All that leaves a spoke goes to the firewall."""

from typing import Final

from landing_zone.remediation.model import Facts, Rule, Violation
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules import route_tables, subnets

_TABLE: Final = "microsoft.network/routetables"
_NETWORK: Final = "microsoft.network/virtualnetworks"


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """What leads past the firewall."""
    if facts.resource_type == _TABLE:
        return route_tables.evaluate(facts)
    return subnets.evaluate(facts)


RULE: Final = Rule(
    name=RuleName.FORCED_TUNNELLING,
    title="all that leaves a spoke goes to the hub's firewall",
    types=frozenset({_TABLE, _NETWORK}),
    evaluate=evaluate,
)
