"""A look at a lane of a hub: who is answered, what is written next, and who is told of failure."""

from typing import Any

import pytest
from hypothesis import given

from landing_zone.arm_ids import normalized
from landing_zone.hub_state.comparing import is_same
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.looking import Look, look
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.hub_state.reading import actual_state, collections
from landing_zone.hub_state.settled import is_settled
from tests.unit.hub_members import HUB, SETTINGS, Actual, applied, firewall, members, peered, row

LINKS = "/virtualNetworkLinks/"


def looked(rows: list[HubRow], actual: Actual, *written: str, **bounds: Any) -> Look:
    """A look at the firewall."""
    return look(HUB, "firewall", rows, actual, HubSettings(**bounds), written=frozenset(written))


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
    found = looked(rows, applied("firewall", [], held, frozenset({"x"})))
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
    assert found.todo[0].tenants == found.waiting == {"tenant-2"}


def test_a_write_concerns_those_who_wait_for_it() -> None:
    """Not those who have what they asked for, nor those who asked for something else."""
    done = row(firewall(1, "azure"), state="applied")
    found = looked([done, row(firewall(2, "azure")), row(firewall(3, "github"))], {})
    assert found.todo[0].tenants == {"tenant-1", "tenant-2"}
    assert found.concerned(normalized(found.todo[0].id)) == {"tenant-2"}
    assert found.concerned("nobodys") == {"tenant-2", "tenant-3"}


def test_what_cannot_fit_is_refused_and_nothing_is_written() -> None:
    """The limit is named to those who wait."""
    found = looked([row(firewall(1, "azure")), row(firewall(2, "azure"))], {}, ip_group_addresses=1)
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
    for body in held.values():
        body["properties"] = body["properties"] | broken
    found = look(HUB, "network", [row(peered(1))], held, SETTINGS)
    assert [change.method for change in found.todo] == ["PUT"]
    assert found.waiting == {"tenant-1"}


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
    found = applied(lane, [firewall(1, "azure")] if lane == "firewall" else [peered(1)])
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
