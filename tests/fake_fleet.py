"""Rollouts and their tenants in dictionaries."""

from collections.abc import Callable, Mapping

from landing_zone.fleet.model import Member, MemberState, Rollout
from landing_zone.ports import Page, Versioned


class FakeFleet:
    """`FleetStore` in memory; `before_replace` lets a test be the other writer, or die."""

    def __init__(self) -> None:
        self.now: Versioned[Rollout] | None = None
        self.past: dict[str, Rollout] = {}
        self.kept: dict[str, dict[str, Member]] = {}
        self.writes = 0
        self.before_replace: Callable[[Rollout], object] = lambda _: None

    async def current(self) -> Versioned[Rollout] | None:
        """The rollout that was begun last, or None."""
        return self.now

    async def begin(self, rollout: Rollout, former: Versioned[Rollout] | None) -> bool:
        """Let a rollout take the place of the former one, which is kept."""
        if former is not None:
            self.past[former.value.id] = former.value
        if (self.now.etag if self.now else "") != (former.etag if former else ""):
            return False
        self.set(rollout)
        return True

    async def replace(self, rollout: Rollout, etag: str) -> bool:
        """Change the current rollout; False when it has changed since it was read."""
        self.before_replace(rollout)
        if self.now is None or self.now.etag != etag:
            return False
        self.set(rollout)
        return True

    def set(self, rollout: Rollout) -> None:
        """Write without a condition."""
        self.writes += 1
        # What is kept is text: what cannot be read again is found here.
        read = Rollout.model_validate_json(rollout.model_dump_json())
        self.now = Versioned(read, f"etag-{self.writes}")

    async def get(self, rollout_id: str) -> Rollout | None:
        """A rollout of any time, or None."""
        if self.now is not None and self.now.value.id == rollout_id:
            return self.now.value
        return self.past.get(rollout_id)

    async def all(self, size: int, continuation: str = "") -> Page[Rollout]:
        """The rollouts, the newest first."""
        known = {**self.past, **({self.now.value.id: self.now.value} if self.now else {})}
        found = sorted(known.values(), key=lambda one: -one.number)
        left = [one for one in found if not continuation or one.number < int(continuation)]
        more = str(left[size - 1].number) if len(left) > size else ""
        return Page(tuple(left[:size]), more)

    async def put(self, rollout_id: str, rows: Mapping[str, Member]) -> None:
        """Write rows by their keys, whether they are there or not."""
        self.kept.setdefault(rollout_id, {}).update(rows)

    async def rows(self, rollout_id: str, prefix: str, after: str, size: int) -> Page[Member]:
        """Rows whose keys begin so, in the order of the keys."""
        return self._page(rollout_id, prefix, after, size, None)

    async def members(
        self, rollout_id: str, state: MemberState | None, size: int, continuation: str = ""
    ) -> Page[Member]:
        """The tenants of a rollout, of one state or all, ring by ring."""
        return self._page(rollout_id, "m", continuation, size, state)

    def _page(
        self, rollout_id: str, prefix: str, after: str, size: int, state: MemberState | None
    ) -> Page[Member]:
        known = self.kept.get(rollout_id, {})
        keys = [
            key
            for key in sorted(known)
            if key.startswith(prefix) and key > after and state in {None, known[key].state}
        ]
        more = keys[size - 1] if len(keys) > size else ""
        return Page(tuple(known[key] for key in keys[:size]), more)

    def of(self, rollout_id: str) -> dict[str, Member]:
        """The tenants of a rollout, by their ids."""
        rows = self.kept.get(rollout_id, {})
        return {row.tenant_id: row for key, row in rows.items() if key.startswith("m")}
