"""A look at a lane of a hub: who is answered, what is written next, and who is told of failure."""

import pytest
from hypothesis import given

from landing_zone.arm_ids import normalized
from landing_zone.hub import Hub
from landing_zone.hub_limits import HubLimits
from landing_zone.hub_state.comparing import is_same
from landing_zone.hub_state.looking import Look, look
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.hub_state.reading import actual_state, collections
from landing_zone.hub_state.settled import is_settled
from tests.unit.hub_members import (
    HUB,
    SETTINGS,
    Actual,
    applied,
    firewall,
    members,
    peered,
    pooled,
    row,
)

LINKS = "/virtualNetworkLinks/"


def looked(rows: list[HubRow], actual: Actual, *written: str, hub: Hub = HUB) -> Look:
    """A look at the firewall."""
    return look(hub, "firewall", rows, actual, SETTINGS, written=frozenset(written))


@given(members())
def test_whoever_waits_is_answered_once_it_is_applied(wanted: list[Member]) -> None:
    """All at once, whoever they are."""
    found = looked([row(member) for member in wanted], applied("firewall", wanted))
    assert found.settled == {member.tenant_id for member in wanted}
    assert (found.waiting, found.todo) == (frozenset(), ())


@given(members())
def test_whoever_leaves_is_answered_once_nothing_of_it_is_left(wanted: list[Member]) -> None:
    """The ranges are in no group and in no rule any more."""
    rows = [row(member, present=False) for member in wanted]
    held = applied("firewall", wanted)
    for member in wanted:
        asked_for_something = bool(member.profiles or member.fqdns)
        assert is_settled(HUB, row(member, present=False), held, SETTINGS) != asked_for_something
    found = looked(rows, applied("firewall", [], held, [firewall(201)]))
    assert found.settled == {member.tenant_id for member in wanted}


def test_a_tenant_is_answered_while_others_are_still_written() -> None:
    """Nobody waits for those who came later."""
    first, second = firewall(1, "azure"), firewall(2, "azure", "github")
    found = looked([row(first), row(second)], applied("firewall", [first]))
    assert found.settled == {"tenant-1"}
    assert found.waiting == {"tenant-2"}
    assert [change.label for change in found.todo] == [
        "ipGroups/spokewright-hub-weu-azure",
        "ipGroups/spokewright-hub-weu-github",
        "ruleCollectionGroups/spokewright-profiles",
    ]


def test_each_resource_has_one_turn_in_a_round() -> None:
    """So that a stream of requests for one does not hold up the others."""
    rows = [row(firewall(1, "azure"))]
    first = looked(rows, {}).todo[0]
    assert first.id not in [one.id for one in looked(rows, {}, normalized(first.id)).todo]


def test_what_failed_is_not_tried_with_everyone_else() -> None:
    """One tenant that cannot be served does not fail those who come after it."""
    poison = row(firewall(1, "azure"), state="failed", code="Refused")
    found = looked([poison, row(firewall(2, "azure"))], {})
    assert found.todo[0].members == found.waiting == {"tenant-2"}


def test_a_write_concerns_those_who_wait_for_it() -> None:
    """Not those who have what they asked for, nor those who asked for something else."""
    done = row(firewall(1, "azure"), state="applied")
    found = looked([done, row(firewall(2, "azure")), row(firewall(3, "github"))], {})
    assert found.todo[0].members == {"tenant-1", "tenant-2"}
    assert found.concerned(normalized(found.todo[0].id)) == {"tenant-2"}
    assert found.concerned("nobodys") == {"tenant-2", "tenant-3"}


def test_what_cannot_fit_is_refused_and_nothing_is_written() -> None:
    """The limit is named to those who wait."""
    small = HUB.model_copy(update={"limits": HubLimits(ip_group_addresses=1)})
    found = looked([row(firewall(1, "azure")), row(firewall(2, "azure"))], {}, hub=small)
    assert found.refused is not None
    assert found.refused.code == "HubLimitReached"
    assert found.todo == ()
    assert found.waiting == {"tenant-1", "tenant-2"}


def test_the_work_of_a_killed_forerunner_is_waited_for() -> None:
    """Azure takes one write at a time."""
    member = firewall(1, "azure")
    held = applied("firewall", [member])
    (key,) = [one for one in held if "/ipgroups/" in one]
    held[key]["properties"] = held[key]["properties"] | {"provisioningState": "Updating"}
    found = looked([row(member)], held)
    assert (found.busy, found.settled) == (key, frozenset())


