"""What a planned resource that the hub's reconciler writes asks of the hub."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from landing_zone.hub_state.members import Member


def member_of(hub: str, tenant_id: str, body: Mapping[str, Any]) -> Member:
    """The member that a planned body (its references resolved) describes."""
    match body:
        case {"properties": {"remoteVirtualNetwork": {"id": network}}}:
            return Member(hub=hub, lane="network", tenant_id=tenant_id, network_id=network)
        case {"properties": {"addressPrefix": prefix}}:
            subnet = IPv4Network(prefix)
            return Member(hub=hub, lane="network", tenant_id=tenant_id, node_subnet=subnet)
        case _:
            return Member(
                hub=hub,
                lane="firewall",
                tenant_id=tenant_id,
                sources=tuple(map(IPv4Network, body["sources"])),
                profiles=tuple(body["profiles"]),
                fqdns=tuple(body["fqdns"]),
            )
