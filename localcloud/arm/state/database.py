"""The SQLite file below the store: one transaction at a time, nothing lost by a kill."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists records (key text primary key, document text not null);
create table if not exists operations (id text primary key, document text not null);
create table if not exists facts (name text primary key, document text not null);
create table if not exists faults (id text primary key, document text not null);
create table if not exists events (id integer primary key autoincrement, document text not null);
create table if not exists requests (id integer primary key autoincrement, document text not null);
"""
_KEPT_REQUESTS = 200_000
_KEPT_EVENTS = 200_000  # as long as nobody takes them
_KEPT_TAKEN = 10_000  # to be looked at
_TRIM_EVERY = 1_000


def _taken(table: str) -> str:
    return f"{table}Taken"


class Database:
    """JSON documents in tables, written through."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        # A WAL that is not synced at each commit survives the death of the process, which is what
        # is promised; only the death of the machine could lose its end.
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one within another joins it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def put(self, table: str, key: str, document: Any) -> None:
        """Insert or replace a document by key."""
        self._connection.execute(
            # An update keeps the row's place, so that lists stay in the order of creation.
            f"insert into {table} values (?, ?)"  # noqa: S608 - a name of ours
            " on conflict do update set document = excluded.document",
            (key, json.dumps(document, separators=(",", ":"))),
        )

    def remove(self, table: str, key: str) -> None:
        """Remove a document by key."""
        column = "key" if table == "records" else "name" if table == "facts" else "id"
        self._connection.execute(f"delete from {table} where {column} = ?", (key,))  # noqa: S608

    def all(self, table: str) -> Iterator[Any]:
        """Every document of a table, in the order of insertion."""
        rows = self._connection.execute(f"select document from {table} order by rowid")  # noqa: S608
        for (document,) in rows:
            yield json.loads(document)

    def fact(self, name: str) -> Any:
        """A single value, None where it was never set."""
        row = self._connection.execute(
            "select document from facts where name = ?", (name,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def append(self, table: str, document: Any) -> int:
        """Append to a log; old entries beyond a bound are dropped."""
        kept = _KEPT_REQUESTS if table == "requests" else _KEPT_EVENTS
        cursor = self._connection.execute(
            f"insert into {table} (document) values (?)",  # noqa: S608
            (json.dumps(document, separators=(",", ":")),),
        )
        number = cursor.lastrowid or 0
        if number % _TRIM_EVERY == 0 and self.fact(_taken(table)) is None:
            self._trim(table, number - kept)
        return number

    def took(self, table: str, number: int) -> None:
        """Note that entries up to a number have been taken; from now on only those are dropped."""
        if number <= (self.fact(_taken(table)) or 0):
            return
        with self.transaction():
            self.put("facts", _taken(table), number)
            self._trim(table, number - _KEPT_TAKEN)

    def _trim(self, table: str, upto: int) -> None:
        self._connection.execute(f"delete from {table} where id <= ?", (upto,))  # noqa: S608

    def last(self, table: str) -> int:
        """The number of a log's last entry, also when it has been dropped."""
        row = self._connection.execute(
            "select seq from sqlite_sequence where name = ?", (table,)
        ).fetchone()
        return int(row[0]) if row is not None else 0

    def log_since(self, table: str, since: int, limit: int) -> list[tuple[int, Any]]:
        """Entries of a log after a number, at most `limit`."""
        rows = self._connection.execute(
            f"select id, document from {table} where id > ? order by id limit ?",  # noqa: S608
            (since, limit),
        )
        return [(number, json.loads(document)) for number, document in rows]

    def empty(self, *tables: str) -> None:
        """Empty tables; numbers of log entries go on."""
        with self.transaction():
            for table in tables:
                self._connection.execute(f"delete from {table}")  # noqa: S608

    def clear(self) -> None:
        """Empty every table."""
        self.empty("records", "operations", "facts", "faults", "events", "requests")
