"""What goes wrong on demand, the same way each time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from localcloud.event_grid.faults import FaultError
from tests.localcloud.event_grid.conftest import Grid, running
from tests.localcloud.event_grid.fakes import GROUP, STORAGE, Endpoint, event, subscription

FAULTS: list[Any] = [
    pytest.param({"kind": "drop"}, {"dropped": 20}, id="drop"),
    pytest.param({"kind": "duplicate", "copies": 2}, {"delivered": 60}, id="duplicate"),
]


@pytest.mark.parametrize(("effect", "expected"), FAULTS)
async def test_events_get_lost_or_come_more_than_once_on_demand(
    grid: Grid, effect: dict[str, Any], expected: dict[str, int]
) -> None:
    """Each is accounted for."""
    grid.faults.add({"name": "storm", "effect": effect})
    grid.arm.subscribe(subscription())
    grid.arm.publish(*map(event, range(20)))
    await grid.settled(*expected)
    assert {state: grid.states().count(state) for state in expected} == expected
    assert len(grid.endpoint.requests) == expected.get("delivered", 0)


async def test_events_come_late_on_demand(grid: Grid) -> None:
    """Some seconds of Azure."""
    grid.faults.add({"effect": {"kind": "delay", "seconds": 40}, "count": 1})
    grid.arm.subscribe(subscription())
    grid.arm.publish(event(1), event(2))
    (got,) = await grid.endpoint.got(1)
    assert got.json[0]["id"] == event(2)["id"]
    await grid.idle_for(40)
    grid.clock.advance(40)
    await grid.settled("delivered")


async def test_events_change_places_on_demand_as_the_seed_says(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """The same seed, the same order; another seed, another order."""
    endpoint, url = endpoint_url
    orders = []
    for run, seed in enumerate((1, 1, 2)):
        path = tmp_path / str(run)
        path.mkdir()
        endpoint.requests.clear()
        async with running(path, endpoint, url) as grid:
            grid.faults.add({"effect": {"kind": "reorder"}, "match": {"seed": seed}})
            grid.arm.subscribe(subscription())
            grid.arm.publish(*map(event, range(12)))
            await grid.until(lambda g=grid: len(g.states()) == 12)  # type: ignore[misc]
            while "waiting" in grid.states():
                grid.clock.advance(0.05)
                await asyncio.sleep(0)
            await grid.settled("delivered")
        orders.append([one.json[0]["data"]["number"] for one in endpoint.requests])
    first, again, other = orders
    assert first == again != list(range(12))
    assert sorted(other) == list(range(12))
    assert other != first


async def test_ids_come_in_another_case_on_demand(grid: Grid) -> None:
    """In the subject and in the data alike; nothing else is touched."""
    grid.faults.add({"effect": {"kind": "casing"}})
    grid.arm.subscribe(
        subscription(
            source=GROUP, topicType="microsoft.resources.resourcegroups",
            filter={"subjectBeginsWith": GROUP},
        )
    )  # fmt: skip
    grid.arm.publish(*map(event, range(30)))
    await grid.settled("delivered")
    bodies = [got.json[0] for got in grid.endpoint.requests]
    spellings = {one["subject"].rstrip("0123456789") for one in bodies}
    assert len(spellings) == 3
    for one in bodies:
        number = one["data"]["number"]
        assert one["subject"].lower() == f"{STORAGE}{number}".lower()
        assert one["subject"] == one["data"]["resourceUri"]
        assert one["subject"] == one["data"]["authorization"]["scope"]
        assert one["id"] == event(number)["id"]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"effect": {}}, {"effect": {"kind": "explode"}}, {"effect": "drop"},
     {"effect": {"kind": "drop"}, "match": {"probability": 2}},
     {"effect": {"kind": "duplicate", "copies": 0}}, {"effect": {"kind": "drop"}, "else": 1}],
)  # fmt: skip
async def test_a_fault_that_is_none_is_refused(grid: Grid, document: Any) -> None:
    """It is not in force then."""
    with pytest.raises(FaultError):
        grid.faults.add(document)
    assert grid.faults.all() == []


async def test_a_fault_hits_only_what_it_names_and_as_often_as_it_says(grid: Grid) -> None:
    """By subscription, type and subject; from the nth on, and so many times."""
    added = grid.faults.add(
        {
            "match": {"subscription": "ON*", "subject": "*/STORAGEACCOUNTS/*", "nth": 2},
            "count": 2,
            "effect": {"kind": "drop"},
        }
    )
    grid.arm.subscribe(subscription("one"), subscription("two"))
    grid.arm.publish(*map(event, range(5)))
    await grid.settled("delivered", "dropped")
    dropped = [
        (fate["n"], one["subscription"].rpartition("/")[2])
        for fate in grid.fates()
        for one in fate["deliveries"]
        if one["state"] == "dropped"
    ]
    assert dropped == [(2, "one"), (3, "one")]
    assert grid.faults.all()[0]["hit"] == 2
    assert grid.faults.remove() == [added.id]
