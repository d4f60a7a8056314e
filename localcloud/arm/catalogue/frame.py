"""What stands above resources: subscriptions, management groups, resource groups."""

from localcloud.arm.catalogue.model import ResourceType, Scope, Writing

GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
RESOURCES = "2025-04-01"
GENERIC_VERSIONS = ("2021-04-01", "2022-09-01", "2024-11-01", RESOURCES)

TYPES = (
    ResourceType(
        "Microsoft.Resources/subscriptions",
        versions=("2016-06-01", "2022-12-01"),
        scopes=Scope.TENANT,
        name_pattern=GUID,
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Subscription/aliases",
        versions=("2021-10-01",),
        model="azure.mgmt.subscription.models:PutAliasRequest",
        scopes=Scope.TENANT,
        write=Writing.BODY,
        name_pattern=r"[^<>%&?/\\]{1,63}",
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Management/managementGroups",
        versions=("2021-04-01", "2023-04-01"),
        model="azure.mgmt.managementgroups.models:CreateManagementGroupRequest",
        scopes=Scope.TENANT,
        write=Writing.ACCEPTED,
        delete=Writing.ACCEPTED,
        name_pattern=r"[A-Za-z0-9_(][A-Za-z0-9_().-]{0,88}[A-Za-z0-9_()-]|[A-Za-z0-9_]",
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Management/managementGroups/subscriptions",
        versions=("2021-04-01", "2023-04-01"),
        scopes=Scope.TENANT,
        name_pattern=GUID,
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Resources/resourceGroups",
        versions=GENERIC_VERSIONS,
        model="azure.mgmt.resource.resources.models:ResourceGroup",
        patch="azure.mgmt.resource.resources.models:ResourceGroupPatchable",
        scopes=Scope.SUBSCRIPTION,
        delete=Writing.ACCEPTED,
        tracked=True,
        name_pattern=r"[\w().-]{0,89}[\w()-]",
        provisioning=True,
        hidden=True,
    ),
    ResourceType(
        "Microsoft.Resources/tags",
        versions=GENERIC_VERSIONS,
        model="azure.mgmt.resource.resources.models:TagsResource",
        patch="azure.mgmt.resource.resources.models:TagsPatchResource",
        scopes=Scope.SUBSCRIPTION | Scope.GROUP | Scope.RESOURCE,
        name_pattern="default",
        hidden=True,
    ),
    # A provider's registration in a subscription; it has no id of the usual form.
    ResourceType(
        "Microsoft.Resources/providers",
        versions=GENERIC_VERSIONS,
        scopes=Scope.SUBSCRIPTION,
        hidden=True,
    ),
)