@pytest.mark.parametrize(
    "broken", [{"provisioningState": "Failed"}, {"peeringState": "Disconnected"}]
)
def test_what_is_broken_is_written_again(broken: dict[str, str]) -> None:
    """Although its body is as wanted."""
    held = applied("network", [peered(1)])
    (body,) = [body for key, body in held.items() if key.endswith("/peer-tenant-1")]
    body["properties"] = body["properties"] | broken
    found = look(HUB, "network", [row(peered(1))], held, SETTINGS)
    assert [change.method for change in found.todo] == ["PUT"]
    assert found.waiting == {"tenant-1"}


def test_a_tenant_has_two_wishes_of_the_network_each_by_itself() -> None:
    """Its node pool does not wait for its peering, nor the other way round."""
    held = applied("network", [pooled(1)])
    found = look(HUB, "network", [row(peered(1)), row(pooled(1))], held, SETTINGS)
    assert found.settled == {"tenant-1.nodes"}
    assert found.waiting == {"tenant-1"}
    assert [change.label for change in found.todo] == ["virtualNetworkPeerings/peer-tenant-1"]


def test_what_guards_the_node_subnets_is_waited_for_by_those_who_have_one() -> None:
    """A subnet without it would let other tenants' nodes in; a peering needs it not."""
    held = applied("network", [peered(1), pooled(2)])
    (guard,) = [key for key in held if key.endswith("-node-pools")]
    held[guard]["properties"] = {"securityRules": []}
    found = look(HUB, "network", [row(peered(1)), row(pooled(2))], held, SETTINGS)
    assert found.settled == {"tenant-1"}
    assert found.waiting == {"tenant-2.nodes"}
    assert [normalized(change.id) for change in found.todo] == [guard]
    assert found.concerned(guard) == {"tenant-2.nodes"}


def test_a_removal_concerns_the_tenant_that_leaves_and_no_other() -> None:
    """What cannot be removed is told to the one whose it is."""
    held = applied("network", [peered(1), pooled(1), pooled(2)])
    rows = [row(one, present=False) for one in (peered(1), pooled(1), pooled(2))]
    found = look(HUB, "network", rows, held, SETTINGS)
    assert {change.label: set(change.members) for change in found.todo} == {
        "removing virtualNetworkPeerings/peer-tenant-1": {"tenant-1"},
        "removing subnets/nodes-tenant-1": {"tenant-1.nodes"},
        "removing subnets/nodes-tenant-2": {"tenant-2.nodes"},
    }


def test_a_hub_that_offers_no_node_pools_any_more_tells_who_has_one() -> None:
    """Rather than to leave a subnet as it may be."""
    bare = HUB.model_copy(update={"node_pools": None})
    found = look(bare, "network", [row(pooled(1))], {}, SETTINGS)
    assert found.refused is not None
    assert found.refused.code == "NodePoolsNotOffered"
    assert look(bare, "network", [row(peered(1))], {}, SETTINGS).refused is None


def test_tags_of_others_are_sent_along() -> None:
    """A PUT would erase them."""
    held = applied("firewall", [firewall(1, "azure")])
    for body in held.values():
        body["tags"] = {"team": "network"}
    found = looked([row(firewall(1, "azure")), row(firewall(2, "azure"))], held)
    assert found.todo[0].body is not None
    assert found.todo[0].body["tags"] == {"team": "network"}


def test_azures_own_order_and_casing_is_no_difference() -> None:
    """Nor are properties that Azure adds; an entry more in a list is one."""
    wanted = {"ids": ["/Groups/A", "/groups/b"], "rules": [{"name": "x", "to": ["1"]}]}
    shown = {"ids": ["/groups/B", "/groups/a"], "rules": [{"name": "X", "to": ["1"], "etag": "e"}]}
    assert is_same(wanted, shown | {"provisioningState": "Succeeded"})
    assert not is_same(wanted, shown | {"ids": ["/groups/a", "/groups/b", "/groups/c"]})
    assert not is_same(wanted, {"ids": wanted["ids"]})


@pytest.mark.parametrize("lane", ["firewall", "network", "dns"])
def test_each_lane_reads_what_it_writes(lane: Lane) -> None:
    """Every item of the lane stands in one of the collections that are read."""
    in_network = [peered(1), pooled(1)]
    found = applied(lane, [firewall(1, "azure")] if lane == "firewall" else in_network)
    paths = [normalized(path) for path, _ in collections(HUB, lane)]
    assert found
    assert {key.rpartition("/")[0] for key in found} <= set(paths)


