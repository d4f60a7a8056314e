"""Holds a hub's desired state to the limits that the hub document names."""

import json
from typing import Any

from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.hub_limits import HubLimits
from landing_zone.hub_state.members import Lane


def require_bounds(hub: Hub, lane: Lane, bodies: list[dict[str, Any]]) -> None:
    """Refuse a desired state that the hub's limits do not allow.

    Raises:
        PermanentError: It breaks a limit, which is named (`HubLimitReached`).
    """
    properties = [body["properties"] for body in bodies]
    if lane == "network":
        peerings = sum("remoteVirtualNetwork" in one for one in properties)
        allowed = max(0, hub.limits.peerings - hub.platform_use.peerings)
        if peerings > allowed:
            raise _reached("peerings of the hub network", peerings, allowed)
    for one in properties if lane == "firewall" else ():
        _require_group(one, hub.limits)


def _require_group(properties: dict[str, Any], limits: HubLimits) -> None:
    addresses = len(properties.get("ipAddresses", ()))
    if addresses > limits.ip_group_addresses:
        raise _reached("addresses of an IP group", addresses, limits.ip_group_addresses)
    if "ruleCollections" in properties:
        size = len(json.dumps(properties).encode())
        if size > limits.rule_group_bytes:
            raise _reached("bytes of a rule collection group", size, limits.rule_group_bytes)


def _reached(what: str, wanted: int, limit: int) -> PermanentError:
    return PermanentError(
        "HubLimitReached",
        f"{wanted} {what} would be needed and {limit} are allowed",
        "raise the number of shards or the hub's limits, or add a hub in the region",
    )
