"""A spoke has no public IP address."""

from typing import Final

from landing_zone.planning import api_versions
from landing_zone.remediation.model import ByHand, Facts, Fix, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import text

_USERS: Final = (
    ("properties", "ipConfiguration", "id"),
    ("properties", "natGateway", "id"),
    ("properties", "linkedPublicIPAddress", "id"),
    ("properties", "servicePublicIPAddress", "id"),
)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Any address in a spoke: deleted where nothing uses it."""
    if facts.resource is None or facts.ground.owner.kind != "tenant":
        return ()
    user = next((found for path in _USERS if (found := text(facts.resource, *path))), "")
    address = text(facts.resource, "properties", "ipAddress")
    return (
        Violation(
            rule=RuleName.PUBLIC_IP,
            resource_id=facts.resource_id,
            detail=f"a public IP address{f' {address}' if address else ''} stands in a spoke",
            fix=_remedy(facts, user),
        ),
    )


def _remedy(facts: Facts, user: str) -> Remedy:
    """What uses an address is not taken apart: that could cut off what a tenant runs."""
    if user:
        return ByHand(advice=f"detach it from {user} and delete it; it is deleted once detached")
    version = api_versions.NETWORK
    return Fix(writes=(Write(method="DELETE", path=facts.resource_id, api_version=version),))


RULE: Final = Rule(
    name=RuleName.PUBLIC_IP,
    title="a spoke has no public IP address",
    types=frozenset({"microsoft.network/publicipaddresses"}),
    evaluate=evaluate,
)
