"""What a rollout would do to a tenant: two plans are compared, and Azure is not asked."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from landing_zone.arm_ids import normalized
from landing_zone.differences import differences, leftovers
from landing_zone.plan import Plan, Resource
from landing_zone.routes.data import lost_data
from landing_zone.routes.updating import no_longer_planned


class PlanChange(NamedTuple):
    """What two plans of a tenant differ in, by keys of resources.

    Attributes:
        create: What only the new one has.
        update: Paths of the properties that differ, of what both have.
        delete: What only the former has, and what is ever taken back.
        lost: Of that, what bears data.
    """

    create: tuple[str, ...]
    update: Mapping[str, tuple[str, ...]]
    delete: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the tenant costs no call of Azure."""
        return not (self.create or self.update or self.delete)

    @property
    def document(self) -> dict[str, Any]:
        """It as callers see it."""
        return {
            "create": list(self.create),
            "update": {key: list(paths) for key, paths in self.update.items()},
            "delete": list(self.delete),
            "dataLost": list(self.lost),
        }


def change_between(former: Plan, wanted: Plan) -> PlanChange:
    """What leads from one plan of a tenant to another."""
    before = {normalized(item.id): item for item in former.resources}
    create: list[str] = []
    update: dict[str, tuple[str, ...]] = {}
    for item in wanted.resources:
        known = before.get(normalized(item.id))
        if known is None:
            create.append(item.key)
        elif paths := tuple(dict.fromkeys(_paths(known, item))):
            update[item.key] = paths
    gone = tuple(item.key for item in no_longer_planned(former, wanted))
    return PlanChange(tuple(create), update, gone, lost_data(former, wanted))


def _paths(before: Resource, after: Resource) -> Iterator[str]:
    """Paths of the properties in which two bodies differ, those that are asked for no more too."""
    yield from (one.path for one in differences(after.body, before.body))
    yield from (one.path for one in leftovers(before.body, after.body, before.body))
    if before.api_version != after.api_version:
        yield "apiVersion"
