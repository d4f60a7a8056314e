"""The demo's approver."""

from pathlib import Path
from typing import Any

from localcloud.demo.approving import REASON, Approver
from localcloud.demo.client import Api
from localcloud.demo.models import Operation
from tests.localcloud.demo.fake_cloud import APPROVER, FakeCloud, operation, resource, serving

PATH = "/api/tenants/contoso/approval"
PENDING = {"operationId": "contoso.1", "state": "pending", "neededFor": "isolation cluster"}


class Seen:
    """A view that keeps what it is shown."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.troubles: list[str] = []

    def update(self, operation: Operation) -> None:
        """Keep it."""
        self.states.append(operation.state)

    def refused(self, trouble: str) -> None:
        """Keep it."""
        self.troubles.append(trouble)


def waiting(cause: str = "waits for an approver", **more: Any) -> Operation:
    """An operation that waits before it is planned."""
    return Operation.model_validate(operation("running", [], waitingFor=cause, **more))


def test_what_waits_is_approved_once_by_the_approver(tmp_path: Path) -> None:
    """It names the operation that it has looked at, and it is told to people."""
    cloud, view, told = FakeCloud("active", []), Seen(), list[str]()
    cloud.answers[PATH] = [(404, {}), (200, PENDING)]
    with serving(cloud, tmp_path) as endpoints:
        approver = Approver(Api(endpoints.functions, endpoints.approver), told.append)
        watched = approver.watching(view)
        for _ in range(4):
            watched.update(waiting())
        watched.refused("gone")
    decision = {"decision": "approve", "reason": REASON, "operationId": "contoso.1"}
    assert cloud.written == [("POST", PATH, decision)]
    assert told == ["Ava Approver approves contoso (isolation cluster), over HTTP"]
    assert (view.states, view.troubles) == (["running"] * 4, ["gone"])
    assert endpoints.approver == APPROVER


def test_what_does_not_wait_for_an_approver_is_left_alone(tmp_path: Path) -> None:
    """What is decided, what waits for something else, and what is under way."""
    cloud, view = FakeCloud("active", []), Seen()
    cloud.answers[PATH] = [(200, PENDING | {"state": "approved"})]
    with serving(cloud, tmp_path) as endpoints:
        watched = Approver(Api(endpoints.functions, endpoints.approver), print).watching(view)
        watched.update(waiting())
        watched.update(waiting(""))
        planned = [resource("a", "/subscriptions/s/resourceGroups/a", "running")]
        watched.update(Operation.model_validate(operation("running", planned, waitingFor="x")))
    assert cloud.written == []


def test_an_api_that_is_away_is_asked_at_the_next_look(tmp_path: Path) -> None:
    """The host may be starting again."""
    with serving(FakeCloud("active", []), tmp_path) as endpoints:
        api = Api(endpoints.functions, endpoints.approver)
    assert not Approver(api, print).approve("contoso")
