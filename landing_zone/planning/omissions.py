"""What a tenant asked for, or is promised, and its plan does not hold."""

from collections.abc import Iterator
from typing import NamedTuple

from landing_zone.planning.scope import Scope


class Omission(NamedTuple):
    """One thing that the plan does not do.

    Attributes:
        what: What is missing.
        why: What would have to be there.
    """

    what: str
    why: str


def omissions(scope: Scope) -> tuple[Omission, ...]:
    """All that a person has to be told beside the plan."""
    return (*_of_the_hub(scope), *_of_the_request(scope))


def _of_the_hub(scope: Scope) -> Iterator[Omission]:
    if scope.hub.resource_events is None:
        yield Omission(
            "Resource events of the spoke are not delivered",
            "the hub names no function that takes them (resourceEvents)",
        )


def _of_the_request(scope: Scope) -> Iterator[Omission]:
    request = scope.request
    if request.data.database == "postgresql":
        yield Omission(
            "The workload's identity has no role in PostgreSQL",
            "roles of a database are made on the data plane",
        )
    safety = request.ai.safety
    if safety.redact_pii or safety.content_filter != "default":
        yield Omission(
            "Redaction and content filters other than the default are not applied",
            "the gateway's policy does not carry them yet",
        )
