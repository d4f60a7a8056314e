"""What a suspension has closed stays closed until the tenant is resumed.

The plan of a suspended tenant says what is closed of it: this rule holds that part of it, and opens
nothing. What only events tell of is judged where one did; the sweep looks at all of it.
"""

from collections.abc import Iterator
from typing import Final

from landing_zone.applying import apply_request, is_settling
from landing_zone.plan import Resource
from landing_zone.planning.suspended import is_closing, is_reopened
from landing_zone.remediation.model import Body, Facts, Fix, Read, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.planned import read_of

_CLUSTERS: Final = "microsoft.containerservice/managedclusters"
_GATEWAYS: Final = "microsoft.apimanagement/service"


def needs(facts: Facts) -> tuple[Read, ...]:
    """Closed parts that an event told of."""
    if facts.resource is None:
        return ()
    reads = (read_of(part) for part in _parts(facts))
    return tuple(read for read in reads if read not in facts.answers)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """What somebody has opened: the resource itself, or parts of it."""
    return tuple(_opened(facts))


def _opened(facts: Facts) -> Iterator[Violation]:
    itself = facts.ground.plan.get(facts.resource_id)
    if itself is not None and is_closing(itself) and facts.resource is not None:
        yield from _judged(itself, facts.resource)
    for part in _parts(facts):
        body = facts.answers.get(read_of(part))
        if body is not None:
            yield from _judged(part, body)


def _parts(facts: Facts) -> Iterator[Resource]:
    for key in sorted(facts.about):
        planned = facts.ground.plan.get(key)
        if planned is not None and key != facts.resource_id and is_closing(planned):
            yield planned


def _judged(planned: Resource, actual: Body) -> Iterator[Violation]:
    if is_settling(actual) or not is_reopened(planned, actual):
        return
    request = apply_request(planned, dict(actual))
    write = Write(
        method="POST" if request.method == "POST" else "PUT",
        path=request.path,
        api_version=request.api_version,
        body=request.body,
    )
    yield Violation(
        rule=RuleName.SUSPENSION,
        resource_id=planned.id.lower(),
        detail=f"{planned.name} was opened, and its tenant is suspended",
        fix=Fix(writes=(write,)),
    )


RULE: Final = Rule(
    name=RuleName.SUSPENSION,
    title="what is closed of a suspended tenant stays closed",
    types=frozenset({_CLUSTERS, _GATEWAYS}),
    evaluate=evaluate,
    needs=needs,
)
