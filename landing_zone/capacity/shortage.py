"""What a tenant asks for that a hub has not left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from landing_zone.capacity.demand import NODE_SUBNETS, Claims
from landing_zone.capacity.limits import Limit, limit_of, limits_of, nodes_of_a_subnet
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub


@dataclass(frozen=True)
class Shortage:
    """A limit of which less is left than is asked for.

    Attributes:
        limit: The limit.
        left: What tenants can still take of it.
        asked: What the request would take.
    """

    limit: Limit
    left: int
    asked: int

    def __str__(self) -> str:
        limit = self.limit
        return f"{limit.title} (asked {self.asked}, left {self.left} of {limit.total} {limit.unit})"


@dataclass(frozen=True)
class HubRefusal:
    """A hub that has no room.

    Attributes:
        hub: Its name.
        shortages: What it is short of, the shortest first; never empty.
    """

    hub: str
    shortages: tuple[Shortage, ...]

    @property
    def binding(self) -> Shortage:
        """What it is shortest of."""
        return self.shortages[0]


class CapacityExceeded(PermanentError):  # noqa: N818 - named as its code, which users see
    """No hub of the region has room for the tenant.

    Attributes:
        refusals: Each hub with what it is short of, in the document's order; never empty.
    """

    def __init__(self, refusals: Sequence[HubRefusal]) -> None:
        self.refusals = tuple(refusals)
        said = "; ".join(
            f"{refusal.hub}: binding limit: {', '.join(map(str, refusal.shortages))}"
            for refusal in self.refusals
        )
        super().__init__(
            "CapacityExceeded",
            f"no hub of the region has room for the tenant; {said}",
            "ask for less of what is short, offboard a tenant, or have the platform team raise the "
            "limit or add a hub; GET /api/capacity shows what is left",
        )


def refusal_of(hub: Hub, shortages: Iterable[Shortage]) -> HubRefusal:
    """The refusal of a hub, the shortest first."""
    ordered = sorted(shortages, key=lambda short: (short.left / short.asked, short.limit.name))
    return HubRefusal(hub.name, tuple(ordered))


def shortages(hub: Hub, used: Claims, claims: Claims) -> Iterator[Shortage]:
    """What the hub is short of, its addresses aside, when `used` is taken already."""
    limits = limits_of(hub)
    for name, asked in claims.items():
        limit = limit_of(hub, name, limits)
        if limit is None:
            continue
        left = limit.left(used.get(name, 0))
        if asked > left:
            yield Shortage(limit, left, asked)
    yield from _too_many_nodes(hub, claims)


def _too_many_nodes(hub: Hub, claims: Claims) -> Iterator[Shortage]:
    limit, asked = nodes_of_a_subnet(hub), claims.get("nodes", 0)
    if limit is not None and NODE_SUBNETS in claims and asked > limit.total:
        yield Shortage(limit, limit.total, asked)


def require_room(hub: Hub, used: Claims, claims: Claims) -> None:
    """Hold claims against what the hub has left of each limit, its addresses aside.

    Raises:
        CapacityExceeded: It is short of something.
    """
    found = tuple(shortages(hub, used, claims))
    if found:
        raise CapacityExceeded([refusal_of(hub, found)])
