"""Public network access is off, and API servers are private."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landing_zone.planning import api_versions
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import ByHand, Facts, Fix, Remedy, Rule, Violation, Write
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules.bodies import at, mapping, same_word, text
from landing_zone.remediation.rules.written_back import CLUSTER, written_back

STORAGE: Final = "microsoft.storage/storageaccounts"
_CLUSTER: Final = "microsoft.containerservice/managedclusters"
_ACCESS: Final = ("properties", "publicNetworkAccess")

# Where each type says whether it can be reached from outside. Where nothing stands there, it can:
# that is every type's own default.
_PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "microsoft.cognitiveservices/accounts": _ACCESS,
        "microsoft.containerregistry/registries": _ACCESS,
        "microsoft.dbforpostgresql/flexibleservers": (
            "properties",
            "network",
            "publicNetworkAccess",
        ),
        "microsoft.documentdb/databaseaccounts": _ACCESS,
        "microsoft.keyvault/vaults": _ACCESS,
        "microsoft.search/searchservices": _ACCESS,
        STORAGE: _ACCESS,
    }
)


def evaluate(facts: Facts) -> tuple[Violation, ...]:
    """Whether the resource can be reached from outside of the landing zone."""
    if facts.resource is None:
        return ()
    if facts.resource_type == _CLUSTER:
        return _cluster(facts)
    place = _PLACES.get(facts.resource_type)
    if place is None or same_word(at(facts.resource, *place), "Disabled"):
        return ()
    detail = f"public network access is {text(facts.resource, *place) or 'not turned off'}"
    return (_violation(facts, detail, _closing(facts, place)),)


def _closing(facts: Facts, place: tuple[str, ...]) -> Remedy:
    if facts.resource_type == STORAGE and facts.ground.owner.kind == "hub":
        return ByHand(
            advice="turn public network access off yourself, after a look at who uses the account:"
            " the automation may keep its own state in it, and would lock itself out"
        )
    body: dict[str, object] = {place[-1]: "Disabled"}
    for name in reversed(place[:-1]):
        body = {name: body}
    version = KINDS[facts.resource_type].api_version
    write = Write(method="PATCH", path=facts.resource_id, api_version=version, body=body)
    return Fix(writes=(write,))


def _cluster(facts: Facts) -> tuple[Violation, ...]:
    """PATCH of a cluster changes tags alone, so that it is written back with the one change."""
    private = at(facts.resource, "properties", "apiServerAccessProfile", "enablePrivateCluster")
    if private is not True:
        # learn: aks/private-clusters, limitations.
        advice = "a cluster cannot be made private afterwards: move its workloads to a new one"
        return (_violation(facts, "the API server is public", ByHand(advice=advice)),)
    if not same_word(at(facts.resource, *_ACCESS), "Enabled"):
        return ()
    body = written_back(facts.resource or {}, CLUSTER)
    body["properties"] = {**mapping(body, "properties"), "publicNetworkAccess": "Disabled"}
    write = Write(
        method="PUT",
        path=facts.resource_id,
        api_version=api_versions.CONTAINER_SERVICE,
        body=body,
        if_match=text(facts.resource, "eTag"),
    )
    return (_violation(facts, "public network access is Enabled", Fix(writes=(write,))),)


def _violation(facts: Facts, detail: str, remedy: Remedy) -> Violation:
    return Violation(
        rule=RuleName.PUBLIC_NETWORK_ACCESS,
        resource_id=facts.resource_id,
        detail=detail,
        fix=remedy,
    )


RULE: Final = Rule(
    name=RuleName.PUBLIC_NETWORK_ACCESS,
    title="data, secrets, models and API servers cannot be reached from outside",
    types=frozenset({*_PLACES, _CLUSTER}),
    evaluate=evaluate,
)
