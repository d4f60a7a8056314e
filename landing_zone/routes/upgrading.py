"""The route of an upgrade, and of the way back from it: only what the two plans differ in."""

from landing_zone.contracts import Stage
from landing_zone.plan import Plan
from landing_zone.routes.updating import restore_stages, update_stages


def touched(former: Plan, wanted: Plan) -> tuple[str, ...]:
    """Keys of what has to be made anew or written, in the order of the plan that is wanted.

    What stands elsewhere now, or is new, yields other values than before: whatever waits for it
    may hold those, so it is looked at too.
    """
    moved: set[str] = set()
    found: list[str] = []
    for resource in wanted.resources:
        before = former.by_key.get(resource.key)
        same_place = (
            before is not None
            and before.id == resource.id
            and before.outputs == resource.outputs
            and moved.isdisjoint(resource.waits_for)
        )
        if not same_place:
            moved.add(resource.key)
        if not same_place or before != resource:
            found.append(resource.key)
    return tuple(found)


def is_same(former: Plan, wanted: Plan) -> bool:
    """Whether two plans ask for the same, whatever version of the rules made them."""
    return former.hub == wanted.hub and former.resources == wanted.resources


def upgrade_stages(former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What leads there; nothing where the plans ask for the same."""
    return _narrowed(update_stages(former, wanted), touched(former, wanted))


def return_stages(former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What leads back where that fails."""
    return _narrowed(restore_stages(former, wanted), touched(wanted, former))


def _narrowed(stages: tuple[Stage, ...], keys: tuple[str, ...]) -> tuple[Stage, ...]:
    """The same stages, in which only some resources are applied."""
    narrowed = (
        stage.model_copy(update={"keys": keys}) if stage.direction == "apply" else stage
        for stage in stages
    )
    return tuple(stage for stage in narrowed if stage.keys)
