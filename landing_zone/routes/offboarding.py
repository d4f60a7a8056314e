"""The route out: closed, kept as long as asked, taken down backwards, given back, certified."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from landing_zone.arm_ids import normalized
from landing_zone.contracts import Stage
from landing_zone.plan import Plan, Resource, Undo, Write
from landing_zone.planning.cluster import CLUSTER
from landing_zone.planning.suspended import is_at_rest
from landing_zone.references import Outputs, known_parts, referenced_keys

CLOSE: Final = "close"
RETAIN: Final = "retain"
UNLOCK: Final = "unlock"
TEARDOWN: Final = "teardown"
EMPTY: Final = "empty"
PURGE: Final = "purge"
GIVE_BACK: Final = "give-back"
CERTIFY: Final = "certify"

_GIVEN_BACK: Final = frozenset(
    {"microsoft.subscription/aliases", "microsoft.management/managementgroups/subscriptions"}
)
"""Last of all: what is deleted is purged in its subscription, which takes nothing once cancelled.

(learn: cost-management-billing/manage/subscription-states)
"""

_IN_CLUSTERS: Final = (
    "Microsoft.ContainerService/managedClusters/",
    "Microsoft.KubernetesConfiguration/",
)

_WAYS_IN: Final = "microsoft.apimanagement/"
_WAY_OUT: Final = "microsoft.network/firewallpolicies"


def offboard_stages(
    plans: tuple[Plan, ...],
    outputs: Outputs,
    retain_until: datetime | None,
    closing: tuple[Stage, ...] | None = None,
) -> tuple[Stage, ...]:
    """What leads from some plans, all or parts of which are there, to nothing.

    Args:
        plans: The one that holds first, then others of which parts may be there.
        outputs: What is known of their resources' outputs.
        retain_until: Until when the data is kept; None where it is not.
        closing: What closes the tenant first; by default its ways in and out are taken down, which
            makes nothing, however little of the tenant is there.
    """
    if closing is None:
        closing = closing_stages(plans[:1], outputs)
    closed = frozenset(key for one in closing if one.direction == "undo" for key in one.keys)
    return (
        *closing,
        *((Stage(name=RETAIN, until=retain_until),) if retain_until is not None else ()),
        *removal_stages(plans, outputs, closed),
        Stage(name=CERTIFY, activity="certify"),
    )


def closing_stages(plans: tuple[Plan, ...], outputs: Outputs) -> tuple[Stage, ...]:
    """What keeps everyone out while the data is kept: no API, and no way through the firewall."""
    return tuple(
        Stage(name=CLOSE, plan_hash=made.hash, direction="undo", keys=keys)
        for made in plans
        if (keys := _keys(one for one in undoable(made, outputs) if _is_way(one)))
    )


def removal_stages(
    plans: tuple[Plan, ...], outputs: Outputs, closed: frozenset[str] = frozenset()
) -> tuple[Stage, ...]:
    """What takes down all that is left, and gives the subscription back."""
    walks, last = _walks(plans, outputs, closed)
    return (
        Stage(name=UNLOCK, activity="remove_locks"),
        *walks,
        Stage(name=EMPTY, activity="empty_subscription"),
        Stage(name=PURGE, activity="purge_deleted"),
        *last,
    )


def _walks(
    plans: tuple[Plan, ...], outputs: Outputs, closed: frozenset[str]
) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """What is taken down, and what is given back last.

    What only the other plans have goes first: it stands on what the one that holds has.
    """
    seen: set[str] = set()
    walks: list[Stage] = []
    last: list[Stage] = []
    for place, made in enumerate(plans):
        fresh = [one for one in undoable(made, outputs) if _id(one, outputs) not in seen]
        seen |= {_id(one, outputs) for one in fresh}
        keys = _keys(
            one for one in fresh if not _is_last(one) and not (place == 0 and one.key in closed)
        )
        if keys:
            name = f"{TEARDOWN}-{place}" if place else TEARDOWN
            walks.insert(0, Stage(name=name, plan_hash=made.hash, direction="undo", keys=keys))
        if given := _keys(one for one in fresh if _is_last(one)):
            name = f"{GIVE_BACK}-{place}" if place else GIVE_BACK
            last.append(Stage(name=name, plan_hash=made.hash, direction="undo", keys=given))
    return tuple(walks), tuple(last)


def undoable(made: Plan, outputs: Outputs) -> tuple[Resource, ...]:
    """What of a plan can be taken back, last things first.

    Left out is what stands in something that has never been there.
    """
    return tuple(
        one
        for one in reversed(made.resources)
        if one.undo is not Undo.KEEP and _needed(one) <= outputs.keys() and not _goes(one, made)
    )


def _goes(one: Resource, made: Plan) -> bool:
    """Whether it goes with the tenant's own cluster, which is stopped: nothing else is taken of it.

    A stopped cluster can be started or deleted (learn: aks/start-stop-cluster, limitations).
    """
    cluster = made.by_key.get(CLUSTER)
    if cluster is None or not is_at_rest(made) or not one.type.startswith(_IN_CLUSTERS):
        return False
    return normalized(one.id).startswith(f"{normalized(cluster.id)}/")


def _needed(one: Resource) -> frozenset[str]:
    """Keys of those whose outputs taking it back needs: the hub is told what it is about."""
    return referenced_keys([one.id, one.body] if one.write is Write.HUB else one.id)


def _is_last(one: Resource) -> bool:
    return one.type.lower() in _GIVEN_BACK


def _is_way(one: Resource) -> bool:
    kind = one.type.lower()
    return kind.startswith(_WAYS_IN) or kind == _WAY_OUT


def _keys(resources: Iterable[Resource]) -> tuple[str, ...]:
    return tuple(one.key for one in resources)


def _id(one: Resource, outputs: Outputs) -> str:
    return normalized(str(known_parts(one.id, outputs)))
