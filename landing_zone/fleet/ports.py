"""Where rollouts and what became of their tenants are kept."""

from collections.abc import Mapping
from typing import Protocol

from landing_zone.fleet.model import Member, MemberState, Rollout
from landing_zone.ports import Page, Versioned


class FleetStore(Protocol):
    """The rollouts, of which one at most is not over, and their tenants as rows.

    All methods are asynchronous, and raise `TemporaryError` when trying again can help.
    """

    async def current(self) -> Versioned[Rollout] | None:
        """The rollout that was begun last, or None."""
        ...

    async def begin(self, rollout: Rollout, former: Versioned[Rollout] | None) -> bool:
        """Let a rollout take the place of the former one, which is kept.

        Returns:
            False when another has taken it, or the former one has changed since it was read.
        """
        ...

    async def replace(self, rollout: Rollout, etag: str) -> bool:
        """Change the current rollout; False when it has changed since it was read."""
        ...

    async def get(self, rollout_id: str) -> Rollout | None:
        """A rollout of any time, or None."""
        ...

    async def all(self, size: int, continuation: str = "") -> Page[Rollout]:
        """The rollouts, the newest first, `size` at most."""
        ...

    async def put(self, rollout_id: str, rows: Mapping[str, Member]) -> None:
        """Write rows by their keys, whether they are there or not."""
        ...

    async def rows(self, rollout_id: str, prefix: str, after: str, size: int) -> Page[Member]:
        """Rows whose keys begin so, in the order of the keys, `size` at most.

        Args:
            rollout_id: The rollout.
            prefix: What their keys begin with.
            after: The key behind which to begin; empty for the beginning.
            size: How many.
        """
        ...

    async def members(
        self, rollout_id: str, state: MemberState | None, size: int, continuation: str = ""
    ) -> Page[Member]:
        """The tenants of a rollout, of one state or all, ring by ring, `size` at most."""
        ...
