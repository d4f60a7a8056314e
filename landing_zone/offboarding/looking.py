"""What a tenant would be known by, from its plans. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network

from landing_zone.offboarding.hub_traces import Trail
from landing_zone.plan import Plan, Write
from landing_zone.references import Outputs
from landing_zone.tenants import TenantRecord


def trail_of(record: TenantRecord, plans: Iterable[Plan], subscription: str) -> Trail:
    """What a trace of a tenant in its hub would be known by.

    Its ranges only while it holds them: from then on they may be another's.
    """
    if record.reservation is None:
        return Trail(record.tenant_id, subscription, ())
    ranges = [
        IPv4Network(source)
        for made in plans
        for one in made.resources
        if one.write is Write.HUB
        for source in one.body.get("sources", [])
    ]
    held = record.reservation
    own = [one for one in (held.address_range, held.node_subnet) if one is not None]
    return Trail(record.tenant_id, subscription, tuple(dict.fromkeys((*own, *ranges))))


def principals_of(plans: Iterable[Plan], outputs: Outputs) -> frozenset[str]:
    """Object ids of the identities that the plans made, in lower case."""
    return frozenset(
        outputs[one.key]["principalId"].lower()
        for made in plans
        for one in made.resources
        if not one.is_read and "principalId" in outputs.get(one.key, {})
    )
