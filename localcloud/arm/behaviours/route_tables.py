"""Route tables and their routes."""

from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.addresses import check_address, parse_range
from localcloud.arm.errors import bad_request

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_ROUTES = "Microsoft.Network/routeTables/routes"
_APPLIANCE = "virtualappliance"


def check(write: "Write") -> None:
    """The routes that a table is written with.

    Raises:
        ArmError: One is wrong, or two have one prefix.
    """
    check_routes([(one.name, one.properties) for one in write.children["routes"]])


def check_route(write: "Write") -> None:
    """A route among those of its table.

    Raises:
        ArmError: It is wrong, or another has its prefix.
    """
    table_id = write.id.rpartition("/")[0].rpartition("/")[0]
    others = [
        (one.name, one.properties)
        for one in write.store.children(table_id, _ROUTES)
        if one.name.lower() != write.name.lower()
    ]
    check_routes([*others, (write.name, write.properties)])


def check_routes(routes: list[tuple[str, dict[str, Any]]]) -> None:
    """Refuse routes that Azure refuses together.

    Raises:
        ArmError: They are.
    """
    seen: dict[str, str] = {}
    for name, properties in routes:
        _check_one(name, properties)
        prefix = str(properties["addressPrefix"]).lower()
        if prefix in seen:
            message = f"Routes {seen[prefix]} and {name} have the same address prefix {prefix}."
            raise bad_request("RouteConflict", message)
        seen[prefix] = name


def _check_one(name: str, properties: dict[str, Any]) -> None:
    prefix = properties.get("addressPrefix")
    if not prefix:
        raise bad_request("RouteAddressPrefixNotSpecified", f"Route {name} has no addressPrefix.")
    if prefix[0].isdigit():  # otherwise it is a service tag
        parse_range(prefix, name)
    appliance = properties["nextHopType"].lower() == _APPLIANCE
    address = properties.get("nextHopIpAddress")
    if appliance != bool(address):
        message = f"Route {name}: nextHopIpAddress is required for the next hop type"
        message += " VirtualAppliance, and allowed for no other."
        raise bad_request("RouteNextHopIpAddressMismatch", message)
    if address:
        check_address(address, "RouteNextHopIpAddressInvalid", name)
