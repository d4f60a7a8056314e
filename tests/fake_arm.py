"""Azure Resource Manager in memory, whose answers a test may script."""

import copy
from collections import deque
from typing import Any, NamedTuple

from landing_zone.arm_ids import normalized
from landing_zone.contracts import PollTarget
from landing_zone.ports import Accepted, Poll


class Sent(NamedTuple):
    """One call that reached the fake of ARM.

    Attributes:
        method: GET, PUT, PATCH, POST, DELETE, POLL or PAGES.
        path: Id, path or URL, as it was given.
        body: What was sent.
    """

    method: str
    path: str
    body: dict[str, Any] | None


type Script = Accepted | Poll | Exception | dict[str, Any] | None


class FakeArm:
    """ARM that keeps bodies by normalized id; a test may script what a method answers next.

    A scripted exception is raised, and anything else is answered, instead of the usual; with
    `and_apply` the write is made nonetheless: a time-out after acceptance.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, Any]] = {}
        self.sent: list[Sent] = []
        self._scripts: dict[str, deque[tuple[Script, bool]]] = {}

    def script(self, method: str, *answers: Script, and_apply: bool = False) -> None:
        """What the next calls of a method answer."""
        queue = self._scripts.setdefault(method, deque())
        queue.extend((answer, and_apply) for answer in answers)

    def put(self, resource_id: str, body: dict[str, Any]) -> None:
        """Let a resource be there."""
        self.bodies[normalized(resource_id)] = body

    def writes(self) -> list[Sent]:
        """The calls that could have changed something."""
        return [call for call in self.sent if call.method in {"PUT", "PATCH", "POST", "DELETE"}]

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """The resource, or None where there is none."""
        assert api_version
        scripted, answer = self._next("GET", resource_id, None)[:2]
        if scripted:
            assert not isinstance(answer, Accepted | Poll | Exception)
            return answer
        return copy.deepcopy(self.bodies.get(normalized(resource_id)))

    async def write(
        self,
        method: str,
        path: str,
        api_version: str,
        body: dict[str, Any] | None,
        *,
        if_match: str = "",  # noqa: ARG002 - no test writes in between
    ) -> Accepted:
        """Keep or drop a resource; over at once unless scripted."""
        assert api_version
        try:
            scripted, answer, and_apply = self._next(method, path, body)
        except Applied as applied:
            self._apply(method, path, body)
            raise applied.error from None
        if not scripted or and_apply:
            self._apply(method, path, body)
        if not scripted:
            return Accepted(copy.deepcopy(self.bodies.get(normalized(path))), None, None)
        assert isinstance(answer, Accepted)
        return answer

    async def poll(self, target: PollTarget) -> Poll:
        """Over, unless scripted."""
        scripted, answer, _ = self._next("POLL", target.url, None)
        if not scripted:
            return Poll(over=True, wait=None)
        assert isinstance(answer, Poll)
        return answer

    async def pages(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """All items that are one level below a path."""
        assert api_version
        self._next("PAGES", path, None)
        start = f"{normalized(path)}/"
        found = (key for key in sorted(self.bodies) if key.startswith(start))
        return [copy.deepcopy(self.bodies[key]) for key in found if "/" not in key[len(start) :]]

    def _next(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[bool, Script, bool]:
        self.sent.append(Sent(method, path, copy.deepcopy(body)))
        queue = self._scripts.get(method)
        if not queue:
            return False, None, False
        answer, and_apply = queue.popleft()
        if isinstance(answer, Exception):
            raise Applied(answer) if and_apply else answer
        return True, answer, and_apply

    def _apply(self, method: str, path: str, body: dict[str, Any] | None) -> None:
        match method:
            case "PUT":
                self.bodies[normalized(path)] = copy.deepcopy(body or {})
            case "DELETE":
                self.bodies.pop(normalized(path), None)
            case "PATCH":
                self._merge_tags(normalized(path), body or {})
            case "POST" if path.endswith("/register"):
                registered = {"registrationState": "Registered"}
                self.bodies[normalized(path.removesuffix("/register"))] = registered

    def _merge_tags(self, key: str, body: dict[str, Any]) -> None:
        tags = self.bodies.get(key, {}).get("properties", {}).get("tags", {})
        wanted = body["properties"]["tags"]
        if body["operation"] == "Merge":
            kept = tags | wanted
        else:
            kept = {name: value for name, value in tags.items() if name not in wanted}
        self.bodies[key] = {"properties": {"tags": kept}}


class Applied(Exception):  # noqa: N818 - a fact, not an error
    """Raised within the fake: the write is made, then its error is raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
