"""Capacity from end to end: what is forecast, what is refused, and who gets the last place."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.end_to_end.checks import assert_whole
from tests.end_to_end.cloud import Cloud, example

DEPLOYMENT = "gpt-5"
MOST_OF_IT = 6_000_000


def limits(cloud: Cloud) -> dict[str, Any]:
    """The limits of the first hub, by name."""
    [hub] = cloud.call("GET", "/api/capacity").json()["hubs"]
    return {one["limit"]: one for one in hub["limits"]}


def wanting(tenant_id: str, tokens_per_minute: int) -> dict[str, Any]:
    """A request for that much of the deployment."""
    model = {"deployment": DEPLOYMENT, "tokensPerMinute": tokens_per_minute}
    return example(tenantId=tenant_id, ai={"models": [model | {"tokensPerMonth": 1_000_000}]})


def test_capacity_is_forecast(cloud: Cloud) -> None:
    """A tenant takes its places, and as many fewer are left."""
    before = limits(cloud)
    document = example(tenantId="capacity-one")
    assert cloud.post(document).status == 202
    assert cloud.settled("capacity-one")["state"] == "active"
    after = limits(cloud)
    tokens = document["ai"]["models"][0]["tokensPerMinute"]
    for name, taken in (
        ("peerings", 1),
        ("apiProducts", 1),
        ("tokensPerMinute:gpt-5-mini", tokens),
    ):
        assert before[name]["left"] - after[name]["left"] == taken
    [hub] = cloud.call("GET", "/api/capacity").json()["hubs"]
    assert hub["summary"].endswith(f"left; binding limit: {hub['bindingLimit']}")
    assert hub["tenantsLeft"] > 0


def test_request_that_cannot_fit_is_refused_before_anything_is_made(cloud: Cloud) -> None:
    """With what is short; no tenant is recorded and Resource Manager hears nothing."""
    requests = len(cloud.requests())
    answer = cloud.post(wanting("capacity-none", 10_000_001))
    assert answer.status == 409, answer.body
    problem = answer.json()
    assert (problem["code"], bool(problem["hint"])) == ("CapacityExceeded", True)
    [hub] = problem["hubs"]
    assert (hub["hub"], hub["bindingLimit"]) == ("hub-weu", f"{DEPLOYMENT} quota")
    assert hub["shortages"][0]["asked"] == 10_000_001
    assert cloud.call("GET", "/api/tenants/capacity-none").status == 404
    assert len(cloud.requests()) == requests


def test_last_place_goes_to_one_of_those_who_ask_at_once(cloud: Cloud) -> None:
    """The others are refused, or fail with that reason and nothing made."""
    names = [f"capacity-last-{at}" for at in range(4)]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(lambda name: cloud.post(wanting(name, MOST_OF_IT)), names))
    assert {answer.status for answer in answers} <= {202, 409}
    accepted = [name for name, one in zip(names, answers, strict=True) if one.status == 202]
    settled = {name: cloud.settled(name) for name in accepted}
    [winner] = [name for name, tenant in settled.items() if tenant["state"] == "active"]
    assert_whole(cloud, winner)
    for name in names:
        if name == winner:
            continue
        assert cloud.of_tenant(name) == {}
        if name in settled:
            assert f"binding limit: {DEPLOYMENT} quota" in settled[name]["reason"]
            assert settled[name]["openWork"] == []
    assert limits(cloud)[f"tokensPerMinute:{DEPLOYMENT}"]["left"] < MOST_OF_IT
