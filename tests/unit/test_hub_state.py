"""The hub's desired state: a pure function of the set of its tenants, within Azure's limits."""

import json
import random
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.errors import PermanentError
from landing_zone.hub_limits import HubLimits, PlatformUse
from landing_zone.hub_state.changes import changes
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.profiles import PROFILES
from landing_zone.hub_state.render import Desired, desired_state, shard_of
from landing_zone.tenant_request.parts import Egress
from tests.fakes import ROOT
from tests.unit.hub_members import HUB, SETTINGS, applied, firewall, members, peered, pooled

CHECKER = ROOT.parent / "shared" / "arm-conformance" / "check_arm.py"
LONG_NAMES = tuple(f"{number}.{'a' * 60}.org" for number in range(20))
LANES: tuple[Lane, ...] = ("firewall", "network", "dns")


def desired(wanted: list[Member], bounds: HubSettings = SETTINGS) -> Desired:
    """What should be there for these members."""
    return desired_state(HUB, wanted[0].lane if wanted else "firewall", wanted, bounds)


def group_of(state: Desired, name: str) -> dict[str, Any]:
    """Properties of the item of that name."""
    (found,) = [item for key, item in state.items() if key.endswith(f"/{name}")]
    properties: dict[str, Any] = found.body["properties"]
    return properties


@given(members(), st.randoms(use_true_random=False))
def test_order_of_the_tenants_does_not_matter(wanted: list[Member], dice: random.Random) -> None:
    """The same set gives the same state, to the byte."""
    shuffled = list(wanted)
    dice.shuffle(shuffled)
    assert repr(desired(wanted)) == repr(desired(shuffled))


@given(members() | members("network"))
def test_planning_after_applying_is_empty(wanted: list[Member]) -> None:
    """What has been applied needs nothing more."""
    lane: Lane = wanted[0].lane if wanted else "firewall"
    held = applied(lane, wanted)
    assert changes(HUB, lane, desired_state(HUB, lane, wanted, SETTINGS), held, ()) == ()


@given(members(), members())
def test_any_state_leads_to_any_other(before: list[Member], after: list[Member]) -> None:
    """In an order in which nothing refers to what is not there, and back again."""
    first = applied("firewall", before)
    second = applied("firewall", after, first, before)
    assert second == applied("firewall", after)
    assert applied("firewall", before, second, [*before, firewall(201)]) == first


@given(members() | members("network"))
def test_removing_a_tenant_restores_the_state_before_it(wanted: list[Member]) -> None:
    """As if it had never been there."""
    lane: Lane = wanted[0].lane if wanted else "firewall"
    newcomer = (
        firewall(201, "azure", "github", fqdns=("d.org",)) if lane == "firewall" else peered(201)
    )
    before = applied(lane, wanted)
    with_it = applied(lane, [*wanted, newcomer], before)
    assert with_it != before
    assert applied(lane, wanted, with_it, [newcomer]) == before


@given(members(), st.integers(1, 80))
def test_a_shard_depends_on_its_tenant_alone(wanted: list[Member], shards: int) -> None:
    """So that nobody's rules move when others come and go."""
    state = desired(wanted, HubSettings(shards=shards))
    for member in wanted:
        if member.fqdns:
            number = shard_of(member.tenant_id, shards)
            (collection,) = group_of(state, f"spokewright-fqdns-{number}")["ruleCollections"]
            assert member.tenant_id in [rule["name"] for rule in collection["rules"]]


def test_shards_fill_evenly() -> None:
    """Of eight, none holds more than twice its share of a full hub."""
    counts = [0] * 8
    for number in range(500):
        counts[shard_of(f"tenant-{number}", 8)] += 1
    assert max(counts) < 2 * 500 / 8


def test_each_profile_of_a_request_is_known() -> None:
    """The closed set of the tenant request is the one that has rules."""
    for profile in PROFILES:
        Egress(profiles=(profile,))
    assert set(PROFILES) == {"azure", "github"}


def test_a_profile_lets_its_tenants_out_and_nobody_else() -> None:
    """Its rule names its IP group, and that holds the ranges of those who asked for it."""
    state = desired([firewall(1, "azure"), firewall(2, "azure", "github")])
    azure = group_of(state, "spokewright-hub-weu-azure")
    assert azure == {"ipAddresses": ["10.16.1.0/24", "10.16.2.0/24"]}
    assert group_of(state, "spokewright-hub-weu-github") == {"ipAddresses": ["10.16.2.0/24"]}
    collections = group_of(state, "spokewright-profiles")["ruleCollections"]
    assert [found["name"] for found in collections] == ["azure", "github"]
    (rule,) = collections[1]["rules"]
    assert "github.com" in rule["targetFqdns"]
    assert sorted(rule["targetFqdns"]) == sorted(PROFILES["github"])
    assert [one.rsplit("/", 1)[-1] for one in rule["sourceIpGroups"]] == [
        "spokewright-hub-weu-github"
    ]


