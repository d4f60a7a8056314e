"""What of a request cannot be changed while the tenant is there."""

from collections.abc import Iterator

from landing_zone.request_parsing import Fault
from landing_zone.tenant_request import TenantRequest

_CHANGE = "cannot be changed while the tenant is there"


def fixed_faults(request: TenantRequest, former: TenantRequest) -> Iterator[Fault]:
    """What differs from the request that the tenant was made by, and must not.

    The spoke stands in its region, in its range and in its subscription.

    Args:
        request: What is asked for.
        former: What the tenant was made by.
    """
    if request.region != former.region:
        yield Fault("region", _CHANGE, former.region)
    if request.network.prefix_length != former.network.prefix_length:
        yield Fault("network.prefixLength", _CHANGE, str(former.network.prefix_length))
    if request.subscription != former.subscription:
        ours = former.subscription
        yield Fault("subscription", _CHANGE, f"adopt, {ours.id}" if ours.id else ours.mode)
