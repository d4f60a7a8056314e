"""The route from one isolation tier to another: the new runtime first, the old one removed last.

Whatever both plans have under one id is changed in the switch, once the new runtime has been
verified. Only the firewall lets out the traffic of both in the meantime: it is asked for more
before anything else, and for less after everything else.
"""

from collections.abc import Iterable
from typing import Any, Final

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Stage
from landing_zone.plan import Plan, Resource
from landing_zone.planning.gitops import GITOPS
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.subscription import PLACEMENT
from landing_zone.references import referenced_keys
from landing_zone.request_parsing import Fault
from landing_zone.routes.data import lost_data
from landing_zone.routes.runtimes import tier_of
from landing_zone.routes.updating import REMOVE, RESTORE, WITHDRAW, no_longer_planned

PREPARE: Final = "prepare"
VERIFY: Final = "verify"
SWITCH: Final = "switch"
COMMIT: Final = "commit"
SETTLE: Final = "settle"
HOLD: Final = "hold"
RETURN: Final = "return"

CROSS: Final = "cross_over"
"""The activity that writes down that there is no way back."""

_WORKLOADS_ARE_THERE: Final = {"properties.complianceState": "Compliant"}


def is_migration(former: Plan, wanted: Plan) -> bool:
    """Whether a tenant changes its isolation tier from one plan to the other."""
    return tier_of(former) != tier_of(wanted)


def migration_faults(former: Plan, wanted: Plan) -> tuple[Fault, ...]:
    """What holds data and would go: a migration loses none, whatever is allowed."""
    if not is_migration(former, wanted):
        return ()
    allowed = "the tier first, what holds data in an update after it"
    return tuple(
        Fault("isolation", f"{key} would be deleted with its data in a migration", allowed)
        for key in lost_data(former, wanted)
    )


def joint_plan(former: Plan, wanted: Plan) -> Plan:
    """The wanted plan as far as both runtimes can have it at once.

    The firewall lets out what either plan asks for, and the workloads have to have arrived where
    they are new.
    """
    known = _ids(former)
    return Plan(
        tenant_id=wanted.tenant_id,
        hub=wanted.hub,
        rules_version=wanted.rules_version,
        resources=tuple(_joint(one, former, known) for one in wanted.resources),
    )


def _joint(resource: Resource, former: Plan, known: frozenset[str]) -> Resource:
    if resource.key == HUB_EGRESS:
        body = _either(former.by_key[HUB_EGRESS].body, resource.body)
        return resource.model_copy(update={"body": body})
    if resource.key == GITOPS and normalized(resource.id) not in known:
        return resource.model_copy(update={"ready": _WORKLOADS_ARE_THERE})
    return resource


def _either(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What the firewall lets out for either: ranges in their order, names in the alphabet's."""
    ranges = [*other["sources"], *(item for item in one["sources"] if item not in other["sources"])]
    names = {name: sorted({*one[name], *other[name]}) for name in ("profiles", "fqdns")}
    return {"sources": ranges, **names}


def migration_stages(former: Plan, wanted: Plan, joint: Plan) -> tuple[Stage, ...]:
    """What leads to the other tier.

    1. `prepare`: everything new, beside the old.
    2. `verify`: all of that once more, and the workloads that Flux brings.
    3. `switch`: what both have under one id, changed in place.
    4. `commit`: the registry says which tier the tenant is of; from here on it only goes forward.
    5. `remove`: the old runtime, last things first.
    6. `settle`: the firewall lets out what the new runtime needs, and no more.
    """
    new = _new_keys(former, wanted)
    return (
        _applying(PREPARE, joint, new, former),
        _applying(VERIFY, joint, new, former, verify=True),
        _applying(SWITCH, wanted, _lasting(wanted, joint), former, verify=True),
        Stage(name=COMMIT, activity=CROSS),
        *_leaving(former, wanted, joint),
    )


def onward_stages(former: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What is left to do by an operation that was lost after its commitment."""
    joint = joint_plan(former, wanted)
    kept = _lasting(wanted, joint)
    holding = _applying(HOLD, wanted, kept, former, verify=True)
    return (holding.model_copy(update={"final": True}), *_leaving(former, wanted, joint))


def return_stages(former: Plan, wanted: Plan, joint: Plan) -> tuple[Stage, ...]:
    """What leads back: the old runtime as it was, the new one gone, the firewall as it was."""
    restoring = _applying(RESTORE, former, _lasting(former, joint), wanted, verify=True)
    new = tuple(one.key for one in no_longer_planned(wanted, former))
    withdrawing = Stage(name=WITHDRAW, plan_hash=joint.hash, direction="undo", keys=new)
    return (restoring, withdrawing, *_narrowing(RETURN, former, joint, wanted))


def _leaving(former: Plan, wanted: Plan, joint: Plan) -> tuple[Stage, ...]:
    old = tuple(one.key for one in no_longer_planned(former, wanted))
    removing = Stage(name=REMOVE, plan_hash=former.hash, direction="undo", keys=old, final=True)
    narrowing = _narrowing(SETTLE, wanted, joint, former)
    return (removing, *(one.model_copy(update={"final": True}) for one in narrowing))


def _narrowing(name: str, plan: Plan, joint: Plan, before: Plan) -> tuple[Stage, ...]:
    """The firewall lets out less, where it let out more for both."""
    if _is_lasting(HUB_EGRESS, plan, joint):
        return ()
    return (_applying(name, plan, (HUB_EGRESS,), before),)


def _new_keys(former: Plan, wanted: Plan) -> tuple[str, ...]:
    """What is made before anything is changed, and what tells it what it has to know.

    A subscription stands in the management group of tier `cluster` for as long as it has a cluster:
    the policies of the others may forbid to make one.
    """
    known = _ids(former)
    new = {one.key for one in wanted.resources if normalized(one.id) not in known}
    if tier_of(wanted) != "cluster":
        new.discard(PLACEMENT)
    if wanted.by_key[HUB_EGRESS].body != former.by_key[HUB_EGRESS].body:
        new.add(HUB_EGRESS)
    told = _telling(wanted, new)
    return tuple(
        one.key for one in wanted.resources if one.key in new | (told & _same(former, wanted))
    )


def _telling(plan: Plan, keys: Iterable[str]) -> set[str]:
    """Those whose outputs some resources refer to, directly or through others."""
    found: set[str] = set()
    left = list(keys)
    while left:
        resource = plan.by_key[left.pop()]
        fresh = referenced_keys([resource.id, resource.body]) - found
        found |= fresh
        left.extend(fresh)
    return found


def _same(former: Plan, wanted: Plan) -> set[str]:
    """Keys of what both plans have, and have alike."""
    return {
        one.key
        for one in wanted.resources
        if one.key in former.by_key
        and (former.by_key[one.key].id, former.by_key[one.key].body) == (one.id, one.body)
    }


def _lasting(plan: Plan, joint: Plan) -> tuple[str, ...]:
    """All of a plan, but for the firewall where it lets out more for both for a while."""
    return tuple(one.key for one in plan.resources if _is_lasting(one.key, plan, joint))


def _is_lasting(key: str, plan: Plan, joint: Plan) -> bool:
    return key != HUB_EGRESS or plan.by_key[key].body == joint.by_key[key].body


def _applying(
    name: str, plan: Plan, keys: tuple[str, ...], before: Plan, *, verify: bool = False
) -> Stage:
    return Stage(name=name, plan_hash=plan.hash, keys=keys, before=before.hash, verify=verify)


def _ids(plan: Plan) -> frozenset[str]:
    return frozenset(normalized(one.id) for one in plan.resources)
