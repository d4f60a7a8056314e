"""What Azure Resource Manager refuses, one line a case."""

# ruff: noqa: E501 - a table reads best with a case on a line

from typing import Any

import pytest

from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Call
from localcloud.arm.routes.dispatch import handle
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_GROUP,
    HUB_NETWORK,
    HUB_SUBSCRIPTION,
    Arm,
    network_body,
    subnet_body,
)

NOWHERE = "/subscriptions/00000000-0000-4000-8000-00000000dead"
NETWORKS = f"{HUB_GROUP}/providers/Microsoft.Network/virtualNetworks"
GUARDS = f"{HUB_GROUP}/providers/Microsoft.Network/networkSecurityGroups"
TABLES = f"{HUB_GROUP}/providers/Microsoft.Network/routeTables"

REFUSED_PATHS = [
    ("GET", f"{NOWHERE}/resourceGroups/rg", GROUPS, 404, "SubscriptionNotFound"),
    ("GET", NOWHERE, "2022-12-01", 404, "SubscriptionNotFound"),
    ("GET", f"{HUB_SUBSCRIPTION}/resourceGroups/other", GROUPS, 404, "ResourceGroupNotFound"),
    ("GET", f"{NETWORKS}/other", "2025-09-01", 404, "ResourceNotFound"),
    ("GET", f"{NETWORKS}/other/subnets/a", "2025-09-01", 404, "ParentResourceNotFound"),
    ("GET", f"{NETWORKS}/vnet-hub-weu", "", 400, "MissingApiVersionParameter"),
    ("GET", f"{NETWORKS}/vnet-hub-weu", "2010-01-01", 400, "NoRegisteredProviderFound"),
    ("GET", HUB_GROUP, "2010-01-01", 400, "InvalidApiVersionParameter"),
    ("GET", f"{HUB_GROUP}/providers/Microsoft.Network/nets/a", "2025-09-01", 400, "InvalidResourceType"),
    ("GET", f"{HUB_GROUP}/providers/Contoso.Net/nets/a", "1", 404, "InvalidResourceNamespace"),
    ("POST", f"{NETWORKS}/vnet-hub-weu", "2025-09-01", 405, "MethodNotAllowed"),
    ("POST", NETWORKS, "2025-09-01", 405, "MethodNotAllowed"),
    ("PATCH", f"{NETWORKS}/vnet-hub-weu/subnets/api-management", "2025-09-01", 405, "MethodNotAllowed"),
    ("DELETE", f"{HUB_GROUP}/providers/Microsoft.ApiManagement/service/apim-hub-weu", "2024-05-01", 405, "MethodNotAllowed"),
    ("GET", "/nowhere", "2025-09-01", 400, "InvalidRequestUri"),
    ("GET", f"{HUB_SUBSCRIPTION}//resourceGroups", GROUPS, 400, "InvalidRequestUri"),
    ("GET", f"{HUB_SUBSCRIPTION}/providers/Microsoft.Network/virtualNetworks/a", "2025-09-01", 400, "InvalidResourceScope"),
    ("GET", "/subscriptions/x/operationresults/00000000-0000-4000-8000-000000000000", GROUPS, 404, "OperationNotFound"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "version", "status", "code"), REFUSED_PATHS)
def test_a_path_that_fits_nothing_is_refused(
    arm: Arm, method: str, path: str, version: str, status: int, code: str
) -> None:
    """Each wrong path, api-version or method has its own error."""
    reply = arm.call(method, path, version)
    assert (reply.status, reply.code) == (status, code)


def subnets(*bodies: dict[str, Any]) -> dict[str, Any]:
    """A hub-sized network with these subnets."""
    return network_body("10.200.0.0/16", list(bodies))


def rule(name: str = "r", **changed: Any) -> dict[str, Any]:
    """A security rule."""
    properties = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": properties | changed}


def guard(*rules: dict[str, Any]) -> dict[str, Any]:
    """A network security group."""
    return {"location": "westeurope", "properties": {"securityRules": list(rules)}}


def table(**route: Any) -> dict[str, Any]:
    """A route table with one route."""
    return {
        "location": "westeurope",
        "properties": {"routes": [{"name": "r", "properties": route}]},
    }


