"""Each generation of a tenant has world-wide names of its own, and is the same plan otherwise."""

from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.plan import Plan, Resource
from landing_zone.planning import plan
from landing_zone.planning.cluster import CLUSTER
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS
from tests.unit.planned import HUB, reservation_for, strings_in
from tests.unit.planned_whole import wanting
from tests.unit.strategies import TIERS, tenant_requests

WORLD_WIDE = {
    "Microsoft.CognitiveServices/accounts",
    "Microsoft.DBforPostgreSQL/flexibleServers",
    "Microsoft.DocumentDB/databaseAccounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Search/searchServices",
    "Microsoft.Storage/storageAccounts",
}
"""Types whose names all of Azure shares (learn: azure-resource-manager/management/
resource-name-rules, scope `global`)."""


def plan_of_generation(request: TenantRequest, generation: int) -> Plan:
    """The plan of a request in one of its lives."""
    held = reservation_for(request).model_copy(update={"generation": generation})
    return plan(request, HUBS, HUB, held)


def world_wide_names(made: Plan) -> dict[str, str]:
    """What the plan calls those resources whose names all of Azure shares."""
    names = {item.key: item.name for item in made.resources if item.type in WORLD_WIDE}
    if CLUSTER in made.by_key:
        names[CLUSTER] = made.by_key[CLUSTER].body["properties"]["fqdnSubdomain"]
    return names


@given(tenant_requests(), st.integers(1, 50), st.integers(1, 50))
@settings(max_examples=25)
def test_a_later_generation_meets_no_name_of_an_earlier_one(
    request: TenantRequest, one: int, other: int
) -> None:
    """A deleted vault keeps its name for 90 days, and its subscription is gone."""
    first, second = plan_of_generation(request, one), plan_of_generation(request, other)
    names, later = world_wide_names(first), world_wide_names(second)
    assert names.keys() == later.keys()
    for key, name in names.items():
        assert (name == later[key]) == (one == other), key
    assert (first.hash == second.hash) == (one == other)


def test_a_generation_changes_nothing_but_those_names() -> None:
    """What is in the hub is found again by the next attempt, and so are names within a group."""
    for tier in TIERS:
        first, second = (plan_of_generation(wanting(tier), number) for number in (1, 2))
        names, later = world_wide_names(first), world_wide_names(second)
        for item in second.resources:
            assert renamed(first.by_key[item.key], names, later) == texts(item), item.key


def renamed(item: Resource, names: dict[str, str], later: dict[str, str]) -> list[str]:
    """What a resource says, in the names of another generation."""
    found = texts(item)
    for key, name in names.items():
        found = [text.replace(name, later[key]) for text in found]
    return found


def texts(item: Resource) -> list[str]:
    """All that a resource says."""
    return strings_in(item.model_dump(mode="json") | {"after": sorted(item.after)})
