"""`/api/exemptions`: granting, changing and taking back, each looked at at once."""

import json
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from activities.drift_exempting import UNOWNED
from landing_zone.drift.cases import chain_of
from landing_zone.lifecycle import TenantState
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import FindingState
from landing_zone.remediation.owners import Owner
from tests.fakes import HUBS, NOON, World
from tests.principals import ACTOR
from tests.triggers import drifted
from tests.triggers.drifted import ACCOUNT, GROUP, RULE, finding, found
from tests.triggers.requests import TENANT, content, request
from triggers.exemptions import (
    grant_exemption,
    list_exemptions,
    remove_exemption,
    show_exemption,
)

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
ELSEWHERE = GROUP.replace("rg-a", "rg-b")
STORE = "Microsoft.Storage/storageAccounts/sthub"
EXPIRES = NOON + timedelta(days=30)


@pytest.fixture
def world(given_dependencies: World) -> World:
    """A world with a settled tenant."""
    drifted.settle(given_dependencies)
    return given_dependencies


def wanted(**changes: Any) -> dict[str, Any]:
    """What is asked for."""
    return {
        "rule": str(RULE),
        "scope": GROUP,
        "reason": "the data is being moved",
        "by": "ann",
        "expires": EXPIRES.isoformat(),
        **changes,
    }


async def put(world: World, body: Any, exemption_id: str = "moving") -> func.HttpResponse:
    """Grant."""
    client: Any = world.client
    return await grant_exemption(request(body, exemptionId=exemption_id), client)


async def delete(world: World, exemption_id: str = "moving") -> func.HttpResponse:
    """Take back."""
    client: Any = world.client
    return await remove_exemption(request(exemptionId=exemption_id), client)


async def looked_at(world: World) -> list[str]:
    """What is to be looked at; it is then as if it had been."""
    rows = await world.drift.rows()
    for row in rows:
        noted = await world.drift.get(row.resource_id)
        assert noted is not None
        assert await world.drift.settle(noted)
    started = [one.instance_id for one in world.client.started]
    world.client.started.clear()
    assert sorted(started) == sorted(row.instance for row in rows)
    return sorted(row.resource_id for row in rows)


def audited(world: World, chain: str = TENANT) -> list[str]:
    """What the audit tells was done."""
    return [entry.action for entry in world.audit.entries(chain)]


async def test_an_exemption_is_granted(world: World) -> None:
    """Kept, audited in its owner's chain, and shown."""
    response = await put(world, wanted())
    place = "/api/exemptions/moving"
    assert (response.status_code, response.headers["Location"]) == (201, place)
    expected = wanted() | {"id": "moving", "holds": True, "links": {"self": place}}
    assert content(response) == expected
    assert content(await show_exemption(request(exemptionId="moving"))) == expected
    assert content(await list_exemptions(request())) == {"value": [expected]}
    (entry,) = world.audit.entries(TENANT)
    assert (entry.action, entry.actor, entry.resource) == (
        "exemption.granted",
        ACTOR,
        GROUP,
    )
    assert entry.details["reason"] == "the data is being moved"


async def test_one_that_has_ended_is_listed_as_such(world: World) -> None:
    """It holds no more."""
    await put(world, wanted())
    world.clock.move(30 * 86_400)
    assert content(await show_exemption(request(exemptionId="moving")))["holds"] is False


async def test_what_it_is_about_is_looked_at_at_once(world: World) -> None:
    """What is over, elsewhere, or of another rule is left alone."""
    found(
        world,
        finding(FindingState.PARKED),
        finding(FindingState.OPEN, VAULT),
        finding(FindingState.FIXED, f"{ACCOUNT}2", fixed_at=NOON),
        finding(FindingState.OPEN, f"{ACCOUNT}3", rule="required-tags"),
        finding(FindingState.OPEN, f"{ELSEWHERE}/providers/Microsoft.KeyVault/vaults/kv"),
    )
    await put(world, wanted(scope=GROUP.upper().replace("/SUBS", "/subs")))
    assert await looked_at(world) == sorted([ACCOUNT.lower(), VAULT.lower()])


async def test_what_it_was_about_before_is_looked_at_too(world: World) -> None:
    """When it is changed, which is told from being granted."""
    there = f"{ELSEWHERE}/providers/Microsoft.KeyVault/vaults/kv"
    found(world, finding(FindingState.EXEMPT), finding(FindingState.OPEN, there))
    await put(world, wanted())
    assert await looked_at(world) == [ACCOUNT.lower()]
    assert (await put(world, wanted(scope=ELSEWHERE))).status_code == 200
    assert await looked_at(world) == sorted([ACCOUNT.lower(), there.lower()])
    assert world.exemptions.rows["moving"].scope == ELSEWHERE


async def test_the_same_again_changes_nothing(world: World) -> None:
    """It is audited once."""
    assert (await put(world, wanted())).status_code == 201
    assert (await put(world, wanted())).status_code == 200
    assert audited(world) == ["exemption.granted"]


