"""A dry run whose reads are refused: it never takes what it could not read for unchanged."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.dependencies import Dependencies
from activities.dry_reading import AT_ONCE
from activities.dry_running import dry_run
from landing_zone.arm_ids import normalized
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.plan import Write
from tests.activities.landed import landed
from tests.fake_arm import FakeArm
from tests.fakes import World
from tests.unit.planned_whole import bound_resources, wanting, whole_plan_of

REQUEST = wanting()
MADE = whole_plan_of(REQUEST)
BOUND = {item.key: item for item in bound_resources(MADE)}
READ = sorted(
    key
    for key, item in BOUND.items()
    if item.write is not Write.HUB and not item.write.on_data_plane
)
FORBIDDEN = PermanentError("AuthorizationFailed", "you may not")
BROKEN = TemporaryError("InternalServerError", "it broke")
WAIT = TemporaryError("TooManyRequests", "wait", 17.2)


class Refusing(FakeArm):
    """ARM that refuses some reads, and is watched."""

    def __init__(self, before: FakeArm, errors: Mapping[str, Exception]) -> None:
        super().__init__()
        self.bodies = before.bodies
        self.errors = {normalized(one): error for one, error in errors.items()}
        self.asked: list[str] = []
        self.most = 0
        self._now = 0

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """The resource, or the error."""
        async with self._watched(resource_id):
            return await super().get(resource_id, api_version)

    async def pages(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """The items, or the error."""
        async with self._watched(path):
            return await super().pages(path, api_version)

    def _watched(self, path: str) -> "_Watched":
        return _Watched(self, path)


class _Watched:
    """One read of a watched ARM, which takes a few turns of the loop."""

    def __init__(self, arm: Refusing, path: str) -> None:
        self._arm = arm
        self._path = path

    async def __aenter__(self) -> None:
        arm = self._arm
        arm.asked.append(normalized(self._path))
        arm._now += 1
        arm.most = max(arm.most, arm._now)
        for _ in range(3):
            await asyncio.sleep(0)
        error = arm.errors.get(normalized(self._path))
        if error is not None:
            arm._now -= 1
            raise error

    async def __aexit__(self, *_: object) -> None:
        self._arm._now -= 1


def refusing(world: World, errors: Mapping[str, Exception]) -> tuple[Dependencies, Refusing]:
    """Dependencies with an ARM that refuses."""
    arm = Refusing(world.arm, errors)
    return replace(world.deps, arm=arm, background_arm=arm), arm


def keys(found: dict[str, Any], part: str) -> set[str]:
    """The keys of a part of an answer."""
    return {one["key"] for one in found[part]}


@given(st.sets(st.sampled_from(READ), max_size=5), st.sampled_from([FORBIDDEN, BROKEN]))
@settings(max_examples=15, deadline=None)
async def test_what_is_refused_is_told_and_never_unchanged(
    refused: set[str], error: Exception
) -> None:
    """With what is named after it, which could not be read; the rest is judged as before."""
    deps, _ = refusing(landed(REQUEST), {BOUND[key].id: error for key in refused})
    found = await dry_run(deps, REQUEST)
    unjudged = keys(found, "unjudged")
    assert refused <= unjudged
    assert found["changes"] == []
    if "subscription" not in refused:
        # What is named after something else that was refused, or holds something of it.
        for key in unjudged - refused:
            assert {one for one in refused if f"${{{one}." in str(MADE.by_key[key])}, key
        codes = {one["key"]: one["code"] for one in found["unjudged"]}
        assert all(codes[key] == getattr(error, "code", "") for key in refused)
    assert keys(found, "unchanged") == set(BOUND) - unjudged


async def test_subscription_that_cannot_be_read_leaves_nothing_of_it_judged() -> None:
    """Its id is not known: neither as there nor as missing."""
    deps, arm = refusing(landed(REQUEST), {BOUND["subscription"].id: FORBIDDEN})
    found = await dry_run(deps, REQUEST)
    assert found["changes"] == []
    codes = {one["key"]: (one["code"], one["id"]) for one in found["unjudged"]}
    code, network = codes["network"]
    assert code == "NamedAfterUnjudged"
    assert network.startswith("/subscriptions/${subscription.subscriptionId}/")
    assert not [path for path in arm.asked if "${" in path]


@pytest.mark.parametrize("place", ["network", "hub", "subscription"])
async def test_azure_that_asks_to_wait_is_not_asked_on(place: str) -> None:
    """The whole is refused, with the time; what was under way is all that was still sent."""
    hub = f"{BOUND['hub:firewall'].id}/ruleCollectionGroups"
    resource_id = hub if place == "hub" else BOUND[place].id
    deps, arm = refusing(landed(REQUEST), {resource_id: WAIT})
    with pytest.raises(TemporaryError) as raised:
        await dry_run(deps, REQUEST)
    assert raised.value is WAIT
    later = arm.asked[arm.asked.index(normalized(resource_id)) + 1 :]
    assert len(later) < AT_ONCE


async def test_reads_are_bounded_in_parallel() -> None:
    """Several at a time, and never more than that."""
    deps, arm = refusing(landed(REQUEST), {})
    await dry_run(deps, REQUEST)
    assert arm.most == AT_ONCE


async def test_hub_that_cannot_be_read_leaves_its_part_unjudged() -> None:
    """The spoke is judged nonetheless."""
    peerings = BOUND["peering:hub"].id.rpartition("/")[0]
    deps, _ = refusing(landed(REQUEST), {peerings: FORBIDDEN})
    found = await dry_run(deps, REQUEST)
    assert keys(found, "unjudged") == {"peering:hub"}
    assert found["changes"] == []


async def test_provider_that_is_not_registered_has_no_resources() -> None:
    """Azure refuses to read them, and that they are not there is known."""
    error = TemporaryError("MissingSubscriptionRegistration", "not registered")
    deps, _ = refusing(landed(REQUEST), {BOUND["cosmos"].id: error})
    found = await dry_run(deps, REQUEST)
    assert "cosmos" in {one["key"] for one in found["changes"] if one["action"] == "create"}
    assert found["unjudged"] == []


@pytest.mark.parametrize("key", ["network", "vault", "cosmos", "api-product", "policy"])
async def test_what_is_missing_is_created_with_all_that_is_in_it(key: str) -> None:
    """And nothing else: a resource that is gone is no reason to make another."""
    world = landed(REQUEST)
    resource = next(item for one, item in BOUND.items() if one.startswith(key))
    inside = f"{normalized(resource.id)}/"
    for one in [one for one in world.arm.bodies if f"{one}/".startswith(inside)]:
        del world.arm.bodies[one]
    found = await dry_run(world.deps, REQUEST)
    created = {one["key"] for one in found["changes"]}
    assert created == {
        other for other, item in BOUND.items() if f"{normalized(item.id)}/".startswith(inside)
    }
    assert {one["action"] for one in found["changes"]} == {"create"}


async def test_what_azure_works_on_is_not_judged() -> None:
    """How that ends is not known."""
    world = landed(REQUEST)
    body = world.arm.bodies[normalized(BOUND["network"].id)]
    body["properties"]["provisioningState"] = "Updating"
    found = await dry_run(world.deps, REQUEST)
    assert [(one["key"], one["code"]) for one in found["unjudged"]] == [("network", "InProgress")]
    assert found["changes"] == []


async def test_failed_resource_is_written_again() -> None:
    """Although it holds all that it should."""
    world = landed(REQUEST)
    body = world.arm.bodies[normalized(BOUND["network"].id)]
    body["properties"]["provisioningState"] = "Failed"
    found = await dry_run(world.deps, REQUEST)
    [change] = found["changes"]
    assert (change["key"], change["properties"]) == (
        "network",
        [{"property": "properties.provisioningState", "from": "Failed", "to": "Succeeded"}],
    )


async def test_what_the_hub_document_names_wrongly_is_not_ours_to_make() -> None:
    """It is no resource that would be created."""
    world = landed(REQUEST)
    del world.arm.bodies[normalized(BOUND["shared-cluster"].id)]
    found = await dry_run(world.deps, REQUEST)
    codes = {one["key"]: one["code"] for one in found["unjudged"]}
    assert codes["shared-cluster"] == "NotInHub"
    assert codes["federation:workload"] == "DependsOnUnjudged"
    assert found["changes"] == []


async def test_deleted_vault_that_is_kept_is_brought_back() -> None:
    """That is told beside its creation."""
    world = landed(REQUEST)
    vault = BOUND["vault"]
    assert vault.recovery is not None
    del world.arm.bodies[normalized(vault.id)]
    world.arm.put(vault.recovery.id, {"properties": {}})
    found = await dry_run(world.deps, REQUEST)
    notes = {one["key"]: one.get("note", "") for one in found["changes"]}
    assert "brought back" in notes["vault"]
    assert "brought back" not in notes["secret:api-key"]


async def test_secret_that_does_not_work_changes_without_being_shown() -> None:
    """Neither what it is nor what it will be."""
    world = landed(REQUEST)
    world.api_keys.keys.clear()
    found = await dry_run(world.deps, REQUEST)
    [change] = found["changes"]
    assert (change["key"], change["properties"]) == (
        "secret:api-key",
        [{"property": "value", "hidden": True}],
    )
    assert "hush" not in str(found)


async def test_what_would_go_is_found_by_what_was_yielded_before() -> None:
    """Its place is known from the operation that made it, whatever is refused now."""
    without = {"storage": True, "database": "none", "vectorIndex": "dedicated"}
    deps, _ = refusing(landed(REQUEST), {BOUND["subscription"].id: FORBIDDEN})
    found = await dry_run(deps, wanting(data=without))
    deleted = {one["key"]: one["id"] for one in found["changes"] if one["action"] == "delete"}
    assert deleted["cosmos"] == BOUND["cosmos"].id
