"""Event Grid: system topics, and subscriptions to the events of a scope."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.event_filters import check_delivery, check_filter
from localcloud.arm.behaviours.identities import give_identity, made_guid
from localcloud.arm.errors import ArmError, bad_request, conflict

if TYPE_CHECKING:
    from localcloud.arm.state.records import Record
    from localcloud.arm.state.store import Store
    from localcloud.arm.writing import Write

TOPIC = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTIONS = (f"{TOPIC}/eventSubscriptions", "Microsoft.EventGrid/eventSubscriptions")
_FUNCTION = "Microsoft.Web/sites/functions"
_STORAGE = "Microsoft.Storage/storageAccounts"
_MOST_ATTEMPTS, _MOST_MINUTES = 30, 1440  # learn: event-grid/delivery-and-retry
DEFAULTS = MappingProxyType(
    {
        "properties": {
            "eventDeliverySchema": "EventGridSchema",
            "filter": {"subjectBeginsWith": "", "subjectEndsWith": ""},
            "retryPolicy": {
                "maxDeliveryAttempts": _MOST_ATTEMPTS,
                "eventTimeToLiveInMinutes": _MOST_MINUTES,
            },
        }
    }
)
# Where the events of a kind of source come from, and the location that its topic has.
_TOPIC_TYPES = MappingProxyType(
    {
        "microsoft.resources.subscriptions": "global",
        "microsoft.resources.resourcegroups": "global",
        "microsoft.storage.storageaccounts": "",
        "microsoft.keyvault.vaults": "",
        "microsoft.policyinsights.policystates": "global",
    }
)


def check_topic(write: "Write") -> None:
    """A system topic is the only one of a source that is there.

    Raises:
        ArmError: It is not, or stands elsewhere than its source.
    """
    source = str(write.properties.get("source", ""))
    kind = str(write.properties.get("topicType", "")).lower()
    place = _TOPIC_TYPES.get(kind)
    if place is None:
        raise bad_request("InvalidRequest", f"The topic type '{kind}' is not known.")
    found = write.store.get(source)
    if found is None:
        raise bad_request("InvalidRequest", f"The source '{source}' was not found.")
    if write.location != (place or found.location):
        message = f"The system topic's location must be '{place or found.location}'."
        raise bad_request("InvalidRequest", message)
    for other in write.store.of_type(TOPIC):
        same = str(other.properties["source"]).lower() == source.lower()
        if same and other.key != write.id.lower():
            message = f"Only one system topic is allowed per source: it has '{other.id}'."
            raise bad_request("InvalidRequest", message)


def prepare_topic(write: "Write") -> None:
    """Fill in the topic's id for metrics, and its identity."""
    write.properties["metricResourceId"] = made_guid(write, "metrics")
    give_identity(write)


def check_subscription(write: "Write") -> None:
    """A subscription leads somewhere, tries within limits, and keeps what it cannot deliver.

    Raises:
        ArmError: It does not.
    """
    properties = write.properties
    destination = properties.get("destination")
    delivery = properties.get("deliveryWithResourceIdentity", {}).get("destination")
    if bool(destination) is bool(delivery):
        raise bad_request("InvalidRequest", f"'{write.name}' needs exactly one destination.")
    _check_destination(write, destination or delivery)
    if properties["eventDeliverySchema"] == "CustomInputSchema":
        # learn: event-grid/end-point-validation-event-grid-events-schema, schema compatibility.
        message = "Events of a system topic are not delivered in the schema of their input."
        raise bad_request("InvalidRequest", message)
    check_filter(properties.get("filter", {}))
    retry = properties["retryPolicy"]
    attempts, minutes = retry["maxDeliveryAttempts"], retry["eventTimeToLiveInMinutes"]
    if not 1 <= attempts <= _MOST_ATTEMPTS or not 1 <= minutes <= _MOST_MINUTES:
        message = f"The retry policy of '{write.name}' is out of bounds."
        raise bad_request("InvalidRequest", message)
    kept = properties.get("deadLetterWithResourceIdentity", {})
    _check_dead_letter(write, properties.get("deadLetterDestination"))
    _check_dead_letter(write, kept.get("deadLetterDestination"))