def test_only_our_own_firewall_groups_are_looked_at() -> None:
    """What others keep there is theirs."""
    ids = [f"/x/ipGroups/{name}" for name in ("theirs", "spokewright-hub-weu-azure")]
    found = actual_state(HUB, "firewall", [{"id": one} for one in ids])
    assert list(found) == [ids[1].lower()]


def test_a_zone_that_is_linked_under_another_name_is_linked() -> None:
    """A zone takes one link to a network."""
    (key, *rest) = applied("dns", [])
    body = {"properties": {"virtualNetwork": {"id": HUB.network_id}, "registrationEnabled": False}}
    other = {"id": f"{key.rpartition('/')[0]}/by-hand", "location": "global", **body}
    spoke = {"id": f"{rest[0].rpartition('/')[0]}/x", "properties": {"virtualNetwork": {"id": "y"}}}
    held = actual_state(HUB, "dns", [other, spoke])
    assert list(held) == [key]
    found = look(HUB, "dns", [], held, SETTINGS)
    assert len(found.todo) == len(HUB.private_dns_zones) - 1
    assert all(LINKS in change.id for change in found.todo)


def test_asking_again_for_the_same_is_the_same() -> None:
    """Unless it had failed: then it is tried again."""
    before = row(firewall(1, "azure"), state="applied")
    assert before.asked(present=True, member=before.member, at=before.since) is before
    gone = before.asked(present=False, member=before.member, at=before.since)
    assert (gone.present, gone.state) == (False, "waiting")
    failed = before.failed("Refused", "no", "ask")
    assert failed.asked(present=True, member=before.member, at=before.since).state == "waiting"


def closed(member: Member) -> Member:
    """A member as a suspended tenant asks for it: let out nowhere."""
    return member.model_copy(update={"profiles": (), "fqdns": ()})


@given(members())
def test_whoever_asks_for_less_is_answered_once_the_rest_is_gone(wanted: list[Member]) -> None:
    """Not while the firewall still lets it out, nor while it is at work on what it did."""
    held = applied("firewall", wanted)
    for member in wanted:
        asked_for_something = bool(member.profiles or member.fqdns)
        assert is_settled(HUB, row(closed(member)), held, SETTINGS) != asked_for_something
    rows = [row(closed(member)) for member in wanted]
    after = applied("firewall", [one.member for one in rows], held, [closed(one) for one in wanted])
    assert looked(rows, after).settled == {member.tenant_id for member in wanted}
    busy = applied("firewall", [firewall(201, "azure")], after)
    for body in busy.values():
        body["properties"]["provisioningState"] = "Updating"
    assert not any(is_settled(HUB, one, busy, SETTINGS) for one in rows)


def test_whoever_gives_up_a_part_waits_for_that_part() -> None:
    """A profile, or a name of its own; what it keeps is there meanwhile."""
    had = firewall(1, "azure", "github", fqdns=("a.contoso.com", "b.contoso.com"))
    held = applied("firewall", [had])
    for changes in ({"profiles": ("azure",)}, {"fqdns": ("a.contoso.com",)}):
        wanted = had.model_copy(update=changes)
        assert not is_settled(HUB, row(wanted), held, SETTINGS)
        assert is_settled(HUB, row(wanted), applied("firewall", [wanted], held), SETTINGS)


def test_the_last_who_is_let_out_nowhere_leaves_nothing_behind() -> None:
    """A registry that knows nobody is not believed; one that knows who is closed, is."""
    had = firewall(1, "azure", fqdns=("a.contoso.com",))
    held = applied("firewall", [had])
    found = looked([row(closed(had))], held)
    assert {(change.method, change.members) for change in found.todo} == {
        ("DELETE", frozenset({"tenant-1"}))
    }
    assert {normalized(change.id) for change in found.todo} == held.keys()
    assert looked([], held).todo == ()


def test_others_keep_what_one_is_not_let_out_to_any_more() -> None:
    """Who waits for it to be gone is told when the write fails."""
    one, other = firewall(1, "azure"), firewall(2, "azure")
    held = applied("firewall", [one, other])
    found = looked([row(closed(one)), row(other, state="applied")], held)
    assert [change.method for change in found.todo] == ["PUT"]
    assert found.concerned(normalized(found.todo[0].id)) == {"tenant-1"}
    assert found.todo[0].body is not None
    assert found.todo[0].body["properties"]["ipAddresses"] == [str(one) for one in other.sources]
