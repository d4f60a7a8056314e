"""Applying what is on data planes: as if for the first time, and nothing secret comes out."""

from collections.abc import Iterable

import pytest
from pydantic import SecretStr

from activities.data import begin_data, poll_data
from activities.operations import via_of
from activities.outcomes import outcome_of
from activities.resources import begin_resource, poll_resource, verify_resource
from landing_zone.applying import bound
from landing_zone.contracts import Call, Direction, OperationRef, Outcome
from landing_zone.data_planes import StoredSecret
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.plan import Write
from landing_zone.written import Written
from tests.fakes import World
from tests.unit.planned_whole import outputs_of, wanting, whole_plan_of

SHARED = {"storage": True, "database": "none", "vectorIndex": "shared"}
PLAN = whole_plan_of(wanting(data=SHARED))
SECRET, INDEX = PLAN.by_key["secret:api-key"], PLAN.by_key["search-index"]
VAULT = PLAN.by_key["vault"].name
SUBSCRIPTION = str(SECRET.body["subscription"])
SERVICE = "srch-hub-weu"


async def call_of(world: World, key: str, direction: Direction = "apply") -> Call:
    """A call on one of them, its plan kept."""
    await world.documents.put_plan(PLAN)
    return Call(
        operation=OperationRef(tenant_id=PLAN.tenant_id, operation_id="t.1"),
        plan_hash=PLAN.hash,
        key=key,
        direction=direction,
        outputs={name: dict(values) for name, values in outputs_of(PLAN).items()},
    )


def values_of(secrets: Iterable[SecretStr]) -> list[str]:
    """What is in them."""
    return [one.get_secret_value() for one in secrets]


async def test_primary_key_is_placed_and_says_which_it_is() -> None:
    """In the tenant's vault, under the name that its workloads know."""
    world = World()
    outcome = await begin_data(world.deps, await call_of(world, SECRET.key))
    written = Written(before="absent")
    assert outcome == Outcome(state="done", wrote=True, written=written)
    stored = world.vaults.versions[VAULT, "api-key"]
    assert [(one.value, one.tags) for one in stored] == [
        (world.api_keys.keys[SUBSCRIPTION]["primary"], {"key": "primary"})
    ]


@pytest.mark.parametrize("key", ["primary", "secondary"])
async def test_key_that_works_is_left_in_the_vault(key: str) -> None:
    """Also the other one, to which a rotation has turned."""
    world = World()
    keys = await world.api_keys.read(SUBSCRIPTION)
    value = {"primary": keys["primary"], "secondary": keys["secondary"]}[key]
    world.vaults.versions[VAULT, "api-key"] = [StoredSecret(value, {"key": key})]
    for activity in (begin_data, poll_data):
        outcome = await activity(world.deps, await call_of(world, SECRET.key))
        assert outcome == Outcome(state="done")
    assert len(world.vaults.versions[VAULT, "api-key"]) == 1


async def test_key_that_does_not_work_is_replaced() -> None:
    """As after an earlier tenant of the same name, whose vault was recovered."""
    world = World()
    world.vaults.versions[VAULT, "api-key"] = [StoredSecret(SecretStr("old"), {})]
    await begin_data(world.deps, await call_of(world, SECRET.key))
    assert (
        world.vaults.versions[VAULT, "api-key"][-1].value
        == (world.api_keys.keys[SUBSCRIPTION]["primary"])
    )


async def test_second_run_writes_nothing() -> None:
    """Activities run at least once."""
    world = World()
    for key in (SECRET.key, INDEX.key):
        call = await call_of(world, key)
        assert (await begin_data(world.deps, call)).wrote
        assert not (await begin_data(world.deps, call)).wrote
    assert len(world.vaults.versions[VAULT, "api-key"]) == 1
    assert world.indexes.writes == 1


