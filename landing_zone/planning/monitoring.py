"""Step 7: what happens in the spoke is seen: logs and metrics, and events of its resources."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.scope import Scope
from landing_zone.planning.storage import (
    DEAD_LETTERS,
    RECORDS,
    blob_service_id,
    container_id,
    container_key,
)
from landing_zone.references import reference
from landing_zone.remediation.events import SUBSCRIBED

SETTING = "spokewright"
TOPIC = "event-topic"

_DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
_TOPIC = "Microsoft.EventGrid/systemTopics"
_INSIGHTS = "provider:microsoft-insights"


class Diagnostics(NamedTuple):
    """What a type of resource can send to Log Analytics.

    Attributes:
        groups: Category groups of its logs.
        categories: Categories of its logs, where its groups hold too much or are not there.
        metrics: Whether it has metrics that can be sent.
    """

    groups: tuple[str, ...] = ("allLogs",)
    categories: tuple[str, ...] = ()
    metrics: bool = True


# https://learn.microsoft.com/azure/azure-monitor/reference/logs-index. Types that are not here
# (route tables, private endpoints, identities, managed namespaces) have no diagnostic settings or
# nothing that could be sent.
DIAGNOSTICS = MappingProxyType(
    {
        "Microsoft.CognitiveServices/accounts": Diagnostics(),
        "Microsoft.ContainerService/managedClusters": Diagnostics(
            groups=(),
            # Reads of the API server are most of `kube-audit` and of its price.
            categories=("kube-audit-admin", "kube-apiserver", "guard", "cluster-autoscaler"),
        ),
        "Microsoft.DBforPostgreSQL/flexibleServers": Diagnostics(),
        "Microsoft.DocumentDB/databaseAccounts": Diagnostics(),
        "Microsoft.EventGrid/systemTopics": Diagnostics(),
        "Microsoft.KeyVault/vaults": Diagnostics(),
        "Microsoft.Network/networkSecurityGroups": Diagnostics(metrics=False),
        "Microsoft.Network/virtualNetworks": Diagnostics(),
        "Microsoft.Search/searchServices": Diagnostics(),
        # On the blob service of the account.
        "Microsoft.Storage/storageAccounts": Diagnostics(),
    }
)

_ACTIVITY_LOG = Diagnostics(
    groups=(),
    categories=("Administrative", "Policy", "Security", "ServiceHealth"),
    metrics=False,
)


def event_resources(scope: Scope) -> Iterator[Resource]:
    """The topic of the subscription's events; the subscription to it where there is a handler."""
    yield _topic(scope)
    yield role_assignment(
        scope,
        key="events:dead-letters",
        target=container_id(scope, DEAD_LETTERS),
        role=Role.BLOB_DATA_CONTRIBUTOR,
        principal=reference(TOPIC, "principalId"),
        after=frozenset({container_key(DEAD_LETTERS)}),
        step=Step.MONITORING_AND_COST,
    )
    if scope.hub.resource_events is not None:
        yield _event_subscription(scope, scope.hub.resource_events)


def diagnostic_settings(scope: Scope, resources: Sequence[Resource]) -> Iterator[Resource]:
    """A setting for the subscription's activity log and for every resource that can have one."""
    # Named by its provider, which the subscription has once it has its place.
    yield _setting(scope, "subscription", scope.subscription, _ACTIVITY_LOG, "management-group")
    for target in resources:
        known = DIAGNOSTICS.get(target.type)
        if known is not None and target.id.startswith(f"{scope.subscription}/"):
            storage = target.type == "Microsoft.Storage/storageAccounts"
            watched = blob_service_id(target.id) if storage else target.id
            yield _setting(scope, target.key, watched, known, target.key)


def _setting(scope: Scope, key: str, target: str, known: Diagnostics, after: str) -> Resource:
    logs = [{"categoryGroup": name, "enabled": True} for name in known.groups]
    logs += [{"category": name, "enabled": True} for name in known.categories]
    properties: dict[str, Any] = {"workspaceId": scope.workspace_id, "logs": logs}
    if known.metrics:
        properties["metrics"] = [{"category": "AllMetrics", "enabled": True}]
    return Resource(
        key=f"diagnostics:{key}",
        step=Step.MONITORING_AND_COST,
        type=_DIAGNOSTICS,
        id=arm_id(target, _DIAGNOSTICS, SETTING),
        api_version=api_versions.DIAGNOSTICS,
        body={"properties": properties},
        after=frozenset({after, _INSIGHTS}),
    )


def _topic(scope: Scope) -> Resource:
    return regional(
        scope,
        key=TOPIC,
        step=Step.MONITORING_AND_COST,
        kind=_TOPIC,
        resource_id=scope.operations_id(_TOPIC, naming.system_topic(scope.request)),
        api_version=api_versions.EVENT_GRID,
        group="operations",
        # Events of a subscription have no region.
        location="global",
        top={"identity": {"type": "SystemAssigned"}},
        properties={
            "source": scope.subscription,
            "topicType": "Microsoft.Resources.Subscriptions",
        },
        outputs={"principalId": "identity.principalId"},
    )


def _event_subscription(scope: Scope, function: str) -> Resource:
    kind = f"{_TOPIC}/eventSubscriptions"
    topic = naming.system_topic(scope.request)
    dead_letters = {
        "endpointType": "StorageBlob",
        "properties": {"resourceId": scope.records_id, "blobContainerName": DEAD_LETTERS},
    }
    return Resource(
        key="event-subscription",
        step=Step.MONITORING_AND_COST,
        type=kind,
        id=scope.operations_id(kind, topic, SETTING),
        api_version=api_versions.EVENT_GRID,
        body={
            "properties": {
                "destination": {
                    "endpointType": "AzureFunction",
                    "properties": {"resourceId": function, "maxEventsPerBatch": 1},
                },
                "eventDeliverySchema": "EventGridSchema",
                "filter": {"includedEventTypes": list(SUBSCRIBED)},
                "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
                "deadLetterWithResourceIdentity": {
                    "identity": {"type": "SystemAssigned"},
                    "deadLetterDestination": dead_letters,
                },
            }
        },
        after=frozenset({TOPIC, RECORDS, container_key(DEAD_LETTERS), "role:events:dead-letters"}),
    )
