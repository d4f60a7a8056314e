"""The broker's memory: one SQLite file; what is not in it did not happen.

What a message is stands apart from what happens to it, so that a lock does not write a large body
again. Changes are committed together, once a round of the event loop (`Turn`).
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACTIVE, DEFERRED, SCHEDULED = 0, 1, 2
_FILE = "messages.db"
_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS messages(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, state INTEGER NOT NULL,
  session TEXT, enqueued INTEGER NOT NULL, due INTEGER, expires INTEGER, ttl INTEGER,
  deliveries INTEGER NOT NULL DEFAULT 0, token BLOB, locked INTEGER,
  reason TEXT, description TEXT, size INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS available ON messages(entity, seq) WHERE state = 0 AND token IS NULL;
CREATE INDEX IF NOT EXISTS in_session ON messages(entity, session, seq) WHERE session IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_token ON messages(token) WHERE token IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_lock ON messages(locked) WHERE locked IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_due ON messages(due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_expiry ON messages(expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS contents(
  seq INTEGER PRIMARY KEY, durable INTEGER NOT NULL, priority INTEGER NOT NULL,
  notes BLOB NOT NULL, note_count INTEGER NOT NULL,
  properties BLOB NOT NULL, application BLOB NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS history(
  entity TEXT NOT NULL, message_id TEXT NOT NULL, until INTEGER NOT NULL,
  seq INTEGER NOT NULL, PRIMARY KEY(entity, message_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS history_by_end ON history(until);
CREATE TABLE IF NOT EXISTS sessions(
  entity TEXT NOT NULL, id TEXT NOT NULL, state BLOB, updated INTEGER,
  holder BLOB, locked INTEGER, PRIMARY KEY(entity, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_lock ON sessions(locked) WHERE locked IS NOT NULL;
"""
_ROW = (
    "m.seq, m.entity, m.state, m.session, m.enqueued, m.due, m.ttl, m.deliveries, m.token,"
    " m.locked, m.reason, m.description, m.size, c.durable, c.priority, c.notes, c.note_count,"
    " c.properties, c.application, c.body FROM messages m JOIN contents c USING (seq)"
)


@dataclass(slots=True)
class Row:
    """A message as it is kept; see the schema. Times are milliseconds since the epoch.

    Attributes:
        deliveries: Attempts that failed.
        token: Of the lock, None while nobody holds one.
        locked: Until when; None where the session's lock counts.
        notes: The sender's message annotations, keys and values one behind the other.
    """

    seq: int
    entity: str
    state: int
    session: str | None
    enqueued: int
    due: int | None
    ttl: int | None
    deliveries: int
    token: bytes | None
    locked: int | None
    reason: str | None
    description: str | None
    size: int
    durable: int
    priority: int
    notes: bytes
    note_count: int
    properties: bytes
    application: bytes
    body: bytes


class Store:
    """One database, for one process at a time.

    Raises:
        sqlite3.OperationalError: Another process has it.
    """

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(state / _FILE, isolation_level=None, timeout=0)
        self._durable = False
        try:
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise
        self._log = os.open(state / f"{_FILE}-wal", os.O_RDWR)

    def begin(self, *, durable: bool = False) -> None:
        """Make sure that changes are collected; a durable one lets the commit reach the disk."""
        self._durable = self._durable or durable
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since the last commit true at once.

        A killed process loses nothing of it in any case: the write-ahead log is the operating
        system's by then. A durable change is on the disk too before this returns, which is what
        SQLite itself does with `synchronous = FULL`, and then for every change.
        """
        if not self._db.in_transaction:
            return
        self._db.execute("COMMIT")
        if self._durable:
            os.fsync(self._log)
            self._durable = False

    def close(self) -> None:
        """Give the database free; what was not committed did not happen."""
        self._db.close()
        os.close(self._log)

    def change(self, statement: str, *values: Any) -> int:
        """Run a statement; returns how many rows it changed."""
        self.begin()
        return self._db.execute(statement, values).rowcount

    def insert(self, statement: str, *values: Any) -> int:
        """Run an insert; returns the row's number."""
        self.begin()
        number = self._db.execute(statement, values).lastrowid
        assert number is not None  # noqa: S101 - an insert has one
        return number

    def ask(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query."""
        return self._db.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first row of a query, None without one."""
        return self._db.execute(query, values).fetchone()

    def returning(self, statement: str, *values: Any) -> list[Any]:
        """Run a statement that returns what it changed."""
        self.begin()
        return self._db.execute(statement, values).fetchall()

    def rows(self, condition: str, *values: Any) -> Iterator[Row]:
        """Whole messages, chosen by a condition with its order and limit."""
        for values_of_row in self._db.execute(f"SELECT {_ROW} WHERE {condition}", values):
            yield Row(*values_of_row)
