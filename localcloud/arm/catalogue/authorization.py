"""Who may do what, what may be done at all, and what it may cost."""

from localcloud.arm.behaviours import authorization, budgets, policies
from localcloud.arm.catalogue.frame import GUID
from localcloud.arm.catalogue.model import Hooks, ResourceType, Scope

_ANYWHERE = Scope.MANAGEMENT_GROUP | Scope.SUBSCRIPTION | Scope.GROUP | Scope.RESOURCE

TYPES = (
    ResourceType(
        "Microsoft.Authorization/roleAssignments",
        versions=("2022-04-01",),
        model="azure.mgmt.authorization.v2022_04_01.models:RoleAssignmentCreateParameters",
        scopes=Scope.TENANT | _ANYWHERE,
        name_pattern=GUID,
        hidden=True,
        hooks=Hooks(
            check=authorization.check_role_assignment,
            prepare=authorization.prepare_role_assignment,
        ),
    ),
    # Built-in definitions only; they are answered from a table.
    ResourceType(
        "Microsoft.Authorization/roleDefinitions",
        versions=("2022-04-01",),
        scopes=Scope.TENANT | _ANYWHERE,
        name_pattern=GUID,
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Authorization/policyDefinitions",
        versions=("2021-06-01", "2023-04-01", "2026-06-01"),
        model="azure.mgmt.resource.policy.models:PolicyDefinition",
        scopes=Scope.TENANT | Scope.MANAGEMENT_GROUP | Scope.SUBSCRIPTION,
        updated=201,
        name_pattern=r"[^<>%&:?/\\#]{1,128}",
        defaults={"properties": {"mode": "Indexed", "policyType": "Custom"}},
        hidden=True,
        hooks=Hooks(check_delete=policies.check_definition_delete),
    ),
    ResourceType(
        "Microsoft.Authorization/policyAssignments",
        versions=("2023-04-01", "2026-06-01"),
        model="azure.mgmt.resource.policy.models:PolicyAssignment",
        scopes=_ANYWHERE,
        updated=201,
        name_pattern=r"[^<>%&:?/\\#]{1,64}",
        defaults={"properties": {"enforcementMode": "Default"}},
        hidden=True,
        hooks=Hooks(check=policies.check_assignment, prepare=policies.prepare_assignment),
    ),
    ResourceType(
        "Microsoft.Authorization/locks",
        versions=("2016-09-01", "2020-05-01"),
        model="declared:lock",
        scopes=Scope.SUBSCRIPTION | Scope.GROUP | Scope.RESOURCE,
        name_pattern=r"[^<>%&:?/\\#]{1,90}",
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Consumption/budgets",
        versions=("2023-05-01", "2024-08-01"),
        model="azure.mgmt.consumption.models:Budget",
        scopes=Scope.MANAGEMENT_GROUP | Scope.SUBSCRIPTION | Scope.GROUP,
        name_pattern=r"[A-Za-z0-9_-]{1,63}",
        absent=404,
        hidden=True,
        hooks=Hooks(check=budgets.check, prepare=budgets.prepare, render=budgets.render),
    ),
)
