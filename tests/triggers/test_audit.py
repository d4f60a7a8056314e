"""The audit over HTTP: asked for by filters and pages, verified, and never believed blindly."""

from typing import Any

import pytest

from activities.audit_reading import SCANNED, audit_page
from landing_zone.audit_trail.filters import Asked, AuditFilter
from landing_zone.audit_trail.rows import Head, Place, key_of
from landing_zone.lifecycle import TenantState
from tests.fakes import World
from tests.triggers.requests import PROBLEM, TENANT, content, record, request
from tests.unit.test_audit import entry
from triggers.audit import show_audit, verify_audit

HUB = "hub:hub-weu:firewall"


async def noted(world: World, name: str = TENANT, count: int = 3, **changes: Any) -> None:
    """Entries of a chain."""
    for number in range(1, count + 1):
        one = entry(tenant_id=name, event_id=f"ev-{number}", operation_id=f"{name}.1", **changes)
        await world.audit.append(one)


async def shown(**params: str) -> Any:
    """The answer to what is asked for."""
    response = await show_audit(request(params=params))
    assert response.status_code == 200
    return content(response)


async def verified(**params: str) -> Any:
    """The answer to a verification."""
    response = await verify_audit(request(params=params))
    assert response.status_code == 200
    return content(response)


async def faults(answer: Any) -> list[str]:
    """What a request was refused for."""
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    return [fault["path"] for fault in content(answer)["errors"]]


async def test_entry_is_shown_with_all_that_it_says(given_dependencies: World) -> None:
    """Who, what, why, to what, how it ended, and whether it is as it was written."""
    await noted(given_dependencies, count=1)
    [found] = (await shown(tenant=TENANT))["value"]
    kept = given_dependencies.audit.chains[TENANT][0]
    assert found == {
        "chain": TENANT,
        "sequence": 1,
        "at": "2026-01-02T12:00:00+00:00",
        "action": "onboard",
        "actor": "requester@contoso.com",
        "operationId": f"{TENANT}.1",
        "resource": "/subscriptions/a",
        "outcome": "succeeded",
        "details": {"step": "network"},
        "eventId": "ev-1",
        "hash": kept.hash,
        "intact": True,
    }


async def test_pages_go_through_all_chains(given_dependencies: World) -> None:
    """Of tenants and hubs; none is left out or comes twice."""
    for name in (TENANT, HUB, "fabrikam"):
        await noted(given_dependencies, name, 4)
    found, params = [], {"top": "5"}
    while True:
        page = await shown(**params)
        assert len(page["value"]) <= 5
        found += [(row["chain"], row["sequence"]) for row in page["value"]]
        if "continuation" not in page:
            break
        params["continuation"] = page["continuation"]
    assert found == [(name, at) for name in sorted((TENANT, HUB, "fabrikam")) for at in range(1, 5)]


async def test_filters_choose(given_dependencies: World) -> None:
    """Also over pages."""
    await noted(given_dependencies, TENANT, 6)
    await noted(given_dependencies, "fabrikam", 6, actor="bob")
    assert {row["chain"] for row in (await shown(actor="bob"))["value"]} == {"fabrikam"}
    assert (await shown(actor="bob", tenant=TENANT))["value"] == []
    assert len((await shown(operation=f"{TENANT}.1", resource="/subscriptions/a"))["value"]) == 6


async def test_page_ends_after_so_many_rows_though_nothing_was_found(
    given_dependencies: World,
) -> None:
    """With something to go on with."""
    world = given_dependencies
    await noted(world, count=1)
    [one] = world.audit.chains[TENANT]
    world.audit.chains[TENANT] = [
        one.model_copy(update={"sequence": number}) for number in range(1, SCANNED + 3)
    ]
    asked = Asked(filter=AuditFilter(action="never"))
    page = await audit_page(world.deps, asked)
    assert (page.items, bool(page.continuation)) == ((), True)
    again = await audit_page(
        world.deps, asked.model_copy(update={"continuation": page.continuation})
    )
    assert (again.items, again.continuation) == ((), "")


async def test_rows_that_were_tampered_with_say_so(given_dependencies: World) -> None:
    """One that cannot be read is shown whatever is asked for."""
    world = given_dependencies
    await noted(world, count=4)
    records = world.audit.chains[TENANT]
    other = records[1].entry.model_copy(update={"outcome": "failed"})
    records[1] = records[1].model_copy(update={"entry": other})
    world.trail.rows_of[Place(TENANT, key_of(3))] = None
    world.trail.rows_of[Place(TENANT, key_of(4))] = records[0]
    rows = (await shown(tenant=TENANT))["value"]
    assert [row["intact"] for row in rows] == [True, False, False, False]
    assert rows[2] == {"chain": TENANT, "sequence": 3, "intact": False}
    assert (await shown(tenant=TENANT, outcome="nothing"))["value"] == [rows[2]]


