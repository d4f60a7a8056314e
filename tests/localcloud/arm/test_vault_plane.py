"""Key Vault's data plane: who reaches it, who may, and what happens to secrets."""

import pytest

from localcloud.arm.data_planes.vault_secrets import SECRET
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import (
    HUB_GROUP,
    HUB_NETWORK,
    HUB_SUBSCRIPTION,
    Arm,
    network_body,
    subnet_body,
    vnet,
)
from tests.localcloud.arm.data_planes import (
    ENDPOINT,
    LONG,
    OFFICER,
    USER,
    VAULT,
    VAULT_ZONE,
    Planes,
    connect,
    grant,
    made_vault,
)

KEY = "vaults/kv-t/secrets/api-key"
ROOT = "/providers/Microsoft.Management/managementGroups/contoso"


@pytest.fixture
def planes(arm: Arm) -> Planes:
    """A vault that the automation reaches, and may write."""
    made_vault(arm)
    connect(arm)
    grant(arm, VAULT)
    return Planes(arm)


def test_a_secret_is_set_and_its_versions_are_kept(planes: Planes) -> None:
    """The newest is the current one, under Azure's own address."""
    first = planes.call("PUT", KEY, {"value": "one", "tags": {"key": "primary"}}).body
    planes.arm.advance(60)
    second = planes.call("PUT", KEY, {"value": "two", "contentType": "text/plain"}).body
    assert first["id"].startswith("https://kv-t.vault.azure.net/secrets/api-key/")
    assert first["id"] != second["id"]
    assert planes.call("GET", KEY).body == second
    assert planes.call("GET", f"{KEY}/").body == second
    version = first["id"].rpartition("/")[2]
    found = planes.call("GET", f"{KEY}/{version}").body
    assert (found["value"], found["tags"]) == ("one", {"key": "primary"})
    assert second["attributes"]["created"] == first["attributes"]["created"] + 60
    listed = planes.call("GET", f"{KEY}/versions").body["value"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]


def test_no_list_tells_a_value(planes: Planes) -> None:
    """Neither of secrets nor of versions nor of deleted ones."""
    for value in ("hush-1", "hush-2"):
        planes.call("PUT", KEY, {"value": value})
    shown = [planes.call("GET", f"{KEY}/versions"), planes.call("GET", "vaults/kv-t/secrets")]
    shown += [planes.call("DELETE", KEY), planes.call("GET", "vaults/kv-t/deletedsecrets")]
    shown += [planes.call("GET", "vaults/kv-t/deletedsecrets/api-key")]
    assert all(reply.status == 200 for reply in shown)
    assert "hush" not in str(shown)


def test_secrets_of_arm_and_of_the_data_plane_are_the_same(planes: Planes) -> None:
    """What ARM wrote is read here, and the other way round; ARM never tells a value."""
    arm = planes.arm
    arm.made(f"{VAULT}/secrets/api-key", {"properties": {"value": "one"}}, b.VAULT)
    assert planes.call("GET", KEY).body["value"] == "one"
    written = planes.call("PUT", KEY, {"value": "two"}).body
    seen = arm.get(f"{VAULT}/secrets/api-key", b.VAULT).body
    assert seen["properties"]["secretUriWithVersion"] == written["id"]
    assert "two" not in str(seen)
    arm.made(f"{VAULT}/secrets/api-key", {"properties": {"value": "three"}}, b.VAULT)
    assert len(planes.call("GET", f"{KEY}/versions").body["value"]) == 3
    assert planes.call("GET", KEY).body["value"] == "three"


def test_a_deleted_secret_keeps_its_name_and_can_be_recovered(planes: Planes) -> None:
    """With all its versions."""
    written = planes.call("PUT", KEY, {"value": "one"}).body
    gone = planes.call("DELETE", KEY).body
    assert gone["recoveryId"] == "https://kv-t.vault.azure.net/deletedsecrets/api-key"
    assert gone["scheduledPurgeDate"] - gone["deletedDate"] == 90 * 86_400
    assert planes.call("GET", KEY).code == "SecretNotFound"
    again = planes.call("PUT", KEY, {"value": "two"})
    assert (again.status, planes.inner(again)) == (409, "ObjectIsDeletedButRecoverable")
    assert planes.call("POST", "vaults/kv-t/deletedsecrets/api-key/recover").status == 200
    assert planes.call("GET", KEY).body == written
    assert planes.call("GET", "vaults/kv-t/deletedsecrets/api-key").status == 404


