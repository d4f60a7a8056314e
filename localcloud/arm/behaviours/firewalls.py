"""Azure Firewall, its policy with rule collection groups, IP groups and its public address."""

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any
from zlib import crc32

from localcloud.arm.behaviours.addresses import first_free
from localcloud.arm.errors import bad_request
from localcloud.arm.state.bodies import values_at
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

_SUBNET_NAME = "azurefirewallsubnet"
_RULE_GROUP = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
_FIREWALL = "Microsoft.Network/azureFirewalls"
_MOST_RULE_GROUPS = 90
_LEAST, _GREATEST = 100, 65000
_MOST_ADDRESSES = 5000
_MOST_IP_GROUPS = 200  # the lower of the two numbers that Azure's pages give


def check(write: "Write") -> None:
    """A firewall stands in a subnet of its own name.

    Raises:
        ArmError: It does not.
    """
    for configuration in write.properties.get("ipConfigurations", []):
        subnet = configuration.get("properties", {}).get("subnet", {}).get("id", "")
        if subnet and subnet.rpartition("/")[2].lower() != _SUBNET_NAME:
            message = f"The firewall {write.name} must stand in a subnet AzureFirewallSubnet."
            raise bad_request("AzureFirewallSubnetNameInvalid", message)


def prepare(write: "Write") -> None:
    """Give each IP configuration its id and a private address."""
    for configuration in write.properties.get("ipConfigurations", []):
        name = configuration["name"]
        configuration["id"] = f"{write.id}/azureFirewallIpConfigurations/{name}"
        inner = configuration.setdefault("properties", {})
        inner["provisioningState"] = "Succeeded"
        subnet = write.store.get(inner.get("subnet", {}).get("id", "/"))
        if subnet is not None:
            address = first_free(IPv4Network(subnet.properties["addressPrefix"]), ())
            inner["privateIPAddress"] = str(address)


def prepare_public_ip(write: "Write") -> None:
    """Give a public address a number that stays."""
    old = write.existing.properties.get("ipAddress") if write.existing else None
    # 198.51.100.0/24 is for documentation: it is nobody's.
    made = IPv4Address("198.51.100.0") + crc32(write.id.lower().encode()) % 254 + 1
    write.properties["ipAddress"] = old or str(made)


def render_policy(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the policy's rule collection groups."""
    groups = [{"id": one.id} for one in store.children(record.id, _RULE_GROUP)]
    body["properties"]["ruleCollectionGroups"] = groups
    body["properties"].setdefault("childPolicies", [])
    body["properties"].setdefault("firewalls", [])


def check_rule_group(write: "Write") -> None:
    """A rule collection group among those of its policy.

    Raises:
        ArmError: Its priority is wrong or taken, or there are too many.
    """
    policy_id = write.id.rpartition("/")[0].rpartition("/")[0]
    priority = write.properties.get("priority", 0)
    if not _LEAST <= priority <= _GREATEST:
        message = f"The priority {priority} is not within {_LEAST} to {_GREATEST}."
        raise bad_request("FirewallPolicyRuleCollectionGroupInvalidPriority", message)
    others = [
        one
        for one in write.store.children(policy_id, _RULE_GROUP)
        if one.name.lower() != write.name.lower()
    ]
    for other in others:
        if other.properties.get("priority") == priority:
            message = f"The rule collection group {other.name} has the priority {priority} already."
            raise bad_request("FirewallPolicyRuleCollectionGroupPriorityConflict", message)
    if len(others) >= _MOST_RULE_GROUPS:
        message = f"A firewall policy takes {_MOST_RULE_GROUPS} rule collection groups."
        raise bad_request("FirewallPolicyRuleCollectionGroupLimitExceeded", message)
    _check_ip_groups([write.properties, *(one.properties for one in others)])


def _check_ip_groups(groups: list[dict[str, Any]]) -> None:
    used = {
        str(value).lower()
        for properties in groups
        for name in ("sourceIpGroups", "destinationIpGroups")
        for value in values_at(properties, f"ruleCollections[].rules[].{name}[]")
    }
    if len(used) > _MOST_IP_GROUPS:
        message = f"A firewall policy takes {_MOST_IP_GROUPS} IP groups, not {len(used)}."
        raise bad_request("FirewallPolicyIpGroupLimitExceeded", message)


def check_ip_group(write: "Write") -> None:
    """An IP group has so many addresses at most.

    Raises:
        ArmError: It has more.
    """
    if len(write.properties.get("ipAddresses", [])) > _MOST_ADDRESSES:
        message = f"An IP group takes {_MOST_ADDRESSES} addresses."
        raise bad_request("IpGroupAddressLimitExceeded", message)


def render_ip_group(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the policies that use an IP group, and their firewalls."""
    policies = {one.parent: None for one in store.referrers(record.id, _RULE_GROUP)}
    found = [policy for key in policies if (policy := store.get(key)) is not None]
    firewalls = [fire for policy in found for fire in store.referrers(policy.id, _FIREWALL)]
    body["properties"]["firewallPolicies"] = [{"id": one.id} for one in found]
    body["properties"]["firewalls"] = [{"id": one.id} for one in firewalls]
