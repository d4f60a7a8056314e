"""What is planned on data planes: the secret with the API key, and the index on the hub."""

import pytest
from hypothesis import given, settings

from landing_zone.applying import apply_request, is_as_wanted, undo_requests
from landing_zone.graph import ancestors
from landing_zone.plan import Resource, Undo, Write
from landing_zone.planning.roles import Role
from landing_zone.planning.search import EMBEDDING_DIMENSIONS, index_definition
from localcloud.arm.data_planes.index_rules import check_definition
from tests.fakes import HUBS
from tests.unit.planned_whole import Planned, wanting, whole_plan_of, whole_plans

SHARED = {"storage": True, "database": "none", "vectorIndex": "shared"}
ROLE = "role:automation:vault"


@given(whole_plans())
@settings(max_examples=25)
def test_key_is_placed_once_the_automation_may_and_can(drawn: Planned) -> None:
    """After the key, its own role, and the whole way from the hub to the vault."""
    made = drawn[1]
    secret = made.by_key["secret:api-key"]
    before = ancestors(made.graph)[secret.key]
    assert {
        *("api-subscription", "vault", ROLE, "endpoint:vault", "dns:vault"),
        *("peering:spoke", "peering:hub"),
    } <= before
    assert secret.id == f"{made.by_key['vault'].id}/secrets/api-key"
    assert secret.body["subscription"] == made.by_key["api-subscription"].id


@given(whole_plans())
@settings(max_examples=25)
def test_automation_gets_one_role_at_the_vault_alone(drawn: Planned) -> None:
    """To place and turn the key: neither to manage the vault nor at anything above it."""
    made = drawn[1]
    principal = str(HUBS.automation_principal_id)
    own = [
        item
        for item in made.resources
        if item.body.get("properties", {}).get("principalId") == principal
    ]
    assert [item.key for item in own] == [ROLE]
    assert own[0].id.startswith(f"{made.by_key['vault'].id}/providers/")
    definition = str(own[0].body["properties"]["roleDefinitionId"])
    assert definition.endswith(f"/{Role.VAULT_SECRETS_OFFICER}")


@given(whole_plans())
@settings(max_examples=25)
def test_index_is_made_exactly_where_the_shared_service_is_asked_for(drawn: Planned) -> None:
    """And the workload's role at it comes after it."""
    request, made = drawn
    shared = request.data.vector_index == "shared"
    assert ("search-index" in made.by_key) == shared
    if shared:
        assert "search-index" in ancestors(made.graph)["role:workload:search-index"]


def test_index_is_one_that_the_service_takes() -> None:
    """Its vectors are as long as those of the hub's model, and compared by their angle."""
    definition = check_definition("tenant-t-1", {"name": "tenant-t-1", **index_definition()})
    vectors = [field for field in definition["fields"] if field.get("dimensions")]
    assert [(field["name"], field["dimensions"]) for field in vectors] == [
        ("embedding", EMBEDDING_DIMENSIONS)
    ]
    algorithm = definition["vectorSearch"]["algorithms"][0]
    assert (algorithm["kind"], algorithm["hnswParameters"]["metric"]) == ("hnsw", "cosine")


def planned() -> dict[str, Resource]:
    """Both, by their keys."""
    made = whole_plan_of(wanting(data=SHARED))
    return {key: made.by_key[key] for key in ("secret:api-key", "search-index")}


def test_how_each_is_written_and_taken_back() -> None:
    """The secret goes with its vault; the index is removed."""
    assert {key: (item.write, item.undo) for key, item in planned().items()} == {
        "secret:api-key": (Write.SECRET, Undo.KEEP),
        "search-index": (Write.INDEX, Undo.INDEX),
    }


@pytest.mark.parametrize("key", ["secret:api-key", "search-index"])
def test_arm_is_never_asked_about_them(key: str) -> None:
    """Whoever compares or writes them as if they were ARM's is told so."""
    item = planned()[key]
    with pytest.raises(ValueError, match="written on a data plane"):
        is_as_wanted(item, None)
    with pytest.raises(ValueError, match="written on a data plane"):
        apply_request(item, None)
    assert undo_requests(item, {"id": item.id}) == ()
