"""Diagnostic settings: which resources have them, and where they lead."""

from typing import TYPE_CHECKING

from localcloud.arm.errors import bad_request, conflict
from localcloud.arm.paths import parse

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

SETTING = "Microsoft.Insights/diagnosticSettings"
_MOST = 5
_WORKSPACE = "Microsoft.OperationalInsights/workspaces"
_BOTH = frozenset(
    {
        "microsoft.storage/storageaccounts/blobservices",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.dbforpostgresql/flexibleservers",
        "microsoft.keyvault/vaults",
        "microsoft.search/searchservices",
        "microsoft.containerservice/managedclusters",
        "microsoft.apimanagement/service",
        "microsoft.cognitiveservices/accounts",
        "microsoft.operationalinsights/workspaces",
        "microsoft.eventgrid/systemtopics",
        "microsoft.network/virtualnetworks",
        "microsoft.network/publicipaddresses",
        "microsoft.network/azurefirewalls",
    }
)
_LOGS_ONLY = frozenset(
    {"microsoft.network/networksecuritygroups", "microsoft.resources/subscriptions"}
)
_METRICS_ONLY = frozenset(
    {
        "microsoft.storage/storageaccounts",
        "microsoft.network/networkinterfaces",
        "microsoft.network/privateendpoints",
        "microsoft.network/privatednszones",
    }
)


def check(write: "Write") -> None:
    """A setting sends something that the resource has to somewhere that is there.

    Raises:
        ArmError: It does not, or the resource has too many.
    """
    scope = write.id.rpartition("/providers/")[0]
    target = parse(scope)
    kind = target.type if target is not None else ""
    if kind not in _BOTH | _LOGS_ONLY | _METRICS_ONLY:
        message = f"The resource type '{kind}' does not support diagnostic settings."
        raise bad_request("ResourceTypeNotSupported", message)
    _check_categories(write, kind)
    _check_destinations(write)
    others = [
        one
        for one in write.store.children(scope, SETTING)
        if one.name.lower() != write.name.lower()
    ]
    if len(others) >= _MOST:
        raise conflict("Conflict", f"The limit of {_MOST} diagnostic settings was reached.")
    for other in others:
        mine, theirs = write.properties.get("workspaceId"), other.properties.get("workspaceId")
        if mine and theirs and mine.lower() == theirs.lower():
            message = (
                f"Data sink '{mine}' is already used in diagnostic setting '{other.name}' for"
                f" category '*'. Data sinks can't be reused in different settings on the same"
                " category for the same resource."
            )
            raise conflict("Conflict", message)


def _check_categories(write: "Write", kind: str) -> None:
    for name, refused in (("logs", _METRICS_ONLY), ("metrics", _LOGS_ONLY)):
        entries = write.properties.get(name, [])
        if entries and kind in refused:
            message = f"The resource type '{kind}' has no {name} to send."
            raise bad_request("BadRequest", message)
        for one in entries:
            if bool(one.get("category")) is bool(one.get("categoryGroup")):
                message = "Each entry needs either a category or a categoryGroup."
                raise bad_request("BadRequest", message)


def _check_destinations(write: "Write") -> None:
    properties = write.properties
    given = [properties.get(name) for name in ("workspaceId", "storageAccountId")]
    if not any(given) and not properties.get("eventHubAuthorizationRuleId"):
        message = "At least one data sink needs to be specified."
        raise bad_request("BadRequest", message)
    workspace = properties.get("workspaceId")
    found = write.store.get(workspace) if workspace else None
    if workspace and (found is None or found.type != _WORKSPACE):
        message = f"Resource {workspace} was not found: the workspace must exist."
        raise bad_request("ResourceNotFound", message)
    storage = properties.get("storageAccountId")
    if storage and write.store.get(storage) is None:
        message = f"Resource {storage} was not found: the storage account must exist."
        raise bad_request("ResourceNotFound", message)
