"""The hub's firewall policy: one writer, references that are there, and its limits."""

from typing import Any

from localcloud.arm.state.records import Record
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, Arm

GROUPS = f"{b.HUB_POLICY}/ruleCollectionGroups"
IP_GROUPS = f"{HUB_GROUP}/providers/Microsoft.Network/ipGroups"


def rules(priority: int, *ip_groups: str) -> dict[str, Any]:
    """A rule collection group that lets IP groups out."""
    rule = {
        "ruleType": "ApplicationRule",
        "name": "out",
        "protocols": [{"protocolType": "Https", "port": 443}],
        "targetFqdns": ["github.com"],
        "sourceIpGroups": list(ip_groups),
    }
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "egress",
        "priority": 100,
        "action": {"type": "Allow"},
        "rules": [rule],
    }
    return {"properties": {"priority": priority, "ruleCollections": [collection]}}


def made_ip_groups(arm: Arm, count: int) -> list[str]:
    """So many IP groups, there at once."""
    ids = [f"{IP_GROUPS}/g{number}" for number in range(count)]
    with arm.cloud.store.transaction():
        for one in ids:
            arm.cloud.store.put(Record(one, "Microsoft.Network/ipGroups", b.here({})))
    return ids


def test_a_policy_has_one_writer_for_four_minutes(arm: Arm) -> None:
    """Other groups and the policy itself wait until the first write has ended."""
    assert arm.put(f"{GROUPS}/a", rules(200)).status == 201
    policy = b.here({"sku": {"tier": "Standard"}})
    arm.advance(230)
    assert arm.put(f"{GROUPS}/b", rules(300)).code == "AnotherOperationInProgress"
    assert arm.put(b.HUB_POLICY, policy).code == "AnotherOperationInProgress"
    arm.advance(20)
    assert arm.put(f"{GROUPS}/b", rules(300)).status == 201


def test_a_priority_is_taken_once(arm: Arm) -> None:
    """Two groups of one policy differ in it."""
    arm.made(f"{GROUPS}/a", rules(200))
    reply = arm.put(f"{GROUPS}/b", rules(200))
    assert reply.code == "FirewallPolicyRuleCollectionGroupPriorityConflict"


def test_ip_groups_must_be_there_and_stay_while_they_are_used(arm: Arm) -> None:
    """A reference to none is refused, and so is the deletion of a used one."""
    assert arm.put(f"{GROUPS}/a", rules(200, f"{IP_GROUPS}/g0")).code == "InvalidResourceReference"
    made_ip_groups(arm, 1)
    arm.made(f"{GROUPS}/a", rules(200, f"{IP_GROUPS}/g0"))
    assert arm.delete(f"{IP_GROUPS}/g0").code == "IpGroupCannotBeDeleted"


def test_a_policy_takes_two_hundred_ip_groups_in_all_its_groups(arm: Arm) -> None:
    """One more is refused, wherever it stands."""
    ids = made_ip_groups(arm, 201)
    arm.made(f"{GROUPS}/a", rules(200, *ids[:150]))
    arm.made(f"{GROUPS}/b", rules(300, *ids[100:200]))
    reply = arm.put(f"{GROUPS}/c", rules(400, ids[200]))
    assert reply.code == "FirewallPolicyIpGroupLimitExceeded"


def test_a_policy_takes_ninety_groups_and_an_ip_group_five_thousand_ranges(arm: Arm) -> None:
    """One more of either is refused."""
    kind = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
    for number in range(90):
        body = {"properties": {"priority": 1000 + number}}
        arm.cloud.store.put(Record(f"{GROUPS}/p{number}", kind, body))
    assert arm.put(f"{GROUPS}/more", rules(200)).code.endswith("GroupLimitExceeded")
    addresses = [f"10.{n // 256}.{n % 256}.0/24" for n in range(5001)]
    reply = arm.put(f"{IP_GROUPS}/big", b.here({"ipAddresses": addresses}))
    assert reply.code == "IpGroupAddressLimitExceeded"
