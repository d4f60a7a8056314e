"""Who may do what on a data plane, and from where it is reached."""

from collections.abc import Iterator
from http import HTTPStatus

from landing_zone.arm_ids import normalized
from localcloud.arm.behaviours.authorization import role_id
from localcloud.arm.behaviours.endpoints import ENDPOINT, addresses_of, connection_of
from localcloud.arm.behaviours.hierarchy import ancestors
from localcloud.arm.data_planes.errors import DataPlaneError, refused
from localcloud.arm.exchange import Call
from localcloud.arm.paths import parent_of, subscription_of
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_ZONE = "Microsoft.Network/privateDnsZones"
_PEERING = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"


def check_role(cloud: Cloud, call: Call, target: str, roles: frozenset[str], action: str) -> None:
    """Refuse a caller that has none of the roles at a resource, in Key Vault's words.

    Args:
        cloud: Where the assignments are.
        call: The request, its caller known.
        target: ARM id of what is touched.
        roles: Ids of the roles that allow it.
        action: What is done, for the message.

    Raises:
        ArmError: 403.
    """
    if has_role(cloud, call.principal, target, roles):
        return
    raise forbidden(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny"
        " assignments or role definitions were changed recently, please observe propagation time."
        f"\r\nCaller: oid={call.principal}\r\nAction: '{action}'\r\nResource: '{target}'"
        "\r\nAssignment: (not found)",
        "ForbiddenByRbac",
    )


def has_role(cloud: Cloud, principal: str, target: str, roles: frozenset[str]) -> bool:
    """Whether a caller has one of the roles at a resource, or at a scope above it.

    A role is effective only some time after it was assigned: learn: role-based-access-control/
    troubleshooting says that it can take up to 10 minutes. Here it takes as long as an identity
    needs to be known.
    """
    effective = cloud.now() - cloud.profile.replication
    return any(
        str(one.properties["principalId"]).lower() == principal.lower()
        and role_id(one.properties["roleDefinitionId"]) in roles
        and one.created <= effective
        for scope in _scopes(cloud, target)
        for one in cloud.store.children(scope, _ASSIGNMENT)
    )


def _scopes(cloud: Cloud, target: str) -> Iterator[str]:
    """A resource, what contains it, and the management groups above."""
    scope = normalized(target)
    while scope:
        yield scope
        scope = parent_of(scope)
    yield from ancestors(cloud.store, subscription_of(target))


def forbidden(message: str, inner: str) -> DataPlaneError:
    """403."""
    return refused(HTTPStatus.FORBIDDEN, "Forbidden", message, inner)


def check_connection(cloud: Cloud, target: Record, zone: str) -> None:
    """Refuse a caller that does not reach a service by a network that may reach it.

    The application stands in the hub: it resolves names in the zones that are linked to the hub's
    network, and reaches private endpoints there and in the networks that the hub is peered with.

    Raises:
        ArmError: 403, as for a caller from the internet.
    """
    if target.properties.get("publicNetworkAccess", "Enabled").lower() == "enabled":
        return
    addresses = _resolved(cloud, target.name.lower(), zone)
    if any(_leads_to(cloud, one, addresses) for one in cloud.store.referrers(target.id, ENDPOINT)):
        return
    raise forbidden(
        "Public network access is disabled and request is not from a trusted service nor via an"
        f" approved private link.\r\nResource: {target.name};location={target.location}",
        "ForbiddenByConnection",
    )


def _resolved(cloud: Cloud, name: str, zone: str) -> set[str]:
    """The addresses that a name has in the hub."""
    found: set[str] = set()
    for network in _hub_networks(cloud):
        for link in cloud.store.referrers(network, f"{_ZONE}/virtualNetworkLinks"):
            linked = cloud.store.get(link.parent)
            if linked is None or linked.name.lower() != zone:
                continue
            record = cloud.store.get(f"{linked.id}/A/{name}")
            if record is not None:
                found |= {one["ipv4Address"] for one in record.properties["aRecords"]}
    return found


def _hub_networks(cloud: Cloud) -> list[str]:
    return [hub.network_id for hub in cloud.hub.hubs]


def _leads_to(cloud: Cloud, endpoint: Record, addresses: set[str]) -> bool:
    inner = connection_of(endpoint.properties)["properties"]
    approved = inner["privateLinkServiceConnectionState"]["status"] == "Approved"
    own = {address for _, address in addresses_of(cloud.store, endpoint)}
    return approved and bool(own & addresses) and _is_reached(cloud, endpoint)


def _is_reached(cloud: Cloud, endpoint: Record) -> bool:
    """Whether an endpoint's network is a hub's, or connected with one."""
    network = normalized(endpoint.properties["subnet"]["id"]).rpartition("/subnets/")[0]
    for hub in map(normalized, _hub_networks(cloud)):
        peerings = cloud.store.children(hub, _PEERING)
        connected = {
            normalized(one.properties["remoteVirtualNetwork"]["id"])
            for one in peerings
            if one.properties.get("peeringState") == "Connected"
        }
        if network in {hub, *connected}:
            return True
    return False
