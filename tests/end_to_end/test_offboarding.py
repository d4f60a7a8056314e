"""A tenant's whole life over HTTP: onboarded, offboarded, certified, and nothing left in ARM."""

from typing import Any

import pytest

from tests.end_to_end.cloud import Cloud, example, wait_for

pytestmark = pytest.mark.timeout(180)

TENANT = "leaving-one"


def held(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """All that ARM holds, without what tells how often it was written."""
    return {
        str(one["id"]).lower(): {name: value for name, value in one.items() if name != "etag"}
        for one in cloud.resources()
    }


def test_a_tenant_leaves_nothing_behind(cloud: Cloud) -> None:
    """ARM's whole dump is what it was, but for what the certificate says that Azure keeps."""
    before = held(cloud)
    cloud.post(example(tenantId=TENANT))
    assert cloud.settled(TENANT)["state"] == "active"
    path = f"/api/tenants/{TENANT}"
    told = cloud.call("DELETE", f"{path}?dryRun=true&retainDays=0")
    assert told.status == 200, told.body
    foreseen = told.json()
    assert {one["key"] for one in foreseen["deleted"] if one["data"]} >= {"storage", "vault"}
    assert cloud.call("GET", f"{path}/certificate").status == 404
    asked = cloud.call("DELETE", f"{path}?retainDays=0&reason=the+contract+has+ended")
    assert asked.status == 202, asked.body
    assert cloud.call("DELETE", f"{path}?retainDays=0").status in {200, 202}

    def gone() -> bool:
        return cloud.tenant(TENANT).get("state") in {"offboarded", "failed"}

    wait_for(gone, "the tenant to leave", 90.0)
    tenant = cloud.tenant(TENANT)
    assert tenant["state"] == "offboarded", tenant
    kept = cloud.call("GET", f"{path}/certificate").json()
    certificate = kept["certificate"]
    assert (certificate["residue"], certificate["reason"]) == (0, "the contract has ended")
    after = held(cloud)
    own = f"/subscriptions/{certificate['subscription']['id']}"
    expected = {one["id"].lower() for one in certificate["parked"] if one["id"]} | {own}
    fresh = {one for one in after.keys() - before.keys() if "/managementgroups/" not in one}
    assert fresh == expected
    assert {key: after.get(key) for key in before} == before
    assert {one["name"] for one in foreseen["parked"]} <= {
        one["name"] for one in certificate["parked"]
    }
    entries = cloud.call("GET", f"/api/audit?tenant={TENANT}&action=tenant.certify").json()["value"]
    assert [one["details"]["certificate"] for one in entries] == [kept["hash"]]
    assert cloud.call("DELETE", path).status == 200
