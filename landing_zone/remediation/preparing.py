"""What is known of owners, prepared once from the registry and from stored plans."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized, resource_group_id
from landing_zone.differences import value_at
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, HubDocument
from landing_zone.hub_state.members import Lane
from landing_zone.hub_state.render import Desired
from landing_zone.plan import Plan, Resource, Write
from landing_zone.planning.private_endpoints import PRIVATE_LINKS
from landing_zone.references import Outputs
from landing_zone.remediation.ground import Directory, DnsRecord, Ground, Wanted
from landing_zone.remediation.owners import Owner
from landing_zone.remediation.rules.roles import is_assignment
from landing_zone.tags import required_tags
from landing_zone.tenant_request import TenantRequest

_NETWORKS: Final = "Microsoft.Network/virtualNetworks"
_ZONE_GROUPS: Final = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
_CLUSTERS: Final = "Microsoft.ContainerService/managedClusters"


@dataclass(frozen=True)
class KnownTenant:
    """A tenant as the registry and its stored plan tell of it.

    Attributes:
        request: What it asked for.
        plan: The plan that was last applied.
        outputs: What the resources of that plan yielded.
    """

    request: TenantRequest
    plan: Plan
    outputs: Outputs

    @property
    def owner(self) -> Owner:
        """The tenant as an owner."""
        return Owner(kind="tenant", name=self.request.tenant_id, hub=self.plan.hub)


def known_resources(plan: Plan, outputs: Outputs) -> dict[str, Resource]:
    """What a plan makes in ARM, by normalized id, in the plan's order.

    Left out is what the hub's reconciler makes, what is only read, what stands in no subscription,
    and what refers to outputs that are not known.
    """
    found = (_known(item, outputs) for item in plan.resources if _is_made(item))
    return {normalized(item.id): item for item in found if item is not None and _is_within(item)}


def _is_made(item: Resource) -> bool:
    return item.write in {Write.PUT, Write.POWER} and not item.is_read


def _is_within(item: Resource) -> bool:
    return normalized(item.id).startswith("/subscriptions/")


def _known(item: Resource, outputs: Outputs) -> Resource | None:
    try:
        return bound(item, outputs)
    except PermanentError:
        return None


def tenant_ground(tenant: KnownTenant, hub: Hub, directory: Directory) -> Ground:
    """What rules know of a tenant."""
    resources = known_resources(tenant.plan, tenant.outputs)
    return Ground(
        owner=tenant.owner,
        hub=hub,
        directory=directory,
        tags=MappingProxyType(required_tags(tenant.request)),
        plan=MappingProxyType(resources),
        unmanaged=frozenset(_unmanaged(resources)),
    )


def _unmanaged(resources: Mapping[str, Resource]) -> Iterator[str]:
    """AKS alone makes and tags what stands in the group of a cluster's nodes (learn: aks/faq)."""
    for key, item in resources.items():
        group = value_at(item.body, "properties.nodeResourceGroup")
        if item.type == _CLUSTERS and group:
            yield normalized(resource_group_id(key.split("/")[2], str(group)))


def hub_ground(
    hub: Hub,
    directory: Directory,
    desired: Mapping[Lane, Desired],
    tenants: Iterable[KnownTenant] = (),
) -> Ground:
    """What rules know of a hub.

    Args:
        hub: The hub.
        directory: The whole landing zone.
        desired: What its reconciler keeps, by lane: `hub_state.render.desired_state`.
        tenants: Those that hang on it: what they have in its subscription is theirs.
    """
    start = f"/subscriptions/{hub.subscription_id}/".lower()
    plan = {
        key: item
        for tenant in tenants
        for key, item in known_resources(tenant.plan, tenant.outputs).items()
        if key.startswith(start)
    }
    wanted = {
        key: Wanted(lane, item.body)
        for lane, items in desired.items()
        for key, item in items.items()
    }
    return Ground(
        owner=Owner(kind="hub", name=hub.name, hub=hub.name),
        hub=hub,
        directory=directory,
        plan=MappingProxyType(plan),
        wanted=MappingProxyType(wanted),
    )


@dataclass
class _Gathered:
    """A directory that is being gathered."""

    principals: dict[str, set[str]] = field(default_factory=dict)
    networks: dict[str, Owner] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    records: dict[str, DnsRecord] = field(default_factory=dict)


def directory_of(document: HubDocument, tenants: Iterable[KnownTenant]) -> Directory:
    """Who is who in the whole landing zone."""
    found = _Gathered()
    for hub in document.hubs:
        owner = Owner(kind="hub", name=hub.name, hub=hub.name)
        found.networks[normalized(hub.network_id)] = owner
    hubs = {f"/subscriptions/{hub.subscription_id}/".lower() for hub in document.hubs}
    for tenant in tenants:
        _gather(found, tenant, hubs)
    return Directory(
        principals={key: frozenset(names) for key, names in found.principals.items()},
        networks=found.networks,
        places=found.places,
        granted=frozenset(found.granted),
        records=found.records,
    )


def _gather(found: _Gathered, tenant: KnownTenant, hubs: set[str]) -> None:
    name = tenant.owner.name
    for principal in _principals(tenant):
        found.principals.setdefault(principal.lower(), set()).add(name)
    resources = known_resources(tenant.plan, tenant.outputs)
    for key, item in resources.items():
        if is_assignment(key):
            found.granted.add(key)
        elif item.type == _NETWORKS:
            found.networks[key] = tenant.owner
        elif item.type == _ZONE_GROUPS:
            found.records |= dict(_records(item, resources))
    for place in _places(tenant):
        if any(place.startswith(start) for start in hubs):
            found.places[place] = name


def _principals(tenant: KnownTenant) -> Iterator[str]:
    """Its groups, and the identities that its plan makes."""
    access = tenant.request.access
    yield from map(str, (tenant.request.owner.group, *access.contributors, *access.readers))
    for item in tenant.plan.resources:
        principal = tenant.outputs.get(item.key, {}).get("principalId")
        if principal and "principalId" in item.outputs and _is_made(item):
            yield principal


def _places(tenant: KnownTenant) -> Iterator[str]:
    """What is its own, wherever it stands, on a data plane too."""
    for item in tenant.plan.resources:
        if item.write is not Write.INDEX and not _is_made(item):
            continue
        known = _known(item, tenant.outputs)
        if known is not None and not is_assignment(normalized(known.id)):
            yield normalized(known.id)


def _records(group: Resource, resources: Mapping[str, Resource]) -> Iterator[tuple[str, DnsRecord]]:
    """The record that bears the name of what the endpoint leads to.

    Of further ones, such as those of a Cosmos DB account's regions, the look at the endpoint itself
    knows.
    """
    endpoint = resources.get(normalized(group.id).rpartition("/privatednszonegroups/")[0])
    connections: Any = value_at(endpoint.body if endpoint else {}, "properties")
    for connection in (connections or {}).get("privateLinkServiceConnections", ()):
        target = normalized(str(value_at(connection, "properties.privateLinkServiceId")))
        if target in resources and resources[target].type in PRIVATE_LINKS:
            for one in group.body["properties"]["privateDnsZoneConfigs"]:
                zone = normalized(one["properties"]["privateDnsZoneId"])
                name = target.rpartition("/")[2]
                yield f"{zone}/a/{name}", DnsRecord(group.id, group.body)
