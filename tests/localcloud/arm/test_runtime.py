"""Identities, roles, clusters and API Management: limits, waits and one writer at a time."""

# ruff: noqa: E501 - a table reads best with a case on a line

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.arm.behaviours import api_management, clusters
from localcloud.arm.behaviours.authorization import BUILT_IN_ROLES
from localcloud.arm.state.records import Record
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_GROUP, HUB_NETWORK, NETWORK, Arm, subnet_body

IDENTITY = b.at(HUB_GROUP, "Microsoft.ManagedIdentity/userAssignedIdentities", "id-t")
CREDENTIALS = f"{IDENTITY}/federatedIdentityCredentials"
OWN = b.at(HUB_GROUP, "Microsoft.ContainerService/managedClusters", "aks-t")
NAMESPACE = f"{b.HUB_CLUSTER}/managedNamespaces/tenant"
FLUX = b.at(b.HUB_CLUSTER, "Microsoft.KubernetesConfiguration/fluxConfigurations", "tenant")
PRODUCT = f"{b.HUB_APIM}/products/t"
KEY = f"{b.HUB_APIM}/subscriptions/t"
POOL = {"properties": {"vmSize": "Standard_D4ds_v5", "count": 1}}
TITLED = {"properties": {"displayName": "T", "state": "published"}}


def pool(**properties: Any) -> dict[str, Any]:
    """An agent pool."""
    return {"properties": POOL["properties"] | properties}


def policy(value: str, kind: str = "rawxml") -> dict[str, Any]:
    """A policy document."""
    return {"properties": {"format": kind, "value": value}}


def flux(**properties: Any) -> dict[str, Any]:
    """A Flux configuration without a source."""
    return {"properties": {"scope": "namespace", "namespace": "tenant"} | properties}


def assigned(scope: str) -> str:
    """Id of a new role assignment."""
    return b.at(scope, "Microsoft.Authorization/roleAssignments", str(uuid.uuid4()))


REFUSED = [
    (f"{CREDENTIALS}/aks", b.credential(), b.IDENTITY, "ParentResourceNotFound"),
    (OWN, b.cluster(agentPoolProfiles=[]), b.AKS, "InvalidParameter"),
    (OWN, b.cluster() | {"identity": None}, b.AKS, "InvalidParameter"),
    (OWN, b.cluster(f"{HUB_NETWORK}/subnets/none"), b.AKS, "InvalidResourceReference"),
    (f"{b.HUB_CLUSTER}/agentPools/UPPER", POOL, b.AKS, "InvalidResourceName"),
    (f"{b.HUB_CLUSTER}/agentPools/a", {"properties": {}}, b.AKS, "InvalidParameter"),
    (f"{b.HUB_CLUSTER}/agentPools/a", pool(count=1001), b.AKS, "InvalidParameter"),
    (f"{b.HUB_CLUSTER}/agentPools/a", pool(enableAutoScaling=True), b.AKS, "InvalidParameter"),
    (f"{b.HUB_CLUSTER}/agentPools/system", pool(vmSize="Standard_D8ds_v5", mode="System"), b.AKS, "PropertyChangeNotAllowed"),
    (f"{b.HUB_CLUSTER}/managedNamespaces/kube-system", b.here({}), b.AKS, "InvalidParameter"),
    (f"{OWN}/managedNamespaces/a", b.here({}), b.AKS, "ParentResourceNotFound"),
    (FLUX, flux(), b.FLUX, "InvalidFluxConfiguration"),
    (FLUX, flux(gitRepository={"url": "https://g"}, kustomizations={"a": {"dependsOn": ["b"]}}), b.FLUX, "InvalidFluxConfiguration"),
    (f"{PRODUCT}/policies/policy", policy("<policies />"), b.APIM, "ParentResourceNotFound"),
    (f"{b.HUB_APIM}/apis/ai-gateway/policies/policy", policy("<policies>"), b.APIM, "ValidationError"),
    (f"{b.HUB_APIM}/apis/ai-gateway/policies/policy", policy("<policies><inbond /></policies>"), b.APIM, "ValidationError"),
    (f"{b.HUB_APIM}/apis/ai-gateway/policies/policy", policy("<policies><inbound /><inbound /></policies>"), b.APIM, "ValidationError"),
    (f"{b.HUB_APIM}/apis/ai-gateway/policies/policy", policy("<other />"), b.APIM, "ValidationError"),
    (f"{b.HUB_APIM}/apis/ai-gateway/policies/policy", policy("https://x", "rawxml-link"), b.APIM, "ValidationError"),
    (f"{b.HUB_APIM}/apis/second", {"properties": {"displayName": "S", "path": "ai"}}, b.APIM, "ValidationError"),
    (KEY, {"properties": {"scope": PRODUCT, "displayName": "T"}}, b.APIM, "ValidationError"),
    (KEY, {"properties": {"scope": b.HUB_SEARCH, "displayName": "T"}}, b.APIM, "ValidationError"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "version", "code"), REFUSED)
