"""Rules of versions that no release has yet, for tests of what leads from one to another."""

from collections.abc import Callable, Iterator
from typing import Final

from landing_zone.plan import Resource
from landing_zone.planning import RULES, RULES_VERSION, Rules
from landing_zone.planning.cost import EXPORT, cost_resources
from landing_zone.planning.scope import Scope
from landing_zone.planning.storage import (
    COST,
    RECORDS,
    container_id,
    container_key,
    records_resources,
)

NEXT: Final = RULES_VERSION + 1
ARCHIVE: Final = "archive"
COPIES: Final = "copies"


def _weekly(scope: Scope) -> Iterator[Resource]:
    """The export once a week."""
    for item in cost_resources(scope):
        if item.key != EXPORT:
            yield item
            continue
        properties = item.body["properties"]
        schedule = properties["schedule"] | {"recurrence": "Weekly"}
        body = item.body | {"properties": properties | {"schedule": schedule}}
        yield item.model_copy(update={"body": body})


def _production_weekly(scope: Scope) -> Iterator[Resource]:
    """The same, for production alone."""
    build = _weekly if scope.request.environment == "prod" else cost_resources
    return build(scope)


def _with_archive(scope: Scope) -> Iterator[Resource]:
    """The records account with one container more."""
    for item in records_resources(scope):
        yield item
        if item.key == container_key(COST):
            changes = {"key": container_key(ARCHIVE), "id": container_id(scope, ARCHIVE)}
            yield item.model_copy(update=changes)


def _with_copies(scope: Scope) -> Iterator[Resource]:
    """A second records account: what is in it is lost when it goes."""
    for item in records_resources(scope):
        yield item
        if item.key == RECORDS:
            yield item.model_copy(update={"key": COPIES, "id": f"{item.id[:-1]}z"})


def _with(former: Callable[..., object], build: Callable[[Scope], Iterator[Resource]]) -> Rules:
    builders = tuple(build if one is former else one for one in RULES.builders)
    return Rules(NEXT, builders)


SAME: Final = Rules(NEXT, RULES.builders)
"""A version that plans the same."""

WEEKLY: Final = _with(cost_resources, _weekly)
"""A version that changes a property of one resource."""

PRODUCTION_WEEKLY: Final = _with(cost_resources, _production_weekly)
"""A version that changes it for production alone."""

ARCHIVED: Final = _with(records_resources, _with_archive)
"""A version that adds a resource."""

COPIED: Final = _with(records_resources, _with_copies)
"""A version that adds what bears data, with its endpoint."""
