"""The drift inbox in a storage table, a partition a shard.

Those who come to a shard at once are served by one transaction. What this process wrote or read
last is remembered with its ETag, and what it does not know is believed not to be there: a
transaction that meets another process's change is refused as a whole; then all that it touches is
read anew, and it is tried again.
"""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from azure.data.tables.aio import TableClient

from azure_adapters import drift_entities as entities
from azure_adapters.drift_draft import Draft, Found
from azure_adapters.drift_retention import tidied
from azure_adapters.rows import read_row
from azure_adapters.storage_errors import storage_errors
from azure_adapters.together import Together
from azure_adapters.transactions import submitted
from landing_zone.clock import Clock
from landing_zone.drift.ports import Noted
from landing_zone.drift.rows import DriftRow, SeenEvent, key_of, shard_of
from landing_zone.drift.tallies import NOTHING, Tally, day_of, summed
from landing_zone.errors import TemporaryError
from landing_zone.ports import Versioned
from landing_zone.remediation.owners import Owner

RACES: Final = 20
# A transaction takes a hundred rows (learn: performing-entity-group-transactions), and one of them
# is the tally.
MOST_TOGETHER: Final = 90
REMEMBERED: Final = 5_000


@dataclass(eq=False, slots=True)
class _Wish[T]:
    """What somebody wants to be written.

    Attributes:
        make: Adds it to a draft; its result holds once the draft is written.
        key: The resource that it is about, if any.
        alone: Whether nothing else of that resource may be written with it.
        result: What came of it.
    """

    make: Callable[[Draft], T]
    key: str = ""
    alone: bool = False
    result: T | None = None

    @property
    def served(self) -> bool:
        """Whether it has its result."""
        return self.result is not None


class TableDriftInbox:
    """`DriftInbox` over a table."""

    def __init__(self, table: TableClient, clock: Clock) -> None:
        """Use a table that exists."""
        self._table = table
        self._clock = clock
        self._together = Together[_Wish[Any]](self._serve, _batch)
        self._known: OrderedDict[str, Found] = OrderedDict()
        self._totals: dict[tuple[str, str], Versioned[Tally]] = {}
        self._writer = uuid.uuid4().hex[:8]

    async def note(self, resource_id: str, owner: Owner, event: SeenEvent) -> Noted:
        """Note an event; it joins what is noted of its resource.

        Raises:
            TemporaryError: Others were first each time.
        """
        key = key_of(resource_id)
        wish = _Wish(lambda draft: draft.note(resource_id, owner, event), key)
        return await self._served(shard_of(key), wish)

    async def get(self, resource_id: str) -> Versioned[DriftRow] | None:
        """What is noted of a resource, or None; perhaps older than what others have noted since."""
        key = key_of(resource_id)
        return self._known.get(key) or await self._read(key)

    async def settle(self, row: Versioned[DriftRow], found: Tally = NOTHING) -> bool:
        """Remove a row whose events are served, and count it all; False when more have come.

        Raises:
            TemporaryError: Others were first each time.
        """
        key = row.value.key
        wish = _Wish(lambda draft: draft.settle(row, found), key, alone=True)
        return await self._served(shard_of(key), wish)

    async def count(self, tally: Tally) -> None:
        """Count events that came to their end without a row.

        Raises:
            TemporaryError: Others were first each time.
        """
        # All counts of a process are added up in one row, whatever they are of.
        shard = shard_of(key_of(self._writer))
        await self._served(shard, _Wish(lambda draft: draft.count(tally)))

    async def rows(self) -> list[DriftRow]:
        """All that is noted."""
        async with storage_errors():
            found = self._table.query_entities(entities.RESOURCES)
            return [entities.parsed(row).value async for row in found]

    async def tallies(self) -> dict[str, dict[str, int]]:
        """How many events came to which end, by day."""
        days: dict[str, list[Tally]] = {}
        async with storage_errors():
            async for row in self._table.query_entities(entities.TALLIES):
                days.setdefault(entities.day_of_row(row), []).append(entities.counts_of(row).value)
        return {day: summed(parts) for day, parts in sorted(days.items())}

    async def tidy(self, now: datetime) -> int:
        """Add up tallies that nobody writes any more; how many rows fewer there are."""
        return await tidied(self._table, now)

    async def _served[T](self, shard: str, wish: _Wish[T]) -> T:
        await self._together.join(shard, wish)
        if wish.result is None:
            raise AssertionError("whoever is served has a result")
        return wish.result

    async def _serve(self, shard: str, batch: Sequence[_Wish[Any]]) -> None:
        """Serve some of a shard together.

        Raises:
            TemporaryError: Others were first each time.
        """
        for _ in range(RACES):
            now = self._clock.now()
            draft = Draft(self._known, now)
            results = [wish.make(draft) for wish in batch]
            tally = entities.tally_row(day_of(now), self._writer)
            if await self._written(shard, tally, draft):
                for wish, result in zip(batch, results, strict=True):
                    wish.result = result
                return
            await self._look_again(shard, tally, {wish.key for wish in batch} - {""})
        raise TemporaryError("DriftInboxBusy", f"others were first on shard {shard} of the inbox")

    async def _written(self, shard: str, tally: str, draft: Draft) -> bool:
        """Write all of a draft, or nothing; False when others were first."""
        operations = draft.operations(shard)
        known = self._totals.get((shard, tally))
        total = summed((known.value if known else {}, draft.tally))
        if draft.tally:
            operations.append(entities.added(shard, tally, total, known.etag if known else None))
        if not operations:
            return True
        answers = await submitted(self._table, operations)
        if answers is None:
            return False
        for (key, row), answer in zip(draft.after.items(), answers, strict=False):
            self._remember(key, Versioned(row, str(answer["etag"])) if row else None)
        if draft.tally:
            self._totals[shard, tally] = Versioned(total, str(answers[-1]["etag"]))
        return True

    async def _look_again(self, shard: str, tally: str, keys: set[str]) -> None:
        counted = await read_row(self._table, shard, tally)
        await asyncio.gather(*map(self._read, sorted(keys)))
        self._totals.pop((shard, tally), None)
        if counted is not None:
            self._totals[shard, tally] = entities.counts_of(counted)

    async def _read(self, key: str) -> Found:
        entity = await read_row(self._table, shard_of(key), entities.resource_row(key))
        found = None if entity is None else entities.parsed(entity)
        self._remember(key, found)
        return found

    def _remember(self, key: str, found: Found) -> None:
        if found is None:
            self._known.pop(key, None)
            return
        self._known[key] = found
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _batch(waiting: Sequence[_Wish[Any]]) -> list[_Wish[Any]]:
    """The first of those that wait, as many as one transaction takes."""
    chosen: list[_Wish[Any]] = []
    taken: set[str] = set()
    closed: set[str] = set()
    for wish in waiting:
        if wish.served or wish.key in closed or (wish.alone and wish.key in taken):
            continue
        if len(taken | {wish.key}) > MOST_TOGETHER:
            break
        chosen.append(wish)
        if wish.key:
            taken.add(wish.key)
            closed |= {wish.key} if wish.alone else set()
    return chosen