def test_what_cannot_run_is_refused(
    arm: Arm, path: str, body: dict[str, Any], version: str, code: str
) -> None:
    """Each wrong body has its own error; nothing is stored."""
    before = len(arm.cloud.store.everything())
    reply = arm.put(path, body, version)
    assert reply.code == code, reply.body
    assert len(arm.cloud.store.everything()) == before


def test_a_new_identity_gets_roles_only_once_the_directory_knows_it(arm: Arm) -> None:
    """PrincipalNotFound until then, whatever type the principal is said to be."""
    made = arm.put(IDENTITY, b.here(), b.IDENTITY).body["properties"]
    path = assigned(HUB_GROUP)
    body = b.role(HUB_GROUP, made["principalId"])
    reply = arm.put(path, body, b.ROLES)
    assert (reply.status, reply.code) == (400, "PrincipalNotFound")
    arm.advance(21)
    assert arm.put(path, body, b.ROLES).status == 201
    assert arm.delete(path, b.ROLES).status == 200
    assert arm.get(path, b.ROLES).status == 404


def test_an_identity_made_again_is_another_principal(arm: Arm) -> None:
    """A new one gets new ids; writing the same one again keeps them."""
    first = arm.made(IDENTITY, b.here(), b.IDENTITY)["properties"]
    assert arm.made(IDENTITY, b.here(), b.IDENTITY)["properties"] == first
    arm.delete(IDENTITY, b.IDENTITY)
    second = arm.made(IDENTITY, b.here(), b.IDENTITY)["properties"]
    assert second["principalId"] != first["principalId"]
    assert second["tenantId"] == b.DIRECTORY


def test_a_role_stands_on_an_index_of_a_search_service(arm: Arm) -> None:
    """The data plane's scopes are taken where their service is there."""
    scope = f"{b.HUB_SEARCH}/indexes/tenant"
    made = arm.made(assigned(scope), b.role(scope, str(uuid.uuid4())), b.ROLES)
    assert made["properties"]["scope"] == scope
    nowhere = f"{b.HUB_SEARCH}x/indexes/tenant"
    reply = arm.put(assigned(nowhere), b.role(nowhere, str(uuid.uuid4())), b.ROLES)
    assert reply.status == 404


def test_a_subscription_takes_four_thousand_role_assignments(arm: Arm) -> None:
    """One more is refused."""
    kind = "Microsoft.Authorization/roleAssignments"
    role = next(iter(BUILT_IN_ROLES))
    with arm.cloud.store.transaction():
        for _ in range(4000):
            properties = {"roleDefinitionId": f"/{role}", "principalId": str(uuid.uuid4())}
            arm.cloud.store.put(Record(assigned(HUB_GROUP), kind, {"properties": properties}))
    reply = arm.put(assigned(HUB_GROUP), b.role(HUB_GROUP, str(uuid.uuid4())), b.ROLES)
    assert reply.code == "RoleAssignmentLimitExceeded"


def test_federated_credentials_are_written_one_at_a_time_and_twenty_at_most(arm: Arm) -> None:
    """A second writer is told so, and so is a twenty-first credential."""
    arm.made(IDENTITY, b.here(), b.IDENTITY)
    assert arm.put(f"{CREDENTIALS}/fic0", b.credential("s0"), b.IDENTITY).status == 201
    busy = arm.put(f"{CREDENTIALS}/fic1", b.credential("s1"), b.IDENTITY)
    assert busy.code == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    arm.advance(60)
    assert arm.put(f"{CREDENTIALS}/same", b.credential("s0"), b.IDENTITY).code == "Conflict"
    for number in range(1, 20):
        arm.made(f"{CREDENTIALS}/fic{number}", b.credential(f"s{number}"), b.IDENTITY)
    assert arm.put(f"{CREDENTIALS}/more", b.credential("s"), b.IDENTITY).code == "BadRequest"
    for wrong in (b.credential(issuer="http://x"), b.credential(audiences=[])):
        assert arm.put(f"{CREDENTIALS}/fic0", wrong, b.IDENTITY).code == "BadRequest"


