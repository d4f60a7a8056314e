"""What the demo shows of a resource under way, and of where it stands."""

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.demo.live import situation
from localcloud.demo.models import Resource, Wait
from localcloud.demo.outcome import highlights, is_listed, levels, parts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def resource(state: str, wait: Wait | None = None, attempts: int = 1) -> Resource:
    """A peering in some state."""
    return Resource(
        key="peering",
        type="Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        id="/x",
        name="to-hub",
        state=state,
        wait=wait,
        attempts=attempts,
    )


def test_a_wait_shows_its_cause_its_end_and_the_attempt() -> None:
    """What a person wants to know while nothing moves."""
    wait = Wait(cause="waiting 30 s: firewall policy busy", until=NOW + timedelta(seconds=12))
    assert situation(resource("running", wait, attempts=3), NOW) == (
        "virtualNetworkPeerings, attempt 3, waiting 12 s: firewall policy busy"
    )


def test_a_resource_whose_name_tells_nothing_is_shown_by_its_key() -> None:
    """Azure wants a GUID for the name of a role assignment."""
    named = resource("done")
    assert named.label == "to-hub"
    guid = named.model_copy(update={"name": "cb7cba46-869c-5aed-b088-664852b8d7db"})
    assert guid.label == "peering"
    assert guid.title == "peering"


@pytest.mark.parametrize("name", ["default", "spokewright", "policy", "app", "tenant-contoso"])
def test_a_name_that_many_have_gives_way_to_the_key(name: str) -> None:
    """Unless the place is shown beside it."""
    zone_group = resource("done").model_copy(update={"key": "dns:vault", "name": name})
    assert zone_group.label == "dns:vault"
    assert zone_group.title == name


def test_a_wait_that_is_over_is_no_countdown() -> None:
    """No negative seconds."""
    wait = Wait(cause="being created", until=NOW - timedelta(seconds=1))
    assert situation(resource("running", wait), NOW) == (
        "virtualNetworkPeerings, waiting: being created"
    )


def test_what_is_left_behind_is_named_so() -> None:
    """A state that is no progress is shown as it is."""
    assert situation(resource("left"), NOW) == "virtualNetworkPeerings, left"


def test_an_id_leads_through_its_scopes() -> None:
    """Subscription, resource group, resource, child."""
    network = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V"
    assert levels(f"{network}/subnets/aks") == [
        ("subscriptions", "S"),
        ("resourceGroups", "G"),
        ("Microsoft.Network/virtualNetworks", "V"),
        ("subnets", "aks"),
    ]
    assert levels("/subscriptions/S/providers/Microsoft.Authorization/roleAssignments/R")[1] == (
        "Microsoft.Authorization/roleAssignments",
        "R",
    )


def test_a_registered_provider_is_no_resource_of_its_own() -> None:
    """It is a fact about the subscription, and Resource Manager lists it elsewhere."""
    assert levels("/subscriptions/S/providers/Microsoft.Network") == [
        ("subscriptions", "S"),
        ("resource provider", "Microsoft.Network"),
    ]
    assert not is_listed("/subscriptions/S/providers/Microsoft.Network")
    assert not is_listed("/subscriptions/S/providers/Microsoft.Resources/tags/default")
    assert is_listed("/subscriptions/S/providers/Microsoft.Consumption/budgets/B")


def test_a_route_shows_where_it_leads() -> None:
    """Forced tunnelling at a glance."""
    route = {"properties": {"addressPrefix": "0.0.0.0/0", "nextHopIpAddress": "10.0.0.4"}}
    assert highlights(route) == ["0.0.0.0/0 to 10.0.0.4"]
    assert highlights({"properties": {"peeringState": "Connected"}}) == ["Connected"]
    assert highlights({}) == []


def test_a_network_shows_its_subnets() -> None:
    """They are written with it, so they are no resources of the plan."""
    subnets = [{"name": "aks", "properties": {"addressPrefix": "10.16.0.0/25"}}]
    assert parts({"properties": {"subnets": subnets}}) == ["aks  10.16.0.0/25"]
    assert parts({"properties": {"subnets": [{"id": "/a/reference/back"}]}}) == []
    assert parts({}) == []
