"""Address ranges of spokes: drawn from a hub's pool, and divided into a spoke's subnets.

The arithmetic is on half-open integer intervals; networks appear at the edges only, because the
standard library's network objects are slow by the thousand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from landing_zone.errors import PermanentError

ADDRESS_BITS = 32
# Azure's smallest subnet is a /29 (learn: virtual-network/virtual-networks-faq).
SMALLEST_SUBNET = 29
# Azure keeps the first four addresses of each subnet and the last one (same page).
ADDRESSES_OF_AZURE = 5


class SpokeSubnets(NamedTuple):
    """The subnets of a spoke, in address order.

    Attributes:
        aks: Half of the spoke, for cluster nodes.
        private_endpoints: A quarter.
        agents: A quarter, for AI agents.
    """

    aks: IPv4Network
    private_endpoints: IPv4Network
    agents: IPv4Network


class SpokeRoom(NamedTuple):
    """How many addresses of each subnet of a spoke can be used.

    Attributes:
        aks: Those of `aks`.
        private_endpoints: Those of `private-endpoints`.
        agents: Those of `agents`.
    """

    aks: int
    private_endpoints: int
    agents: int


class _Block(NamedTuple):
    """A free, aligned block of addresses; sorts by fit (smallest first), then by address."""

    bits: int
    start: int


type _Interval = tuple[int, int]


def allocate(
    pool: Sequence[IPv4Network], taken: Iterable[IPv4Network], prefix_length: int
) -> IPv4Network:
    """The range to give to the next spoke.

    The smallest free block that fits is broken up, at its lowest address: small requests fill the
    gaps, and large blocks stay whole for large requests. The same arguments give the same range.

    Args:
        pool: The hub's ranges for spokes.
        taken: Ranges in use or reserved; they may overlap each other and reach out of the pool.
        prefix_length: Size of the range asked for.

    Raises:
        PermanentError: `AddressPoolExhausted`: no block of that size is free.
    """
    free = list(_free_blocks(pool, taken))
    bits = ADDRESS_BITS - prefix_length
    fitting = [block for block in free if block.bits >= bits]
    if not fitting:
        raise _exhausted(pool, prefix_length, free)
    return IPv4Network((min(fitting).start, prefix_length))


def free_capacity(
    pool: Sequence[IPv4Network], taken: Iterable[IPv4Network], prefix_length: int
) -> int:
    """How many ranges of that size the pool still has."""
    return _capacity(_free_blocks(pool, taken), ADDRESS_BITS - prefix_length)


def spoke_subnets(spoke: IPv4Network) -> SpokeSubnets:
    """Divide a spoke: half for nodes, a quarter each for private endpoints and agents.

    Raises:
        ValueError: The spoke is smaller than a /27, so that a quarter would be no Azure subnet.
    """
    quarter = spoke.prefixlen + 2
    if quarter > SMALLEST_SUBNET:
        raise ValueError(f"{spoke} is too small to be divided; a /27 is the smallest spoke")
    lower, upper = spoke.subnets(prefixlen_diff=1)
    private_endpoints, agents = upper.subnets(prefixlen_diff=1)
    return SpokeSubnets(aks=lower, private_endpoints=private_endpoints, agents=agents)


def spoke_room(prefix_length: int) -> SpokeRoom:
    """The room in the subnets of a spoke of that size.

    Raises:
        ValueError: Such a spoke cannot be divided.
    """
    subnets = spoke_subnets(IPv4Network((0, prefix_length)))
    return SpokeRoom(*(subnet.num_addresses - ADDRESSES_OF_AZURE for subnet in subnets))


def ranges_of(found: Mapping[str, Any]) -> list[str]:
    """The ranges (CIDR) that a peering or a subnet, as ARM shows it, has in use.

    IPv6 ranges are left out: they take nothing of ours.
    """
    properties = found.get("properties", {})
    space = properties.get("remoteAddressSpace") or properties
    ranges = [*space.get("addressPrefixes", ()), properties.get("addressPrefix")]
    return [one for one in ranges if one and ":" not in one]


def _exhausted(
    pool: Sequence[IPv4Network], prefix_length: int, free: list[_Block]
) -> PermanentError:
    ranges = ", ".join(map(str, pool)) or "an empty pool"
    largest = max((block.bits for block in free), default=None)
    smaller = f"Ask for a /{ADDRESS_BITS - largest} or smaller, " if largest is not None else ""
    return PermanentError(
        "AddressPoolExhausted",
        f"No /{prefix_length} is free in {ranges}.",
        f"{smaller or 'A'}{'or a' if smaller else ''}dd a range to the hub's spokePool.",
    )


def _capacity(blocks: Iterable[_Block], bits: int) -> int:
    return sum(1 << (block.bits - bits) for block in blocks if block.bits >= bits)


def _free_blocks(pool: Sequence[IPv4Network], taken: Iterable[IPv4Network]) -> Iterator[_Block]:
    used = _merged(taken)
    for start, end in _merged(pool):
        for gap_start, gap_end in _gaps(start, end, used):
            yield from _aligned_blocks(gap_start, gap_end)


def _merged(networks: Iterable[IPv4Network]) -> list[_Interval]:
    """The networks as disjoint intervals in address order."""
    merged: list[_Interval] = []
    for start, end in sorted(map(_interval, networks)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _interval(network: IPv4Network) -> _Interval:
    start = int(network.network_address)
    return start, start + (1 << (ADDRESS_BITS - network.prefixlen))


def _gaps(start: int, end: int, used: list[_Interval]) -> Iterator[_Interval]:
    for used_start, used_end in used:
        if used_end <= start:
            continue
        if used_start >= end:
            break
        if used_start > start:
            yield start, used_start
        start = used_end
    if start < end:
        yield start, end


def _aligned_blocks(start: int, end: int) -> Iterator[_Block]:
    """The gap as the fewest aligned blocks there are for it."""
    while start < end:
        alignment = (start & -start).bit_length() - 1 if start else ADDRESS_BITS
        bits = min(alignment, (end - start).bit_length() - 1)
        yield _Block(bits, start)
        start += 1 << bits
