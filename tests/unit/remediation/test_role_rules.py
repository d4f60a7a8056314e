"""Roles that lead from one tenant to another."""

from dataclasses import replace
from typing import Any

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.estate import (
    DIRECTORY,
    HUB_GROUND,
    TENANTS,
    group_of,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import (
    CLUSTER,
    GROUP,
    NAMESPACE,
    deleted,
    planned,
)


def role(principal: str) -> dict[str, Any]:
    """A role assignment."""
    return {"properties": {"principalId": principal.upper(), "roleDefinitionId": "r"}}


ROLE = "providers/microsoft.authorization/roleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"
IDENTITY = next(iter(sorted(DIRECTORY.principals)))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_role_of_another_tenants_principal_is_deleted(number: int) -> None:
    """One of the tenant's own is not."""
    model = Model(
        {GROUP: {"tags": dict(NAMESPACE.tags)}, f"{GROUP}/{ROLE}": role(group_of(number))}
    )
    looked = model.look(NAMESPACE, GROUP, f"{GROUP}/{ROLE}")
    assert looked.reads == 2
    if number == 1:
        assert looked.violations == ()
    else:
        (violation,) = looked.violations
        assert violation.rule == RuleName.CROSS_TENANT_ROLE
        assert deleted(violation) == [f"{GROUP}/{ROLE}"]
        model.fix(violation)
        assert model.look(NAMESPACE, GROUP, f"{GROUP}/{ROLE}").violations == ()


def test_role_of_an_identity_crosses_as_one_of_a_group_does() -> None:
    """Each tenant's identities are known by its plan's outputs."""
    workload = TENANTS[1].outputs["identity:workload"]["principalId"]
    account = planned(NAMESPACE, "microsoft.storage/storageaccounts")
    model = Model(world_of(NAMESPACE) | {f"{account}/{ROLE}": role(workload)})
    (violation,) = model.look(NAMESPACE, account, f"{account}/{ROLE}").violations
    assert "tenant-2" in violation.detail
    assert "tenant-1" in violation.detail


def test_role_at_a_cosmos_accounts_data_crosses_too() -> None:
    """Cosmos DB keeps it itself."""
    account = planned(NAMESPACE, "microsoft.documentdb/databaseaccounts")
    key = f"{account}/sqlroleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"
    model = Model(world_of(NAMESPACE) | {key: role(group_of(2))})
    (violation,) = model.look(NAMESPACE, account, key).violations
    assert deleted(violation) == [key]


def test_principal_of_nobody_and_group_of_several_are_not_judged() -> None:
    """Platform engineers have roles everywhere, and auditors may read in several tenants."""
    shared = "88888888-0000-4000-8000-000000000008"
    principals = {**DIRECTORY.principals, shared: frozenset({"tenant-1", "tenant-2"})}
    ground = replace(NAMESPACE, directory=replace(DIRECTORY, principals=principals))
    for principal in ("99999999-0000-4000-8000-000000000009", shared):
        world = {GROUP: {"tags": dict(NAMESPACE.tags)}, f"{GROUP}/{ROLE}": role(principal)}
        assert Model(world).look(ground, GROUP, f"{GROUP}/{ROLE}").violations == ()


def test_role_in_the_hub_is_held_against_whose_thing_it_is_at() -> None:
    """A tenant's own project is its own; the account is everyone's."""
    account = HUB_GROUND.hub.resource_id("Microsoft.CognitiveServices/accounts", "aif-hub-weu")
    account = normalized(account)
    closed = {"properties": {"publicNetworkAccess": "Disabled"}}
    project = f"{account}/projects/project-tenant-2"
    for scope, crosses in ((project, False), (account, True), (f"{account}/projects/x", True)):
        model = Model({account: closed, f"{scope}/{ROLE}": role(group_of(2))})
        found = model.look(HUB_GROUND, account, f"{scope}/{ROLE}").violations
        assert bool(found) == crosses, scope


def test_roles_that_a_plan_gives_are_not_judged() -> None:
    """A cluster's identity writes to the hub's DNS zone."""
    granted = next(
        key for key in CLUSTER.plan if "/privatednszones/" in key and "roleassignments" in key
    )
    zone = granted.partition("/providers/microsoft.authorization")[0]
    item = CLUSTER.plan[granted]
    model = Model({zone: {"properties": {}}, granted: dict(item.body)})
    assert model.look(HUB_GROUND, zone, granted).violations == ()
    other = granted[:-1] + ("0" if granted[-1] != "0" else "1")
    model.world[other] = dict(item.body)
    assert len(model.look(HUB_GROUND, zone, other).violations) == 1
