"""No principal of a tenant has a role at something of another tenant, or at what all share."""

from collections.abc import Iterator
from typing import Any, Final

from landing_zone.planning import api_versions
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.model import Facts, Fix, Read, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import text

_ASSIGNMENTS: Final = "/providers/microsoft.authorization/roleassignments/"
# Cosmos DB keeps the roles of its data itself.
_DATA_ASSIGNMENTS: Final = "/sqlroleassignments/"


def needs(facts: Facts) -> tuple[Read, ...]:
    """The assignments that events told of."""
    if facts.resource is None:
        return ()
    reads = (read_of(one) for one in _told_of(facts))
    return tuple(read for read in reads if read not in facts.answers)


def is_assignment(resource_id: str) -> bool:
    """Whether a normalized id is that of a role assignment, in ARM or on a data plane."""
    return _ASSIGNMENTS in resource_id or _DATA_ASSIGNMENTS in resource_id


def _told_of(facts: Facts) -> list[str]:
    return [one for one in sorted(facts.about) if is_assignment(one)]


def read_of(assignment: str) -> Read:
    """The read of an assignment."""
    arms = _ASSIGNMENTS in assignment
    return Read(assignment, api_versions.AUTHORIZATION if arms else api_versions.COSMOS_DB)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Assignments that lead from one tenant to another."""
    return tuple(_crossing(facts))


def _crossing(facts: Facts) -> Iterator[Violation]:
    for assignment in _told_of(facts):
        found = facts.answers.get(read_of(assignment))
        if found is not None and (detail := _crosses(facts.ground, assignment, found)):
            read = read_of(assignment)
            delete = Write(method="DELETE", path=read.path, api_version=read.api_version)
            yield Violation(
                rule=RuleName.CROSS_TENANT_ROLE,
                resource_id=assignment,
                detail=detail,
                fix=Fix(writes=(delete,)),
            )


def _crosses(ground: Ground, assignment: str, body: Any) -> str:
    """How an assignment crosses tenants; empty where it does not.

    A principal that several tenants share, such as a group of readers, belongs to each of them. One
    that belongs to none is the platform's or a person's, and is not judged here.
    """
    principal = text(body, "properties", "principalId").lower()
    tenants = ground.directory.principals.get(principal, frozenset())
    if not tenants or assignment in ground.directory.granted:
        return ""
    place = _tenant_at(ground, assignment)
    if place in tenants:
        return ""
    where = f"at tenant {place}" if place else f"in hub {ground.hub.name}, which all tenants share"
    return f"a principal of {', '.join(sorted(tenants))} has a role {where}"


def _tenant_at(ground: Ground, assignment: str) -> str:
    """The tenant that the scope of an assignment belongs to; empty for what is the hub's."""
    if ground.owner.kind == "tenant":
        return ground.owner.name
    scope = assignment.partition(_ASSIGNMENTS)[0]
    while scope.count("/") > 1:
        if scope in ground.directory.places:
            return ground.directory.places[scope]
        scope = scope.rpartition("/")[0]
    return ""


RULE: Final = Rule(
    name=RuleName.CROSS_TENANT_ROLE,
    title="no principal of a tenant has a role outside of its tenant",
    types=frozenset(),
    evaluate=evaluate,
    needs=needs,
)