def test_a_cluster_gets_what_azure_gives_it(arm: Arm) -> None:
    """Issuer, private name, identities and its pools, which are resources of their own."""
    made = arm.made(OWN, b.cluster(b.HUB_SUBNET), b.AKS)
    found = made["properties"]
    assert found["oidcIssuerProfile"]["issuerURL"].startswith("https://westeurope.oic.")
    assert found["privateFQDN"].endswith(".privatelink.westeurope.azmk8s.io")
    assert found["nodeResourceGroup"] == "MC_rg-hub-weu_aks-t_westeurope"
    assert (
        made["identity"]["principalId"] != found["identityProfile"]["kubeletidentity"]["objectId"]
    )
    system = arm.get(f"{OWN}/agentPools/system", b.AKS).body
    assert system["properties"]["provisioningState"] == "Succeeded"
    again = arm.made(OWN, b.cluster(b.HUB_SUBNET), b.AKS)["properties"]
    assert again["oidcIssuerProfile"] == found["oidcIssuerProfile"]
    opened = arm.put(OWN, b.cluster(apiServerAccessProfile={}), b.AKS)
    assert opened.code == "PropertyChangeNotAllowed"


def test_subnets_of_nodes_cannot_be_deleted(arm: Arm) -> None:
    """Those of the shared cluster, and those of a tenant's pool."""
    own = f"{HUB_NETWORK}/subnets/nodes"
    arm.made(own, subnet_body("10.0.4.0/26"))
    arm.made(f"{b.HUB_CLUSTER}/agentPools/tenant", pool(vnetSubnetID=own), b.AKS)
    for subnet in (own, f"{HUB_NETWORK}/subnets/aks-shared"):
        assert arm.delete(subnet, NETWORK).code == "InUseSubnetCannotBeDeleted"
    assert arm.delete(f"{b.HUB_CLUSTER}/agentPools/tenant", b.AKS).status == 202
    arm.advance(200)
    assert arm.delete(own, NETWORK).status == 202


def test_a_cluster_does_one_thing_at_a_time(arm: Arm) -> None:
    """Pools wait for each other; namespaces do not; a system pool stays; a hundred are the most."""
    assert arm.put(f"{b.HUB_CLUSTER}/agentPools/a", POOL, b.AKS).status == 201
    second = arm.put(f"{b.HUB_CLUSTER}/agentPools/b", POOL, b.AKS)
    assert second.code == "AnotherOperationInProgress"
    for name in ("one", "two"):
        path = f"{b.HUB_CLUSTER}/managedNamespaces/{name}"
        assert arm.put(path, b.here({}), b.AKS).status == 201
    arm.advance(200)
    last = arm.delete(f"{b.HUB_CLUSTER}/agentPools/system", b.AKS)
    assert last.code == "SystemPoolRequired"
    for number in range(98):
        name = f"{b.HUB_CLUSTER}/agentPools/p{number}"
        arm.cloud.store.put(Record(name, clusters.POOL, {"properties": {}}))
    assert arm.put(f"{b.HUB_CLUSTER}/agentPools/more", POOL, b.AKS).code == "QuotaExceeded"


def test_a_namespace_needs_a_cluster_that_is_there_and_runs(arm: Arm) -> None:
    """Not one that is being made, nor one that is stopped."""
    arm.put(OWN, b.cluster(), b.AKS)
    own = arm.cloud.store.get(OWN)
    assert own is not None
    own.properties["provisioningState"] = "Creating"
    path = f"{OWN}/managedNamespaces/a"
    assert arm.put(path, b.here({}), b.AKS).code == "OperationNotAllowedOnTransientState"
    shared = arm.cloud.store.get(b.HUB_CLUSTER)
    assert shared is not None
    shared.properties["powerState"] = {"code": "Stopped"}
    assert arm.put(NAMESPACE, b.here({}), b.AKS).code == "OperationNotAllowed"


def test_flux_keeps_its_namespace_and_goes_with_its_cluster(arm: Arm) -> None:
    """Its scope is fixed, its secrets are not answered."""
    source = {"url": "https://github.com/contoso/apps", "repositoryRef": {"branch": "main"}}
    settings = {"token": "aHVzaA=="}
    body = flux(gitRepository=source, configurationProtectedSettings=settings)
    assert "aHVzaA==" not in str(arm.made(FLUX, body, b.FLUX))
    moved = flux(gitRepository=source, namespace="other")
    assert arm.put(FLUX, moved, b.FLUX).code == "PropertyChangeNotAllowed"


def complies(arm: Arm) -> str:
    """The compliance of the Flux configuration."""
    found = arm.get(FLUX, b.FLUX).body["properties"]
    assert found["provisioningState"] == "Succeeded"
    return str(found["complianceState"])


