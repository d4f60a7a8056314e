"""What a rule is, what it looks at, and what it finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from landing_zone.contracts import Contract
from landing_zone.hub_state.members import Lane
from landing_zone.remediation.ground import Ground

_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})

type Body = Mapping[str, Any]


class Read(NamedTuple):
    """A read that a rule asks for beyond the resource itself.

    Attributes:
        path: ARM id, or path of a collection.
        api_version: The pinned api-version.
        kind: One resource, or all items of a collection.
    """

    path: str
    api_version: str
    kind: Literal["get", "list"] = "get"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule judges by.

    Attributes:
        resource_id: Normalized id of the resource.
        resource_type: Its type in lower case.
        resource: What ARM answers for it now; None when it is gone.
        ground: What is known of its owner.
        about: Normalized ids of children and extensions that events told of.
        answers: What further reads answered: a body or None for a `get`, a list for a `list`.
    """

    resource_id: str
    resource_type: str
    resource: Body | None
    ground: Ground
    about: frozenset[str] = frozenset()
    answers: Mapping[Read, Any] = field(default=_NOTHING)


class Write(Contract):
    """One request to ARM.

    Attributes:
        method: PUT, PATCH, DELETE, or POST for an action.
        path: ARM id.
        api_version: The pinned api-version.
        body: What is sent.
        if_match: ETag of what was read, where all of it is written back with one change; empty
            where nothing is overwritten but what the rule is about.
    """

    method: Literal["PUT", "PATCH", "DELETE", "POST"]
    path: str
    api_version: str
    body: dict[str, Any] | None = None
    if_match: str = ""


class HubRefresh(Contract):
    """The hub's reconciler puts it right, when it is asked to run.

    Attributes:
        hub: Name of the hub.
        lane: The lane of it.
    """

    kind: Literal["hub"] = "hub"
    hub: str
    lane: Lane


class Fix(Contract):
    """Writes that put a violation right, one after the other, each awaited.

    Attributes:
        writes: The writes.
        verify: What shows that it is right: the last write's own answer, or a read afterwards.
        hub: The hub's reconciler that has to run as well, where both sides of something are broken:
            either may be refused until the other is right, so that both are tried again.
    """

    kind: Literal["fix"] = "fix"
    writes: tuple[Write, ...]
    verify: Literal["answer", "read"] = "read"
    hub: HubRefresh | None = None


class ByHand(Contract):
    """No write of ours puts it right.

    Attributes:
        advice: What a person can do.
    """

    kind: Literal["by-hand"] = "by-hand"
    advice: str


type Remedy = Fix | HubRefresh | ByHand


class Violation(Contract):
    """A rule that a resource breaks.

    Attributes:
        rule: Name of the rule.
        resource_id: Normalized id of what breaks it: the resource, or a part of it that is judged
            by itself, such as one peering.
        detail: What is wrong, for a person.
        fix: What puts it right.
    """

    rule: str
    resource_id: str
    detail: str
    fix: Remedy


@dataclass(frozen=True)
class Rule:
    """One rule of remediation, as data with a pure function.

    Attributes:
        name: Stable name, in findings, policies and exemptions.
        title: What it asks for, for a person.
        types: Types in lower case that it judges; empty for every type.
        evaluate: What breaks it; never raises.
        needs: Reads that it lacks still to judge these facts; none once it can. Asked again with
            the answers, since a path may follow from an earlier answer.
    """

    name: str
    title: str
    types: frozenset[str]
    evaluate: Callable[[Facts], tuple[Violation, ...]]
    needs: Callable[[Facts], tuple[Read, ...]] = lambda _: ()
