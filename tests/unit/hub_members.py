"""Members of a hub for the tests of its desired state, and a pretended ARM to apply it to."""

from collections.abc import Collection
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.hub_state.changes import changes
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.hub_state.profiles import PROFILES
from landing_zone.hub_state.render import desired_state
from tests.fakes import HUBS, NOON
from tests.unit.planned import NODE_SUBNETS

HUB = HUBS.hubs[0]

SETTINGS = HubSettings()

type Actual = dict[str, dict[str, Any]]


def firewall(number: int, *profiles: str, fqdns: tuple[str, ...] = ()) -> Member:
    """A member of the firewall with a range of its own."""
    start = int(HUB.spoke_pool[0].network_address) + (number << 8)
    return Member(
        hub=HUB.name,
        lane="firewall",
        tenant_id=f"tenant-{number}",
        sources=(IPv4Network((start, 24)),),
        profiles=profiles,
        fqdns=fqdns,
    )


def peered(number: int) -> Member:
    """A member of the hub network."""
    group = f"/subscriptions/{number}/resourceGroups/network"
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet-tenant-{number}"
    return Member(hub=HUB.name, lane="network", tenant_id=f"tenant-{number}", network_id=network)


def pooled(number: int) -> Member:
    """A member of the hub network that wants a subnet for its node pool."""
    prefix = NODE_SUBNETS[number % len(NODE_SUBNETS)]
    return Member(hub=HUB.name, lane="network", tenant_id=f"tenant-{number}", node_subnet=prefix)


def row(member: Member, **changes: Any) -> HubRow:
    """The row of a member that waits."""
    return HubRow.model_validate({"member": member, "since": NOON, **changes})


@st.composite
def members(draw: st.DrawFn, lane: Lane = "firewall") -> list[Member]:
    """Members with ranges of their own, in any order."""
    numbers = draw(st.lists(st.integers(0, 200), unique=True, max_size=8))
    if lane == "network":
        pools = draw(st.lists(st.integers(0, len(NODE_SUBNETS) - 1), unique=True, max_size=5))
        return [*map(peered, numbers), *map(pooled, pools)]
    names = st.sampled_from(["a.contoso.com", "*.b.contoso.com", "c.org"])
    return [
        firewall(
            number,
            *draw(st.lists(st.sampled_from(list(PROFILES)), unique=True)),
            fqdns=tuple(draw(st.lists(names, unique=True))),
        )
        for number in numbers
    ]


def applied(
    lane: Lane,
    wanted: list[Member],
    actual: Actual | None = None,
    leaving: Collection[Member] = (),
    settings: HubSettings = SETTINGS,
) -> Actual:
    """What ARM holds once all changes have been written, one by one."""
    held = dict(actual or {})
    desired = desired_state(HUB, lane, wanted, settings)
    for change in changes(HUB, lane, desired, held, leaving):
        require_references(change.id, change.body, held, method=change.method)
        if change.method == "DELETE":
            del held[normalized(change.id)]
        else:
            held[normalized(change.id)] = {"id": change.id, **(change.body or {})}
    return held


def require_references(
    resource_id: str, body: dict[str, Any] | None, held: Actual, *, method: str
) -> None:
    """Refuse what ARM would refuse: a reference to nothing, the removal of what is referred to."""
    if method == "DELETE":
        users = [key for key, other in held.items() if resource_id in _referred(other)]
        assert not users, f"{resource_id} is used by {users}"
    else:
        assert {normalized(one) for one in _referred(body or {})} <= held.keys()


def _referred(body: dict[str, Any]) -> set[str]:
    guard = body.get("properties", {}).get("networkSecurityGroup", {})
    return set(guard.values()) | {
        source
        for collection in body.get("properties", {}).get("ruleCollections", ())
        for rule in collection["rules"]
        for source in rule.get("sourceIpGroups", ())
    }
