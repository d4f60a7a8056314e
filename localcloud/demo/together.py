"""Onboards several tenants at once and follows each to its end, whatever becomes of the others."""

import http.client
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from pydantic import ValidationError

from localcloud.demo.asking import Asked
from localcloud.demo.client import Api, ApiError
from localcloud.demo.follow import POLL_SECONDS, View, follow
from localcloud.demo.models import Operation, Tenant


@dataclass(frozen=True, slots=True)
class End:
    """What became of one request.

    Attributes:
        asked: The request.
        operation: Its end; None where there is none.
        tenant: What the registry knows; None where the request was refused.
        trouble: Why there is no end, for a person.
    """

    asked: Asked
    operation: Operation | None = None
    tenant: Tenant | None = None
    trouble: str = ""

    @property
    def active(self) -> bool:
        """Whether the tenant is there to be used."""
        ended = self.operation is not None and self.operation.state == "succeeded"
        return ended and self.tenant is not None and self.tenant.state == "active"


class _LeftError(Exception):
    """The demo ends before the operation does."""


def onboard_all(api: Api, asked: Sequence[Asked], views: Sequence[View]) -> list[End]:
    """Send all requests at once and show each until it is over; returns their ends in order.

    Each has a thread of its own, so that none waits for another's answer. The threads do not
    outlive the program: whoever presses Ctrl-C waits for none of them.

    Args:
        api: Where to send them.
        asked: The requests.
        views: Where to show each.
    """
    left = Event()

    def pause(_seconds: float) -> None:
        # The more operations there are to ask for, the longer each can wait.
        if left.wait(POLL_SECONDS * len(asked)):
            raise _LeftError

    ends: list[Future[End]] = []
    for request, view in zip(asked, views, strict=True):
        end: Future[End] = Future()
        ends.append(end)
        work = partial(_onboard, api, request, view, pause)
        Thread(target=_into, args=(end, work), daemon=True).start()
    try:
        return [end.result() for end in ends]
    finally:
        left.set()


def _into(end: Future[End], work: Callable[[], End]) -> None:
    """Do the work; what goes wrong is raised where its result is asked for."""
    try:
        end.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is passed on
        end.set_exception(error)


def _onboard(api: Api, asked: Asked, view: View, pause: Callable[[float], None]) -> End:
    try:
        accepted = api.onboard(asked.document)
        operation = follow(api, accepted.operation_id, view, pause=pause)
        tenant = api.tenant(accepted.tenant_id)
    except (ApiError, OSError, http.client.HTTPException, ValidationError) as error:
        view.refused(str(error))
        return End(asked, trouble=str(error))
    return End(asked, operation=operation, tenant=tenant)
