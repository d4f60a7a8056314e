"""How many events came to which end: each is counted once, so that none is lost unseen.

What a row of the inbox held is counted in the transaction that removes the row. Counters only ever
grow; adding them up in any order gives the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

HANDLED: Final = "handled"
COALESCED: Final = "coalesced"
DUPLICATE: Final = "duplicate"
IGNORED: Final = "ignored"
REFUSED: Final = "refused"

type Tally = Mapping[str, int]
NOTHING: Final[Tally] = MappingProxyType({})


def settled(events: int) -> dict[str, int]:
    """The tally of a row with so many events: one look served them all."""
    return {HANDLED: 1} | ({COALESCED: events - 1} if events > 1 else {})


def because(end: str, reason: str) -> dict[str, int]:
    """The tally of one event that came to an end for a reason, which is a short stable word."""
    return {f"{end}:{reason}": 1}


def summed(tallies: Iterable[Tally]) -> dict[str, int]:
    """Several tallies as one."""
    total: dict[str, int] = {}
    for tally in tallies:
        for name, count in tally.items():
            total[name] = total.get(name, 0) + count
    return total


def day_of(at: datetime) -> str:
    """The day under which an event that was counted then is found."""
    return at.strftime("%Y-%m-%d")
