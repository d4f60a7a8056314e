"""What happens is seen: diagnostic settings and event subscriptions are restored from the plan."""

from typing import Final

from landing_zone.differences import differences
from landing_zone.remediation.model import Facts, Fix, Read, Rule, Violation
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.planned import answered, missing_reads, put


def needs(facts: Facts) -> tuple[Read, ...]:
    """Those that an event told of; nothing for an event about the resource itself."""
    return missing_reads(facts, monitored=True)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Settings and subscriptions that are gone, or not as planned."""
    if facts.resource is None:
        return ()
    found = []
    for planned, actual in answered(facts, monitored=True):
        unlike = [one.path for one in differences(planned.body, actual or {})]
        if actual is None or unlike:
            what = "missing" if actual is None else f"changed: {', '.join(sorted(unlike))}"
            found.append(
                Violation(
                    rule=RuleName.MONITORING,
                    resource_id=planned.id.lower(),
                    detail=f"{planned.type.rpartition('/')[2]} {planned.name} is {what}",
                    fix=Fix(writes=(put(planned),)),
                )
            )
    return tuple(found)


RULE: Final = Rule(
    name=RuleName.MONITORING,
    title="logs and events of a tenant's resources reach the platform",
    types=frozenset(),
    evaluate=evaluate,
    needs=needs,
)