def test_secrets_outlive_the_process(planes: Planes) -> None:
    """Whatever was answered is there after a kill, versions and deleted ones too."""
    for value in ("one", "two"):
        planes.call("PUT", KEY, {"value": value})
    planes.call("PUT", "vaults/kv-t/secrets/other", {"value": "three"})
    planes.call("DELETE", "vaults/kv-t/secrets/other")
    planes.arm.reopened()
    assert planes.call("GET", KEY).body["value"] == "two"
    assert len(planes.call("GET", f"{KEY}/versions").body["value"]) == 2
    assert planes.call("GET", "vaults/kv-t/deletedsecrets/other").status == 200


def test_pages_are_followed_by_their_links(planes: Planes) -> None:
    """At most 25 at once."""
    for number in range(27):
        planes.call("PUT", f"vaults/kv-t/secrets/s-{number}", {"value": "x"})
    first = planes.call("GET", "vaults/kv-t/secrets").body
    assert len(first["value"]) == 25
    path, _, query = first["nextLink"].removeprefix("https://localhost/").partition("?")
    rest = planes.call("GET", f"{path}?{query}").body
    assert (len(rest["value"]), rest["nextLink"]) == (2, None)
    assert planes.call("GET", "vaults/kv-t/secrets?maxresults=26").status == 400


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"value": 1},
        {"value": "x" * 25_601},
        {"value": "x", "colour": "red"},
        {"value": "x", "tags": {str(number): "" for number in range(16)}},
        {"value": "x", "tags": {"a": 1}},
        {"value": "x", "contentType": "t" * 256},
        {"value": "x", "attributes": {"enabled": "yes"}},
        {"value": "x", "attributes": {"created": 1}},
    ],
)
def test_a_wrong_secret_is_refused_without_repeating_it(planes: Planes, body: object) -> None:
    """400, and nothing is stored."""
    reply = planes.call("PUT", KEY, body)
    assert (reply.status, reply.code) == (400, "BadParameter")
    assert "xx" not in str(reply.body)
    assert planes.call("GET", KEY).status == 404


def test_wrong_names_versions_and_methods_are_refused(planes: Planes) -> None:
    """As the service refuses them."""
    assert planes.call("PUT", "vaults/kv-t/secrets/a_b", {"value": "x"}).status == 400
    assert planes.call("GET", f"{KEY}?api-version=1.0").code == "BadParameter"
    assert planes.call("PATCH", KEY, {}).status == 405
    assert planes.call("GET", "vaults/kv-t/keys").status == 405


def test_a_disabled_secret_is_not_told(planes: Planes) -> None:
    """403, and which it is."""
    planes.call("PUT", KEY, {"value": "x", "attributes": {"enabled": False}})
    reply = planes.call("GET", KEY)
    assert (reply.status, planes.inner(reply)) == (403, "SecretDisabled")


def test_a_vault_that_is_not_there_has_no_name(arm: Arm) -> None:
    """Nor has one whose DNS name is still on its way."""
    assert Planes(arm).call("GET", KEY).code == "NameNotResolved"
    arm.put(VAULT, b.vault(), b.VAULT)
    assert Planes(arm).call("GET", KEY).code == "NameNotResolved"


def test_a_role_opens_a_vault_only_after_a_while(arm: Arm) -> None:
    """Until then it is refused as one that is not there."""
    made_vault(arm, publicNetworkAccess="Enabled")
    planes = Planes(arm)
    body = b.role(VAULT, planes.caller, OFFICER)
    name = "11111111-1111-4111-8111-111111111111"
    arm.put(b.at(VAULT, "Microsoft.Authorization/roleAssignments", name), body, b.ROLES)
    refused = planes.call("PUT", KEY, {"value": "x"})
    assert (refused.status, planes.inner(refused)) == (403, "ForbiddenByRbac")
    assert "observe propagation time" in refused.body["error"]["message"]
    arm.advance(arm.cloud.profile.replication)
    assert planes.call("PUT", KEY, {"value": "x"}).status == 200


@pytest.mark.parametrize("scope", [f"{VAULT}/secrets/api-key", HUB_GROUP, HUB_SUBSCRIPTION, ROOT])
def test_a_role_holds_at_every_scope_above_a_secret(arm: Arm, scope: str) -> None:
    """And at the secret itself."""
    made_vault(arm, publicNetworkAccess="Enabled")
    if "/secrets/" in scope:
        arm.made(scope, {"properties": {"value": "one"}}, b.VAULT)
    grant(arm, scope)
    planes = Planes(arm)
    assert planes.call("PUT", KEY, {"value": "x"}).status == 200
    assert (planes.call("GET", "vaults/kv-t/secrets").status == 200) == ("/secrets/" not in scope)


