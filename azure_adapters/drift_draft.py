"""One transaction of the drift inbox while it is being made up: pure, apart from the table."""

from collections.abc import Mapping
from datetime import datetime

from azure_adapters import drift_entities as entities
from azure_adapters.batch_text import Operation
from landing_zone.drift.ports import Noted
from landing_zone.drift.rows import DriftRow, SeenEvent, key_of, new_row
from landing_zone.drift.tallies import DUPLICATE, Tally, settled, summed
from landing_zone.ports import Versioned
from landing_zone.remediation.owners import Owner

type Found = Versioned[DriftRow] | None


class Draft:
    """What is to be written of a shard together, on top of what is known to be there."""

    def __init__(self, known: Mapping[str, Found], now: datetime) -> None:
        """Begin with nothing to be written."""
        self._known = known
        self._now = now
        self.after: dict[str, DriftRow | None] = {}
        self.tally: dict[str, int] = {}

    def note(self, resource_id: str, owner: Owner, event: SeenEvent) -> Noted:
        """Have an event noted."""
        key = key_of(resource_id)
        held = self._row(key)
        if held is None:
            made = self.after[key] = new_row(resource_id, owner, event, self._now)
            return Noted(made, fresh=True, again=False)
        row = held.joined(event)
        if row is held:
            self.count({DUPLICATE: 1})
        else:
            self.after[key] = row
        return Noted(row, fresh=False, again=row is held)

    def settle(self, row: Versioned[DriftRow], found: Tally) -> bool:
        """Have a row removed; False when it is not as it was."""
        known = self._known.get(row.value.key)
        if known is None or known.etag != row.etag:
            return False
        self.after[row.value.key] = None
        self.count(summed((settled(row.value.events), found)))
        return True

    def count(self, tally: Tally) -> bool:
        """Have something counted."""
        self.tally = summed((self.tally, tally))
        return True

    def operations(self, shard: str) -> list[Operation]:
        """What writes the rows, in the order of `after`."""
        return [self._operation(shard, key, row) for key, row in self.after.items()]

    def _operation(self, shard: str, key: str, row: DriftRow | None) -> Operation:
        known = self._known.get(key)
        if row is not None:
            return entities.written(shard, row, known.etag if known else None)
        if known is None:
            raise AssertionError("only what is known is removed")
        return entities.removed(shard, known)

    def _row(self, key: str) -> DriftRow | None:
        if key in self.after:
            return self.after[key]
        known = self._known.get(key)
        return known.value if known else None
