"""Storage accounts: TLS 1.2, no shared key, no public blobs, closed to networks."""

from typing import Any, Final

from landing_zone.planning import api_versions
from landing_zone.remediation.model import ByHand, Facts, Fix, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import at, same_word
from landing_zone.remediation.rules.closed import STORAGE

# Also what TLS is newer than is asked for.
_TLS: Final = frozenset({"tls1_2", "tls1_3"})


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """What of an account is open, in one violation that one PATCH puts right."""
    if facts.resource is None:
        return ()
    wrong = _wrong(facts.resource.get("properties"))
    if not wrong:
        return ()
    names = ", ".join(sorted(wrong))
    return (
        Violation(
            rule=RuleName.STORAGE_SECURITY,
            resource_id=facts.resource_id,
            detail=f"not as secure as every account has to be: {names}",
            fix=_remedy(facts, wrong),
        ),
    )


def _wrong(properties: Any) -> dict[str, Any]:
    """The properties to be set, with their values: an absent one has the open value."""
    wrong: dict[str, Any] = {}
    if str(at(properties, "minimumTlsVersion")).lower() not in _TLS:
        wrong["minimumTlsVersion"] = "TLS1_2"
    if at(properties, "allowSharedKeyAccess") is not False:
        wrong["allowSharedKeyAccess"] = False
    if at(properties, "allowBlobPublicAccess") is not False:
        wrong["allowBlobPublicAccess"] = False
    if at(properties, "supportsHttpsTrafficOnly") is False:
        wrong["supportsHttpsTrafficOnly"] = True
    if not same_word(at(properties, "networkAcls", "defaultAction"), "Deny"):
        wrong["networkAcls"] = {"defaultAction": "Deny"}
    return wrong


def _remedy(facts: Facts, wrong: dict[str, Any]) -> Remedy:
    if facts.ground.owner.kind == "hub":
        return ByHand(
            advice="set these properties yourself, after a look at who uses the account: the"
            " automation may keep its own state in it, and would lock itself out"
        )
    write = Write(
        method="PATCH",
        path=facts.resource_id,
        api_version=api_versions.STORAGE,
        body={"properties": wrong},
    )
    return Fix(writes=(write,))


RULE: Final = Rule(
    name=RuleName.STORAGE_SECURITY,
    title="storage accounts take TLS 1.2 or newer and Entra tokens only, and show nothing publicly",
    types=frozenset({STORAGE}),
    evaluate=evaluate,
)
