"""What is to be delivered and what became of it, in SQLite: a kill at any moment loses nothing."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from localcloud.event_grid.records import OPEN, SENDING, WAITING, Arrival, Change, Delivery

_KEPT: Final = 50_000  # events whose fate can be looked at
_TRIM_EVERY: Final = 1_000
_SCHEMA = """
create table if not exists events (
    n integer primary key, id text not null, type text not null, subject text not null,
    published real not null, document text);
create table if not exists deliveries (
    id integer primary key autoincrement, n integer not null, subscription text not null,
    lane text not null,
    state text not null, due real not null, attempts integer not null default 0, status integer,
    outcome text not null default '', reason text not null default '', attempted real,
    blob text not null default '');
create index if not exists by_event on deliveries (n);
create index if not exists by_lane on deliveries (lane, due, id) where state = 'waiting';
create index if not exists by_death on deliveries (due, id) where state = 'dying';
create table if not exists totals (
    subscription text, state text, count integer not null, attempts integer not null,
    primary key (subscription, state));
create table if not exists facts (name text primary key, document text not null);
create table if not exists faults (id text primary key, document text not null);
"""
_OVERWRITE: Final = "on conflict do update set document = excluded.document"
_LOAD = """
select d.id, d.n, d.subscription, d.attempts, e.published, e.document, d.outcome, d.attempted,
    d.reason, d.due, d.status