def test_flux_complies_some_time_after_it_is_asked_for(arm: Arm) -> None:
    """Not as soon as the configuration is there; and not yet again after it has changed."""
    source = {"url": "https://github.com/contoso/apps", "repositoryRef": {"branch": "main"}}
    assert arm.put(FLUX, flux(gitRepository=source), b.FLUX).status == 201
    arm.advance(31)
    assert complies(arm) == "Pending"
    arm.advance(46)
    assert complies(arm) == "Compliant"
    changed = arm.put(FLUX, flux(gitRepository=source, suspend=True), b.FLUX).body["properties"]
    assert (changed["provisioningState"], changed["complianceState"]) == ("Updating", "Pending")
    arm.advance(31)
    assert complies(arm) == "Pending"
    arm.advance(46)
    assert complies(arm) == "Suspended"


def test_flux_does_not_comply_by_what_it_was_told_before(arm: Arm) -> None:
    """The time that it takes begins again with each write."""
    first = {"url": "https://github.com/contoso/apps", "repositoryRef": {"branch": "main"}}
    arm.put(FLUX, flux(gitRepository=first), b.FLUX)
    arm.advance(31)
    assert complies(arm) == "Pending"
    second = first | {"repositoryRef": {"branch": "next"}}
    arm.put(FLUX, flux(gitRepository=second), b.FLUX)
    arm.advance(31)
    arm.advance(16)
    assert complies(arm) == "Pending"
    arm.advance(30)
    assert complies(arm) == "Compliant"


def test_a_namespace_that_changes_is_not_made_anew(arm: Arm) -> None:
    """It is being updated, and goes on serving."""
    arm.made(NAMESPACE, b.here({}), b.AKS)
    body = b.here({"annotations": {"a": "b"}})
    changed = arm.put(NAMESPACE, body, b.AKS).body["properties"]
    assert changed["provisioningState"] == "Updating"


def test_the_keys_of_a_subscription_stay_until_they_are_turned(arm: Arm) -> None:
    """They are told by listSecrets only, and each is turned on its own."""
    arm.made(PRODUCT, TITLED, b.APIM)
    body = {"properties": {"scope": "/products/t", "displayName": "T"}}
    made = arm.made(KEY, body, b.APIM)
    assert "primaryKey" not in made["properties"]
    assert made["properties"]["scope"] == PRODUCT
    keys = arm.call("POST", f"{KEY}/listSecrets", b.APIM).body
    arm.made(KEY, body, b.APIM)
    assert arm.call("POST", f"{KEY}/listSecrets", b.APIM).body == keys
    assert arm.call("POST", f"{KEY}/regeneratePrimaryKey", b.APIM).status == 204
    turned = arm.reopened().call("POST", f"{KEY}/listSecrets", b.APIM).body
    assert turned["secondaryKey"] == keys["secondaryKey"]
    assert turned["primaryKey"] != keys["primaryKey"]
    assert arm.call("GET", f"{KEY}/listSecrets", b.APIM).status == 405
    assert arm.call("POST", f"{KEY}x/listSecrets", b.APIM).status == 404


def test_a_product_goes_after_its_subscriptions(arm: Arm) -> None:
    """Its API is linked once; subscriptions keep it."""
    arm.made(PRODUCT, TITLED, b.APIM)
    link = {"properties": {"apiId": "/apis/ai-gateway"}}
    arm.made(f"{PRODUCT}/apiLinks/ai", link, b.APIM)
    assert arm.put(f"{PRODUCT}/apiLinks/again", link, b.APIM).code == "Conflict"
    other = {"properties": {"apiId": "/apis/none"}}
    assert arm.put(f"{PRODUCT}/apiLinks/none", other, b.APIM).code == "ValidationError"
    assert arm.put(f"{PRODUCT}2", TITLED, b.APIM).code == "ValidationError"
    arm.made(KEY, {"properties": {"scope": PRODUCT, "displayName": "T"}}, b.APIM)
    assert arm.delete(PRODUCT, b.APIM).code == "ValidationError"
    arm.delete(KEY, b.APIM)
    assert arm.delete(PRODUCT, b.APIM).status == 200


def test_a_service_takes_two_thousand_products(arm: Arm) -> None:
    """One more is refused."""
    for number in range(2000):
        body = {"properties": {"displayName": f"P{number}"}}
        path = f"{b.HUB_APIM}/products/p{number}"
        arm.cloud.store._index(Record(path, api_management.PRODUCT, body))
    assert arm.put(PRODUCT, TITLED, b.APIM).code == "ProductLimitExceeded"


@given(st.text(alphabet="ab(){}\"'<> .", max_size=30))
def test_an_expression_in_a_raw_policy_may_hold_anything_that_is_balanced(text: str) -> None:
    """What stands between its brackets is not XML, where it closes what it opens."""
    inner = "".join(letter for letter in text if letter not in "(){}")
    document = f'<policies><inbound><set x="@({inner})" /></inbound></policies>'
    taken = api_management.parsable(document, raw=True)
    assert taken == '<policies><inbound><set x="expression" /></inbound></policies>'
