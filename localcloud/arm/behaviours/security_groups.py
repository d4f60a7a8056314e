"""Network security groups and their rules."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from localcloud.arm.errors import bad_request
from localcloud.arm.rendering import weak
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

type Rule = tuple[str, dict[str, Any]]

_RULES = "Microsoft.Network/networkSecurityGroups/securityRules"
_LEAST, _GREATEST = 100, 4096
_SIDES = (
    "sourceAddressPrefix",
    "destinationAddressPrefix",
    "sourcePortRange",
    "destinationPortRange",
)
# name, priority, direction, access, source, destination
_DEFAULTS = (
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)


def check(write: "Write") -> None:
    """The rules that a group is written with.

    Raises:
        ArmError: A rule is wrong, or two have one priority.
    """
    check_rules([(one.name, one.properties) for one in write.children["securityRules"]])


def check_rule(write: "Write") -> None:
    """A rule among those of its group.

    Raises:
        ArmError: It is wrong, or another has its priority.
    """
    group_id = write.id.rpartition("/")[0].rpartition("/")[0]
    others = [
        (one.name, one.properties)
        for one in write.store.children(group_id, _RULES)
        if one.name.lower() != write.name.lower()
    ]
    check_rules([*others, (write.name, write.properties)])


def check_rules(rules: list[Rule]) -> None:
    """Refuse rules that Azure refuses together.

    Raises:
        ArmError: They are.
    """
    for name, properties in rules:
        _check_one(name, properties)
    taken = Counter((one["direction"].lower(), one["priority"]) for _, one in rules)
    for (direction, priority), count in taken.items():
        if count > 1:
            names = ", ".join(
                name
                for name, one in rules
                if (one["direction"].lower(), one["priority"]) == (direction, priority)
            )
            message = f"Security rules {names} have the same Priority {priority} and Direction"
            raise bad_request("SecurityRuleConflict", f"{message} {direction}.")


def _check_one(name: str, properties: dict[str, Any]) -> None:
    priority = properties.get("priority", 0)
    if not _LEAST <= priority <= _GREATEST:
        message = f"Security rule {name} has invalid Priority. Value provided: {priority}. Allowed"
        raise bad_request("SecurityRuleInvalidPriority", f"{message} range {_LEAST}-{_GREATEST}.")
    for single in _SIDES:
        several = f"{single}es" if single.endswith("Prefix") else f"{single}s"
        groups = single.replace("AddressPrefix", "ApplicationSecurityGroups")
        given = [key for key in {single, several, groups} if properties.get(key)]
        if len(given) != 1:
            message = f"Security rule {name} must specify exactly one of {single} and {several}."
            raise bad_request("SecurityRuleParameterContainsUnsupportedValue", message)


def render(_: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the six rules that every group has."""
    body["properties"]["defaultSecurityRules"] = [
        _default(record, *default) for default in _DEFAULTS
    ]


def _default(
    record: Record,
    name: str,
    priority: int,
    direction: str,
    access: str,
    source: str,
    destination: str,
) -> dict[str, Any]:
    return {
        "name": name,
        "id": f"{record.id}/defaultSecurityRules/{name}",
        "etag": weak(record.etag),
        "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        "properties": {
            "provisioningState": "Succeeded",
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction,
        },
    }
