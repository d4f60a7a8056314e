"""Names of steps 5 to 7: legal in Azure for every request, and different for different tenants."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone import naming
from landing_zone.tenant_request import TenantRequest
from tests.unit.strategies import tenant_ids, tenant_requests
from tests.unit.test_naming import named

DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
SINGLE_HYPHENS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
SALT = "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01"


def world_wide(prefix: str) -> Callable[[TenantRequest], str]:
    """A world-wide name of one kind."""
    return lambda request: naming.world_wide(prefix, request, salt=SALT)


NAMES: list[tuple[Callable[[TenantRequest], str], str, int]] = [
    (naming.records_account, "[a-z0-9]{3,24}", 24),
    (world_wide("cosmos"), SINGLE_HYPHENS, 44),
    (world_wide("language"), SINGLE_HYPHENS, 64),
    (world_wide("srch"), SINGLE_HYPHENS, 60),
    (lambda request: naming.identity(request, "workload"), DNS_LABEL, 128),
    (lambda request: naming.private_endpoint(request, "postgresql"), DNS_LABEL, 64),
    (naming.kubernetes_cluster, DNS_LABEL, 63),
    (naming.kubernetes_namespace, DNS_LABEL, 63),
    (naming.node_pool, "[a-z][a-z0-9]*", 12),
    (naming.search_index, SINGLE_HYPHENS, 128),
    (naming.flux_configuration, DNS_LABEL, 30),
    (naming.api_product, DNS_LABEL, 80),
    (naming.foundry_project, DNS_LABEL, 64),
    (naming.system_topic, DNS_LABEL, 50),
    (naming.cost_export, DNS_LABEL, 64),
]


@given(tenant_requests())
@settings(max_examples=30)
def test_every_further_name_is_legal(request: TenantRequest) -> None:
    """Length and characters are within what Azure takes."""
    for name_of, form, longest in NAMES:
        name = name_of(request)
        assert re.fullmatch(form, name)
        assert len(name) <= longest


@given(st.lists(tenant_ids(), min_size=2, max_size=6, unique=True))
@settings(max_examples=30)
def test_no_two_tenants_share_a_further_name(ids: list[str]) -> None:
    """Each name tells tenants apart."""
    requests = [named(tenant_id) for tenant_id in ids]
    for name_of, _, _ in NAMES:
        assert len({name_of(request) for request in requests}) == len(ids)


def test_kinds_do_not_share_a_name() -> None:
    """The tenant's own account is not that of the platform's records."""
    request = named("contoso")
    assert naming.records_account(request) != naming.storage_account(request)
    assert world_wide("cosmos")(request) != world_wide("psql")(request)


def test_further_names_are_what_people_expect() -> None:
    """The names stand in documents and dashboards: they do not change."""
    request = named("contoso-research")
    assert naming.kubernetes_namespace(request) == "tenant-contoso-research"
    assert naming.kubernetes_cluster(request) == "aks-contoso-research"
    assert naming.identity(request, "workload") == "id-contoso-research-workload"
    assert naming.private_endpoint(request, "vault") == "pe-contoso-research-vault"
    assert naming.api_product(request) == "tenant-contoso-research"
    assert naming.node_pool(request).startswith("tcon")


@pytest.mark.parametrize("tenant", ["default", "kube-system"])
def test_no_tenant_can_name_a_system_namespace(tenant: str) -> None:
    """A tenant of that name has a namespace of its own."""
    assert naming.kubernetes_namespace(named(tenant)) == f"tenant-{tenant}"
