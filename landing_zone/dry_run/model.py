"""What a dry run reads, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from landing_zone.differences import Difference
from landing_zone.hub_state.settled import Actual
from landing_zone.plan import Plan, Resource
from landing_zone.references import Outputs


class Action(StrEnum):
    """What applying the plan would do to a resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    UNJUDGED = "unjudged"


@dataclass(frozen=True)
class There:
    """A resource that is there.

    Attributes:
        body: What Azure says of it.
    """

    body: dict[str, Any]


@dataclass(frozen=True)
class Nothing:
    """A resource that is not there.

    Attributes:
        kept: Whether Azure keeps one that was deleted, which is brought back.
    """

    kept: bool = False


@dataclass(frozen=True)
class Secret:
    """A secret that is there, of which nothing else is told.

    Attributes:
        works: Whether it is as it should be.
    """

    works: bool


@dataclass(frozen=True)
class Shared:
    """A lane of the hub, of which the resource is a part.

    Attributes:
        actual: What ARM holds of the lane, by normalized id.
    """

    actual: Actual


@dataclass(frozen=True)
class Unseen:
    """A resource that could not be read.

    Attributes:
        code: What kind of trouble, in Azure's word where there is one.
        message: The trouble, for a person.
    """

    code: str
    message: str


type Held = There | Nothing | Secret | Shared | Unseen


@dataclass(frozen=True)
class Finding:
    """What would happen to one resource.

    Attributes:
        resource: The resource, its references resolved as far as they are known.
        action: What would happen to it.
        differences: The properties that would change.
        note: What else there is to know.
        code: Why it could not be judged.
        message: The same for a person.
    """

    resource: Resource
    action: Action
    differences: tuple[Difference, ...] = ()
    note: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Former:
    """The plan that was last applied.

    Attributes:
        plan: The plan.
        outputs: What its resources yielded.
    """

    plan: Plan
    outputs: Outputs


@dataclass(frozen=True)
class Known:
    """What is known so far.

    Attributes:
        outputs: What the resources that are there yield.
        actions: What would happen to those that were judged, by their keys.
    """

    outputs: Outputs
    actions: Mapping[str, Action]
