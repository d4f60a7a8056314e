"""What is known of an owner before any of its resources is looked at; prepared once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from landing_zone.hub import Hub
from landing_zone.hub_state.members import Lane
from landing_zone.plan import Resource
from landing_zone.remediation.owners import Owner

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Wanted(NamedTuple):
    """Something that a hub's reconciler keeps.

    Attributes:
        lane: The lane that it belongs to.
        body: What it should be.
    """

    lane: Lane
    body: Mapping[str, Any]


class DnsRecord(NamedTuple):
    """A record in a hub's zone that a planned private endpoint's zone group keeps.

    Attributes:
        group_id: ARM id of the zone group.
        body: What the plan says of the group.
    """

    group_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is who in the whole landing zone.

    Attributes:
        principals: Tenants that each principal belongs to, by object id in lower case: identities
            of one tenant, and groups, which several may share.
        networks: Owner of each governed virtual network, by normalized id.
        places: Tenant of each thing that stands in a hub and is a tenant's, by normalized id.
        granted: Normalized ids of role assignments that a plan makes.
        records: Records of planned private endpoints in the hubs' zones, by normalized id.
    """

    principals: Mapping[str, frozenset[str]] = field(default=_NOTHING)
    networks: Mapping[str, Owner] = field(default=_NOTHING)
    places: Mapping[str, str] = field(default=_NOTHING)
    granted: frozenset[str] = frozenset()
    records: Mapping[str, DnsRecord] = field(default=_NOTHING)


@dataclass(frozen=True, slots=True)
class Ground:
    """What rules know of an owner.

    Attributes:
        owner: A tenant, or a hub.
        hub: The hub that it hangs on, or itself.
        directory: The whole landing zone.
        tags: The required tags; empty for a hub, which the registry has no values for.
        plan: What the owner's plan makes in ARM, by normalized id, references resolved.
        wanted: What the hub's reconciler keeps in a hub, by normalized id; empty for a tenant.
        unmanaged: Normalized ids of resource groups whose content another controller makes.
    """

    owner: Owner
    hub: Hub
    directory: Directory
    tags: Mapping[str, str] = field(default=_NOTHING)
    plan: Mapping[str, Resource] = field(default=_NOTHING)
    wanted: Mapping[str, Wanted] = field(default=_NOTHING)
    unmanaged: frozenset[str] = frozenset()
