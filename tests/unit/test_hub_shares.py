"""What a hub holds of one tenant, among what it holds of others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.hub_state.members import Member
from landing_zone.hub_state.render import own_id
from landing_zone.hub_state.settled import is_held
from landing_zone.hub_state.shares import firewall_share, network_shortfalls
from tests.unit.hub_members import HUB, SETTINGS, applied, firewall, members, peered, pooled

STRANGER = firewall(250, "azure", fqdns=("strange.org",))


def share_of(member: Member, actual: Any, former: Member | None = None) -> Any:
    """What the firewall holds of a member."""
    return firewall_share(HUB, member, former, actual, SETTINGS)


def wanted_of(member: Member) -> dict[str, list[str]]:
    """What the plan asks for."""
    return {
        "sources": [str(one) for one in member.sources],
        "profiles": sorted(member.profiles),
        "fqdns": sorted(member.fqdns),
    }


@given(members())
def test_share_of_each_is_what_it_asked_for(wanted: list[Member]) -> None:
    """Whoever else there is; and nothing of who asked for nothing, or is not there."""
    actual = applied("firewall", wanted)
    for member in wanted:
        asks = bool(member.profiles or member.fqdns)
        assert share_of(member, actual) == (wanted_of(member) if asks else None)
    assert share_of(STRANGER, actual) is None


@given(members(), st.data())
def test_share_tells_what_is_held_whatever_is_wanted_now(
    wanted: list[Member], data: st.DataObject
) -> None:
    """Of profiles and names that are not wanted any more, too."""
    holding = [one for one in wanted if one.profiles or one.fqdns]
    if not holding:
        return
    member = data.draw(st.sampled_from(holding))
    other = data.draw(st.sampled_from([("azure",), ("github",), ("azure", "github"), ()]))
    changed = member.model_copy(update={"profiles": other, "fqdns": ("new.org",)})
    actual = applied("firewall", wanted)
    assert share_of(changed, actual, member) == wanted_of(member)


def test_range_that_is_not_wanted_any_more_is_told() -> None:
    """Where it is known from what was applied before."""
    member = firewall(3, "azure")
    before = member.model_copy(update={"sources": (*member.sources, *firewall(4).sources)})
    actual = applied("firewall", [before])
    assert share_of(member, actual, before) == wanted_of(before)
    assert share_of(member, actual) == wanted_of(member)


def test_profile_that_lacks_a_rule_is_not_held() -> None:
    """The tenant's range alone lets nothing through."""
    member = firewall(3, "azure", "github")
    actual = applied("firewall", [member])
    [rules] = [key for key in actual if key.endswith("spokewright-profiles")]
    collections = actual[rules]["properties"]["ruleCollections"]
    collections[:] = [one for one in collections if one["name"] != "github"]
    assert share_of(member, actual) == wanted_of(member) | {"profiles": ["azure"]}
    assert not is_held(HUB, member, actual, SETTINGS)


@given(members("network"))
def test_own_part_of_the_network_lacks_nothing_once_it_is_there(wanted: list[Member]) -> None:
    """Peerings and subnets alike."""
    actual = applied("network", wanted)
    for member in wanted:
        body = actual[normalized(own_id(HUB, member))]
        assert list(network_shortfalls(HUB, member, body)) == []


@pytest.mark.parametrize(
    ("member", "change", "paths"),
    [
        (peered(1), {"allowForwardedTraffic": False}, ["properties.allowForwardedTraffic"]),
        (peered(1), {"peeringState": "Disconnected"}, ["properties.peeringState"]),
        (peered(1), {"provisioningState": "Failed"}, ["properties.provisioningState"]),
        (pooled(1), {"addressPrefix": "10.9.9.0/27"}, ["properties.addressPrefix"]),
    ],
    ids=["changed", "disconnected", "failed", "subnet"],
)
def test_what_is_not_as_it_should_be_is_named(
    member: Member, change: dict[str, Any], paths: list[str]
) -> None:
    """As the reconciler would write it again."""
    body = applied("network", [member])[normalized(own_id(HUB, member))]
    body["properties"] = body["properties"] | change
    found = list(network_shortfalls(HUB, member, body))
    assert [one.path for one in found] == paths
    assert all(one.wanted != one.actual for one in found)
