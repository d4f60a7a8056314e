"""Services that a hub shares with its tenants, and those that watch over both."""

from functools import partial

from localcloud.arm.behaviours import (
    api_management,
    cognitive,
    diagnostics,
    event_grid,
    exports,
    workspaces,
)
from localcloud.arm.catalogue.model import Hooks, Reference, ResourceType, Scope, Writing
from localcloud.arm.locations import REGIONS

APIM = api_management.SERVICE
_APIM_MODELS = "azure.mgmt.apimanagement.models"
_COGNITIVE_MODELS = "azure.mgmt.cognitiveservices.models"
_EVENTS = "azure.mgmt.eventgrid.models"
_NAME = r"[^*#&+:<>?]{1,80}"

_managed = partial(
    ResourceType, versions=("2024-05-01",), name_pattern=_NAME, etag=False, hidden=True
)
_POLICY = Hooks(check=api_management.check_policy, prepare=api_management.prepare_policy)

_API_MANAGEMENT = (
    # A hub's own: it is read and tagged, not made here.
    ResourceType(APIM, versions=("2024-05-01",), tracked=True, provisioning=True),
    _managed(
        api_management.PRODUCT,
        model=f"{_APIM_MODELS}:ProductContract",
        patch=f"{_APIM_MODELS}:ProductUpdateParameters",
        defaults={"properties": {"subscriptionRequired": True, "state": "notPublished"}},
        hooks=Hooks(
            check=api_management.check_product,
            check_delete=api_management.check_product_delete,
        ),
    ),
    _managed(
        f"{api_management.PRODUCT}/apiLinks",
        model=f"{_APIM_MODELS}:ProductApiLinkContract",
        hooks=Hooks(check=api_management.check_link),
    ),
    _managed(
        f"{api_management.PRODUCT}/policies",
        model=f"{_APIM_MODELS}:PolicyContract",
        hooks=_POLICY,
    ),
    _managed(
        api_management.API,
        model=f"{_APIM_MODELS}:ApiCreateOrUpdateParameter",
        hooks=Hooks(check=api_management.check_api),
    ),
    _managed(
        f"{api_management.API}/policies", model=f"{_APIM_MODELS}:PolicyContract", hooks=_POLICY
    ),
    _managed(
        api_management.SUBSCRIPTION,
        model=f"{_APIM_MODELS}:SubscriptionCreateParameters",
        patch=f"{_APIM_MODELS}:SubscriptionUpdateParameters",
        secrets=api_management.KEYS,
        hooks=Hooks(
            check=api_management.check_subscription,
            prepare=api_management.prepare_subscription,
        ),
    ),
)

_account = partial(
    ResourceType,
    versions=("2025-09-01",),
    write=Writing.ASYNC,
    delete=Writing.ACCEPTED,
    provisioning=True,
    busy="Creating",
    etag=True,
    lock=cognitive.ACCOUNT,
    conflict="RequestConflict",
)
_COGNITIVE = (
    _account(
        cognitive.ACCOUNT,
        model=f"{_COGNITIVE_MODELS}:Account",
        patch=f"{_COGNITIVE_MODELS}:Account",
        tracked=True,
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}",
        defaults=cognitive.DEFAULTS,
        hooks=Hooks(
            check=cognitive.check,
            prepare=cognitive.prepare,
            check_delete=cognitive.check_delete,
            deleted=cognitive.deleted,
        ),
    ),
    _account(
        f"{cognitive.ACCOUNT}/deployments",
        model=f"{_COGNITIVE_MODELS}:Deployment",
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}",
        hidden=True,
        hooks=Hooks(check=cognitive.check_deployment),
    ),
    _account(
        f"{cognitive.ACCOUNT}/projects",
        model=f"{_COGNITIVE_MODELS}:Project",
        patch=f"{_COGNITIVE_MODELS}:Project",
        tracked=True,
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}",
        lock=f"{cognitive.ACCOUNT}/projects",
        hidden=True,
        hooks=Hooks(check=cognitive.check_project, prepare=cognitive.prepare_project),
    ),
    ResourceType(cognitive.DELETED, versions=("2025-09-01",), hidden=True),
)

_event = partial(
    ResourceType,
    versions=("2025-02-15",),
    write=Writing.ASYNC,
    delete=Writing.ACCEPTED,
    provisioning=True,
    busy="Creating",
    name_pattern=r"[A-Za-z0-9-]{3,64}",
)
_subscribed = partial(
    _event,
    model=f"{_EVENTS}:EventSubscription",
    updated=201,
    defaults=event_grid.DEFAULTS,
    secrets=("_url",),
    hidden=True,
    proves=event_grid.is_webhook,
    hooks=Hooks(
        check=event_grid.check_subscription,
        prepare=event_grid.prepare_subscription,
        written=event_grid.begin_delivery,
    ),
)
_EVENT_GRID = (
    _event(
        event_grid.TOPIC,
        model=f"{_EVENTS}:SystemTopic",
        tracked=True,
        locations=("global", *sorted(REGIONS)),
        lock=event_grid.TOPIC,
        hooks=Hooks(check=event_grid.check_topic, prepare=event_grid.prepare_topic),
    ),
    _subscribed(f"{event_grid.TOPIC}/eventSubscriptions", lock=event_grid.TOPIC),
    _subscribed(
        "Microsoft.EventGrid/eventSubscriptions",
        scopes=Scope.SUBSCRIPTION | Scope.GROUP | Scope.RESOURCE,
        lock="Microsoft.EventGrid/eventSubscriptions",
    ),
)

TYPES = (
    *_API_MANAGEMENT,
    *_COGNITIVE,
    *_EVENT_GRID,
    ResourceType(
        "Microsoft.OperationalInsights/workspaces",
        versions=("2025-07-01",),
        model="azure.mgmt.loganalytics.models:Workspace",
        write=Writing.ASYNC,
        delete=Writing.ACCEPTED,
        tracked=True,
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
        provisioning=True,
        busy="Creating",
        defaults=workspaces.DEFAULTS,
        lock="Microsoft.OperationalInsights/workspaces",
        hooks=Hooks(check=workspaces.check, prepare=workspaces.prepare),
    ),
    ResourceType(
        diagnostics.SETTING,
        versions=("2021-05-01-preview",),
        model="declared:diagnosticSetting",
        scopes=Scope.SUBSCRIPTION | Scope.RESOURCE,
        created=200,
        name_pattern=r"[^*#<>%&:?\\+/|]{1,260}",
        references=(
            Reference("properties.workspaceId", blocks=False, waits=False),
            Reference("properties.storageAccountId", blocks=False, waits=False),
        ),
        hidden=True,
        hooks=Hooks(check=diagnostics.check),
    ),
    ResourceType(
        "Microsoft.CostManagement/exports",
        versions=("2025-03-01",),
        model="azure.mgmt.costmanagement.models:Export",
        scopes=Scope.MANAGEMENT_GROUP | Scope.SUBSCRIPTION | Scope.GROUP,
        name_pattern=r"[A-Za-z0-9_-]{3,64}",
        hidden=True,
        hooks=Hooks(check=exports.check, prepare=exports.prepare, render=exports.render),
    ),
)
