"""Step 7: what the tenant costs, each day, in the format of FOCUS."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.scope import Scope
from landing_zone.planning.storage import COST, RECORDS, container_id, container_key
from landing_zone.references import reference

EXPORT = "cost-export"
FOCUS_VERSION = "1.0r2"

_KIND = "Microsoft.CostManagement/exports"


def cost_resources(scope: Scope) -> Iterator[Resource]:
    """The export, and its identity's access to the one container that it writes to."""
    yield _export(scope)
    yield role_assignment(
        scope,
        key="cost-export",
        target=container_id(scope, COST),
        role=Role.BLOB_DATA_CONTRIBUTOR,
        principal=reference(EXPORT, "principalId"),
        after=frozenset({container_key(COST)}),
        step=Step.MONITORING_AND_COST,
    )


def _export(scope: Scope) -> Resource:
    destination = {
        "type": "AzureBlob",
        "resourceId": scope.records_id,
        "container": COST,
        "rootFolderPath": scope.request.tenant_id,
    }
    return Resource(
        key=EXPORT,
        step=Step.MONITORING_AND_COST,
        type=_KIND,
        id=arm_id(scope.subscription, _KIND, naming.cost_export(scope.request)),
        api_version=api_versions.COST_EXPORTS,
        body={
            "location": "global",
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "definition": {
                    "type": "FocusCost",
                    "timeframe": "MonthToDate",
                    "dataSet": {
                        "granularity": "Daily",
                        "configuration": {"dataVersion": FOCUS_VERSION},
                    },
                },
                "deliveryInfo": {"destination": destination},
                "format": "Parquet",
                "compressionMode": "snappy",
                "partitionData": True,
                # The month is written anew each day: costs are restated for days.
                "dataOverwriteBehavior": "OverwritePreviousReport",
                "schedule": _schedule(scope),
            },
        },
        after=frozenset(
            {
                "management-group",
                RECORDS,
                container_key(COST),
                "provider:microsoft-costmanagementexports",
            }
        ),
        outputs={"principalId": "identity.principalId"},
    )


def _schedule(scope: Scope) -> dict[str, Any]:
    # It begins in the future, or Azure refuses it.
    first_day = scope.reservation.reserved_on + timedelta(days=1)
    return {
        "status": "Active",
        "recurrence": "Daily",
        "recurrencePeriod": {"from": f"{first_day}T00:00:00Z"},
    }