def _check_destination(write: "Write", destination: dict[str, Any]) -> None:
    inner = destination.get("properties", {})
    kind = destination["endpointType"].lower()
    check_delivery(inner)
    if kind == "webhook":
        if not str(inner.get("endpointUrl", "")).startswith("https://"):
            message = "The destination of a webhook must be an https URL."
            raise bad_request("InvalidRequest", message)
    elif not str(inner.get("resourceId", "")).startswith("/subscriptions/"):
        raise bad_request("InvalidRequest", "The destination needs the id of a resource.")
    elif kind == "azurefunction":
        _check_function(write, str(inner["resourceId"]))


def _check_function(write: "Write", function_id: str) -> None:
    """Azure accepts it and lets the operation fail with this code and message; here it is at once.

    Raises:
        ArmError: There is no such function.
    """
    function = write.store.get(function_id)
    if function is None or function.type != _FUNCTION:
        message = f"Destination endpoint not found. Resource details: resourceId: {function_id}."
        message += " Resource should pre-exist before attempting this operation."
        raise bad_request("Endpoint validation", message)


def _check_dead_letter(write: "Write", destination: dict[str, Any] | None) -> None:
    if not destination:
        return
    inner = destination.get("properties", {})
    account = write.store.get(str(inner.get("resourceId", "/")))
    if account is None or account.type != _STORAGE:
        message = f"The storage account '{inner.get('resourceId')}' for dead letters was not found."
        raise bad_request("InvalidRequest", message)
    name = str(inner.get("blobContainerName", ""))
    if write.store.get(f"{account.id}/blobServices/default/containers/{name}") is None:
        message = f"The container '{name}' for dead letters was not found in '{account.name}'."
        raise bad_request("InvalidRequest", message)


def prepare_subscription(write: "Write") -> None:
    """Fill in the topic; the secrets of a webhook's address are not answered.

    Raises:
        ArmError: What is subscribed to is not ready.
    """
    scope = write.id.rpartition("/providers/")[0]
    if write.type.parent:
        scope = write.id.rpartition("/eventSubscriptions/")[0]
        topic = write.store.get(scope)
        if topic is not None and topic.state != "Succeeded":
            raise conflict("ResourceNotReady", f"The system topic {topic.name} is not ready.")
    write.properties["topic"] = scope
    destination = destination_of(write.properties)
    inner = destination.get("properties", {})
    if destination.get("endpointType", "").lower() == "webhook":
        whole = inner.pop("endpointUrl")
        inner["endpointBaseUrl"] = str(whole).partition("?")[0]
        write.body["properties"]["_url"] = whole


def destination_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Where the events go, with an identity or without."""
    with_identity = properties.get("deliveryWithResourceIdentity") or {}
    found = properties.get("destination") or with_identity.get("destination") or {}
    return dict(found)


def is_webhook(body: Mapping[str, Any]) -> bool:
    """Whether the events go to an address that has to prove that it wants them.

    Azure vouches for its own functions: learn, event-grid/end-point-validation-event-grid-events-
    schema.
    """
    destination = destination_of(body.get("properties", {}))
    return str(destination.get("endpointType", "")).lower() == "webhook"


def begin_delivery(store: "Store", record: "Record") -> None:
    """A subscription gets the events that are published once it is there."""
    if "eventsFrom" not in record.notes:
        record.notes["eventsFrom"] = store.database.last("events")
        store.put(record)


def url_of(secrets: dict[str, Any]) -> str:
    """The whole address of a webhook.

    Raises:
        ArmError: It has none.
    """
    if "_url" not in secrets:
        raise ArmError(400, "InvalidRequest", "The event subscription's destination has no URL.")
    return str(secrets["_url"])