async def test_one_that_is_taken_back_is_gone(world: World) -> None:
    """What was exempt is looked at at once; taking it back again finds nothing."""
    found(world, finding(FindingState.EXEMPT))
    await put(world, wanted(rule="*"))
    await looked_at(world)
    assert (await delete(world)).status_code == 204
    assert await looked_at(world) == [ACCOUNT.lower()]
    assert world.exemptions.rows == {}
    assert audited(world) == ["exemption.granted", "exemption.removed"]
    assert (await delete(world)).status_code == 404
    assert audited(world) == ["exemption.granted", "exemption.removed"]


async def test_one_of_a_tenant_that_is_gone_can_be_taken_back(world: World) -> None:
    """It is audited where no tenant is."""
    await put(world, wanted())
    drifted.settle(world, TenantState.OFFBOARDED)
    world.clock.move(3600)
    assert (await delete(world)).status_code == 204
    assert audited(world, UNOWNED) == ["exemption.removed"]


async def test_one_of_a_hub_is_audited_in_its_chain(world: World) -> None:
    """Its own resources may be exempt as well."""
    hub = HUBS.hubs[0]
    scope = f"/subscriptions/{hub.subscription_id}/resourceGroups/{hub.resource_group}"
    owner = Owner(kind="hub", name=hub.name, hub=hub.name)
    found(world, finding(FindingState.PARKED, f"{scope}/providers/{STORE}", owner=owner))
    subscription = scope.rpartition("/resourceGroups")[0]
    assert (await put(world, wanted(scope=subscription))).status_code == 201
    assert audited(world, chain_of(owner)) == ["exemption.granted"]
    assert len(await looked_at(world)) == 1


@pytest.mark.parametrize("exemption_id", ["nothing", "a'b", ""])
async def test_one_that_is_not_there_is_not_found(world: World, exemption_id: str) -> None:
    """To look at, and to take back."""
    shown = await show_exemption(request(exemptionId=exemption_id))
    for response in (shown, await delete(world, exemption_id)):
        assert (response.status_code, content(response)["code"]) == (404, "ExemptionNotFound")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"rule": "tags"}, "rule"),
        ({"rule": None}, "rule"),
        ({"scope": "/subscriptions/x"}, "scope"),
        ({"scope": f"{GROUP}/providers/Microsoft.Storage"}, "scope"),
        ({"scope": f"{GROUP}/../rg-b"}, "scope"),
        ({"scope": "/"}, "scope"),
        ({"scope": "/providers/Microsoft.Storage/storageAccounts/st1"}, "scope"),
        ({"scope": GROUP.replace("0c0ffee0", "0c0ffee1")}, "scope"),
        ({"scope": f"{ACCOUNT}{'x' * 2048}"}, "scope"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "\ud800"}, "reason"),
        ({"by": 7}, "by"),
        ({"expires": "tomorrow"}, "expires"),
        ({"expires": "2026-03-15T12:00:00"}, "expires"),
        ({"expires": NOON.isoformat()}, "expires"),
        ({"expires": (NOON + timedelta(days=366, seconds=1)).isoformat()}, "expires"),
        ({"expires": "9999-12-31T23:59:59-23:59"}, "expires"),
        ({"forever": True}, "forever"),
    ],
)
async def test_a_fault_is_told_with_its_place(
    world: World, changes: dict[str, Any], path: str
) -> None:
    """And nothing is granted."""
    response = await put(world, wanted(**changes))
    assert response.status_code == 400
    assert [error["path"] for error in content(response)["errors"]] == [path]
    assert (world.exemptions.rows, world.audit.chains) == ({}, {})


async def test_white_space_around_a_text_does_no_harm(world: World) -> None:
    """Nor does a slash at the end of a scope."""
    assert (await put(world, wanted(scope=f" {GROUP}/\n", by=" ann "))).status_code == 201
    assert world.exemptions.rows["moving"].scope == GROUP
    assert world.exemptions.rows["moving"].by == "ann"


async def test_all_faults_are_told_at_once(world: World) -> None:
    """With the id's among them."""
    response = await put(world, {}, "-")
    paths = [error["path"] for error in content(response)["errors"]]
    assert paths == ["rule", "scope", "reason", "by", "expires", "id"]
    twice = json.dumps(wanted()).replace("{", '{"by": "bob", ', 1)
    response = await put(world, twice.encode())
    assert "twice" in content(response)["errors"][0]["message"]
    assert world.exemptions.rows == {}


async def test_what_could_not_be_noted_is_noted_when_it_is_asked_again(world: World) -> None:
    """The grant stands; only the look is missing."""
    found(world, finding())
    world.drift.failures = [RuntimeError("storage is gone")]
    assert (await put(world, wanted())).status_code == 500
    assert isinstance(world.exemptions.rows["moving"], Exemption)
    assert (await put(world, wanted())).status_code == 200
    assert await looked_at(world) == [ACCOUNT.lower()]
    assert audited(world) == ["exemption.granted"]
