"""Everything that handling a request may need, in one place."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from landing_zone.hub import HubDocument
from localcloud.arm.catalogue.model import ResourceType
from localcloud.arm.clock import Clock
from localcloud.arm.news import News
from localcloud.arm.profile import Profile
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.state.records import Operation

_LOG = logging.getLogger("localcloud.arm")
_BUG = {"code": "InternalServerError", "message": "The server encountered an error."}


@dataclass(slots=True)
class Cloud:
    """The local Azure Resource Manager, free of HTTP.

    Attributes:
        store: Resources and operations.
        types: The catalogue, by type name in lower case.
        clock: The present.
        profile: How long things take.
        hub: The document that it started from.
        outcomes: What the end of an operation does, by the operation's kind.
        event_grid: Whether Event Grid takes the events, and proves webhooks.
        news: Rung when there may be events, or event subscriptions have changed.
    """

    store: Store
    types: Mapping[str, ResourceType]
    clock: Clock
    profile: Profile
    hub: HubDocument
    outcomes: Mapping[str, "Callable[[Cloud, Operation], None]"] = field(default_factory=dict)
    event_grid: bool = False
    news: News = field(default_factory=News)

    def now(self) -> float:
        """The present, in seconds since the epoch."""
        return self.clock.now()

    def settle(self) -> None:
        """Let every operation end whose time has come, in the order of their times."""
        for operation in self.store.due(self.now()):
            try:
                with self.store.transaction():
                    self.outcomes[operation.kind](self, operation)
            except Exception:  # noqa: BLE001 - it becomes a failure, and is logged whole
                # A bug of ours must not be met again by every request to come.
                _LOG.exception("operation %s on %s failed", operation.id, operation.target)
                self.store.save(replace(operation, state="Failed", error=_BUG))

    @property
    def directory(self) -> str:
        """The directory's (tenant's) id."""
        return str(self.hub.directory_id)