async def test_no_key_is_in_what_an_activity_gives_back() -> None:
    """Neither where it succeeds nor where it fails."""
    world = World()
    call = await call_of(world, SECRET.key)
    shown = [str((await begin_data(world.deps, call)).dump())]
    hidden = values_of(world.api_keys.keys[SUBSCRIPTION].values())
    world.api_keys.error = TemporaryError("TooManyRequests", "wait", 3.0)
    failed = await outcome_of(begin_data(world.deps, call))
    assert (failed.state, failed.code, failed.wait) == ("retry", "TooManyRequests", 3.0)
    shown += [str(failed.dump()), repr(world.vaults.versions), repr(world.api_keys.keys)]
    assert not [value for value in hidden for text in shown if value in text]


async def test_index_is_made_as_planned() -> None:
    """On the hub's service, under the tenant's own name."""
    world = World()
    await begin_data(world.deps, await call_of(world, INDEX.key))
    assert world.indexes.indexes == {(SERVICE, INDEX.name): {"name": INDEX.name, **INDEX.body}}


async def test_index_that_differs_is_brought_to_the_plan() -> None:
    """Only where the plan says otherwise: what the service fills in does not count."""
    world = World()
    call = await call_of(world, INDEX.key)
    await begin_data(world.deps, call)
    there = world.indexes.indexes[SERVICE, INDEX.name]
    there["similarity"] = {"@odata.type": "#Microsoft.Azure.Search.BM25Similarity"}
    assert not (await begin_data(world.deps, call)).wrote
    del there["semantic"]
    assert (await begin_data(world.deps, call)).wrote


async def test_index_is_taken_back_and_the_secret_left_to_its_vault() -> None:
    """Twice is as good as once."""
    world = World()
    for key in (SECRET.key, INDEX.key):
        await begin_data(world.deps, await call_of(world, key))
    undone = [
        await begin_data(world.deps, await call_of(world, key, "undo"))
        for key in (INDEX.key, INDEX.key, SECRET.key)
    ]
    assert [one.wrote for one in undone] == [True, False, False]
    assert world.indexes.indexes == {}
    assert len(world.vaults.versions[VAULT, "api-key"]) == 1


async def test_role_that_is_not_in_effect_yet_is_waited_for() -> None:
    """The error's code tells how long it is believed to pass."""
    world = World()
    world.indexes.failures = [TemporaryError("DataAccessForbidden", "refused")]
    call = await call_of(world, INDEX.key)
    assert (await outcome_of(begin_data(world.deps, call))).state == "retry"
    assert (await outcome_of(begin_data(world.deps, call))).state == "done"


@pytest.mark.parametrize("key", [SECRET.key, INDEX.key])
async def test_arms_activities_refuse_them(key: str) -> None:
    """Nothing is asked of ARM by accident, not even in a sweep."""
    world = World()
    call = await call_of(world, key)
    for activity in (begin_resource, poll_resource, verify_resource):
        with pytest.raises(PermanentError, match="NotInArm"):
            await activity(world.deps, call)
    assert world.arm.sent == []


async def test_what_is_arms_is_refused_by_these() -> None:
    """Each way writes its own."""
    world = World()
    with pytest.raises(ValueError, match="vault is not written on a data plane"):
        await begin_data(world.deps, await call_of(world, "vault"))


def test_each_way_of_writing_has_its_activities() -> None:
    """The orchestrator calls them by this word."""
    assert {write: via_of(write) for write in Write} == {
        Write.PUT: "resource",
        Write.REGISTER_PROVIDER: "resource",
        Write.MERGE_TAGS: "resource",
        Write.POWER: "resource",
        Write.HUB: "hub",
        Write.SECRET: "data",
        Write.INDEX: "data",
    }


def test_names_are_taken_from_ids_whose_references_are_resolved() -> None:
    """The vault's name is world-wide: it does not depend on the subscription."""
    assert bound(SECRET, outputs_of(PLAN)).id.split("/")[-3] == VAULT
