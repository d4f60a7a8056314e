"""Step 2: the tenant's subscription, its place, its guard rails and its budget."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.hub import PolicyAssignment
from landing_zone.plan import Resource, Step, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.planning.scope import SUBSCRIPTION, Scope

PLACEMENT = "management-group"

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"

_ALWAYS_REGISTERED = (
    "Microsoft.Network",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.EventGrid",
)


def subscription_resources(scope: Scope) -> Iterator[Resource]:
    """All resources of step 2."""
    if scope.vends:
        yield _alias(scope)
    yield _placement(scope)
    for namespace in provider_namespaces(scope):
        yield provider(scope, namespace)
    yield _tags(scope)
    for policy in scope.document.baseline_policies:
        yield _policy(scope, policy)
    yield _budget(scope)
    for purpose in ("network", "workload"):
        yield resource_group(scope, purpose)
    yield from _role_assignments(scope)


def provider_namespaces(scope: Scope) -> tuple[str, ...]:
    """The resource providers that the tenant's resources need, sorted."""
    request = scope.request
    wanted = set(_ALWAYS_REGISTERED)
    if request.data.storage:
        wanted.add("Microsoft.Storage")
    match request.data.database:
        case "cosmos":
            wanted.add("Microsoft.DocumentDB")
        case "postgresql":
            wanted.add("Microsoft.DBforPostgreSQL")
    if request.data.vector_index == "dedicated":
        wanted.add("Microsoft.Search")
    if request.isolation == "cluster":
        wanted.add("Microsoft.ContainerService")
    if request.ai.services:
        wanted.add("Microsoft.CognitiveServices")
    return tuple(sorted(wanted))


def policy_keys(scope: Scope) -> frozenset[str]:
    """Keys of the policy assignments: what is made after them is held to them."""
    return frozenset(f"policy:{policy.name}" for policy in scope.document.baseline_policies)


def _alias(scope: Scope) -> Resource:
    request = scope.request
    name = naming.subscription_alias(request.tenant_id)
    return Resource(
        key=SUBSCRIPTION,
        step=Step.SUBSCRIPTION,
        type="Microsoft.Subscription/aliases",
        id=arm_id("", "Microsoft.Subscription/aliases", name),
        api_version=api_versions.ALIASES,
        body={
            "properties": {
                "displayName": naming.subscription_display_name(request),
                "workload": "Production" if request.environment == "prod" else "DevTest",
                "billingScope": scope.document.billing_scope,
            }
        },
        undo=Undo.CANCEL_SUBSCRIPTION,
        outputs={"subscriptionId": "properties.subscriptionId"},
    )


def _placement(scope: Scope) -> Resource:
    group = scope.document.management_groups.tiers.of(scope.request.isolation)
    before = scope.reservation.before
    returns = before is not None and bool(before.placement)
    return Resource(
        key=PLACEMENT,
        step=Step.SUBSCRIPTION,
        type="Microsoft.Management/managementGroups/subscriptions",
        id=arm_id(
            "",
            "Microsoft.Management/managementGroups/subscriptions",
            group,
            scope.subscription_id,
        ),
        api_version=api_versions.MANAGEMENT_GROUPS,
        body={},
        undo=Undo.RETURN if returns else Undo.DELETE,
        former={"placement": before.placement} if before is not None and returns else None,
    )


def provider(scope: Scope, namespace: str) -> Resource:
    """The registration of a resource provider."""
    return Resource(
        key=f"provider:{namespace.lower().replace('.', '-')}",
        step=Step.SUBSCRIPTION,
        type="Microsoft.Resources/providers",
        id=f"{scope.subscription}/providers/{namespace}",
        api_version=api_versions.RESOURCES,
        body={},
        write=Write.REGISTER_PROVIDER,
        undo=Undo.KEEP,
    )


