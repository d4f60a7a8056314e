"""What goes wrong on demand: events that come twice, late, out of order, misspelt or not at all."""

import fnmatch
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from localcloud.event_grid.model import Subscription
from localcloud.event_grid.state import State

type FaultKind = Literal["duplicate", "delay", "reorder", "drop", "casing"]
_FOREVER = 10**9
_MOST_SEEN = 24 * 3600.0


class FaultError(Exception):
    """A fault's document is not valid; the message says all that is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Match(_Part):
    """Which deliveries; everything that is given must fit.

    Attributes:
        subscription: A glob over the event subscription's name.
        event_type: A glob over the event's type.
        subject: A glob over the event's subject (`*` also crosses `/`). Case does not matter.
        nth: Only from the nth fitting delivery on, counted from 1.
        probability: How likely a fitting delivery is hit.
        seed: Of the dice, so that a run can be repeated.
    """

    subscription: str = "*"
    event_type: Annotated[str, Field(alias="eventType")] = "*"
    subject: str = "*"
    nth: Annotated[int, Field(ge=1)] = 1
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0


class Effect(_Part):
    """What happens to a delivery that is hit.

    Attributes:
        kind: `duplicate` delivers it `copies` times more; `delay` delivers it `seconds` later;
            `reorder` delivers it up to `seconds` later, so that it changes places with others;
            `drop` loses it; `casing` writes the ids in an event in another case, as Azure does at
            times: for all subscriptions alike, so that it does not look at `match.subscription`.
        copies: Of `duplicate`.
        seconds: Unscaled: it is divided by the speed.
    """

    kind: FaultKind
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    seconds: Annotated[float, Field(gt=0, le=_MOST_SEEN)] = 30.0


class FaultDocument(_Part):
    """A fault.

    Attributes:
        name: For whoever reads the list of faults.
        match: Which deliveries.
        count: How many are hit at most; all where it is left out.
        effect: What happens.
    """

    name: Annotated[str, Field(max_length=100)] = ""
    match: Match = Match()
    count: Annotated[int, Field(ge=1)] = _FOREVER
    effect: Effect


@dataclass(slots=True)
class Fault:
    """A fault in force.

    Attributes:
        id: What it is removed by.
        document: What it matches, and does.
        seen: How many deliveries have fitted.
        hit: How many were hit.
    """

    id: str
    document: FaultDocument
    seen: int = 0
    hit: int = 0

    def shown(self) -> dict[str, Any]:
        """For the control route, and for storage."""
        document = self.document.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return {"id": self.id, "fault": document, "seen": self.seen, "hit": self.hit}


@dataclass(frozen=True, slots=True)
class Mishap:
    """What the faults make of one delivery.

    Attributes:
        dropped: The fault that loses it, `""` for none.
        copies: How often it is delivered.
        later: Seconds that it comes later, of Azure.
    """

    dropped: str = ""
    copies: int = 1
    later: float = 0.0


class Faults:
    """The faults in force, kept with their counts."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._faults: dict[str, Fault] = {}
        for row in state.faults():
            document = FaultDocument.model_validate(row.pop("fault"))
            self._faults[row["id"]] = Fault(document=document, **row)

    def add(self, document: Any) -> Fault:
        """Put a fault in force.

        Raises:
            FaultError: The document is not valid.
        """
        try:
            parsed = FaultDocument.model_validate(document)
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise FaultError("; ".join(wrong)) from error
        fault = Fault(str(uuid.uuid4()), parsed)
        self._faults[fault.id] = fault
        self._state.keep_fault(fault.id, fault.shown())
        return fault

    def all(self) -> list[dict[str, Any]]:
        """Every fault, with its counts."""
        return [fault.shown() for fault in self._faults.values()]

    def remove(self, fault_id: str = "") -> list[str]:
        """Remove a fault, or all; the ids of those that were removed."""
        gone = [key for key in self._faults if fault_id in {"", key}]
        for key in gone:
            del self._faults[key]
            self._state.remove_fault(key)
        return gone

    def spelt(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event with its ids as the faults have them. It belongs into the transaction too."""
        for fault in self._of(event, ""):
            if fault.document.effect.kind == "casing" and (dice := self._roll(fault)):
                return _recased(event, dice.randrange(len(_SPELLINGS)))
        return event

    def meet(self, event: Mapping[str, Any], subscription: Subscription) -> Mishap:
        """What befalls a delivery; every fault that hits it adds to that.

        It belongs into the transaction that stores the delivery, as the counts are stored too.
        """
        mishap = Mishap()
        for fault in self._of(event, subscription.name):
            if fault.document.effect.kind != "casing" and (dice := self._roll(fault)):
                mishap = _after(mishap, fault, dice)
        return mishap

    def _of(self, event: Mapping[str, Any], subscription: str) -> list[Fault]:
        return [
            fault
            for fault in self._faults.values()
            if fault.hit < fault.document.count and _fits(fault.document.match, event, subscription)
        ]

    def _roll(self, fault: Fault) -> random.Random | None:
        """Count what fits; the dice to go on with if it is hit."""
        fault.seen += 1
        match = fault.document.match
        dice = random.Random(f"{match.seed}:{fault.seen}")  # noqa: S311 - it must be repeatable
        hit = fault.seen >= match.nth and dice.random() < match.probability
        fault.hit += hit
        self._state.keep_fault(fault.id, fault.shown())
        return dice if hit else None


def _after(mishap: Mishap, fault: Fault, dice: random.Random) -> Mishap:
    effect = fault.document.effect
    match effect.kind:
        case "duplicate":
            return replace(mishap, copies=mishap.copies + effect.copies)
        case "delay":
            return replace(mishap, later=mishap.later + effect.seconds)
        case "reorder":
            return replace(mishap, later=mishap.later + dice.uniform(0.0, effect.seconds))
        case _:
            return replace(mishap, dropped=fault.document.name or fault.id)


def _fits(match: Match, event: Mapping[str, Any], subscription: str) -> bool:
    pairs = [(event["eventType"], match.event_type), (event["subject"], match.subject)]
    if subscription:
        pairs.append((subscription, match.subscription))
    return all(fnmatch.fnmatchcase(text.lower(), glob.lower()) for text, glob in pairs)


def _group_in_lower_case(resource_id: str) -> str:
    return resource_id.replace("/resourceGroups/", "/resourcegroups/")


_SPELLINGS = (_group_in_lower_case, str.lower, str.upper)


def _recased(event: Mapping[str, Any], spelling: int) -> dict[str, Any]:
    spell = _SPELLINGS[spelling]
    data = dict(event["data"])
    data["resourceUri"] = spell(data["resourceUri"])
    data["authorization"] = data["authorization"] | {"scope": spell(data["authorization"]["scope"])}
    return dict(event) | {"subject": spell(event["subject"]), "data": data}
