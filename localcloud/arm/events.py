"""The outbox of events, each of the shape that Event Grid would deliver.

An event is stored in the transaction of the change that it tells of. Delivery is not done here.
"""

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from localcloud.arm.exchange import Call
from localcloud.arm.paths import subscription_of
from localcloud.arm.world import Cloud

type Verb = Literal["Write", "Delete", "Action"]


def emit(
    cloud: Cloud,
    verb: Verb,
    resource_id: str,
    operation_name: str,
    *,
    succeeded: bool = True,
    caller: str = "",
    correlation_id: str = "",
) -> None:
    """Note that something happened to a resource of a subscription."""
    subscription = subscription_of(resource_id)
    if not subscription:
        return  # Event Grid's system topics for these events are a subscription's or a group's
    outcome = "Success" if succeeded else "Failure"
    event = {
        "id": str(uuid.uuid4()),
        "topic": f"/subscriptions/{subscription}",
        "subject": resource_id,
        "eventType": f"Microsoft.Resources.Resource{verb}{outcome}",
        "eventTime": datetime.fromtimestamp(cloud.now(), UTC).isoformat(),
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": _data(cloud, resource_id, operation_name, caller, correlation_id, succeeded),
    }
    cloud.store.database.append("events", event)


def emit_for(cloud: Cloud, call: Call, verb: Verb, resource_id: str, operation_name: str) -> None:
    """Note what a request did at once."""
    emit(
        cloud,
        verb,
        resource_id,
        operation_name,
        caller=call.principal,
        correlation_id=call.correlation_id,
    )


def _data(
    cloud: Cloud,
    resource_id: str,
    operation_name: str,
    caller: str,
    correlation_id: str,
    succeeded: bool,
) -> dict[str, Any]:
    subscription = subscription_of(resource_id)
    return {
        "authorization": {"scope": resource_id, "action": operation_name, "evidence": {}},
        "claims": {
            "http://schemas.microsoft.com/identity/claims/objectidentifier": caller,
            "http://schemas.microsoft.com/identity/claims/tenantid": cloud.directory,
        },
        "correlationId": correlation_id or str(uuid.uuid4()),
        "resourceProvider": operation_name.partition("/")[0],
        "resourceUri": resource_id,
        "operationName": operation_name,
        "status": "Succeeded" if succeeded else "Failed",
        "subscriptionId": subscription,
        "tenantId": cloud.directory,
    }
