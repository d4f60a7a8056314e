"""In which order a plan is read, and what need not be read since it cannot be there."""

from collections.abc import Mapping

from landing_zone.arm_ids import normalized
from landing_zone.dry_run.model import Action, Held, Known, Nothing, Unseen
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.graph import levels
from landing_zone.plan import Plan, Resource, Write
from landing_zone.references import known_parts, referenced_keys

type Parents = Mapping[str, frozenset[str]]
"""For each key those of the planned resources that the resource stands in."""

# A provider whose resources are in a subscription cannot be unregistered there, so that where it
# is not registered there are none (learn: azure-resource-manager/management/
# resource-providers-and-types).
_NOTHING_THERE = frozenset({"MissingSubscriptionRegistration", "SubscriptionNotRegistered"})


def parents_of(plan: Plan) -> dict[str, frozenset[str]]:
    """Which planned resources each resource of a plan stands in."""
    places = {item.key: f"{normalized(item.id)}/" for item in plan.resources}
    return {
        item.key: frozenset(
            key
            for key, place in places.items()
            if normalized(item.id).startswith(place) and plan.by_key[key].write is not Write.HUB
        )
        for item in plan.resources
    }


def waves_of(plan: Plan, parents: Parents) -> tuple[tuple[str, ...], ...]:
    """The keys of a plan in groups, each of which can be read at once after those before it.

    Far fewer than the plan has steps: what is named after nothing is read at once.
    """
    return levels(
        {
            item.key: parents[item.key] | referenced_keys(item.id) | referenced_keys(item.body)
            for item in plan.resources
        }
    )


def known_parts_of(resource: Resource, known: Known) -> Resource:
    """The resource with its references resolved as far as they are known."""
    values = {part: known_parts(getattr(resource, part), known.outputs) for part in ("id", "body")}
    if resource.recovery is not None:
        kept = known_parts(resource.recovery.id, known.outputs)
        values["recovery"] = resource.recovery.model_copy(update={"id": kept})
    return resource.model_copy(update=values)


def foreseen(resource: Resource, known: Known, parents: frozenset[str]) -> Held | None:
    """What is known of a resource without a read; None where it has to be read.

    Args:
        resource: The resource, as `known_parts_of` gives it.
        known: What is known so far.
        parents: Keys of what it stands in.
    """
    named_after = referenced_keys(resource.id)
    if any(known.actions.get(key) is Action.CREATE for key in named_after | parents):
        return Nothing()
    if named_after:
        return Unseen("NamedAfterUnjudged", f"its name depends on {', '.join(sorted(named_after))}")
    return None


def despite(error: PermanentError | TemporaryError) -> Held:
    """What a refused read tells of a resource."""
    if error.code in _NOTHING_THERE:
        return Nothing()
    return Unseen(error.code, error.message)
