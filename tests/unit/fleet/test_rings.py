"""Rings take the tenants apart, the same way each time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.fleet.model import Ring
from landing_zone.fleet.rings import (
    DEFAULT_RINGS,
    RETURN_PREFIX,
    member_key,
    return_key,
    ring_of,
    ring_prefix,
)

TENANTS = [f"tenant-{number}" for number in range(4_000)]
ENVIRONMENTS = ("dev", "test", "prod")
names = st.sampled_from(TENANTS)
environments = st.sampled_from(ENVIRONMENTS)


@st.composite
def rings(draw: st.DrawFn) -> tuple[Ring, ...]:
    """Rings as they may be asked for."""
    left, found = 100, []
    for number in range(draw(st.integers(0, 5))):
        percent = draw(st.none() | st.integers(0, left))
        left -= percent or 0
        tenants = tuple(draw(st.lists(names, max_size=3)))
        found.append(Ring(name=f"ring-{number}", tenants=tenants, percent=percent or None))
    return (*found, Ring(name="rest"))


@given(rings(), st.text("abc0-", min_size=1), names, environments)
def test_each_tenant_is_in_one_ring(
    chosen: tuple[Ring, ...], rollout: str, tenant: str, environment: str
) -> None:
    """Whatever else there is: asked again, it is in the same."""
    ring = ring_of(rollout, chosen, tenant, environment)
    assert 0 <= ring < len(chosen)
    assert ring_of(rollout, chosen, tenant, environment) == ring


@given(rings(), names, environments)
def test_who_is_named_is_where_it_is_named(
    chosen: tuple[Ring, ...], tenant: str, environment: str
) -> None:
    """In the first ring that names it."""
    named = [place for place, ring in enumerate(chosen) if tenant in ring.tenants]
    if named:
        assert ring_of("v3-1", chosen, tenant, environment) == named[0]


@given(names, st.integers(1, 100), st.integers(0, 20))
def test_a_larger_share_only_adds_tenants(tenant: str, percent: int, more: int) -> None:
    """Who is among the first stays among the first."""
    smaller, larger = (
        (Ring(name="first", percent=share), Ring(name="rest"))
        for share in (percent, min(100, percent + more))
    )
    if ring_of("v3-1", smaller, tenant, "prod") == 0:
        assert ring_of("v3-1", larger, tenant, "prod") == 0


def test_shares_are_what_they_say() -> None:
    """Of many tenants; development and tests come before production."""
    found = Counter(ring_of("v3-1", DEFAULT_RINGS, one, "prod") for one in TENANTS)
    shares = [found[ring] / len(TENANTS) for ring in range(4)]
    assert all(
        abs(share - wanted) < 0.02
        for share, wanted in zip(shares, (0.01, 0.10, 0.40, 0.49), strict=True)
    )
    assert {ring_of("v3-1", DEFAULT_RINGS, one, "dev") for one in TENANTS} == {0}
    assert {ring_of("v3-1", DEFAULT_RINGS, one, "test") for one in TENANTS} == {1}


def test_it_is_not_always_the_same_who_are_first() -> None:
    """Another rollout draws anew."""
    first = {
        rollout: {one for one in TENANTS if ring_of(rollout, DEFAULT_RINGS, one, "prod") == 0}
        for rollout in ("v3-1", "v4-2")
    }
    assert len(first["v3-1"] & first["v4-2"]) < min(map(len, first.values()))


@given(st.integers(0, 9), names, names)
def test_rows_of_a_ring_are_together_and_each_has_its_own(ring: int, one: str, other: str) -> None:
    """Keys of one ring never reach into another, nor into those who come back."""
    keys = {member_key("v3-1", ring, name) for name in (one, other)}
    assert len(keys) == len({one, other})
    assert all(key.startswith(ring_prefix(ring)) for key in keys)
    assert not any(key.startswith((ring_prefix(ring + 1), RETURN_PREFIX)) for key in keys)


@given(st.integers(0, 10**6), st.integers(0, 10**6), names, names)
def test_the_newest_is_first_among_those_who_come_back(
    one: int, other: int, tenant: str, another: str
) -> None:
    """In the order of their keys."""
    if one < other:
        assert return_key(other, tenant) < return_key(one, another)
