"""The ranges that a tenant is given in a hub, away from all that is held or seen in use."""

from collections.abc import Iterable, Sequence
from datetime import date
from ipaddress import IPv4Network

from landing_zone.addressing import allocate
from landing_zone.capacity.demand import NODE_SUBNETS, Claims
from landing_zone.capacity.limits import node_subnets
from landing_zone.capacity.shortage import (
    CapacityExceeded,
    Shortage,
    refusal_of,
    require_room,
)
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.reservation import Reservation


def place(
    hub: Hub,
    held: Iterable[Reservation],
    used: Claims,
    *,
    prefix_length: int,
    claims: Claims,
    seen: Sequence[IPv4Network],
    today: date,
) -> Reservation:
    """What a tenant that holds nothing is given.

    Args:
        hub: The hub.
        held: What others hold of it.
        used: What they have claimed together.
        prefix_length: Size of the spoke.
        claims: What the tenant claims; one of a node pool subnet gives it a range for that, too.
        seen: Ranges that are in use although nobody holds them.
        today: Day of the reservation.

    Raises:
        PermanentError: The pool has no free range of that size (`AddressPoolExhausted`).
        CapacityExceeded: The hub has not left what is claimed.
    """
    require_room(hub, used, claims)
    others = list(held)
    taken = [*(one.address_range for one in others), *seen]
    return Reservation(
        hub=hub.name,
        address_range=allocate(hub.spoke_pool, taken, prefix_length),
        node_subnet=_node_subnet(hub, others, seen) if claims.get(NODE_SUBNETS) else None,
        reserved_on=today,
    )


def place_again(
    hub: Hub,
    own: Reservation,
    others: Iterable[Reservation],
    used: Claims,
    *,
    had: Claims,
    claims: Claims,
    seen: Sequence[IPv4Network],
) -> Reservation:
    """What a tenant would hold that claims something else from now on: its range stays.

    Only what it claims more of is held against the limits: whoever lets go of something is never
    refused, not by a limit that has been lowered since either.

    Args:
        hub: The hub.
        own: What it holds.
        others: What others hold of the hub.
        used: What they have claimed together.
        had: What the tenant claims.
        claims: What it would claim.
        seen: Ranges that are in use although nobody holds them.

    Raises:
        CapacityExceeded: The hub has not left what is claimed.
    """
    require_room(hub, used, _grown(had, claims))
    subnet = own.node_subnet
    if not claims.get(NODE_SUBNETS):
        subnet = None
    elif subnet is None:
        subnet = _node_subnet(hub, list(others), seen)
    return own.model_copy(update={"node_subnet": subnet})


def _grown(had: Claims, claims: Claims) -> Claims:
    """What is claimed more of; more nodes are held against the subnet that they stand in, too."""
    grown = {name: amount for name, amount in claims.items() if amount > had.get(name, 0)}
    if "nodes" in grown and NODE_SUBNETS in claims:
        grown[NODE_SUBNETS] = claims[NODE_SUBNETS]
    return grown


def _node_subnet(
    hub: Hub, held: list[Reservation], seen: Sequence[IPv4Network]
) -> IPv4Network | None:
    pools = hub.node_pools
    if pools is None:
        # Held by no limit: `require_room` lets nobody come so far.
        return None
    taken = [*(one.node_subnet for one in held if one.node_subnet is not None), *seen]
    try:
        return allocate((pools.address_range,), taken, pools.prefix_length)
    except PermanentError as error:
        # Subnets that nobody holds stand in its way.
        short = Shortage(node_subnets(hub), 0, 1)
        raise CapacityExceeded([refusal_of(hub, [short])]) from error
