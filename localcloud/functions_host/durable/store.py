"""The engine's memory: one SQLite file a task hub; what is not in it did not happen."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances(
  id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
  input TEXT, output TEXT, custom_status TEXT, created TEXT NOT NULL, updated TEXT NOT NULL,
  parent TEXT, parent_execution TEXT, parent_task INTEGER, version TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instances_by_status ON instances(status, id);
CREATE TABLE IF NOT EXISTS history(
  instance TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(instance, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_by_instance ON inbox(instance, id);
CREATE TABLE IF NOT EXISTS activities(
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT NOT NULL,
  task INTEGER NOT NULL, name TEXT NOT NULL, input TEXT
);
CREATE TABLE IF NOT EXISTS timers(
  instance TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL, fire_at TEXT NOT NULL,
  PRIMARY KEY(instance, execution, task)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entities(id TEXT PRIMARY KEY, state TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Instance:
    """An orchestration (or an entity, whose id starts with ``@``) as it is queried.

    ``input``, ``output`` and ``custom_status`` are JSON texts; times are UTC texts that sort.
    """

    id: str
    execution: str
    name: str
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: str
    updated: str
    parent: str | None = None
    parent_execution: str | None = None
    parent_task: int | None = None
    version: str | None = None

    def with_(self, **changes: str | None) -> Instance:
        """Return a changed copy."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Message:
    """Something an instance has to be told; ``execution`` None means whichever is current."""

    id: int
    execution: str | None
    body: str


@dataclass(frozen=True)
class Activity:
    """An activity that has to run; it leaves the store when its outcome is in an inbox."""

    id: int
    instance: str
    execution: str
    task: int
    name: str
    input: str | None


@dataclass(frozen=True)
class Timer:
    """A timer that has not fired."""

    instance: str
    execution: str
    task: int
    fire_at: str


class Store:
    """Reads and writes of one task hub, on one connection; the caller frames transactions.

    The write-ahead log is not synced at each commit: a killed process loses nothing, only a lost
    machine could lose the last moments.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA cache_size=-16000")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside all or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Instances

    def instance(self, instance_id: str) -> Instance | None:
        """Find an instance."""
        row = self._db.execute("SELECT * FROM instances WHERE id=?", (instance_id,)).fetchone()
        return Instance(*row) if row else None

    def save_instance(self, item: Instance) -> None:
        """Insert an instance or replace the row with its id."""
        self._db.execute(
            "INSERT OR REPLACE INTO instances VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                item.id, item.execution, item.name, item.status, item.input, item.output,
                item.custom_status, item.created, item.updated, item.parent,
                item.parent_execution, item.parent_task, item.version,
            ),
        )  # fmt: skip

    def delete_instance(self, instance_id: str) -> None:
        """Forget an instance with all that belongs to it."""
        self._db.execute("DELETE FROM instances WHERE id=?", (instance_id,))
        for table in ("history", "inbox", "activities", "timers"):
            self._db.execute(f"DELETE FROM {table} WHERE instance=?", (instance_id,))  # noqa: S608
        self._db.execute("DELETE FROM entities WHERE id=?", (instance_id,))

    def query(
        self, conditions: list[str], values: list[str], after: str, limit: int | None
    ) -> list[Instance]:
        """List instances in the order of their ids, those after a given id."""
        where = " AND ".join(["id>?", *conditions])
        sql = f"SELECT * FROM instances WHERE {where} ORDER BY id LIMIT ?"  # noqa: S608 - own texts
        rows = self._db.execute(sql, (after, *values, -1 if limit is None else limit))
        return [Instance(*row) for row in rows]

    # History

    def history(self, instance_id: str) -> list[str]:
        """Read the encoded events of an instance's current execution."""
        sql = "SELECT body FROM history WHERE instance=? ORDER BY seq"
        return [body for (body,) in self._db.execute(sql, (instance_id,))]

    def append_history(self, instance_id: str, start: int, bodies: Iterable[str]) -> None:
        """Append encoded events, the first of which gets the sequence number ``start``."""
        rows = [(instance_id, seq, body) for seq, body in enumerate(bodies, start)]
        self._db.executemany("INSERT INTO history VALUES(?,?,?)", rows)

    def replace_history(self, instance_id: str, bodies: Iterable[str]) -> None:
        """Write another history in place of the old one."""
        self._db.execute("DELETE FROM history WHERE instance=?", (instance_id,))
        self.append_history(instance_id, 0, bodies)

    # Inbox

    def post(self, instance_id: str, execution: str | None, body: str) -> None:
        """Leave a message for an instance."""
        sql = "INSERT INTO inbox(instance, execution, body) VALUES(?,?,?)"
        self._db.execute(sql, (instance_id, execution, body))

    def messages(self, instance_id: str, limit: int = -1) -> list[Message]:
        """Read the messages of an instance, oldest first."""
        sql = "SELECT id, execution, body FROM inbox WHERE instance=? ORDER BY id LIMIT ?"
        return [Message(*row) for row in self._db.execute(sql, (instance_id, limit))]

    def consume(self, message_ids: Iterable[int]) -> None:
        """Remove messages that are dealt with."""
        self._db.executemany("DELETE FROM inbox WHERE id=?", [(item,) for item in message_ids])

    def waiting(self) -> list[str]:
        """List the instances that have messages."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT instance FROM inbox")]

    # Activities and timers

    def add_activity(
        self, instance: str, execution: str, task: int, name: str, argument: str | None
    ) -> Activity:
        """Schedule an activity."""
        sql = "INSERT INTO activities(instance, execution, task, name, input) VALUES(?,?,?,?,?)"
        row = self._db.execute(sql, (instance, execution, task, name, argument)).lastrowid
        return Activity(row or 0, instance, execution, task, name, argument)

    def activities(self) -> list[Activity]:
        """List the activities that have to run."""
        return [Activity(*row) for row in self._db.execute("SELECT * FROM activities ORDER BY id")]

    def remove_activity(self, activity_id: int) -> bool:
        """Remove an activity; False when it was purged meanwhile."""
        return self._db.execute("DELETE FROM activities WHERE id=?", (activity_id,)).rowcount > 0

    def add_timer(self, timer: Timer) -> None:
        """Schedule a timer."""
        self._db.execute(
            "INSERT OR IGNORE INTO timers VALUES(?,?,?,?)",
            (timer.instance, timer.execution, timer.task, timer.fire_at),
        )

    def timers(self) -> list[Timer]:
        """List the timers that have not fired."""
        return [Timer(*row) for row in self._db.execute("SELECT * FROM timers")]

    def remove_timer(self, timer: Timer) -> bool:
        """Remove a timer; False when it is gone already."""
        sql = "DELETE FROM timers WHERE instance=? AND execution=? AND task=?"
        return self._db.execute(sql, (timer.instance, timer.execution, timer.task)).rowcount > 0

    def remove_timers(self, instance_id: str) -> None:
        """Remove the timers of an instance that ended."""
        self._db.execute("DELETE FROM timers WHERE instance=?", (instance_id,))

    # Entities

    def entity_state(self, entity_id: str) -> str | None:
        """Read an entity's state, a JSON text; None when it does not exist."""
        row = self._db.execute("SELECT state FROM entities WHERE id=?", (entity_id,)).fetchone()
        return row[0] if row else None

    def save_entity(self, entity_id: str, state: str | None) -> None:
        """Write an entity's state; None ends its existence."""
        if state is None:
            self._db.execute("DELETE FROM entities WHERE id=?", (entity_id,))
        else:
            self._db.execute("INSERT OR REPLACE INTO entities VALUES(?,?)", (entity_id, state))
