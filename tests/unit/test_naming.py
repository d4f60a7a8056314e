"""Names: legal in Azure for every request, and different for different tenants."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone import naming
from landing_zone.tenant_request import TenantRequest
from tests.unit.strategies import tenant_ids, tenant_requests
from tests.unit.test_tenant_request import minimal

PLAIN = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"

# What a name is made by, and its form with its greatest length in Azure.
NAMES: list[tuple[Callable[[TenantRequest], str], str, int]] = [
    (lambda request: naming.resource_group(request, "network"), PLAIN, 90),
    (naming.virtual_network, PLAIN, 64),
    (lambda request: naming.network_security_group(request, "private-endpoints"), PLAIN, 80),
    (naming.route_table, PLAIN, 80),
    (lambda request: naming.hub_peering(request.tenant_id), PLAIN, 80),
    (lambda request: naming.subscription_alias(request.tenant_id), PLAIN, 63),
    (naming.subscription_display_name, PLAIN, 64),
    (naming.budget, PLAIN, 63),
    (naming.storage_account, "[a-z0-9]{3,24}", 24),
    (naming.key_vault, "[a-z](?:-?[a-z0-9])+", 24),
]


def named(tenant_id: str) -> TenantRequest:
    """A request of that tenant."""
    return TenantRequest.model_validate(minimal(tenantId=tenant_id))


@given(tenant_requests())
def test_every_name_is_legal(request: TenantRequest) -> None:
    """Length and characters are within what Azure takes."""
    for name_of, form, longest in NAMES:
        name = name_of(request)
        assert re.fullmatch(form, name)
        assert len(name) <= longest


@given(st.lists(tenant_ids(), min_size=2, max_size=8, unique=True))
def test_no_two_tenants_share_a_name(ids: list[str]) -> None:
    """Each name tells tenants apart."""
    requests = [named(tenant_id) for tenant_id in ids]
    for name_of, _, _ in NAMES:
        assert len({name_of(request) for request in requests}) == len(ids)


def test_ids_that_differ_in_hyphens_only_have_names_of_their_own() -> None:
    """Names without hyphens, and with single ones, still differ."""
    requests = [named(tenant_id) for tenant_id in ("ab-c", "a-bc", "abc", "ab--c")]
    for name_of in (naming.storage_account, naming.key_vault):
        assert len({name_of(request) for request in requests}) == len(requests)


def test_names_are_what_people_expect() -> None:
    """The names stand in documents and dashboards: they do not change."""
    request = named("contoso-research")
    assert naming.resource_group(request, "network") == "rg-contoso-research-network"
    assert naming.virtual_network(request) == "vnet-contoso-research"
    assert naming.network_security_group(request, "aks") == "nsg-contoso-research-aks"
    assert naming.route_table(request) == "rt-contoso-research"
    assert naming.spoke_peering("hub-weu") == "peer-hub-weu"
    assert naming.hub_peering("contoso-research") == "peer-contoso-research"
    assert naming.subscription_alias("contoso-research") == "spokewright-contoso-research"
    assert naming.subscription_display_name(request) == "spoke-contoso-research-dev"
    assert naming.budget(request) == "budget-contoso-research"
    assert naming.storage_account(request) == "stcontosoresepeek36xgqvu"
    assert naming.key_vault(request) == "kv-contoso-ieiysvspgx7a"


@given(tenant_ids(), st.integers(14, 40))
def test_bounded_name_keeps_its_limit(tenant_id: str, limit: int) -> None:
    """A shortened name ends in its hash, and is never too long."""
    name = naming.bounded("p", tenant_id, "s", limit)
    assert len(name) <= limit
    assert re.fullmatch(f"p-{PLAIN}-s", name)


@given(st.lists(tenant_ids(), min_size=2, max_size=8, unique=True), st.integers(14, 40))
def test_bounded_names_differ(ids: list[str], limit: int) -> None:
    """Shortening does not make two tenants one."""
    names = {naming.bounded("p", tenant_id, "s", limit) for tenant_id in ids}
    assert len(names) == len(ids)


def test_no_tenant_can_choose_the_shortened_name_of_another() -> None:
    """An id made to look like a shortened name is shortened itself."""
    shortened = naming.bounded("", "contoso-research-eu", "", 19)
    assert len(shortened) <= 20
    assert naming.bounded("", shortened, "", 19) != shortened


def test_bounded_name_without_room_is_refused() -> None:
    """There is no name without a hash where names are shortened."""
    with pytest.raises(ValueError, match="no room"):
        naming.bounded("prefix", "contoso", "suffix", 20)


@pytest.mark.parametrize("purpose", ["", "a/b", "Net", "-a", "a" * 41, "a\n"])
def test_part_that_is_no_name_is_refused(purpose: str) -> None:
    """Our own parts of names are checked too."""
    with pytest.raises(ValueError, match="no part"):
        naming.resource_group(named("contoso"), purpose)


def test_salt_gives_another_world_wide_name() -> None:
    """The same tenant elsewhere does not collide, whatever the salt's case."""
    request = named("contoso")
    for name_of in (naming.storage_account, naming.key_vault):
        assert name_of(request, salt="ab") != name_of(request, salt="ac")
        assert name_of(request, salt="AB") == name_of(request, salt="ab")


def test_policy_assignment_fits_a_management_group() -> None:
    """Short names stay, long ones are shortened and stay different."""
    assert naming.policy_assignment("deny-public-ip") == "deny-public-ip"
    long = [naming.policy_assignment("deny-public-network-access-" + end) for end in "ab"]
    assert [len(name) <= 24 for name in long] == [True, True]
    assert long[0] != long[1]


def test_role_assignment_name_is_a_uuid_that_ignores_case() -> None:
    """The same assignment has the same name, however Azure spells its ids."""
    scope = "/subscriptions/A/resourceGroups/B"
    name = naming.role_assignment_name(scope, "/providers/Role", "AbC")
    assert UUID(name).version == 5
    assert naming.role_assignment_name(scope.lower() + "/", "/providers/role", "abc") == name
    assert naming.role_assignment_name(scope, "/providers/Role", "abd") != name
    assert naming.role_assignment_name(scope + "c", "/providers/Role", "abc") != name
