"""The faults that are in force: which one a request meets, and what it does to it."""

import fnmatch
import random
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

from localcloud.arm.effects import NO_EFFECT
from localcloud.arm.effects import Effect as OperationEffect
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from localcloud.arm.faults.documents import FaultDocument, Match, parse_fault
from localcloud.arm.paths import parse
from localcloud.arm.profile import retry_headers
from localcloud.arm.state.database import Database

# What can befall a call that begins no operation.
DATA_KINDS = frozenset({"respond", "reset-before", "reset-after", "timeout-after"})
_POLL = re.compile(r".*/(operations|operationresults)/[^/]+", re.IGNORECASE)


@dataclass(slots=True)
class Fault:
    """A fault in force.

    Attributes:
        id: What it is removed by.
        document: What it matches, and does.
        made: When, in seconds since the epoch.
        seen: How many requests have fitted.
        hit: How many requests have been hit.
    """

    id: str
    document: FaultDocument
    made: float
    seen: int = 0
    hit: int = 0

    def shown(self) -> dict[str, Any]:
        """For the control route, and for storage."""
        document = self.document.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        counted = {"made": self.made, "seen": self.seen, "hit": self.hit}
        return {"id": self.id, "fault": document} | counted


class FaultPlan:
    """Every fault in force, kept in SQLite with its counts."""

    def __init__(self, database: Database, speed: float) -> None:
        self._database = database
        self._speed = speed
        self._faults: dict[str, Fault] = {}
        for row in database.all("faults"):
            document = FaultDocument.model_validate(row.pop("fault"))
            self._faults[row["id"]] = Fault(document=document, **row)

    def add(self, document: Any, now: float) -> Fault:
        """Put a fault in force.

        Raises:
            ArmError: The document is not valid.
        """
        fault = Fault(str(uuid.uuid4()), parse_fault(document), now)
        self._faults[fault.id] = fault
        self._keep(fault)
        return fault

    def all(self) -> list[dict[str, Any]]:
        """Every fault, with its counts."""
        return [fault.shown() for fault in self._faults.values()]

    def remove(self, fault_id: str = "") -> list[str]:
        """Remove a fault, or all; the ids of those that were removed."""
        gone = [key for key in self._faults if fault_id in {"", key}]
        for key in gone:
            del self._faults[key]
            self._database.remove("faults", key)
        return gone

    def forget(self) -> None:
        """Forget every fault; the tables have been emptied."""
        self._faults.clear()

    def meet(self, call: Call, now: float) -> Fault | None:
        """The first fault that hits a request; it is counted."""
        return self._first(list(self._faults.values()), call, now)

    def meet_data(self, call: Call, now: float) -> Fault | None:
        """The same for a data plane: only faults that name a path, and need no operation."""
        return self._first(
            [
                fault
                for fault in self._faults.values()
                if fault.document.match.path is not None
                and fault.document.effect.kind in DATA_KINDS
            ],
            call,
            now,
        )

    def _first(self, faults: list[Fault], call: Call, now: float) -> Fault | None:
        for fault in faults:
            if self._expired(fault, now) or not fits(fault.document.match, call):
                continue
            fault.seen += 1
            met = fault.seen >= fault.document.match.nth and self._dice(fault)
            fault.hit += met
            self._keep(fault)
            if met:
                return fault
        return None

    def _expired(self, fault: Fault, now: float) -> bool:
        lasts = fault.document.for_seconds
        over = lasts is not None and now >= fault.made + lasts / self._speed
        return over or fault.hit >= fault.document.count

    @staticmethod
    def _dice(fault: Fault) -> bool:
        match = fault.document.match
        dice = random.Random(f"{match.seed}/{fault.seen}")  # noqa: S311 - it is to be repeatable
        return dice.random() < match.probability

    def _keep(self, fault: Fault) -> None:
        self._database.put("faults", fault.id, fault.shown())

    def error_of(self, fault: Fault) -> ArmError:
        """The error that a fault answers with, or lets an operation end with."""
        effect = fault.document.effect
        headers = dict(effect.headers)
        if effect.retry_after is not None:
            headers |= retry_headers(effect.retry_after / self._speed)
        details = [_policy_detail(effect.policy)] if effect.policy else []
        message = effect.message
        if effect.policy:
            message = f"Resource was disallowed by policy. Policy identifiers: '{effect.policy}'."
        return ArmError(effect.status, effect.code, message, details=details, headers=headers)

    def effect_of(self, fault: Fault | None) -> OperationEffect:
        """What a fault does to the operation that a request begins."""
        if fault is None:
            return NO_EFFECT
        effect, made = fault.document.effect, OperationEffect(fault.id)
        seconds = self.scaled(effect.seconds)
        match effect.kind:
            case "operation-fails":
                failure = self.error_of(fault).as_error()
                made = replace(made, failure=failure, status=effect.status)
            case "stuck":
                made = replace(made, stuck=True)
            case "slow":
                made = replace(made, delay=seconds)
            case "operation-hidden":
                made = replace(made, hidden_operation=seconds)
            case "resource-hidden":
                made = replace(made, hidden_resource=seconds)
            case _:
                made = NO_EFFECT
        return made

    def scaled(self, seconds: float) -> float:
        """Seconds of a document in seconds here."""
        return seconds / self._speed


def _policy_detail(policy: str) -> dict[str, Any]:
    return {
        "code": "RequestDisallowedByPolicy",
        "message": f"The request was disallowed by the policy '{policy}'.",
        "additionalInfo": [
            {
                "type": "PolicyViolation",
                "info": {"policyDefinitionName": policy, "policyDefinitionEffect": "deny"},
            }
        ],
    }


def fits(match: Match, call: Call) -> bool:
    """Whether a request is one that a fault is about."""
    methods = [match.method] if isinstance(match.method, str) else match.method
    if methods is not None and call.method not in methods:
        return False
    if not match.polls and _POLL.fullmatch(call.path):
        return False
    if match.path is not None and not _path_fits(match.path, call.path):
        return False
    if match.type is None:
        return True
    target = parse(call.path)
    return target is not None and target.type == match.type.lower()


def _path_fits(pattern: str, path: str) -> bool:
    if pattern.startswith("re:"):
        return re.search(pattern[3:], path, re.IGNORECASE) is not None
    return fnmatch.fnmatchcase(path.lower(), pattern.lower())