async def test_continuation_that_is_forged_or_stale_is_refused(given_dependencies: World) -> None:
    """Another filter, another text, another record."""
    world = given_dependencies
    await noted(world, count=3)
    page = await shown(tenant=TENANT, top="1")
    given = {"tenant": TENANT, "continuation": page["continuation"]}
    assert [row["sequence"] for row in (await shown(**given))["value"]] == [2, 3]
    for wrong in (
        given | {"actor": "bob"},
        given | {"continuation": f"{page['continuation']}x"},
        given | {"tenant": "fabrikam"},
    ):
        assert await faults(await show_audit(request(params=wrong))) == ["continuation"]
    world.trail.removed.add(Place(TENANT, key_of(1)))
    assert await faults(await show_audit(request(params=given))) == ["continuation"]


async def test_wrong_filters_are_told(given_dependencies: World) -> None:
    """All at once."""
    wrong = request(params={"top": "0", "from": "x", "tenant": "A"})
    assert await faults(await show_audit(wrong)) == ["tenant", "from", "top"]
    assert given_dependencies.registry.rows == {}


async def test_whole_chain_is_verified_with_a_receipt(given_dependencies: World) -> None:
    """That holds when the chain has grown."""
    world = given_dependencies
    await noted(world)
    verdict = await verified(tenant=TENANT)
    last = world.audit.chains[TENANT][-1]
    assert verdict == {
        "chain": TENANT,
        "valid": True,
        "length": 3,
        "head": last.hash,
        "receipt": f"3:{last.hash}",
        "at": "2026-03-14T12:00:00+00:00",
    }
    await noted(world, count=5)
    assert (await verified(chain=TENANT, receipt=verdict["receipt"]))["valid"]
    other = f"3:{'a' * 64}"
    broken = await verified(tenant=TENANT, receipt=other)
    assert (broken["valid"], broken["firstBroken"]["sequence"]) == (False, 3)
    assert broken["firstBroken"]["kind"] == "changed"


async def test_changed_row_is_named(given_dependencies: World) -> None:
    """With its number, what was done, and how it is seen; a broken chain has no receipt."""
    world = given_dependencies
    await noted(world, HUB)
    records = world.audit.chains[HUB]
    other = records[1].entry.model_copy(update={"actor": "mallory"})
    records[1] = records[1].model_copy(update={"entry": other})
    verdict = await verified(chain=HUB)
    assert (verdict["valid"], verdict["length"], verdict["receipt"]) == (False, 1, None)
    assert verdict["firstBroken"] == {
        "sequence": 2,
        "kind": "changed",
        "reason": "its content is not what its hash was made of",
    }


async def test_chain_that_grows_meanwhile_is_whole(given_dependencies: World) -> None:
    """Rows and marks behind the end that was read first are new ones."""
    world = given_dependencies
    await noted(world)
    heads = iter([Head(2, world.audit.chains[TENANT][1].hash)])

    def first_two(chain: str) -> None:
        world.trail.heads = {chain: head} if (head := next(heads, None)) else {}

    world.trail.before_head = first_two
    verdict = await verified(tenant=TENANT)
    assert (verdict["valid"], verdict["length"]) == (True, 2)


async def test_chain_that_is_begun_meanwhile_is_whole(given_dependencies: World) -> None:
    """Its head was not there a moment ago."""
    world = given_dependencies
    await noted(world)
    heads: list[Head | None] = [None]

    def none_at_first(chain: str) -> None:
        world.trail.heads = {chain: heads.pop()} if heads else {}

    world.trail.before_head = none_at_first
    verdict = await verified(tenant=TENANT)
    assert (verdict["valid"], verdict["length"]) == (True, 3)


@pytest.mark.parametrize(
    ("state", "valid"), [(TenantState.REQUESTED, True), (TenantState.ACTIVE, False)]
)
async def test_tenant_of_which_nothing_is_noted(
    given_dependencies: World, state: TenantState, *, valid: bool
) -> None:
    """It has not begun yet, or its whole chain was removed."""
    given_dependencies.registry.put(record(state))
    verdict = await verified(tenant=TENANT)
    assert (verdict["valid"], verdict["length"]) == (valid, 0)
    assert valid or verdict["firstBroken"]["kind"] == "cut-off"


@pytest.mark.parametrize("params", [{"tenant": "nobody"}, {"chain": "hub:none:dns"}])
async def test_chain_of_nobody_is_not_found(
    given_dependencies: World, params: dict[str, str]
) -> None:
    """Neither rows nor a tenant."""
    response = await verify_audit(request(params=params))
    assert (response.status_code, content(response)["code"]) == (404, "AuditChainNotFound")
    assert given_dependencies.audit.chains == {}


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({}, ["tenant"]),
        ({"tenant": "a", "chain": "b"}, ["chain"]),
        ({"tenant": "A", "receipt": "3"}, ["tenant", "receipt"]),
    ],
)
@pytest.mark.usefixtures("given_dependencies")
async def test_wrong_question_is_told(params: dict[str, str], paths: list[str]) -> None:
    """One chain is verified at a time."""
    assert await faults(await verify_audit(request(params=params))) == paths
