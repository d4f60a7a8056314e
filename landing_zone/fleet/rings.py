"""Which tenant is in which ring, and in which order: the same whoever asks, and whenever."""

import hashlib
from collections.abc import Sequence
from typing import Final

from landing_zone.fleet.model import Ring

_SHARES: Final = 100_000_000

DEFAULT_RINGS: Final = (
    Ring(name="canary", environments=("dev",), percent=1, bake_minutes=60),
    Ring(name="early", environments=("test",), percent=10, bake_minutes=30),
    Ring(name="half", percent=40, bake_minutes=30),
    Ring(name="rest"),
)
"""Development before tests before production, and of that a hundredth, a tenth, the half, all."""


def ring_of(rollout_id: str, rings: Sequence[Ring], tenant_id: str, environment: str) -> int:
    """The ring of a tenant: by its name, else by its environment, else by chance.

    Chance is a hash of the rollout and the tenant, so that it is not always the same tenants who
    are first. The last ring takes whatever no other does.
    """
    for place, ring in enumerate(rings):
        if tenant_id in ring.tenants:
            return place
    for place, ring in enumerate(rings):
        if environment in ring.environments:
            return place
    drawn = int(_digest(rollout_id, tenant_id)[:8], 16) % _SHARES
    upto = 0
    for place, ring in enumerate(rings):
        upto += ring.percent or 0
        if drawn * 100 < upto * _SHARES:
            return place
    return len(rings) - 1


def ring_prefix(ring: int) -> str:
    """What the keys of a ring's rows begin with."""
    return f"m{ring:02}:"


def member_key(rollout_id: str, ring: int, tenant_id: str) -> str:
    """Key of a tenant's row: within a ring, rows are in an order of chance."""
    return f"{ring_prefix(ring)}{_digest(rollout_id, tenant_id)[8:16]}:{tenant_id}"


RETURN_PREFIX: Final = "u:"
"""What the keys of those who were upgraded begin with."""

_MOST_ORDERS: Final = 10**9


def return_key(order: int, tenant_id: str) -> str:
    """Key of a tenant's row among those that were upgraded: the newest is first."""
    return f"{RETURN_PREFIX}{_MOST_ORDERS - order:010}:{tenant_id}"


def _digest(rollout_id: str, tenant_id: str) -> str:
    return hashlib.sha256(f"{rollout_id}/{tenant_id}".encode()).hexdigest()
