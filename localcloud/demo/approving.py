"""An approver, who lets go on what waits for one: somebody else than who asked."""

import http.client
from collections.abc import Callable
from typing import Any

from localcloud.demo.client import Api, ApiError
from localcloud.demo.follow import View
from localcloud.demo.models import Approval, Operation

REASON = "its owner needs a cluster of its own"


class Approver:
    """Approves what waits, as a person with that role would over HTTP.

    Args:
        api: The API, called as the approver.
        tell: Told what is done, for people.
    """

    def __init__(self, api: Api, tell: Callable[[str], None]) -> None:
        self._api = api
        self._tell = tell

    def watching(self, view: View) -> View:
        """A view that has the approver look at what it shows."""
        return _Watched(view, self)

    def approve(self, tenant_id: str) -> bool:
        """Approve what a tenant waits for; False when it waits for nothing, or not yet.

        What cannot be done now is done at the next look: the host may be starting again.
        """
        try:
            found = self._api.approval(tenant_id)
            if found.state != "pending":
                return False
            self._api.decide(tenant_id, decision_on(found))
        except (ApiError, OSError, http.client.HTTPException):
            return False
        self._tell(f"Ava Approver approves {tenant_id} ({found.needed_for}), over HTTP")
        return True


def decision_on(approval: Approval) -> dict[str, Any]:
    """What is sent to approve it: it names the operation that was looked at."""
    return {"decision": "approve", "reason": REASON, "operationId": approval.operation_id}


class _Watched:
    """Shows an operation, and has it approved where it waits for that."""

    def __init__(self, view: View, approver: Approver) -> None:
        self._view = view
        self._approver = approver
        self._approved = False

    def update(self, operation: Operation) -> None:
        """Show its newest state."""
        self._view.update(operation)
        if operation.waiting_for and not operation.planned and not self._approved:
            self._approved = self._approver.approve(operation.tenant_id)

    def refused(self, trouble: str) -> None:
        """Show why there is nothing more to tell."""
        self._view.refused(trouble)
