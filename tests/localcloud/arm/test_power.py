"""Stopped clusters, pools without nodes, and what opens and closes an API."""

from dataclasses import replace
from typing import Any

import pytest

from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, Arm

OWN = b.at(HUB_GROUP, "Microsoft.ContainerService/managedClusters", "aks-t")
NAMESPACE = f"{OWN}/managedNamespaces/tenant"
FLUX = b.at(OWN, "Microsoft.KubernetesConfiguration/fluxConfigurations", "tenant")
PRODUCT = f"{b.HUB_APIM}/products/t"
KEY = f"{b.HUB_APIM}/subscriptions/t"
SIZE = "Standard_D4ds_v5"
LONG = 1_000


def switched(arm: Arm, action: str, version: str = b.AKS) -> Any:
    """The answer to starting or stopping the cluster."""
    return arm.call("POST", f"{OWN}/{action}", version)


def power(arm: Arm) -> tuple[str, str, set[str]]:
    """The cluster's power state, what is being done about it, and the power of its pools."""
    shown = arm.get(OWN, b.AKS).body["properties"]
    pools = {one["powerState"]["code"] for one in shown["agentPoolProfiles"]}
    return shown["powerState"]["code"], shown["provisioningState"], pools


def product(state: str) -> dict[str, Any]:
    """A product that needs a key."""
    return {"properties": {"displayName": "T", "state": state, "subscriptionRequired": True}}


def key(state: str) -> dict[str, Any]:
    """A key of it."""
    return {"properties": {"displayName": "t", "scope": PRODUCT, "state": state}}


def pool(**properties: Any) -> dict[str, Any]:
    """An agent pool."""
    return {"properties": {"vmSize": SIZE, "mode": "User", **properties}}


@pytest.fixture
def cluster(arm: Arm) -> Arm:
    """An Azure with a cluster that runs."""
    arm.made(OWN, b.cluster(), b.AKS)
    assert power(arm) == ("Running", "Succeeded", {"Running"})
    return arm


def test_a_cluster_is_stopped_and_started(cluster: Arm) -> None:
    """Each takes its time, which the cluster shows; its pools follow it; the rest is kept."""
    before = cluster.get(OWN, b.AKS).body
    reply = switched(cluster, "stop")
    assert (reply.status, reply.body) == (202, None)
    assert {"Location", "Azure-AsyncOperation", "Retry-After"} <= set(reply.headers)
    assert power(cluster) == ("Running", "Stopping", {"Running"})
    cluster.advance(LONG)
    assert power(cluster) == ("Stopped", "Succeeded", {"Stopped"})
    assert switched(cluster, "start").status == 202
    assert power(cluster) == ("Stopped", "Starting", {"Stopped"})
    cluster.advance(LONG)
    assert power(cluster) == ("Running", "Succeeded", {"Running"})
    after = cluster.get(OWN, b.AKS).body
    assert after["properties"] == before["properties"]


def test_what_is_so_already_or_under_way_is_refused(cluster: Arm) -> None:
    """As Azure refuses it; a cluster that is not there is not found."""
    assert switched(cluster, "start").code == "OperationNotAllowed"
    assert switched(cluster, "stop").status == 202
    assert switched(cluster, "stop").status == 409
    assert switched(cluster, "start").status == 409
    cluster.advance(LONG)
    again = switched(cluster, "stop")
    assert (again.status, again.code) == (409, "OperationNotAllowed")
    assert "Power State(Stopped), stopping cannot be performed" in str(again.body)
    assert cluster.call("GET", f"{OWN}/stop", b.AKS).status == 405
    assert cluster.call("POST", f"{OWN}-none/stop", b.AKS).status == 404
    assert switched(cluster, "stop", "2001-01-01").status == 400


def test_of_a_stopped_cluster_nothing_is_changed_but_that_it_goes(cluster: Arm) -> None:
    """Neither it, nor its pools, namespaces and Flux (learn: aks/start-stop-cluster)."""
    cluster.made(NAMESPACE, b.here({}), b.AKS)
    cluster.made(f"{OWN}/agentPools/a", pool(count=1), b.AKS)
    switched(cluster, "stop")
    cluster.advance(LONG)
    flux = {"properties": {"namespace": "tenant", "gitRepository": {"url": "https://g"}}}
    for path, body, version in (
        (OWN, b.cluster(), b.AKS),
        (f"{OWN}/agentPools/a", pool(count=2), b.AKS),
        (NAMESPACE, b.here({}), b.AKS),
        (FLUX, flux, b.FLUX),
    ):
        reply = cluster.put(path, body, version)
        assert (reply.status, reply.code) == (409, "OperationNotAllowed"), path
    for path in (f"{OWN}/agentPools/a", NAMESPACE):
        assert cluster.delete(path, b.AKS).code == "OperationNotAllowed"
    assert cluster.delete(OWN, b.AKS).status == 202
    cluster.advance(LONG)
    assert cluster.get(OWN, b.AKS).status == 404


def test_a_stop_that_fails_leaves_it_running(cluster: Arm) -> None:
    """And says that it has failed; it can be tried again."""
    store = cluster.cloud.store
    switched(cluster, "stop")
    running = store.operation_on(OWN.lower())
    assert running is not None
    store.save(replace(running, failure={"code": "InternalError", "message": "the drain failed"}))
    cluster.advance(LONG)
    assert power(cluster) == ("Running", "Failed", {"Running"})
    assert switched(cluster, "stop").status == 202


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a", pool(count=0), ""),
        ("a", pool(count=0, enableAutoScaling=False), ""),
        ("a", pool(count=1, enableAutoScaling=True, minCount=0, maxCount=3), ""),
        ("a", pool(count=0, minCount=0, maxCount=3), "InvalidParameter"),
        ("a", pool(count=1, enableAutoScaling=False, maxCount=3), "InvalidParameter"),
        ("system", pool(count=0, mode="System"), "InvalidParameter"),
        ("b", pool(count=0, mode="System"), "InvalidParameter"),
    ],
)
def test_only_a_user_pool_may_have_no_nodes(
    cluster: Arm, name: str, body: dict[str, Any], code: str
) -> None:
    """And bounds go with scaling by itself alone."""
    reply = cluster.put(f"{OWN}/agentPools/{name}", body, b.AKS)
    assert reply.code == code if code else reply.status in {200, 201}, reply.body


def test_a_key_is_made_or_opened_for_a_published_product_only(arm: Arm) -> None:
    """One that is there is blocked at any time, and keeps its keys."""
    arm.made(PRODUCT, product("notPublished"), b.APIM)
    refused = arm.put(KEY, key("active"), b.APIM)
    assert (refused.status, refused.code) == (400, "ValidationError")
    assert arm.put(KEY, key("suspended"), b.APIM).status == 400
    arm.put(PRODUCT, product("published"), b.APIM)
    assert arm.put(KEY, key("active"), b.APIM).status == 201
    arm.put(PRODUCT, product("notPublished"), b.APIM)
    keys = arm.call("POST", f"{KEY}/listSecrets", b.APIM).body
    assert arm.put(KEY, key("suspended"), b.APIM).status == 200
    assert arm.put(KEY, key("active"), b.APIM).code == "ValidationError"
    assert arm.get(KEY, b.APIM).body["properties"]["state"] == "suspended"
    assert arm.call("POST", f"{KEY}/listSecrets", b.APIM).body == keys
    arm.put(PRODUCT, product("published"), b.APIM)
    assert arm.put(KEY, key("active"), b.APIM).status == 200
