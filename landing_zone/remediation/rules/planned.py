"""What the plan puts on a resource or into it, judged where an event told of just that."""

from collections.abc import Iterator
from typing import Any, Final

from landing_zone.arm_ids import normalized
from landing_zone.plan import Resource
from landing_zone.remediation.model import Facts, Read, Write

MONITORED: Final = frozenset(
    {
        "microsoft.eventgrid/systemtopics/eventsubscriptions",
        "microsoft.insights/diagnosticsettings",
    }
)

# What stands in the hub's gateway is judged only where a suspension closes it.
_GATEWAYS: Final = "microsoft.apimanagement/"

# What stands in the body of what it belongs to is judged there, at no further read.
_EMBEDDED: Final = frozenset(
    {
        "microsoft.network/privateendpoints/privatednszonegroups",
        "microsoft.network/virtualnetworks/virtualnetworkpeerings",
    }
)


def told_of(facts: Facts, *, monitored: bool) -> Iterator[Resource]:
    """Planned resources that stand on this one or in it and that events told of."""
    for key in sorted(facts.about):
        planned = facts.ground.plan.get(key)
        kind = planned.type.lower() if planned else ""
        judged = kind not in _EMBEDDED and not kind.startswith(_GATEWAYS)
        if planned is not None and judged and (kind in MONITORED) == monitored:
            yield planned


def read_of(planned: Resource) -> Read:
    """The read of one planned resource."""
    return Read(normalized(planned.id), planned.api_version)


def missing_reads(facts: Facts, *, monitored: bool) -> tuple[Read, ...]:
    """What is still to be read of them; nothing once the resource itself is gone."""
    if facts.resource is None:
        return ()
    reads = (read_of(planned) for planned in told_of(facts, monitored=monitored))
    return tuple(read for read in reads if read not in facts.answers)


def answered(facts: Facts, *, monitored: bool) -> Iterator[tuple[Resource, Any]]:
    """Each of them with what was read of it."""
    for planned in told_of(facts, monitored=monitored):
        if read_of(planned) in facts.answers:
            yield planned, facts.answers[read_of(planned)]


def put(planned: Resource) -> Write:
    """What brings a planned resource back."""
    return Write(
        method="PUT", path=planned.id, api_version=planned.api_version, body=planned.body or None
    )