def test_a_user_reads_and_an_owner_of_the_resource_does_not_even_that(arm: Arm) -> None:
    """Roles of management open no data."""
    made_vault(arm, publicNetworkAccess="Enabled")
    reader, manager = "0f000000-0000-4000-8000-00000000000a", "0f000000-0000-4000-8000-00000000000b"
    grant(arm, VAULT)
    grant(arm, VAULT, USER, reader)
    grant(arm, VAULT, b.CONTRIBUTOR, manager)
    Planes(arm).call("PUT", KEY, {"value": "x"})
    assert Planes(arm, reader).call("GET", KEY).body["value"] == "x"
    assert Planes(arm, reader).call("PUT", KEY, {"value": "y"}).status == 403
    assert Planes(arm, reader).call("DELETE", KEY).status == 403
    assert Planes(arm, manager).call("GET", KEY).status == 403


def test_a_role_at_another_vault_opens_nothing(arm: Arm) -> None:
    """The narrowest scope is one."""
    made_vault(arm, publicNetworkAccess="Enabled")
    other = b.at(HUB_GROUP, "Microsoft.KeyVault/vaults", "kv-t2")
    arm.made(other, b.vault(), b.VAULT)
    grant(arm, other)
    assert Planes(arm).call("GET", KEY).status == 403


def test_a_vault_of_access_policies_knows_no_roles(arm: Arm) -> None:
    """It is refused in the words of policies."""
    made_vault(arm, publicNetworkAccess="Enabled", enableRbacAuthorization=False)
    grant(arm, VAULT)
    reply = Planes(arm).call("GET", KEY)
    assert (reply.status, Planes(arm).inner(reply)) == (403, "AccessDenied")


def test_a_closed_vault_needs_its_endpoint_and_its_record(arm: Arm) -> None:
    """Each of the two alone is not enough."""
    made_vault(arm)
    grant(arm, VAULT)
    planes = Planes(arm)
    assert planes.inner(planes.call("GET", KEY)) == "ForbiddenByConnection"
    arm.made(ENDPOINT, b.endpoint(VAULT, "vault"))
    assert planes.inner(planes.call("GET", KEY)) == "ForbiddenByConnection"
    arm.made(f"{ENDPOINT}/privateDnsZoneGroups/default", b.zone_group(VAULT_ZONE))
    assert planes.call("GET", KEY).code == "SecretNotFound"
    arm.delete(f"{ENDPOINT}/privateDnsZoneGroups/default")
    arm.advance(LONG)
    assert planes.inner(planes.call("GET", KEY)) == "ForbiddenByConnection"


def test_an_endpoint_in_a_spoke_is_reached_across_the_peering_alone(arm: Arm) -> None:
    """Connected on both sides."""
    made_vault(arm)
    grant(arm, VAULT)
    spoke = vnet(HUB_GROUP, "spoke")
    arm.made(spoke, network_body(subnets=[subnet_body("10.16.0.0/26", "pe")]))
    connect(arm, subnet=f"{spoke}/subnets/pe")
    planes = Planes(arm)
    assert planes.inner(planes.call("GET", KEY)) == "ForbiddenByConnection"
    for own, other in ((HUB_NETWORK, spoke), (spoke, HUB_NETWORK)):
        body = {"properties": {"remoteVirtualNetwork": {"id": other}}}
        arm.made(f"{own}/virtualNetworkPeerings/p", body)
    assert planes.call("GET", KEY).code == "SecretNotFound"


def test_a_recovered_vault_has_its_secrets_again(planes: Planes) -> None:
    """The data plane's too, with their versions."""
    arm = planes.arm
    for value in ("one", "two"):
        planes.call("PUT", KEY, {"value": value})
    for path in (f"{ENDPOINT}/privateDnsZoneGroups/default", ENDPOINT):
        arm.delete(path)
        arm.advance(LONG)
    arm.delete(VAULT, b.VAULT)
    arm.advance(LONG)
    assert arm.cloud.store.of_type(SECRET) == []
    arm.made(VAULT, b.vault(createMode="recover"), b.VAULT)
    grant(arm, VAULT)
    assert planes.call("GET", KEY).body["value"] == "two"
    assert len(planes.call("GET", f"{KEY}/versions").body["value"]) == 2
