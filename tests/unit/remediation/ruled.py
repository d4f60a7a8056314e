"""What tests of single rules share."""

from landing_zone.remediation.ground import Ground
from landing_zone.remediation.model import Fix, Violation
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.estate import (
    GROUNDS,
)

NAMESPACE, NODEPOOL, CLUSTER = GROUNDS
SUBSCRIPTION = "/subscriptions/0c0ffee0-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourcegroups/rg-tenant-1-network"
IPS = f"{GROUP}/providers/microsoft.network/publicipaddresses"


def planned(ground: Ground, kind: str) -> str:
    """Normalized id of the first planned resource of a type."""
    return next(key for key, item in ground.plan.items() if item.type.lower() == kind)


def only(found: tuple[Violation, ...], rule: RuleName) -> Violation:
    """The one violation of a rule."""
    (one,) = [violation for violation in found if violation.rule == rule]
    return one


def deleted(violation: Violation) -> list[str]:
    """The ids that a fix deletes."""
    assert isinstance(violation.fix, Fix)
    return [write.path for write in violation.fix.writes if write.method == "DELETE"]
