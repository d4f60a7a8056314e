"""What the plan makes is there.

What is small is made again by its planned body. What holds data, has an identity that others trust,
or is long to make is told to a person: remade in silence it would look whole, and be empty.
"""

from collections.abc import Iterator
from typing import Final

from landing_zone.plan import Resource
from landing_zone.planning import api_versions
from landing_zone.remediation.model import ByHand, Facts, Fix, Read, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import items, same_word, text
from landing_zone.remediation.rules.planned import answered, missing_reads, put

SMALL: Final = frozenset(
    {
        "microsoft.authorization/policyassignments",
        "microsoft.authorization/roleassignments",
        "microsoft.consumption/budgets",
        "microsoft.dbforpostgresql/flexibleservers/administrators",
        "microsoft.documentdb/databaseaccounts/sqlroleassignments",
        "microsoft.eventgrid/systemtopics/eventsubscriptions",
        "microsoft.insights/diagnosticsettings",
        "microsoft.kubernetesconfiguration/fluxconfigurations",
        "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        "microsoft.network/networksecuritygroups",
        "microsoft.network/privateendpoints",
        "microsoft.network/privateendpoints/privatednszonegroups",
        "microsoft.network/routetables",
    }
)
_NETWORK: Final = "microsoft.network/virtualnetworks"
_ADVICE: Final = (
    "it holds data, is trusted by its identity, or is long to make: restore it from a backup or"
    " from Azure's soft delete where there is one, or apply the tenant's plan again"
)


def needs(facts: Facts) -> tuple[Read, ...]:
    """Planned children and extensions that an event told of."""
    return missing_reads(facts, monitored=False)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """The resource itself where it is planned and gone, or what it should hold."""
    planned = facts.ground.plan.get(facts.resource_id)
    if facts.resource is None:
        return (_violation(planned, _restored(facts, planned)),) if planned else ()
    return (*_parts(facts), *(_subnets(facts, planned) if planned else ()))


def _parts(facts: Facts) -> Iterator[Violation]:
    for planned, actual in answered(facts, monitored=False):
        if actual is None:
            yield _violation(planned, _restored(facts, planned))


def _subnets(facts: Facts, planned: Resource) -> Iterator[Violation]:
    """Planned subnets that the network does not have."""
    if facts.resource_type != _NETWORK:
        return
    held = items(facts.resource, "properties", "subnets")
    for wanted in items(planned.body, "properties", "subnets"):
        name = text(wanted, "name")
        if not any(same_word(one.get("name"), name) for one in held):
            path = f"{facts.resource_id}/subnets/{name}"
            write = Write(
                method="PUT",
                path=path,
                api_version=api_versions.NETWORK,
                body={"properties": wanted.get("properties")},
            )
            yield Violation(
                rule=RuleName.MISSING_RESOURCE,
                resource_id=path.lower(),
                detail=f"the planned subnet {name} is missing",
                fix=Fix(writes=(write,)),
            )


def _restored(facts: Facts, planned: Resource) -> Remedy:
    """The resource and all that the plan puts on it, where all of that is small."""
    start = f"{planned.id.lower()}/"
    on_it = [one for key, one in facts.ground.plan.items() if key.startswith(start)]
    whole = (planned, *on_it)
    if any(one.type.lower() not in SMALL for one in whole):
        return ByHand(advice=_ADVICE)
    return Fix(writes=tuple(put(one) for one in whole))


def _violation(planned: Resource, remedy: Remedy) -> Violation:
    return Violation(
        rule=RuleName.MISSING_RESOURCE,
        resource_id=planned.id.lower(),
        detail=f"the planned {planned.type} {planned.name} is missing",
        fix=remedy,
    )


RULE: Final = Rule(
    name=RuleName.MISSING_RESOURCE,
    title="what a tenant's plan makes is there",
    types=frozenset(),
    evaluate=evaluate,
    needs=needs,
)
