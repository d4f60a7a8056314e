"""The pure decisions of a way out: locks, names, traces in the hub, and the order of it all."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given

from landing_zone.applying import Request, tags_are_back, undo_requests
from landing_zone.arm_ids import normalized
from landing_zone.audit import AuditEntry
from landing_zone.offboarding.certificate import Certificate
from landing_zone.offboarding.hub_traces import Sight, Trail, traces
from landing_zone.offboarding.locks import blocking, lock_of
from landing_zone.offboarding.names import parked_after, parked_removals, purge_request
from landing_zone.plan import Plan, Undo
from landing_zone.planning import plan
from landing_zone.references import resolved_where_known
from landing_zone.reservation import Before
from landing_zone.routes.offboarding import offboard_stages
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS, NOON, example_request
from tests.unit.planned import HUB, OUTPUTS, VENDED, plans, reservation_for

GROUP = f"/subscriptions/{VENDED}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/v"
ADOPTED = "22222222-2222-4222-8222-222222222222"


def lock(scope: str, name: str = "keep") -> dict[str, Any]:
    """A lock as Azure shows it."""
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/locks/{name}",
        "properties": {"level": "CanNotDelete"},
    }


@pytest.mark.parametrize(
    ("scope", "blocks"),
    [
        (f"/subscriptions/{VENDED}", True),
        (GROUP.upper(), True),
        (VAULT, True),
        (f"{VAULT}/secrets/s", True),
        (f"{GROUP}-other", False),
        (f"/subscriptions/{ADOPTED}", False),
    ],
)
def test_a_lock_holds_what_is_within_it_and_what_it_stands_in(scope: str, blocks: bool) -> None:
    """And nothing beside it, however alike the names."""
    found = list(blocking([lock_of(lock(scope))], [GROUP, VAULT]))
    assert bool(found) is blocks


def test_our_locks_are_known_by_their_names() -> None:
    """Whatever they say of themselves."""
    assert lock_of(lock(GROUP, "Spokewright-data")).is_ours
    assert not lock_of(lock(GROUP, "not-spokewright-data")).is_ours


def test_purging_is_another_request_for_each_kind() -> None:
    """As their references say."""
    base = f"/subscriptions/{VENDED}/providers"
    vault = f"{base}/Microsoft.KeyVault/locations/weu/deletedVaults/v"
    account = (
        f"{base}/Microsoft.CognitiveServices/locations/weu/resourceGroups/rg/deletedAccounts/a"
    )
    assert purge_request(vault) == ("POST", f"{vault}/purge")
    assert purge_request(account) == ("DELETE", account)


def example_plan(**changes: Any) -> Plan:
    """The plan of the example."""
    request = example_request(**changes)
    return plan(request, HUBS, HUB, reservation_for(request))


def test_what_is_parked_is_dated_from_its_deletion() -> None:
    """A vault for its retention, a store for two weeks; an account is purged at once."""
    made = example_plan(ai={"models": [], "services": ["speech"]}).by_key
    until = {key: parked_after(one, NOON) for key, one in made.items()}
    dates = {key: (one.until - NOON).days for key, one in until.items() if one is not None}
    assert (dates["vault"], dates["storage"]) == (90, 14)
    assert "ai:speech" in made
    assert "ai:speech" not in dates


def entry(resource: str, *, action: str = "resource.undo", wrote: str = "true") -> AuditEntry:
    """What the audit says of a resource."""
    return AuditEntry(
        tenant_id="t",
        operation_id="t.1",
        event_id=resource + action,
        action=action,
        actor="spokewright",
        resource=resource,
        outcome="done",
        details={"wrote": wrote},
        at=NOON,
    )


def test_only_what_was_really_deleted_is_parked() -> None:
    """Not what was only made, or was gone already."""
    kind = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
    entries = [
        entry(f"{kind}/one"),
        entry(f"{kind}/two", wrote="false"),
        entry(f"{kind}/three", action="resource.apply"),
        entry(VAULT),
        entry("none"),
    ]
    [found] = parked_removals(entries)
    assert (found.name, found.until) == ("one", NOON + timedelta(days=14))


TRAIL = Trail("contoso-research", VENDED, (IPv4Network("10.20.4.0/24"),))
NOTHING = Sight([], [], [], [], [], [], [])


def shown(name: str, **properties: Any) -> dict[str, Any]:
    """Something of a hub."""
    return {"id": f"/hub/{name}", "name": name, "properties": properties}


NETWORK = f"/SUBSCRIPTIONS/{VENDED.upper()}/resourceGroups/rg/providers/Microsoft.Network/v/n"
SIGHTS = {
    "peering": NOTHING._replace(peerings=[shown("odd", remoteVirtualNetwork={"id": NETWORK})]),
    "subnet": NOTHING._replace(subnets=[shown("odd", addressPrefix="10.20.4.64/26")]),
    "ip-group": NOTHING._replace(ip_groups=[shown("odd", ipAddresses=["10.9.0.0", "10.20.4.9"])]),
    "firewall": NOTHING._replace(
        rule_groups=[shown("odd", ruleCollections=[{"rules": [{"name": "contoso-research"}]}])]
    ),
    "dns-link": NOTHING._replace(links=[shown("odd", virtualNetwork={"id": NETWORK})]),
    "dns-record": NOTHING._replace(records=[shown("odd", aRecords=[{"ipv4Address": "10.20.4.7"}])]),
    "role": NOTHING._replace(roles=[shown("odd", principalId="P-1")]),
}


@pytest.mark.parametrize("kind", SIGHTS)
def test_traces_are_found_by_what_they_are_about(kind: str) -> None:
    """Whatever they are called."""
    [found] = traces(SIGHTS[kind], TRAIL, frozenset({"p-1"}))
    assert (found.key, found.resource) == (f"hub:{kind}", "/hub/odd")


def test_what_is_others_or_the_hubs_is_no_trace() -> None:
    """A wide rule of the platform covers a tenant's range without being about it."""
    other = NETWORK.replace(VENDED.upper(), ADOPTED)
    sight = Sight(
        peerings=[shown("odd", remoteVirtualNetwork={"id": other})],
        subnets=[shown("odd", addressPrefix="10.0.0.0/26"), shown("none")],
        ip_groups=[shown("odd", ipAddresses=["10.0.0.0/8", "10.20.5.0/24"])],
        rule_groups=[shown("odd", ruleCollections=[{"rules": [{"name": "contoso"}]}])],
        links=[shown("odd", virtualNetwork={"id": other})],
        records=[shown("odd", aRecords=[{"ipv4Address": "10.20.5.7"}])],
        roles=[shown("odd", principalId="p-2")],
    )
    assert list(traces(sight, TRAIL, frozenset({"p-1"}))) == []
    nobody = Trail("contoso-research", "", ())
    assert list(traces(SIGHTS["dns-record"], nobody, frozenset())) == []
    assert list(traces(SIGHTS["peering"], nobody, frozenset())) == []


