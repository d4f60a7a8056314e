"""Onboards several tenants at once and follows each to its end, whatever becomes of the others.

They are asked for over Service Bus; how far they have come is looked up over HTTP.
"""

import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from threading import Event, Thread

from pydantic import ValidationError

from localcloud.demo.asking import Asked
from localcloud.demo.client import Api, ApiError
from localcloud.demo.follow import POLL_SECONDS, View, follow
from localcloud.demo.models import Operation, Result, Tenant
from localcloud.demo.queues import Letterbox, NoResultError, Queues

ANSWER_SECONDS = 60.0
"""How long a document may be without an answer; a busy machine takes some seconds."""

END_SECONDS = 30.0
"""How long the end of an operation may be without a result; its timer comes soon."""


@dataclass(frozen=True, slots=True)
class Told:
    """A result that was received.

    Attributes:
        outcome: What it says.
        seconds: When, from the moment that the documents were sent.
    """

    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class End:
    """What became of one request.

    Attributes:
        asked: The request.
        results: What was told of it over Service Bus.
        operation: Its end; None where there is none.
        tenant: What the registry knows; None where the request was refused.
        trouble: Why there is no end, or no result of it, for a person.
    """

    asked: Asked
    results: tuple[Told, ...] = ()
    operation: Operation | None = None
    tenant: Tenant | None = None
    trouble: str = ""

    @property
    def active(self) -> bool:
        """Whether the tenant is there to be used."""
        ended = self.operation is not None and self.operation.state == "succeeded"
        return ended and self.tenant is not None and self.tenant.state == "active"

    @property
    def well(self) -> bool:
        """Whether it is, and whoever asked has been told so."""
        return self.active and not self.trouble


class _LeftError(Exception):
    """The demo ends before the operation does."""


class _Onboarding:
    """What the requests have in common."""

    def __init__(self, api: Api, box: Letterbox, pause: Callable[[float], None]) -> None:
        self._api = api
        self._box = box
        self._pause = pause
        self._sent = time.monotonic()

    def end_of(self, correlation: str, asked: Asked, view: View) -> End:
        """Follow a request to its end."""
        end = End(asked)
        try:
            answer, end = self._told(end, correlation, ANSWER_SECONDS)
            if answer.outcome == "rejected":
                view.refused(answer.problem.told)
                return replace(end, trouble=answer.problem.told)
            operation = follow(self._api, answer.operation_id, view, pause=self._pause)
            end = replace(end, operation=operation, tenant=self._api.tenant(answer.tenant_id))
            if answer.outcome == "accepted":  # of a duplicate nothing more is told
                _, end = self._told(end, correlation, END_SECONDS)
        except (
            *(ApiError, NoResultError, OSError),
            *(http.client.HTTPException, ValidationError),
        ) as error:
            view.refused(str(error))
            return replace(end, trouble=str(error))
        return end

    def _told(self, end: End, correlation: str, seconds: float) -> tuple[Result, End]:
        result = self._box.next(correlation, seconds)
        told = Told(result.outcome, time.monotonic() - self._sent)
        return result, replace(end, results=(*end.results, told))


def onboard_all(
    api: Api, queues: Queues, asked: Sequence[Asked], views: Sequence[View]
) -> list[End]:
    """Send all requests at once and show each until it is over; returns their ends in order.

    Each has a thread of its own, so that none waits for another's answer. The threads do not
    outlive the program: whoever presses Ctrl-C waits for none of them.

    Args:
        api: Where to follow them.
        queues: Where to send them.
        asked: The requests.
        views: Where to show each.
    """
    left = Event()

    def pause(_seconds: float) -> None:
        # The more operations there are to ask for, the longer each can wait.
        if left.wait(POLL_SECONDS * len(asked)):
            raise _LeftError

    letters = {f"demo-{number}-{one.name}": one for number, one in enumerate(asked, 1)}
    box = Letterbox(*letters)
    ends: list[Future[End]] = []
    try:
        box.fill(queues, left)
        queues.send({correlation: one.document for correlation, one in letters.items()})
        onboarding = _Onboarding(api, box, pause)
        for (correlation, request), view in zip(letters.items(), views, strict=True):
            end: Future[End] = Future()
            ends.append(end)
            work = partial(onboarding.end_of, correlation, request, view)
            Thread(target=_into, args=(end, work), daemon=True).start()
        return [end.result() for end in ends]
    finally:
        left.set()


def _into(end: Future[End], work: Callable[[], End]) -> None:
    """Do the work; what goes wrong is raised where its result is asked for."""
    try:
        end.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is passed on
        end.set_exception(error)
