"""The rules that plans are made by, as a value: a version, and what makes the resources."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from landing_zone.plan import Resource
from landing_zone.planning.scope import Scope

type Builder = Callable[[Scope], Iterator[Resource]]


@dataclass(frozen=True)
class Rules:
    """One version of the rules.

    A release of the application knows one version: that of its own code. What plans takes it as a
    value all the same, so that two versions can be held against each other.

    Attributes:
        version: Its number; each change of what is planned for the same request has another.
        builders: What is made from the facts alone, in the order of the steps.
    """

    version: int
    builders: tuple[Builder, ...]