@given(drawn=plans())
def test_all_is_taken_down_once_and_nothing_before_what_stands_on_it(
    drawn: tuple[TenantRequest, Plan],
) -> None:
    """Over all stages of the route; what is given back comes last."""
    _, made = drawn
    stages = offboard_stages((made,), OUTPUTS, None)
    order: dict[str, int] = {}
    for place, stage in enumerate(stages):
        for key in stage.keys:
            assert key not in order
            order[key] = place
    assert order.keys() == {one.key for one in made.resources if one.undo is not Undo.KEEP}
    closing = {key for key, place in order.items() if stages[place].name == "close"}
    for key, waits in made.graph.items():
        if key not in order or key in closing:
            continue
        assert all(order[one] >= order[key] for one in waits & order.keys() - closing)
    assert [stage.name for stage in stages][-3:] == ["purge", "give-back", "certify"]


def test_what_several_plans_have_is_taken_down_once() -> None:
    """What only the later one has goes first."""
    former, later = example_plan(), example_plan(isolation="cluster")
    stages = offboard_stages((former, later), OUTPUTS, None)
    walked = [
        (place, normalized(resolved_where_known(made.by_key[key].id, OUTPUTS)))
        for place, stage in enumerate(stages)
        if stage.plan_hash
        for made in (former, later)
        if made.hash == stage.plan_hash
        for key in stage.keys
    ]
    ids = [one for _, one in walked]
    assert len(ids) == len(set(ids))
    names = [stage.name for stage in stages]
    assert names.index("teardown-1") < names.index("teardown")


def test_the_wait_is_a_stage_where_data_is_kept() -> None:
    """After it is closed, before anything else."""
    until = datetime(2026, 4, 1, tzinfo=UTC)
    stages = offboard_stages((example_plan(),), OUTPUTS, until)
    assert [stage.name for stage in stages[:3]] == ["close", "retain", "unlock"]
    assert stages[1].until == until


def test_of_nothing_there_is_nothing_to_take_down() -> None:
    """It is looked, all the same."""
    names = [stage.name for stage in offboard_stages((), {}, None)]
    assert names == ["unlock", "empty", "purge", "certify"]


def adopted_plan(before: Before | None) -> Plan:
    """The plan of a tenant on an adopted subscription."""
    request = example_request(subscription={"mode": "adopt", "id": ADOPTED})
    reservation = reservation_for(request).model_copy(update={"before": before})
    return plan(request, HUBS, HUB, reservation)


def test_an_adopted_subscription_is_put_back() -> None:
    """Into its group, with its tags; ours are gone."""
    place = f"/providers/Microsoft.Management/managementGroups/old/subscriptions/{ADOPTED}"
    made = adopted_plan(Before(placement=place, tags={"Owner": "them"})).by_key
    [back] = undo_requests(made["management-group"], {"id": "x"})
    assert (back.method, back.path, back.body) == ("PUT", place, None)
    tags = made["subscription-tags"]
    ours = dict(tags.body["properties"]["tags"])
    first, second = undo_requests(tags, {"properties": {"tags": ours}})
    assert (first.body or {})["operation"] == "Delete"
    assert second.body == {"operation": "Merge", "properties": {"tags": {"Owner": "them"}}}


def test_tags_that_are_back_are_not_touched() -> None:
    """A cancelled subscription would refuse it."""
    tags = adopted_plan(Before(tags={"Owner": "them"})).by_key["subscription-tags"]
    back = {"properties": {"tags": {"owner": "them", "purpose": "x"}}}
    assert tags_are_back(tags, back)
    assert undo_requests(tags, back) == ()
    plain = adopted_plan(None).by_key["subscription-tags"]
    assert undo_requests(plain, {"properties": {}}) == ()
    [one] = undo_requests(plain, {"properties": {"tags": {"TenantId": "x"}}})
    assert isinstance(one, Request)


def test_what_was_before_changes_no_plan_that_knows_of_nothing() -> None:
    """Plans are kept under their hashes, and those of before stay what they are."""
    made = adopted_plan(None)
    assert b'"former"' not in made.canonical
    assert Plan.model_validate_json(made.canonical).hash == made.hash
    with_it = adopted_plan(Before(placement="/p", tags={"owner": "them"}))
    assert with_it.hash != made.hash
    assert Plan.model_validate_json(with_it.canonical).hash == with_it.hash


def test_there_is_no_certificate_of_a_residue() -> None:
    """The model has no room for it."""
    with pytest.raises(ValueError, match="residue"):
        Certificate.model_validate({"residue": 1})
