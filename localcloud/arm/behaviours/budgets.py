"""Budgets."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from localcloud.arm.errors import ArmError, bad_request
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_MOST_NOTIFICATIONS = 5
_MOST_CONTACTS = 50
_MOST_THRESHOLD = 1000


def check(write: "Write") -> None:
    """A budget has an amount, a period from the first of a month, and few notifications.

    Raises:
        ArmError: It has not, or its eTag is an old one.
    """
    properties = write.properties
    if not properties.get("amount", 0) > 0:
        raise bad_request("400", "The budget's amount must be greater than zero.")
    start = datetime.fromisoformat(properties["timePeriod"]["startDate"])
    if start.day != 1:
        raise bad_request("400", "The budget's start date must be the first of a month.")
    notifications = properties.get("notifications", {})
    if len(notifications) > _MOST_NOTIFICATIONS:
        message = f"A budget takes {_MOST_NOTIFICATIONS} notifications."
        raise bad_request("400", message)
    for name, notification in notifications.items():
        _check_notification(name, notification)
    sent = write.body.get("eTag")
    if sent and write.existing is not None and sent.strip('"') != write.existing.etag:
        raise ArmError(409, "409", "The budget was changed since: the eTag does not match.")


def _check_notification(name: str, notification: dict[str, Any]) -> None:
    reached = (
        len(notification.get(key, [])) for key in ("contactEmails", "contactRoles", "contactGroups")
    )
    if not 0 < sum(reached) <= _MOST_CONTACTS:
        raise bad_request("400", f"The notification '{name}' has no contact, or too many.")
    if not 0 <= notification["threshold"] <= _MOST_THRESHOLD:
        raise bad_request("400", f"The threshold of the notification '{name}' is out of bounds.")


def prepare(write: "Write") -> None:
    """Fill in the end of the period, ten years on, and what has been spent."""
    period = write.properties["timePeriod"]
    start = datetime.fromisoformat(period["startDate"])
    period.setdefault("endDate", start.replace(year=start.year + 10).isoformat())
    write.body.pop("eTag", None)
    write.properties["currentSpend"] = {"amount": 0.0, "unit": "EUR"}


def render(_: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the eTag, which a budget carries in its body."""
    body["eTag"] = f'"{record.etag}"'
