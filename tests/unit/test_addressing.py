"""Address ranges: disjoint, inside the pool, fitted best, and divided into subnets."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.addressing import allocate, free_capacity, spoke_subnets
from landing_zone.errors import PermanentError

POOL = (IPv4Network("10.16.0.0/16"),)
SPLIT_POOL = (IPv4Network("10.64.0.0/23"), IPv4Network("10.32.0.0/24"))


def net(text: str) -> IPv4Network:
    """A network."""
    return IPv4Network(text)


def inside(network: IPv4Network, pool: Sequence[IPv4Network]) -> bool:
    """Whether one range of the pool holds the network."""
    return any(network.subnet_of(part) for part in pool)


def taken_ranges() -> st.SearchStrategy[list[IPv4Network]]:
    """Ranges in, across and out of the pools, overlapping or not."""
    address = st.integers(int(net("10.15.0.0/16")[0]), int(net("10.17.0.0/16")[0]))
    return st.lists(
        st.builds(
            lambda start, prefix: IPv4Network((start, prefix), strict=False),
            address,
            st.integers(14, 32),
        ),
        max_size=20,
    )


@given(taken_ranges(), st.integers(22, 27))
def test_range_is_free_and_inside_the_pool_unless_there_is_none(
    taken: list[IPv4Network], prefix: int
) -> None:
    """It is found exactly where there is capacity."""
    capacity = free_capacity(POOL, taken, prefix)
    if not capacity:
        with pytest.raises(PermanentError, match="AddressPoolExhausted"):
            allocate(POOL, taken, prefix)
        return
    found = allocate(POOL, taken, prefix)
    assert found.prefixlen == prefix
    assert inside(found, POOL)
    assert not any(found.overlaps(other) for other in taken)
    assert free_capacity(POOL, [*taken, found], prefix) == capacity - 1


@given(st.lists(st.integers(22, 27), max_size=30))
def test_ranges_drawn_one_after_another_are_disjoint(prefixes: list[int]) -> None:
    """What was given is not given again."""
    taken: list[IPv4Network] = []
    for prefix in prefixes:
        found = allocate(POOL, taken, prefix)
        assert not any(found.overlaps(other) for other in taken)
        taken.append(found)


@given(taken_ranges(), st.integers(22, 27), st.randoms())
def test_order_of_what_is_taken_does_not_matter(
    taken: list[IPv4Network], prefix: int, random: Random
) -> None:
    """The same facts give the same range."""
    if free_capacity(POOL, taken, prefix):
        shuffled = taken * 2
        random.shuffle(shuffled)
        assert allocate(POOL, taken, prefix) == allocate(POOL, shuffled, prefix)


def test_first_range_is_the_lowest() -> None:
    """An empty pool is filled from below."""
    assert allocate(POOL, [], 24) == net("10.16.0.0/24")


def test_gap_that_fits_is_filled_before_a_large_block_is_broken() -> None:
    """A /26 goes into the half-used /24 and not into the free rest."""
    taken = [net("10.16.0.0/24"), net("10.16.1.0/25")]
    assert allocate(POOL, taken, 26) == net("10.16.1.128/26")
    assert allocate(POOL, taken, 24) == net("10.16.2.0/24")


def test_pool_of_several_ranges_is_used_up_to_the_last() -> None:
    """The smallest block that fits comes first, in whichever range it is."""
    taken: list[IPv4Network] = []
    for _ in range(3):
        taken.append(allocate(SPLIT_POOL, taken, 24))
    assert taken == [net("10.32.0.0/24"), net("10.64.0.0/24"), net("10.64.1.0/24")]
    with pytest.raises(PermanentError):
        allocate(SPLIT_POOL, taken, 27)


def test_exhausted_pool_is_named_with_what_would_still_fit() -> None:
    """The error says what to ask for, or where to add."""
    with pytest.raises(PermanentError) as caught:
        allocate(SPLIT_POOL, [net("10.64.0.0/24")], 22)
    assert caught.value.code == "AddressPoolExhausted"
    assert caught.value.message == "No /22 is free in 10.64.0.0/23, 10.32.0.0/24."
    assert caught.value.hint == "Ask for a /24 or smaller, or add a range to the hub's spokePool."


def test_full_pool_says_where_to_add() -> None:
    """Nothing smaller is offered where nothing is left."""
    with pytest.raises(PermanentError) as caught:
        allocate(POOL, POOL, 27)
    assert caught.value.hint == "Add a range to the hub's spokePool."


@pytest.mark.parametrize(
    ("taken", "prefix", "capacity"),
    [
        ([], 24, 256),
        ([], 16, 1),
        ([], 15, 0),
        (["10.16.0.0/27"], 24, 255),
        (["10.16.0.0/27", "10.16.128.0/27"], 17, 0),
        (["10.0.0.0/8"], 27, 0),
        (["192.168.0.0/16"], 24, 256),
    ],
)
def test_capacity_counts_ranges_that_can_really_be_drawn(
    taken: list[str], prefix: int, capacity: int
) -> None:
    """Alignment counts, not the sum of free addresses."""
    assert free_capacity(POOL, map(net, taken), prefix) == capacity


def test_whole_address_space_can_be_a_pool() -> None:
    """Zero is an address like any other."""
    assert allocate([net("0.0.0.0/0")], [net("0.0.0.0/8")], 8) == net("1.0.0.0/8")


def test_pool_with_thousands_of_spokes_gives_the_next_one() -> None:
    """A large hub's ledger is nothing special."""
    pool = [net("10.16.0.0/12")]
    taken = list(pool[0].subnets(new_prefix=24))
    free = taken.pop(3000)
    assert allocate(pool, taken, 24) == free


@given(st.integers(22, 27), st.integers(0, 2**16 - 1))
def test_spoke_is_divided_without_rest(prefix: int, place: int) -> None:
    """Half and two quarters, disjoint, each at least a /29."""
    spoke = IPv4Network((place << 16, prefix))
    subnets = spoke_subnets(spoke)
    assert [subnet.prefixlen - prefix for subnet in subnets] == [1, 2, 2]
    assert sum(subnet.num_addresses for subnet in subnets) == spoke.num_addresses
    assert all(subnet.subnet_of(spoke) and subnet.prefixlen <= 29 for subnet in subnets)
    assert sorted(subnets) == list(subnets)
    assert not subnets.private_endpoints.overlaps(subnets.agents)


def test_spoke_too_small_to_divide_is_refused() -> None:
    """A quarter of a /28 is no subnet in Azure."""
    with pytest.raises(ValueError, match="too small"):
        spoke_subnets(net("10.16.0.0/28"))


def test_adjacent_ranges_of_a_pool_are_one() -> None:
    """Two neighbouring /24 hold a /23."""
    pool = [net("10.64.1.0/24"), net("10.64.0.0/24")]
    assert allocate(pool, [], 23) == net("10.64.0.0/23")
