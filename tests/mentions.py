"""Which names have a tenant's in them."""

import re


def mentions(name: str, tenant_id: str) -> bool:
    """Whether a name has a tenant's id in it, as more than the beginning of something longer.

    Short names end with a hash, which may begin with what another tenant's id ends with.
    """
    return re.search(rf"{re.escape(tenant_id)}(?![a-z0-9])", name, re.IGNORECASE) is not None