from deliveries d join events e on e.n = d.n
"""


class State:
    """The SQLite file of one Event Grid."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Not synced at each commit: it survives the death of the process, as is promised.
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        # What was on its way when the process died may have arrived or not: it is sent again.
        self._connection.execute(
            "update deliveries set state = ? where state = ?", (WAITING, SENDING)
        )

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

    # Facts and faults.

    def fact(self, name: str) -> Any:
        """A single value, None where it was never set."""
        found = self._connection.execute("select document from facts where name = ?", (name,))
        row = found.fetchone()
        return None if row is None else json.loads(row[0])

    def note(self, name: str, value: Any) -> None:
        """Set a single value."""
        self._connection.execute(
            f"insert into facts values (?, ?) {_OVERWRITE}",  # noqa: S608
            (name, json.dumps(value)),
        )

    def forget(self, name: str) -> None:
        """Remove a single value."""
        self._connection.execute("delete from facts where name = ?", (name,))

    def facts_of(self, prefix: str) -> dict[str, Any]:
        """All values whose names begin with a prefix."""
        rows = self._connection.execute(
            "select name, document from facts where substr(name, 1, ?) = ?", (len(prefix), prefix)
        )
        return {name: json.loads(document) for name, document in rows}

    def faults(self) -> list[dict[str, Any]]:
        """Every fault, oldest first."""
        rows = self._connection.execute("select document from faults order by rowid")
        return [json.loads(document) for (document,) in rows]

    def keep_fault(self, fault_id: str, document: Mapping[str, Any]) -> None:
        """Store a fault, new or changed."""
        self._connection.execute(
            f"insert into faults values (?, ?) {_OVERWRITE}",  # noqa: S608
            (fault_id, json.dumps(document)),
        )

    def remove_fault(self, fault_id: str) -> None:
        """Remove a fault."""
        self._connection.execute("delete from faults where id = ?", (fault_id,))

    # Events and deliveries.

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Store events with their deliveries; one that is there already is left as it is."""
        with self.transaction():
            last = 0
            for arrival in arrivals:
                last = max(last, arrival.n)
                self._take(arrival)
            if last // _TRIM_EVERY:
                self._trim(last - _KEPT)

    def _take(self, arrival: Arrival) -> None:
        event = arrival.event
        is_open = any(one.state == WAITING for one in arrival.planned)
        document = json.dumps(event, separators=(",", ":")) if is_open else None
        row = (
            arrival.n, event["id"], event["eventType"], event["subject"], arrival.published,
            document,
        )  # fmt: skip
        added = self._connection.execute(
            "insert into events values (?, ?, ?, ?, ?, ?) on conflict do nothing", row
        )
        if not added.rowcount:
            return
        self._connection.executemany(
            "insert into deliveries (n, subscription, lane, state, due, reason)"
            " values (?, ?, ?, ?, ?, ?)",
            [
                (arrival.n, one.subscription, one.lane, one.state, one.due, one.reason)
                for one in arrival.planned
            ],
        )

    def _trim(self, upto: int) -> None:
        """Forget events whose fate is sealed, apart from the newest; totals remember how many."""
        sealed = (
            "select n from events where n <= ? and not exists (select 1 from deliveries d"
            " where d.n = events.n and d.state in ('waiting', 'sending', 'dying'))"
        )
        self._connection.execute(
            "insert into totals select subscription, state, count(*), sum(attempts)"  # noqa: S608
            f" from deliveries where n in ({sealed}) group by 1, 2"
            " on conflict do update set count = count + excluded.count,"
            " attempts = attempts + excluded.attempts",
            (upto,),
        )
        self._connection.execute(f"delete from deliveries where n in ({sealed})", (upto,))  # noqa: S608
        self._connection.execute(
            "delete from events where n <= ? and not exists"
            " (select 1 from deliveries d where d.n = events.n)",
            (upto,),
        )

    def begin_anew(self) -> None:
        """Forget all events, as their outbox is gone; what was open counts as dropped."""
        with self.transaction():
            self._connection.execute(
                "update deliveries set state = 'dropped', reason = 'the outbox is gone'"
                " where state in ('waiting', 'sending', 'dying')"
            )
            row = self._connection.execute("select max(n) from events").fetchone()
            self._trim(row[0] or 0)

    def claim(self, lane: str, now: float, limit: int) -> list[Delivery]:
        """The oldest deliveries of a lane that are due; they are marked as being sent."""
        with self.transaction():
            found = self._load(
                "where d.state = 'waiting' and d.lane = ? and d.due <= ?"
                " order by d.due, d.id limit ?",
                (lane, now, limit),
            )
            self._connection.executemany(
                "update deliveries set state = 'sending' where id = ?", [(one.id,) for one in found]
            )
        return found

    def dying(self, now: float, limit: int) -> list[Delivery]:
        """What was given up and is due to be kept as a dead letter."""
        where = "where d.state = 'dying' and d.due <= ? order by d.due, d.id limit ?"
        return self._load(where, (now, limit))

    def _load(self, where: str, parameters: tuple[Any, ...]) -> list[Delivery]:
        rows = self._connection.execute(_LOAD + where, parameters)
        return [
            Delivery(
                id=row[0], n=row[1], subscription=row[2], attempts=row[3], published=row[4],
                event=json.loads(row[5]), outcome=row[6], attempted=row[7], reason=row[8],
                due=row[9], status=row[10], size=len(row[5]),
            )
            for row in rows
        ]  # fmt: skip

    def next_due(self, lane: str) -> float | None:
        """When the next delivery of a lane is due."""
        row = self._connection.execute(
            "select min(due) from deliveries where state = 'waiting' and lane = ?", (lane,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def next_death(self) -> float | None:
        """When the next dead letter is due."""
        row = self._connection.execute(
            "select min(due) from deliveries where state = 'dying'"
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def lanes(self) -> list[str]:
        """The lanes that have something to deliver."""
        rows = self._connection.execute(
            "select distinct lane from deliveries where state = 'waiting'"
        )
        return [lane for (lane,) in rows]

    def move(self, subscription: str, lane: str) -> None:
        """Let what waits for a subscription go to another endpoint."""
        self._connection.execute(
            "update deliveries set lane = ? where subscription = ? and state = 'waiting'"
            " and lane != ?",
            (lane, subscription, lane),
        )

    def change(self, changes: Sequence[Change]) -> None:
        """Store what attempts have made of deliveries; who needs its body no more loses it."""
        with self.transaction():
            self._connection.executemany(
                "update deliveries set state = ?, due = ?, attempts = ?, status = ?, outcome = ?,"
                " reason = ?, attempted = ?, blob = ? where id = ?",
                [
                    (
                        one.state, one.due, one.attempts, one.status, one.outcome, one.reason,
                        one.attempted, one.blob, one.id,
                    )
                    for one in changes
                ],
            )  # fmt: skip
            self._connection.executemany(
                "update events set document = null"
                " where n = (select n from deliveries where id = ?) and not exists"
                " (select 1 from deliveries d where d.n = events.n"
                " and d.state in ('waiting', 'sending', 'dying'))",
                [(one.id,) for one in changes if one.state not in OPEN],
            )

    def drop_open(self, keep: Iterable[str], reason: str) -> None:
        """Drop what waits for subscriptions that are there no more."""
        kept = set(keep)
        rows = self._connection.execute(
            "select distinct subscription from deliveries where state in ('waiting', 'dying')"
        )
        gone = [(reason, name) for (name,) in rows if name not in kept]
        with self.transaction():
            self._connection.executemany(
                "update deliveries set state = 'dropped', reason = ?"
                " where subscription = ? and state in ('waiting', 'dying')",
                gone,
            )

    # What became of them.

    def fates(self, since: int, limit: int) -> list[dict[str, Any]]:
        """Events after a number, each with what became of it for every subscription."""
        rows = self._connection.execute(
            "select n, id, type, subject, published from events where n > ? order by n limit ?",
            (since, limit),
        ).fetchall()
        fates = {
            n: {
                "n": n, "id": event_id, "eventType": kind, "subject": subject,
                "published": published, "deliveries": [],
            }
            for n, event_id, kind, subject, published in rows
        }  # fmt: skip
        if not fates:
            return []
        found = self._connection.execute(
            "select n, subscription, state, attempts, status, outcome, reason, attempted, due, blob"
            " from deliveries where n between ? and ? order by id",
            (min(fates), max(fates)),
        )
        for n, *delivery in found:
            fates[n]["deliveries"].append(dict(zip(_FATE, delivery, strict=True)))
        return list(fates.values())

    def totals(self) -> dict[str, Any]:
        """How many deliveries of each subscription are in each state, ever."""
        rows = self._connection.execute(
            "select subscription, state, sum(count), sum(attempts) from ("
            " select subscription, state, count(*) count, sum(attempts) attempts"
            " from deliveries group by 1, 2"
            " union all select subscription, state, count, attempts from totals) group by 1, 2"
        )
        found: dict[str, Any] = {}
        for subscription, state, count, attempts in rows:
            one = found.setdefault(subscription, {"attempts": 0})
            one[state] = count
            one["attempts"] += attempts
        return found


_FATE: Final = (
    *("subscription", "state", "attempts", "status", "outcome", "reason", "attempted", "due"),
    "blob",
)
