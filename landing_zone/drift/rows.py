"""What is noted of a resource that may have drifted, from the first event until it was looked at.

A resource has at most one row, and the row has at most one orchestration: events that come while
it is there join it. Whoever has looked removes the row only as it was before the look.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from landing_zone.arm_ids import normalized
from landing_zone.remediation.owners import Owner

MOST_EVENTS: Final = 32
"""Events of which a row keeps the ids; those beyond are counted, and coalesced all the same."""

MOST_SUBJECTS: Final = 16
"""Parts of a resource that a row names; beyond them all of it is looked at."""

SHARDS: Final = 2
"""Partitions of the inbox: each takes one transaction at a time of a process.

Few, since a row of a large transaction costs a fraction of what one of a small one does; each
takes 2,000 rows of a KiB a second (learn: storage/tables/scalability-targets).
"""

REMEMBERED: Final = 5_000
"""Resources of which a process knows the keys: each look asks for one's a dozen times."""

INSTANCE_PREFIX: Final = "drift-"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeenEvent(_Frozen):
    """One event.

    Attributes:
        id: Its own id, which is the same when it is delivered again.
        at: When the thing happened that it tells of.
        subject: ARM id of what changed: the resource, or a part of it.
    """

    id: str
    at: AwareDatetime
    subject: str


class DriftRow(_Frozen):
    """A resource that is to be looked at.

    Attributes:
        resource_id: ARM id of the resource that is judged.
        owner: Whose it is.
        instance: Instance id of the orchestration that looks at it.
        noted_at: When the row was made.
        first_at: When the earliest of the events happened.
        event_ids: Ids of the first events.
        subjects: Normalized ids of what changed.
        events: How many events there were.
    """

    resource_id: str
    owner: Owner
    instance: str
    noted_at: AwareDatetime
    first_at: AwareDatetime
    event_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    events: int = 1

    @property
    def key(self) -> str:
        """Its key."""
        return key_of(self.resource_id)

    def joined(self, event: SeenEvent) -> "DriftRow":
        """The row once one more event has come; the same row when that one came before."""
        if event.id in self.event_ids:
            return self
        subject = normalized(event.subject)
        known = subject in self.subjects or len(self.subjects) >= MOST_SUBJECTS
        return self.model_copy(
            update={
                "events": self.events + 1,
                "first_at": min(self.first_at, event.at),
                "event_ids": (*self.event_ids, event.id)[:MOST_EVENTS],
                "subjects": self.subjects if known else (*self.subjects, subject),
            }
        )


def new_row(resource_id: str, owner: Owner, event: SeenEvent, now: datetime) -> DriftRow:
    """The row of a resource of which nothing was noted."""
    # The event alone does not name it: one that is delivered again makes a row anew, while the
    # orchestration of the row before may still be ending, and would not look at it.
    run = hashlib.sha256(f"{event.id}\n{now.isoformat()}".encode()).hexdigest()[:12]
    return DriftRow(
        resource_id=resource_id,
        owner=owner,
        instance=f"{INSTANCE_PREFIX}{key_of(resource_id)}-{run}",
        noted_at=now,
        first_at=event.at,
        event_ids=(event.id,),
        subjects=(normalized(event.subject),),
    )


@lru_cache(REMEMBERED)
def key_of(resource_id: str) -> str:
    """What a resource is known by, however its id is spelt; 32 characters of 0-9 and a-f."""
    return hashlib.sha256(normalized(resource_id).encode()).hexdigest()[:32]


def shard_of(key: str) -> str:
    """The partition of a key."""
    return f"{int(key[:8], 16) % SHARDS:02d}"
