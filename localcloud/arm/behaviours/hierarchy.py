"""The tree of management groups and subscriptions."""

from landing_zone.arm_ids import normalized
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

GROUP = "Microsoft.Management/managementGroups"
MEMBER = f"{GROUP}/subscriptions"
DEEPEST = 6  # levels below the root


def group_id(name: str) -> str:
    """The id of a management group."""
    return f"/providers/{GROUP}/{name}"


def parent_group(record: Record) -> str:
    """Key of the group above a group, `""` for the root."""
    parent = record.properties.get("details", {}).get("parent", {}).get("id", "")
    return normalized(parent)


def membership(store: Store, subscription_id: str) -> Record | None:
    """The record that a subscription stands in a group."""
    wanted = subscription_id.lower()
    return next((one for one in store.of_type(MEMBER) if one.name.lower() == wanted), None)


def ancestors(store: Store, scope: str) -> set[str]:
    """Keys of the groups above a group (by its id), or above a subscription (by its GUID)."""
    if scope.startswith("/"):
        group = store.get(scope)
        above = parent_group(group) if group is not None and group.type == GROUP else ""
    else:
        member = membership(store, scope)
        above = member.parent if member is not None else ""
    found: set[str] = set()
    while above and above not in found:
        found.add(above)
        group = store.get(above)
        above = parent_group(group) if group is not None else ""
    return found


def children_of(store: Store, group: Record) -> list[Record]:
    """The groups directly below a group."""
    return [one for one in store.of_type(GROUP) if parent_group(one) == group.key]


def members_of(store: Store, group: Record) -> list[Record]:
    """The memberships of a group's subscriptions."""
    return store.children(group.id, MEMBER)


def depth(store: Store, group: Record) -> int:
    """Levels below the root."""
    return len(ancestors(store, group.id))


def height(store: Store, group: Record) -> int:
    """Levels of groups below a group."""
    return max((1 + height(store, child) for child in children_of(store, group)), default=0)
