"""The route from the plan that a tenant has to the one that it is to have."""

from collections.abc import Iterable
from typing import Final

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Stage
from landing_zone.plan import Plan, Resource, Undo

CLEAR: Final = "clear"
APPLY: Final = "apply"
REMOVE: Final = "remove"
RESTORE: Final = "restore"
WITHDRAW: Final = "withdraw"


def no_longer_planned(former: Plan, plan: Plan) -> tuple[Resource, ...]:
    """What an earlier plan made and the plan does not have, last things first.

    Left out is what is never taken back: what stays, and what goes with what it stands in.
    """
    ids = {normalized(item.id) for item in plan.resources}
    return tuple(
        item
        for item in reversed(former.resources)
        if item.undo is not Undo.KEEP and normalized(item.id) not in ids
    )


def clear_stages(left: Iterable[Plan], former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What takes away what is left of changes that failed, as far as nobody wants it now.

    It comes first: as long as it cannot be done, the tenant is not as anybody has asked for.
    """
    return tuple(
        Stage(name=f"{CLEAR}-{number}", plan_hash=plan.hash, direction="undo", keys=keys)
        for number, plan in enumerate(left, 1)
        if (keys := _nobodys(plan, former, wanted))
    )


def _nobodys(left: Plan, former: Plan, wanted: Plan) -> tuple[str, ...]:
    gone = {item.key for item in no_longer_planned(left, former)}
    return tuple(item.key for item in no_longer_planned(left, wanted) if item.key in gone)


def update_stages(former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What leads there: what is wanted is made, and then what is not wanted any more goes."""
    return (whole(APPLY, wanted, former), *removal(REMOVE, former, wanted))


def restore_stages(former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What leads back: what was is made again, and then what was new goes."""
    return (whole(RESTORE, former, wanted), *removal(WITHDRAW, wanted, former))


def removal(name: str, former: Plan, plan: Plan) -> tuple[Stage, ...]:
    """The stage that takes away what an earlier plan made and the plan does not have, if any."""
    keys = tuple(item.key for item in no_longer_planned(former, plan))
    if not keys:
        return ()
    return (Stage(name=name, plan_hash=former.hash, direction="undo", keys=keys),)


def whole(name: str, plan: Plan, before: Plan) -> Stage:
    """The stage that makes all of a plan, and looks whether it is so."""
    keys = tuple(resource.key for resource in plan.resources)
    return Stage(name=name, plan_hash=plan.hash, keys=keys, before=before.hash, verify=True)
