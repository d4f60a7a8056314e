"""The hub document: read, refused, asked."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from landing_zone.errors import ConfigurationError
from landing_zone.hub import parse_hub_document

TEXT = (Path(__file__).parents[2] / "localcloud" / "hub.yaml").read_text()


def changed(change: Callable[[Any], object]) -> str:
    """The document with a change."""
    document = copy.deepcopy(yaml.safe_load(TEXT))
    change(document)
    return yaml.safe_dump(document)


def test_document_of_the_local_cloud_is_valid() -> None:
    """It names a hub and what the hub holds."""
    document = parse_hub_document(TEXT)
    hub = document.hub("hub-weu")
    assert hub.network_id == (
        f"/subscriptions/{hub.subscription_id}/resourceGroups/rg-hub-weu"
        "/providers/Microsoft.Network/virtualNetworks/vnet-hub-weu"
    )
    assert str(hub.firewall.private_ip) == "10.0.0.4"


def test_limits_that_are_not_named_are_azure_s() -> None:
    """A document without any part of them is as valid as before there were any."""

    def strip(document: Any) -> None:
        for name in (
            "limits",
            "platformUse",
            "modelDeployments",
            "nodePools",
            "resourceEvents",
        ):
            document["hubs"][0].pop(name, None)

    hub = parse_hub_document(changed(strip)).hubs[0]
    assert (hub.limits.peerings, hub.limits.api_products, hub.limits.node_pools) == (
        500,
        2_000,
        100,
    )
    assert (hub.limits.shared_cpu, hub.limits.subscriptions, hub.model_deployments) == (
        None,
        None,
        (),
    )


def test_hubs_are_found_by_name_and_by_region() -> None:
    """A region without a hub has none; a name without one is an error."""
    document = parse_hub_document(TEXT)
    assert [hub.name for hub in document.in_region("westeurope")] == ["hub-weu"]
    assert document.in_region("eastus") == ()
    with pytest.raises(ConfigurationError, match="no hub named 'other'"):
        document.hub("other")


def test_second_hub_of_the_same_name_is_refused() -> None:
    """A name means one hub."""
    with pytest.raises(ConfigurationError, match="two hubs have the same name"):
        parse_hub_document(changed(lambda it: it["hubs"].append(it["hubs"][0])))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda it: it.pop("directoryId"), "directoryId"),
        (lambda it: it.pop("automationPrincipalId"), "automationPrincipalId"),
        (lambda it: it.update(extra=1), "extra"),
        (lambda it: it.update(hubs=[]), "hubs"),
        (lambda it: it["hubs"][0].update(region="West Europe"), "hubs.0.region"),
        (lambda it: it["hubs"][0].update(spokePool=["10.0.0.0/8"]), "overlap"),
        (lambda it: it["hubs"][0].update(spokePool=["10.16.0.1/12"]), "hubs.0.spokePool.0"),
        (lambda it: it["managementGroups"]["tiers"].update(vm="x"), "managementGroups.tiers.vm"),
        (lambda it: it["hubs"][0].update(limits={"peerings": -1}), "hubs.0.limits.peerings"),
        (lambda it: it["hubs"][0].update(limits={"products": 1}), "hubs.0.limits.products"),
        (lambda it: it["hubs"][0]["modelDeployments"][0].pop("name"), "modelDeployments.0.name"),
        (lambda it: it["hubs"][0].update(resourceEvents="resource-events"), "resourceEvents"),
        (
            lambda it: it["hubs"][0].update(
                resourceEvents=it["hubs"][0]["resourceEvents"].rpartition("/functions/")[0]
            ),
            "hubs.0.resourceEvents",
        ),
        (lambda it: it["hubs"][0]["nodePools"].update(range="10.1.0.0/22"), "outside"),
        (lambda it: it["hubs"][0]["nodePools"].update(range="10.0.8.0/21"), "subnet aks-shared"),
        (lambda it: it["hubs"][0]["nodePools"].update(range="10.0.12.9/22"), "nodePools.range"),
        (lambda it: it["hubs"][0]["nodePools"].update(prefixLength=30), "nodePools.prefixLength"),
        (lambda it: it["hubs"][0]["nodePools"].update(prefixLength=21), "not cut into /21"),
        (lambda it: it["hubs"][0]["nodePools"].pop("routeTable"), "nodePools.routeTable"),
        (
            lambda it: it["hubs"][0]["modelDeployments"].append(
                {"name": "GPT-5", "tokensPerMinute": 1}
            ),
            "two model deployments",
        ),
    ],
)
def test_fault_is_named_with_its_place(change: Callable[[Any], object], path: str) -> None:
    """Whoever writes the document is told where."""
    with pytest.raises(ConfigurationError, match="not valid") as caught:
        parse_hub_document(changed(change))
    assert path in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a", "5", "a: [", "\x07"])
def test_text_that_is_no_hub_document_is_refused(text: str) -> None:
    """Never anything but a configuration error."""
    with pytest.raises(ConfigurationError, match="hub document"):
        parse_hub_document(text)
