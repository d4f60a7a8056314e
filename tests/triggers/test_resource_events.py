"""Events at the door: each is noted, or counted with the reason why it is not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

from landing_zone.errors import TemporaryError
from landing_zone.lifecycle import TenantState
from tests.fakes import HUBS, FakeStatus, Started, World
from tests.triggers import drifted
from tests.triggers.drifted import ACCOUNT, GROUP, OWNER
from tests.unit.remediation.test_events import (
    OBJECT_ID,
    WRONG,
    cloud_event,
    data,
    deep,
    grid_event,
)
from triggers.resource_events import raw_event, resource_events, take

BUSY = TemporaryError("Busy", "storage is busy")
STRANGER = "0c0ffee0-0000-4000-8000-000000000099"
FORGED: dict[str, dict[str, Any]] = {
    **WRONG,
    "an id that is deep": grid_event(id=deep(100_000)),
    "an id that is a number": grid_event(id=7),
    "nothing": {},
}


def event(**changes: Any) -> dict[str, Any]:
    """An event about the account."""
    return grid_event(subject=ACCOUNT, data=data(resourceUri=ACCOUNT), **changes)


@pytest.fixture
def world(given_dependencies: World) -> World:
    """A world with a settled tenant."""
    drifted.settle(given_dependencies)
    return given_dependencies


async def deliver(world: World, raw: dict[str, Any]) -> None:
    """Let an event come."""
    await take(world.deps, world.client, raw)


@pytest.mark.parametrize("name", FORGED)
async def test_what_cannot_be_true_is_counted_and_changes_nothing(world: World, name: str) -> None:
    """With the reason why; it is acknowledged, since it would never become true."""
    await deliver(world, FORGED[name])
    ((end, count),) = world.drift.today.items()
    kind, _, reason = end.partition(":")
    assert (kind, count) == ("refused", 1)
    assert "event" in reason
    assert await world.drift.rows() == []
    assert (world.client.started, world.client.raised) == ([], [])
    assert (world.findings.rows, world.audit.chains, world.arm.sent) == ({}, {}, [])


def test_there_are_many_kinds_of_wrong_events() -> None:
    """At least twenty-five."""
    assert len(FORGED) >= 25


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (event(eventType="Microsoft.Resources.ResourceWriteFailure"), "did not succeed"),
        (event(eventType="Microsoft.Resources.ResourceActionSuccess"), "an action"),
        (grid_event(subject=f"{GROUP}/providers/Microsoft.Nothing/things/x"), "not governed"),
        (
            grid_event(
                topic=f"/subscriptions/{STRANGER}",
                subject=f"/subscriptions/{STRANGER}/resourceGroups/rg",
                data=data(subscriptionId=STRANGER, resourceUri=None),
            ),
            "of no hub and of no settled tenant",
        ),
        (
            grid_event(data=data(claims={OBJECT_ID: str(HUBS.automation_principal_id)})),
            "our own write",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_does_not_matter_is_counted_with_its_reason(
    world: World, raw: dict[str, Any], reason: str
) -> None:
    """Nothing is noted of it."""
    await deliver(world, raw)
    ((end, count),) = world.drift.today.items()
    assert (end.partition(":")[0], count) == ("ignored", 1)
    assert reason in end
    assert await world.drift.rows() == []
    assert world.client.started == []


@pytest.mark.parametrize("raw", [event(), cloud_event()], ids=["event grid", "cloud events"])
async def test_an_event_is_noted_and_its_resource_looked_after(
    world: World, raw: dict[str, Any]
) -> None:
    """By one orchestration, which the row names."""
    await deliver(world, raw)
    (row,) = await world.drift.rows()
    assert (row.owner, row.event_ids) == (OWNER, (raw["id"],))
    assert row.first_at == datetime(2026, 3, 14, 18, 38, 4, 611735, UTC)
    (started,) = world.client.started
    assert (started.name, started.instance_id) == ("remediate_resource", row.instance)
    assert started.client_input["resource_id"] == row.resource_id


async def test_more_events_join_the_first(world: World) -> None:
    """One that comes twice is counted as such; no second orchestration is started."""
    for name in ("a", "b", "b", "c"):
        await deliver(world, event(id=name))
    (row,) = await world.drift.rows()
    assert (row.events, row.event_ids) == (3, ("a", "b", "c"))
    assert world.drift.today == {"duplicate": 1}
    assert len(world.client.started) == 1


@pytest.mark.parametrize("raw", [event(), grid_event(data=None)], ids=["noted", "refused"])
async def test_storage_that_fails_has_the_event_delivered_again(
    world: World, raw: dict[str, Any]
) -> None:
    """The second delivery finishes the work, and nothing is counted twice."""
    world.drift.failures = [BUSY]
    with pytest.raises(TemporaryError):
        await deliver(world, raw)
    assert (await world.drift.rows(), world.drift.today, world.client.started) == ([], {}, [])
    await deliver(world, raw)
    noted = len(await world.drift.rows())
    assert noted + sum(world.drift.today.values()) == 1
    assert len(world.client.started) == noted


async def test_a_start_that_fails_has_the_event_delivered_again(world: World) -> None:
    """It is noted by then: the second delivery starts what looks after it."""

    def fail(started: Started) -> None:
        raise RuntimeError(f"{started.instance_id} cannot be started")

    world.client.on_start = fail
    with pytest.raises(RuntimeError):
        await deliver(world, event())
    assert len(await world.drift.rows()) == 1
    world.client.on_start = lambda _: None
    await deliver(world, event())
    assert len(world.client.started) == 1


async def test_a_start_that_someone_else_made_is_as_good(world: World) -> None:
    """The durable client refuses the second."""

    def lose(started: Started) -> None:
        status = FakeStatus(started.instance_id, "Running")
        world.client.statuses[started.instance_id] = status
        raise RuntimeError("it is there")

    world.client.on_start = lose
    await deliver(world, event())
    assert len(await world.drift.rows()) == 1


async def test_a_tenant_that_has_just_been_settled_is_known(world: World) -> None:
    """Who misses it in the registry looks again, a moment later."""
    drifted.settle(world, TenantState.PROVISIONING)
    await deliver(world, event(id="early"))
    assert await world.drift.rows() == []
    drifted.settle(world)
    world.clock.move(1)
    await deliver(world, event(id="late"))
    assert len(await world.drift.rows()) == 1


def of_event_grid(raw: dict[str, Any]) -> func.EventGridEvent:
    """An event as the worker hands it over."""
    return func.EventGridEvent(
        id=raw["id"],
        data=raw["data"],
        topic=raw["topic"],
        subject=raw["subject"],
        event_type=raw["eventType"],
        event_time=datetime.fromisoformat(raw["eventTime"]) if raw["eventTime"] else None,
        data_version=raw["dataVersion"],
    )


def of_cloud_events(raw: dict[str, Any]) -> func.CloudEvent:
    """The same of the other schema."""
    return func.CloudEvent(
        id=raw["id"],
        source=raw["source"],
        type=raw["type"],
        subject=raw["subject"],
        time=datetime.fromisoformat(raw["time"]),
        data=raw["data"],
        specversion=raw["specversion"],
    )


@pytest.mark.parametrize(
    ("made", "raw"),
    [(of_event_grid, event()), (of_cloud_events, cloud_event())],
    ids=["event grid", "cloud events"],
)
async def test_what_the_worker_took_apart_is_put_together_again(
    world: World, made: Callable[[Any], Any], raw: dict[str, Any]
) -> None:
    """Nothing that is judged is lost on the way."""
    client: Any = world.client
    await resource_events(made(raw), client)
    (row,) = await world.drift.rows()
    assert row.event_ids == (raw["id"],)
    assert row.first_at == datetime(2026, 3, 14, 18, 38, 4, 611735, UTC)


def test_a_time_that_was_not_sent_is_not_made_up() -> None:
    """The event is then refused as it stands."""
    assert raw_event(of_event_grid(event(eventTime=None)))["eventTime"] is None
