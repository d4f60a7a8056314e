"""A tenant's own calls, before it is suspended, while it is, and after."""

import urllib.parse
from typing import Any, Final

from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Answer, Cloud, example, wait_for

TENANT: Final = "resting-one"
PATH: Final = f"/api/tenants/{TENANT}"
CHAT: Final = "/gateway/apim-hub-weu/ai/deployments/gpt-5-mini/chat/completions"


def key_of(cloud: Cloud, subscription: str) -> str:
    """The tenant's API key, as its workloads read it from the vault."""
    query = urllib.parse.urlencode(
        {"api-version": "2019-08-01", "resource": "https://vault.azure.net"}
    )
    headers = {"X-IDENTITY-HEADER": cloud.ready["identityHeader"]}
    token = cloud.send("GET", f"{cloud.ready['identityEndpoint']}?{query}", None, headers).json()
    (vault,) = [
        str(item["name"])
        for item in cloud.resources()
        if item["type"] == "Microsoft.KeyVault/vaults" and subscription in item["id"]
    ]
    url = f"{cloud.ready['data']}/vaults/{vault}/secrets/api-key?api-version=7.6"
    given = {"Authorization": f"Bearer {token['access_token']}"}
    return str(cloud.send("GET", url, None, given).json()["value"])


def called(cloud: Cloud, key: str) -> int:
    """What the gateway answers to a call with a key."""
    headers = {"Ocp-Apim-Subscription-Key": key}
    return cloud.send("POST", cloud.ready["data"] + CHAT, b"{}", headers).status


def asked(cloud: Cloud, what: str, state: str) -> dict[str, Any]:
    """The operation that led a tenant to a state, once it has ended."""
    answer = cloud.call("POST", f"{PATH}/{what}", b'{"reason": "holidays"}')
    assert answer.status == 202, answer.body
    wait_for(lambda: cloud.tenant(TENANT).get("state") == state, f"{TENANT} to be {state}", 120)

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = cloud.call("GET", answer.headers["location"]).json()
        return found if found["state"] != "running" else None

    return wait_for(ended, f"{what} to end")


def writes(cloud: Cloud) -> int:
    """How many requests could have changed something of a tenant in Azure."""
    return sum(one["method"] != "GET" and TENANT in one["url"] for one in cloud.requests())


def again(cloud: Cloud, what: str) -> Answer:
    """The answer to asking for what is so already, which asks nothing of Azure."""
    before = writes(cloud)
    answer = cloud.call("POST", f"{PATH}/{what}")
    assert writes(cloud) == before
    return answer


def test_a_suspended_tenant_is_refused_by_the_gateway_and_let_in_again(cloud: Cloud) -> None:
    """With the same key; what cannot be done meanwhile says what to do first."""
    cloud.post(example(tenantId=TENANT, api={"auth": "key"}))
    tenant = cloud.settled(TENANT)
    assert tenant["state"] == "active", tenant
    key = key_of(cloud, tenant["subscriptionId"])
    assert called(cloud, key) == 200
    operation = asked(cloud, "suspend", "suspended")
    assert (operation["kind"], operation["state"]) == ("suspend", "succeeded")
    assert [stage["name"] for stage in operation["stages"]] == [
        "close-api",
        "close-egress",
        "stop-compute",
    ]
    assert called(cloud, key) == 401
    assert again(cloud, "suspend").status == 200
    patch = cloud.call("PATCH", PATH, b'{"costCenter": "CC-7"}')
    assert (patch.status, "Resume it first" in patch.json()["hint"]) == (409, True)
    rotation = cloud.call("POST", f"{PATH}/rotate-key")
    assert (rotation.status, rotation.json()["code"]) == (409, "TenantNotActive")
    plan = cloud.call("GET", f"{PATH}/plan").json()
    assert (plan["state"], plan["changes"]) == ("suspended", [])
    operation = asked(cloud, "resume", "active")
    assert (operation["kind"], operation["state"]) == ("resume", "succeeded")
    assert called(cloud, key) == 200
    assert again(cloud, "resume").status == 200
    told = [one.entry for one in assert_audit_verifies(cloud, TENANT)]
    assert [
        (one.action, one.outcome, one.details.get("why"))
        for one in told
        if one.action in {"tenant.suspend", "tenant.resume"}
    ] == [
        ("tenant.suspend", "begun", "holidays"),
        ("tenant.suspend", "done", None),
        ("tenant.resume", "begun", "holidays"),
        ("tenant.resume", "done", None),
    ]