def _tags(scope: Scope) -> Resource:
    before = scope.reservation.before
    former = before.tags if before is not None else {}
    return Resource(
        key="subscription-tags",
        step=Step.SUBSCRIPTION,
        type="Microsoft.Resources/tags",
        id=arm_id(scope.subscription, "Microsoft.Resources/tags", "default"),
        api_version=api_versions.RESOURCES,
        body={"properties": {"tags": scope.tags}},
        write=Write.MERGE_TAGS,
        undo=Undo.RESTORE_TAGS if former else Undo.DELETE_TAGS,
        former={"properties": {"tags": former}} if former else None,
    )


def _policy(scope: Scope, policy: PolicyAssignment) -> Resource:
    return Resource(
        key=f"policy:{policy.name}",
        step=Step.SUBSCRIPTION,
        type="Microsoft.Authorization/policyAssignments",
        id=arm_id(scope.subscription, "Microsoft.Authorization/policyAssignments", policy.name),
        api_version=api_versions.POLICY,
        body={
            "properties": {
                "displayName": policy.display_name,
                "policyDefinitionId": policy.definition,
                "enforcementMode": "Default",
            }
        },
        after=frozenset({PLACEMENT}),
    )


def _budget(scope: Scope) -> Resource:
    budget = scope.request.budget
    return Resource(
        key="budget",
        step=Step.SUBSCRIPTION,
        type="Microsoft.Consumption/budgets",
        id=arm_id(
            scope.subscription, "Microsoft.Consumption/budgets", naming.budget(scope.request)
        ),
        api_version=api_versions.BUDGETS,
        body={
            "properties": {
                "category": "Cost",
                "amount": float(budget.monthly),
                "timeGrain": "Monthly",
                "timePeriod": {
                    "startDate": f"{scope.reservation.reserved_on.replace(day=1)}T00:00:00Z"
                },
                "notifications": {
                    f"actual-{percent}": _notification(scope, percent)
                    for percent in budget.alert_at
                },
            }
        },
        after=frozenset({PLACEMENT}),
    )


def _notification(scope: Scope, percent: int) -> dict[str, Any]:
    return {
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "threshold": float(percent),
        "thresholdType": "Actual",
        "contactEmails": [scope.request.owner.email],
    }


def resource_group(scope: Scope, purpose: str) -> Resource:
    """One of the tenant's resource groups."""
    return Resource(
        key=f"resource-group:{purpose}",
        step=Step.NETWORK if purpose == "network" else Step.SUBSCRIPTION,
        type="Microsoft.Resources/resourceGroups",
        id=scope.resource_group(purpose),
        api_version=api_versions.RESOURCES,
        body={"location": scope.request.region, "tags": scope.tags},
        after=policy_keys(scope) | {PLACEMENT},
    )


def _role_assignments(scope: Scope) -> Iterator[Resource]:
    """Readers see the subscription; contributors change the workload, never the network."""
    access = scope.request.access
    owner = scope.request.owner.group
    workload = scope.resource_group("workload")
    for group in dict.fromkeys((owner, *access.readers)):
        yield _role_assignment(scope, scope.subscription, READER, group, PLACEMENT)
    for group in dict.fromkeys((owner, *access.contributors)):
        yield _role_assignment(scope, workload, CONTRIBUTOR, group, "resource-group:workload")


def _role_assignment(scope: Scope, target: str, role: str, group: UUID, after: str) -> Resource:
    word = "reader" if role == READER else "contributor"
    kind = "Microsoft.Authorization/roleAssignments"
    # Named after the tenant rather than the scope: the subscription's id may not be known yet.
    name = naming.role_assignment_name(f"{scope.request.tenant_id}/{after}", role, str(group))
    return Resource(
        # Short: a custom status of 16 KB has to hold the keys of a plan of a hundred groups.
        key=f"role:{word}:{naming.stable_hash(str(group), length=10)}",
        step=Step.SUBSCRIPTION,
        type=kind,
        id=arm_id(target, kind, name),
        api_version=api_versions.AUTHORIZATION,
        body={
            "properties": {
                "roleDefinitionId": arm_id(
                    scope.subscription, "Microsoft.Authorization/roleDefinitions", role
                ),
                "principalId": str(group),
                "principalType": "Group",
            }
        },
        after=frozenset({after}),
    )
