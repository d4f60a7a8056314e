"""Who may do what in a whole plan: the least that does, at the narrowest scope."""

from hypothesis import given, settings

from landing_zone import naming
from landing_zone.plan import Resource
from landing_zone.planning.roles import Role
from landing_zone.references import reference
from tests.unit.planned import HUB
from tests.unit.planned_whole import (
    Planned,
    bound_resources,
    of_type,
    wanting,
    whole_plan_of,
    whole_plans,
)

ROLES = "Microsoft.Authorization/roleAssignments"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def role_of(item: Resource) -> str:
    """The role that an assignment grants."""
    return str(item.body["properties"]["roleDefinitionId"]).rsplit("/", 1)[-1]


def scope_of(item: Resource) -> str:
    """Where an assignment grants it."""
    return item.id.rsplit("/providers/Microsoft.Authorization/", 1)[0]


@given(whole_plans())
@settings(max_examples=20)
def test_identities_are_given_roles_at_single_resources_only(drawn: Planned) -> None:
    """Never at a resource group, a subscription or the hub as a whole, and never to manage."""
    for item in of_type(drawn[1], ROLES):
        if item.body["properties"]["principalType"] == "ServicePrincipal":
            assert "/providers/" in scope_of(item), item.key
            assert role_of(item) not in {CONTRIBUTOR, READER}


@given(whole_plans())
@settings(max_examples=20)
def test_every_role_beyond_the_groups_is_a_known_one(drawn: Planned) -> None:
    """An id that is no built-in role's would grant something else."""
    for item in of_type(drawn[1], ROLES):
        if not item.key.startswith(("role:reader:", "role:contributor:")):
            assert role_of(item) in set(Role)


@given(whole_plans())
@settings(max_examples=20)
def test_rights_in_the_hub_are_at_the_tenants_own_part_of_it(drawn: Planned) -> None:
    """Its index, its namespace, its project; a cluster's control plane writes its zone's name."""
    request, made = drawn
    for item in of_type(made, ROLES):
        if item.id.startswith(HUB.resource_group_id):
            if item.key == "role:cluster:api-server-zone":
                assert request.isolation == "cluster"
                assert scope_of(item).endswith(".azmk8s.io")
            else:
                assert scope_of(item).rsplit("/", 1)[-1] in {
                    naming.search_index(request),
                    naming.kubernetes_namespace(request),
                    naming.foundry_project(request),
                }


def test_shared_index_is_had_by_a_role_at_that_index() -> None:
    """The tenant sees nothing else of the shared service."""
    data = {"storage": True, "database": "none", "vectorIndex": "shared"}
    item = whole_plan_of(wanting(data=data)).by_key["role:workload:search-index"]
    assert role_of(item) == Role.SEARCH_INDEX_DATA_CONTRIBUTOR
    assert "/searchServices/srch-hub-weu/indexes/tenant-contoso-research-" in item.id
    assert item.body["properties"]["principalId"] == reference("identity:workload", "principalId")


def test_workload_may_use_exactly_what_the_tenant_has() -> None:
    """Data of its stores, secrets of its vault, its AI accounts and its project."""
    made = whole_plan_of(wanting())
    granted = {key: made.by_key[key] for key in made.by_key if key.startswith("role:workload:")}
    assert {key: role_of(item) for key, item in granted.items() if key != COSMOS} == {
        "role:workload:vault": Role.VAULT_SECRETS_USER,
        "role:workload:storage": Role.BLOB_DATA_CONTRIBUTOR,
        "role:workload:search": Role.SEARCH_INDEX_DATA_CONTRIBUTOR,
        "role:workload:ai:docintel": Role.COGNITIVE_SERVICES_USER,
        "role:workload:ai:speech": Role.COGNITIVE_SERVICES_USER,
        "role:workload:ai:language": Role.COGNITIVE_SERVICES_USER,
        "role:workload:foundry-project": Role.AI_USER,
    }
    cosmos = granted[COSMOS].body["properties"]
    assert cosmos["scope"].endswith("/dbs/app")
    assert cosmos["roleDefinitionId"].endswith("/00000000-0000-0000-0000-000000000002")


COSMOS = "role:workload:cosmos"


def test_owner_works_in_the_namespace_or_rules_the_own_cluster() -> None:
    """On the shared cluster the owner is no administrator of anything."""
    namespace, cluster = (whole_plan_of(wanting(tier)) for tier in ("namespace", "cluster"))
    found = [item for item in of_type(namespace, ROLES) if "kubernetes" in item.key]
    assert {role_of(item) for item in found} == {Role.AKS_NAMESPACE_USER, Role.AKS_WRITER}
    assert all("/managedNamespaces/tenant-contoso-research/" in item.id for item in found)
    found = [item for item in of_type(cluster, ROLES) if "kubernetes" in item.key]
    assert {role_of(item) for item in found} == {Role.AKS_CLUSTER_USER, Role.AKS_CLUSTER_ADMIN}
    assert all(item.body["properties"]["principalType"] == "Group" for item in found)


def test_role_definition_is_named_in_the_subscription_of_its_scope() -> None:
    """Azure answers with that spelling: another one would look like drift."""
    for item in bound_resources(whole_plan_of(wanting("cluster"))):
        if item.type == ROLES:
            home = "/".join(item.id.split("/")[:3])
            assert item.body["properties"]["roleDefinitionId"].startswith(f"{home}/providers/")


def test_identities_stand_where_the_tenants_contributors_change_nothing() -> None:
    """So that nobody but the platform lets another service account be the tenant."""
    made = whole_plan_of(wanting("cluster"))
    for item in of_type(made, "Microsoft.ManagedIdentity/userAssignedIdentities"):
        assert "/resourceGroups/rg-contoso-research-operations/" in item.id
