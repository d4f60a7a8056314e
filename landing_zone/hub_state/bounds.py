"""Holds a hub's desired state to the limits of Azure."""

import json
from typing import Any

from landing_zone.errors import PermanentError
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Lane


def require_bounds(lane: Lane, bodies: list[dict[str, Any]], settings: HubSettings) -> None:
    """Refuse a desired state that Azure would refuse.

    Raises:
        PermanentError: It breaks a limit, which is named (`HubLimitReached`).
    """
    if lane == "network" and len(bodies) > settings.peerings:
        raise _reached("peerings of the hub network", len(bodies), settings.peerings)
    for body in bodies if lane == "firewall" else ():
        _require_group(body["properties"], settings)


def _require_group(properties: dict[str, Any], settings: HubSettings) -> None:
    addresses = len(properties.get("ipAddresses", ()))
    if addresses > settings.ip_group_addresses:
        raise _reached("addresses of an IP group", addresses, settings.ip_group_addresses)
    if "ruleCollections" in properties:
        size = len(json.dumps(properties).encode())
        if size > settings.group_bytes:
            raise _reached("bytes of a rule collection group", size, settings.group_bytes)


def _reached(what: str, wanted: int, limit: int) -> PermanentError:
    return PermanentError(
        "HubLimitReached",
        f"{wanted} {what} would be needed and {limit} are allowed",
        "raise the number of shards or add a hub in the region",
    )