MISSING = f"{HUB_GROUP}/providers/Microsoft.Network/networkSecurityGroups/none"
REFUSED_BODIES = [
    (f"{NETWORKS}/v", {"properties": {}}, "LocationRequired", ""),
    (f"{NETWORKS}/v", network_body() | {"location": "atlantis"}, "LocationNotAvailableForResourceType", ""),
    (f"{NETWORKS}/v", network_body() | {"colour": 1}, "InvalidRequestContent", "colour"),
    (f"{NETWORKS}/v", network_body() | {"name": "w"}, "InvalidRequestContent", "name"),
    (f"{NETWORKS}/v", network_body() | {"id": "/x"}, "InvalidRequestContent", ""),
    (f"{NETWORKS}/v", network_body() | {"etag": "1"}, "InvalidRequestContent", "etag"),
    (f"{NETWORKS}/v", network_body() | {"tags": {"a": 1}}, "InvalidRequestContent", "tags.a"),
    (f"{NETWORKS}/v", network_body() | {"tags": {"a<b": "1"}}, "InvalidTagName", ""),
    (f"{NETWORKS}/v", network_body() | {"tags": {"a": "x" * 257}}, "InvalidTagValue", ""),
    (f"{NETWORKS}/v", network_body() | {"tags": {f"t{n}": "" for n in range(51)}}, "TagsLimitExceeded", ""),
    (f"{NETWORKS}/-v", network_body(), "InvalidResourceName", ""),
    (f"{NETWORKS}/v", {"location": "westeurope", "properties": {"resourceGuid": "x"}}, "InvalidRequestContent", "properties.resourceGuid"),
    (f"{NETWORKS}/v", {"location": "westeurope", "properties": {}}, "VnetAddressSpaceNotSpecified", ""),
    (f"{NETWORKS}/v", network_body("10.200.0.0/33"), "InvalidAddressPrefixFormat", ""),
    (f"{NETWORKS}/v", network_body("10.200.0.1/24"), "InvalidCIDRNotation", "10.200.0.0/24"),
    (f"{NETWORKS}/v", network_body("fd00::/64"), "InvalidAddressPrefixFormat", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.201.0.0/24", "a")), "NetcfgInvalidSubnet", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/30", "a")), "NetcfgInvalidSubnet", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/27", "AzureFirewallSubnet")), "NetcfgInvalidSubnet", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a"), subnet_body("10.200.0.128/25", "b")), "NetcfgSubnetRangesOverlap", "'a'"),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a"), subnet_body("10.200.1.0/24", "A")), "InvalidRequestFormat", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a", networkSecurityGroup={"id": MISSING})), "InvalidResourceReference", "none"),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a", networkSecurityGroup={"id": "nsg"})), "LinkedInvalidPropertyId", "nsg"),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a", routeTable={"id": HUB_NETWORK})), "InvalidResourceReference", ""),
    (f"{NETWORKS}/v", subnets(subnet_body("10.200.0.0/24", "a", privateEndpointNetworkPolicies="Off")), "InvalidRequestContent", "privateEndpointNetworkPolicies"),
    (f"{NETWORKS}/vnet-hub-weu", network_body("10.0.0.0/20") | {"location": "northeurope"}, "InvalidResourceLocation", ""),
    (f"{GUARDS}/n", guard(rule(priority=99)), "SecurityRuleInvalidPriority", ""),
    (f"{GUARDS}/n", guard(rule("a"), rule("b")), "SecurityRuleConflict", ""),
    (f"{GUARDS}/n", guard(rule(protocol="Carrier pigeon")), "InvalidRequestContent", "protocol"),
    (f"{GUARDS}/n", guard(rule(sourceAddressPrefix=None)), "SecurityRuleParameterContainsUnsupportedValue", ""),
    (f"{GUARDS}/n", guard(rule(destinationPortRanges=["80"])), "SecurityRuleParameterContainsUnsupportedValue", ""),
    (f"{TABLES}/t", table(addressPrefix="0.0.0.0/0", nextHopType="VirtualAppliance"), "RouteNextHopIpAddressMismatch", ""),
    (f"{TABLES}/t", table(addressPrefix="0.0.0.0/0", nextHopType="None", nextHopIpAddress="10.0.0.4"), "RouteNextHopIpAddressMismatch", ""),
    (f"{TABLES}/t", table(addressPrefix="10.0.0.1/8", nextHopType="None"), "InvalidCIDRNotation", ""),
    (f"{TABLES}/t", table(nextHopType="None"), "RouteAddressPrefixNotSpecified", ""),
    (f"{TABLES}/t", table(addressPrefix="0.0.0.0/0"), "InvalidRequestContent", "nextHopType"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "code", "named"), REFUSED_BODIES)
def test_a_body_that_does_not_fit_is_refused(
    arm: Arm, path: str, body: dict[str, Any], code: str, named: str
) -> None:
    """Each wrong body has its own error, which names what is wrong; nothing is stored."""
    before = len(arm.cloud.store.everything())
    reply = arm.put(path, body)
    assert reply.code == code
    assert 400 <= reply.status < 410
    assert named in str(reply.body)
    assert len(arm.cloud.store.everything()) == before


def test_every_fault_of_a_body_is_named(arm: Arm) -> None:
    """Unknown, wrong and read-only properties are listed together, each with its path."""
    body = network_body() | {"colour": 1, "tags": {"a": 2}}
    body["properties"]["provisioningState"] = "Succeeded"
    details = arm.put(f"{NETWORKS}/v", body).body["error"]["details"]
    assert {one["target"] for one in details} == {
        "colour",
        "tags.a",
        "properties.provisioningState",
    }


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_a_bad_request(arm: Arm, content: bytes) -> None:
    """Nothing but a JSON object is taken."""
    call = Call("PUT", f"{NETWORKS}/v", {"api-version": "2025-09-01"}, content=content)
    with pytest.raises(ArmError) as raised:
        handle(arm.cloud, call)
    assert raised.value.status == 400


def test_a_provider_must_be_registered_first(arm: Arm) -> None:
    """A write to a provider that the subscription has not registered is refused."""
    scope = arm.subscription()
    arm.call("POST", f"{scope}/providers/Microsoft.Network/unregister", GROUPS)
    arm.advance(60)
    group = arm.made(f"{scope}/resourceGroups/rg", {"location": "westeurope"}, GROUPS)["id"]
    reply = arm.put(f"{group}/providers/Microsoft.Network/virtualNetworks/v", network_body())
    assert (reply.status, reply.code) == (409, "MissingSubscriptionRegistration")


def test_an_etag_that_does_not_match_is_a_failed_precondition(arm: Arm) -> None:
    """If-Match and If-None-Match hold against what is there."""
    etag = arm.get(HUB_NETWORK).headers["ETag"]
    body = network_body("10.0.0.0/20")
    for headers, status in (
        ({"if-none-match": "*"}, 412),
        ({"if-match": 'W/"other"'}, 412),
        ({"if-match": etag}, 200),
    ):
        reply = arm.call("PUT", HUB_NETWORK, body=body, headers=headers)
        assert reply.status == status