def test_node_pools_subnet_may_go_where_its_tenant_may() -> None:
    """Pods on nodes of their own leave by the nodes' addresses."""
    spoke, nodes = IPv4Network("10.16.1.0/24"), IPv4Network("10.0.12.32/27")
    member = firewall(1, "azure", fqdns=("a.org",)).model_copy(update={"sources": (spoke, nodes)})
    state = desired([member])
    both = ["10.16.1.0/24", "10.0.12.32/27"]
    assert group_of(state, "spokewright-hub-weu-azure") == {"ipAddresses": both}
    (collection,) = group_of(state, "spokewright-fqdns-0")["ruleCollections"]
    assert collection["rules"][0]["sourceAddresses"] == both


def test_own_names_are_reached_from_the_own_range_alone() -> None:
    """One rule a tenant, with the spoke's addresses as its source."""
    state = desired([firewall(1, fqdns=("b.org", "a.org")), firewall(2, "github")])
    (collection,) = group_of(state, "spokewright-fqdns-0")["ruleCollections"]
    (rule,) = collection["rules"]
    assert (rule["name"], rule["sourceAddresses"]) == ("tenant-1", ["10.16.1.0/24"])
    assert rule["targetFqdns"] == ["a.org", "b.org"]


@given(st.integers(1, 80))
def test_priorities_are_unique_and_legal(shards: int) -> None:
    """However many shards there are."""
    wanted = [firewall(number, *PROFILES, fqdns=("a.org",)) for number in range(100)]
    groups = [
        item.body["properties"]
        for item in desired(wanted, HubSettings(shards=shards)).values()
        if "ruleCollections" in item.body["properties"]
    ]
    priorities = [group["priority"] for group in groups]
    assert len(set(priorities)) == len(priorities) <= 90
    for group in groups:
        inner = [one["priority"] for one in group["ruleCollections"]]
        assert len(set(inner)) == len(inner)
        assert all(100 <= priority <= 65000 for priority in [*inner, group["priority"]])


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"ipGroupAddresses": 2}, [firewall(number, "azure") for number in range(3)]),
        ({"ruleGroupBytes": 1000}, [firewall(1, fqdns=LONG_NAMES)]),
        ({"ruleGroupBytes": 1000}, [firewall(number, fqdns=("a.org",)) for number in range(9)]),
        ({"peerings": 2}, [peered(number) for number in range(3)]),
    ],
)
def test_a_limit_is_never_exceeded(limits: dict[str, int], wanted: list[Member]) -> None:
    """What the hub document does not allow is refused before it is sent, with the limit named."""
    place = HUB.model_copy(update={"limits": HubLimits.model_validate(limits)})
    with pytest.raises(PermanentError, match="HubLimitReached"):
        desired_state(place, wanted[0].lane, wanted, SETTINGS)


def test_what_the_platform_takes_is_not_for_the_tenants() -> None:
    """Its own peerings count; node subnets are no peerings."""
    update = {"limits": HubLimits(peerings=3), "platform_use": PlatformUse(peerings=1)}
    place = HUB.model_copy(update=update)
    fitting = [*map(peered, range(2)), *map(pooled, range(4))]
    assert desired_state(place, "network", fitting, SETTINGS)
    with pytest.raises(PermanentError, match="3 peerings of the hub network would be needed and 2"):
        desired_state(place, "network", [*fitting, peered(2)], SETTINGS)


def test_a_full_hub_fits_into_the_default_bounds() -> None:
    """500 tenants with all profiles and 40 names of their own each."""
    names = tuple(f"service-{number}.research.contoso.com" for number in range(40))
    wanted = [firewall(number, *PROFILES, fqdns=names) for number in range(500)]
    assert len(desired(wanted)) == 4


@pytest.mark.parametrize("lane", LANES)
def test_writes_keep_to_microsofts_descriptions(lane: Lane, tmp_path: Path) -> None:
    """Each body is one that the real service takes."""
    if not CHECKER.exists():
        pytest.skip("the conformance data is not here")
    in_network = [peered(1), pooled(1)]
    wanted = [firewall(1, *PROFILES, fqdns=("a.org",))] if lane == "firewall" else in_network
    records = tmp_path / "records.jsonl"
    lines = [
        json.dumps(
            {
                "method": "PUT",
                "url": f"https://management.azure.com{item.id}?api-version={item.api_version}",
                "body": item.body,
                "status": 200,
                "response": None,
            }
        )
        for item in desired_state(HUB, lane, wanted, SETTINGS).values()
    ]
    records.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, str(CHECKER), "--no-response", "--fail-on", "warn", str(records)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@settings(max_examples=20)
@given(members())
def test_nothing_but_our_own_is_removed(wanted: list[Member]) -> None:
    """Groups of other names stay, and so does what tenants have that did not ask to go."""
    foreign = {f"{HUB.resource_group_id.lower()}/x/ipgroups/theirs": {"id": "theirs"}}
    held = applied("firewall", [], applied("firewall", wanted, foreign), [firewall(201)])
    assert held == foreign
    both = applied("network", [peered(1), pooled(1), peered(2), pooled(2)])
    left = applied("network", [], both, [peered(1), pooled(2)])
    assert {key.rsplit("/", 1)[-1] for key in left} == {
        "spokewright-hub-weu-node-pools",
        "peer-tenant-2",
        "nodes-tenant-1",
    }


def test_a_registry_without_rows_removes_nothing() -> None:
    """It has lost them, rather than all tenants at once."""
    held = applied("firewall", [firewall(1, "azure")])
    assert changes(HUB, "firewall", {}, held, ()) == ()
