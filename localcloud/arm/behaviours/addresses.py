"""Address ranges, and what Azure says of wrong ones."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import Any

from localcloud.arm.errors import ArmError, bad_request

RESERVED = 5  # of each subnet: network, gateway, two for DNS, broadcast
_FIRST_USABLE = 4


def parse_range(text: Any, resource: str) -> IPv4Network:
    """An IPv4 range in CIDR notation.

    Raises:
        ArmError: It is not one; the message says what would be.
    """
    try:
        found = ip_network(str(text), strict=False)
    except ValueError as error:
        message = f"The address prefix {text} in resource {resource} is not valid."
        raise bad_request("InvalidAddressPrefixFormat", message) from error
    if not isinstance(found, IPv4Network) or "/" not in str(text):
        message = f"The address prefix {text} in resource {resource} is not an IPv4 range."
        raise bad_request("InvalidAddressPrefixFormat", message)
    if str(found) != text:
        message = (
            f"The address prefix {text} in resource {resource} has an invalid CIDR notation. For"
            f" the given prefix length, the address prefix should be {found}."
        )
        raise bad_request("InvalidCIDRNotation", message)
    return found


def check_address(text: Any, code: str, resource: str) -> None:
    """Refuse what is no IP address.

    Raises:
        ArmError: With the given code.
    """
    try:
        ip_address(str(text))
    except ValueError as error:
        message = f"The IP address '{text}' in resource {resource} is not valid."
        raise bad_request(code, message) from error


def first_overlap(ranges: Sequence[tuple[str, IPv4Network]]) -> tuple[str, str] | None:
    """The names of two ranges that overlap, if any do."""
    ordered = sorted(ranges, key=lambda one: (one[1].network_address, one[1].prefixlen))
    widest: tuple[str, IPv4Network] | None = None
    for name, one in ordered:
        if widest is not None and widest[1].overlaps(one):
            return widest[0], name
        if widest is None or one.broadcast_address > widest[1].broadcast_address:
            widest = (name, one)
    return None


def any_overlap(one: Iterable[IPv4Network], other: Iterable[IPv4Network]) -> bool:
    """Whether a range of one side overlaps one of the other."""
    others = list(other)
    return any(left.overlaps(right) for left in one for right in others)


def first_free(subnet: IPv4Network, taken: Iterable[IPv4Address]) -> IPv4Address | None:
    """The lowest address of a subnet that Azure would give out."""
    used = set(taken)
    for offset in range(_FIRST_USABLE, subnet.num_addresses - 1):
        address = subnet.network_address + offset
        if address not in used:
            return address
    return None


def overlap_error(code: str, message: str) -> ArmError:
    """400 for ranges that overlap."""
    return bad_request(code, message)
