"""The outbox of events, each as Event Grid has it (learn: event-grid/event-schema-subscriptions).

An event is stored in the transaction of the change that it tells of. Delivery is not done here:
`localcloud/event_grid` takes what is in the outbox.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from localcloud.arm.exchange import Call
from localcloud.arm.paths import subscription_of
from localcloud.arm.world import Cloud

type Verb = Literal["Write", "Delete", "Action"]

_CLAIMS = "http://schemas.microsoft.com/identity/claims"
_NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
_GROUPS = "Microsoft.Resources/resourceGroups/"
_GROUPS_IN_OPERATIONS = "Microsoft.Resources/subscriptions/resourceGroups/"
_AS_IN_TOKENS = ("aud", "iss", "iat", "nbf", "exp", "appid", "idtyp", "ver")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who caused an event, and by which request.

    Attributes:
        caller: Object id.
        claims: Of the caller's token.
        correlation_id: Of the request.
        request: The request as events show it, for those that do.
    """

    caller: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""
    request: Mapping[str, str] = field(default_factory=dict)


def origin_of(call: Call) -> Origin:
    """What a request tells of itself."""
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    request = {
        "clientRequestId": call.headers.get("x-ms-client-request-id", call.request_id),
        "clientIpAddress": "127.0.0.1",
        "method": call.method,
        "url": f"https://management.azure.com{call.path}?{query}",
    }
    return Origin(call.principal, call.claims, call.correlation_id, request)


def emit(
    cloud: Cloud,
    verb: Verb,
    resource_id: str,
    operation_name: str,
    origin: Origin,
    *,
    succeeded: bool = True,
    creates: bool = False,
) -> None:
    """Note that something happened to a resource of a subscription.

    Args:
        cloud: Where it is noted.
        verb: What kind of request it was.
        resource_id: What it happened to.
        operation_name: Such as `Microsoft.Storage/storageAccounts/write`.
        origin: Who caused it.
        succeeded: How it ended.
        creates: Whether the resource was not there before; such an event shows no request.
    """
    subscription = subscription_of(resource_id)
    if not subscription:
        return  # Event Grid's system topics for these events are a subscription's or a group's
    outcome = "Success" if succeeded else "Failure"
    operation_name = operation_name.replace(_GROUPS, _GROUPS_IN_OPERATIONS, 1)
    data = _data(cloud, resource_id, operation_name, origin, succeeded)
    if not creates and origin.request:
        data["httpRequest"] = dict(origin.request)
    event = {
        "id": str(uuid.uuid4()),
        "topic": f"/subscriptions/{subscription}",
        "subject": resource_id,
        "eventType": f"Microsoft.Resources.Resource{verb}{outcome}",
        "eventTime": datetime.fromtimestamp(cloud.now(), UTC).isoformat().replace("+00:00", "Z"),
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": data,
    }
    cloud.store.database.append("events", event)
    cloud.news.ring()


def emit_for(
    cloud: Cloud,
    call: Call,
    verb: Verb,
    resource_id: str,
    operation_name: str,
    *,
    succeeded: bool = True,
    creates: bool = False,
) -> None:
    """Note what a request did at once."""
    origin = origin_of(call)
    emit(cloud, verb, resource_id, operation_name, origin, succeeded=succeeded, creates=creates)


def _data(
    cloud: Cloud, resource_id: str, operation_name: str, origin: Origin, succeeded: bool
) -> dict[str, Any]:
    return {
        "authorization": {"scope": resource_id, "action": operation_name, "evidence": {}},
        "claims": _claims(cloud, origin),
        "correlationId": origin.correlation_id or str(uuid.uuid4()),
        "resourceProvider": operation_name.partition("/")[0],
        "resourceUri": resource_id,
        "operationName": operation_name,
        "status": "Succeeded" if succeeded else "Failed",
        "subscriptionId": subscription_of(resource_id),
        "tenantId": cloud.directory,
    }


def _claims(cloud: Cloud, origin: Origin) -> dict[str, str]:
    """The caller's claims under the names that events have for them; every value is a text."""
    claims = {name: str(origin.claims[name]) for name in _AS_IN_TOKENS if name in origin.claims}
    return claims | {
        f"{_CLAIMS}/objectidentifier": origin.caller,
        f"{_CLAIMS}/tenantid": cloud.directory,
        _NAME: origin.caller,
    }
