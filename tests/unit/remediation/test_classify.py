"""What an event leads to: the resource that is judged, its owner, and the hub's lane."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.arm_ids import normalized
from landing_zone.lifecycle import TenantState
from landing_zone.remediation.classify import Affected, Ignored, classify
from landing_zone.remediation.events import ResourceEvent
from landing_zone.remediation.owners import Owner, estate_of
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import HUBS, NOON, example_request
from tests.unit.planned import HUB, reservation_for

SUBSCRIPTION = "0c0ffee0-0000-4000-8000-000000000042"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-one"
HUB_GROUP = HUB.resource_group_id
NETWORK = f"{GROUP}/providers/Microsoft.Network"
OWN = str(HUBS.automation_principal_id)


def record(state: TenantState = TenantState.ACTIVE) -> TenantRecord:
    """A tenant with a subscription."""
    request = example_request()
    update = {
        "state": state,
        "reservation": reservation_for(request),
        "subscription_id": SUBSCRIPTION,
    }
    return new_tenant(request, "ann", NOON).model_copy(update=update)


ESTATE = estate_of(HUBS, [record()])
TENANT = Owner(kind="tenant", name="contoso-research", hub=HUB.name)
THE_HUB = Owner(kind="hub", name=HUB.name, hub=HUB.name)


def event(subject: str, verb: str = "WriteSuccess", **changes: Any) -> ResourceEvent:
    """An event about a subject."""
    return ResourceEvent(
        **{
            "id": "1",
            "subject": subject,
            "event_type": f"Microsoft.Resources.Resource{verb}",
            "time": NOON,
            "operation_name": "x/write",
            "subscription_id": SUBSCRIPTION,
            **changes,
        }
    )


ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st"
VNET = f"{NETWORK}/virtualNetworks/vnet"
ENDPOINT = f"{NETWORK}/privateEndpoints/pe"
SETTING = "providers/Microsoft.Insights/diagnosticSettings/spokewright"
ROLE = "providers/Microsoft.Authorization/roleAssignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"
SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
POLICY = f"{HUB_GROUP}/providers/Microsoft.Network/firewallPolicies/afwp"
ZONE = f"{HUB_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"

LEADS: list[tuple[str, str, str | None]] = [
    (ACCOUNT, ACCOUNT, None),
    (f"{ACCOUNT}/blobServices/default", ACCOUNT, None),
    (f"{ACCOUNT}/blobServices/default/containers/x", ACCOUNT, None),
    (f"{ACCOUNT}/blobServices/default/{SETTING}", ACCOUNT, None),
    (f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", ACCOUNT, None),
    (f"{ACCOUNT}/providers/Microsoft.Authorization/locks/keep", ACCOUNT, None),
    (f"{ACCOUNT}/{ROLE}", ACCOUNT, None),
    (f"{ACCOUNT}/providers/Microsoft.EventGrid/eventSubscriptions/x", ACCOUNT, None),
    (VNET, VNET, "network"),
    (f"{VNET}/subnets/aks", VNET, "network"),
    (f"{VNET}/virtualNetworkPeerings/peer", VNET, "network"),
    (
        f"{NETWORK}/networkSecurityGroups/n/securityRules/r",
        f"{NETWORK}/networkSecurityGroups/n",
        None,
    ),
    (f"{NETWORK}/routeTables/r/routes/d", f"{NETWORK}/routeTables/r", None),
    (ENDPOINT, ENDPOINT, "dns"),
    (f"{ENDPOINT}/privateDnsZoneGroups/default", ENDPOINT, "dns"),
    (f"{NETWORK}/publicIPAddresses/p", f"{NETWORK}/publicIPAddresses/p", None),
    (GROUP, GROUP, None),
    (f"{GROUP}/{ROLE}", GROUP, None),
    (SUBSCRIPTION_ID, SUBSCRIPTION_ID, None),
    (f"{SUBSCRIPTION_ID}/{SETTING}", SUBSCRIPTION_ID, None),
    (f"{SUBSCRIPTION_ID}/{ROLE}", SUBSCRIPTION_ID, None),
    (f"{SUBSCRIPTION_ID}/providers/Microsoft.Consumption/budgets/b", SUBSCRIPTION_ID, None),
    (
        f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/c/sqlRoleAssignments/x",
        f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/c",
        None,
    ),
    (
        f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/p",
        f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks",
        None,
    ),
    (
        f"{GROUP}/providers/Microsoft.EventGrid/systemTopics/t/eventSubscriptions/s",
        f"{GROUP}/providers/Microsoft.EventGrid/systemTopics/t",
        None,
    ),
    (POLICY, POLICY, "firewall"),
    (f"{POLICY}/ruleCollectionGroups/g", f"{POLICY}/ruleCollectionGroups/g", "firewall"),
    (f"{ZONE}/A/kv", ZONE, "dns"),
    (f"{ZONE}/virtualNetworkLinks/hub", f"{ZONE}/virtualNetworkLinks/hub", "dns"),
    (HUB.network_id, HUB.network_id, "network"),
    (
        HUB.resource_id("Microsoft.Network/networkSecurityGroups", "nodes"),
        HUB.resource_id("Microsoft.Network/networkSecurityGroups", "nodes"),
        "network",
    ),
]


@pytest.mark.parametrize(("subject", "looked_at", "lane"), LEADS)
def test_event_leads_to_the_resource_that_is_judged(
    subject: str, looked_at: str, lane: str | None
) -> None:
    """Children to their parents, extensions to what they stand on; and says what it told of."""
    found = classify(event(subject), ESTATE)
    assert isinstance(found, Affected)
    assert found.resource_id == normalized(looked_at)
    assert found.about == ("" if subject == looked_at else normalized(subject))
    assert found.lane == lane
    assert found.refresh_hub == (lane is not None)
    assert found.owner == (THE_HUB if subject.startswith(HUB_GROUP) else TENANT)
    assert Affected.parse(found.dump()) == found


UNKNOWN = "/subscriptions/99999999-0000-4000-8000-000000000009/resourceGroups/rg"
IGNORED = {
    "failed write": (event(ACCOUNT, "WriteFailure"), "did not succeed"),
    "cancelled delete": (event(ACCOUNT, "DeleteCancel"), "did not succeed"),
    "action": (event(ACCOUNT, "ActionSuccess"), "action"),
    "own write": (event(ACCOUNT, caller=OWN), "own write"),
    "unknown subscription": (event(UNKNOWN), "no settled tenant"),
    "ungoverned type": (
        event(f"{GROUP}/providers/Microsoft.Compute/disks/d"),
        "not governed",
    ),
    "child of an ungoverned type": (
        event(f"{GROUP}/providers/Microsoft.Web/sites/s/functions/f"),
        "not governed",
    ),
    "unknown extension": (
        event(f"{ACCOUNT}/providers/Microsoft.Advisor/suppressions/x"),
        "not governed",
    ),
    "provider": (event(f"{SUBSCRIPTION_ID}/providers/Microsoft.Network"), "not governed"),
    "half an id": (event(f"{GROUP}/providers/Microsoft.Network/virtualNetworks"), "not governed"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_ignored_says_why(name: str) -> None:
    """Each for a reason of its own."""
    ignored, reason = IGNORED[name]
    found = classify(ignored, ESTATE)
    assert isinstance(found, Ignored)
    assert reason in found.reason


def test_deletion_is_looked_at_as_a_write_is() -> None:
    """The look decides whether it had to be there."""
    assert isinstance(classify(event(ACCOUNT, "DeleteSuccess"), ESTATE), Affected)


@pytest.mark.parametrize("state", list(TenantState))
def test_settled_tenants_alone_are_governed(state: TenantState) -> None:
    """What is being made or taken away is not drift."""
    found = classify(event(ACCOUNT), estate_of(HUBS, [record(state)]))
    settled = state in {TenantState.ACTIVE, TenantState.SUSPENDED}
    assert isinstance(found, Affected) == settled


def test_two_hubs_of_one_subscription_are_told_apart_by_their_groups() -> None:
    """Whatever stands in neither group is the first one's."""
    other = HUB.model_copy(update={"name": "hub-two", "resource_group": "rg-hub-two"})
    document = HUBS.model_copy(update={"hubs": (HUB, other)})
    estate = estate_of(document, [])
    for hub in (HUB, other):
        found = estate.owner_of(hub.network_id)
        assert found is not None
        assert found.name == hub.name
    elsewhere = estate.owner_of(f"/subscriptions/{HUB.subscription_id}/resourceGroups/rg-else")
    assert elsewhere is not None
    assert elsewhere.name == HUB.name


@given(st.sampled_from(LEADS), st.data())
def test_casing_changes_nothing(lead: tuple[str, str, str | None], data: st.DataObject) -> None:
    """Azure writes one id in many ways."""
    subject = lead[0]
    upper = data.draw(st.sets(st.integers(0, len(subject) - 1)))
    recased = "".join(one.upper() if at in upper else one.lower() for at, one in enumerate(subject))
    assert classify(event(recased), ESTATE) == classify(event(subject), ESTATE)


@given(st.lists(st.text("abc./-", min_size=1, max_size=12), max_size=12))
def test_every_subject_is_classified(segments: list[str]) -> None:
    """Whatever stands below the subscription."""
    found = classify(event("/".join([SUBSCRIPTION_ID, *segments])), ESTATE)
    assert isinstance(found, Ignored | Affected)
