"""Cost exports to a storage account."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.identities import give_identity
from localcloud.arm.errors import ArmError, bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_STORAGE = "Microsoft.Storage/storageAccounts"


def check(write: "Write") -> None:
    """An export has somewhere to go, and a time to run.

    Raises:
        ArmError: It has not, or its eTag is an old one.
    """
    destination = write.properties["deliveryInfo"]["destination"]
    account = write.store.get(str(destination.get("resourceId", "/")))
    if account is None or account.type != _STORAGE:
        message = f"The storage account '{destination.get('resourceId')}' was not found."
        raise bad_request("400", message)
    if write.properties["definition"].get("timeframe") == "Custom":
        period = write.properties["definition"].get("timePeriod")
        if not period or period["from"] >= period["to"]:
            raise bad_request("400", "A custom time frame needs a period.")
    _check_schedule(write)
    sent = write.body.get("eTag")
    if sent and write.existing is not None and sent.strip('"') != write.existing.etag:
        raise ArmError(409, "409", "The export was changed since: the eTag does not match.")


def _check_schedule(write: "Write") -> None:
    schedule = write.properties.get("schedule", {})
    if schedule.get("status", "Inactive") != "Active":
        return
    period = schedule.get("recurrencePeriod", {})
    if not schedule.get("recurrence") or not period.get("from"):
        raise bad_request("400", "An active schedule needs a recurrence and its period.")
    end = period.get("to")
    start = datetime.fromisoformat(period["from"])
    if end and datetime.fromisoformat(end) <= start:
        raise bad_request("400", "The recurrence period ends before it starts.")


def prepare(write: "Write") -> None:
    """Fill in what an export starts with, and its identity."""
    write.body.pop("eTag", None)
    write.properties.setdefault("format", "Csv")
    write.properties.setdefault("partitionData", True)
    give_identity(write)


def render(_: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the eTag, which an export carries in its body."""
    body["eTag"] = f'"{record.etag}"'
