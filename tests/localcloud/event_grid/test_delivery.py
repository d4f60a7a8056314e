"""Delivery: retries on the clock, dead letters, batches, bounds, and what became of all."""

import asyncio
import json
from pathlib import Path
from typing import Any

from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent

from localcloud.event_grid.delivery import AT_ONCE
from localcloud.event_grid.retries import SCHEDULE
from tests.localcloud.event_grid.conftest import KEY, Grid, running
from tests.localcloud.event_grid.fakes import (
    FUNCTION,
    STORAGE,
    SUBSCRIPTION,
    Endpoint,
    FakeArm,
    HandSetClock,
    event,
    subscription,
)

KEPT: dict[str, Any] = {"deadLetterDestination": {"endpointType": "StorageBlob"}}


def batches(events: int, kilobytes: int = 64) -> dict[str, Any]:
    """A function that takes batches."""
    inner = {
        "resourceId": FUNCTION,
        "maxEventsPerBatch": events,
        "preferredBatchSizeInKilobytes": kilobytes,
    }
    return {"endpointType": "AzureFunction", "properties": inner}


async def test_an_event_reaches_its_function_as_event_grid_sends_it(grid: Grid) -> None:
    """An array with one event, which the genuine model reads; the key and Event Grid's headers."""
    grid.arm.subscribe(subscription())
    grid.arm.publish(event(1))
    (got,) = await grid.endpoint.got(1)
    parsed: list[Any] = [EventGridEvent.from_dict(one) for one in got.json]
    assert [(one.id, one.subject, one.topic) for one in parsed] == [
        (event(1)["id"], f"{STORAGE}1", SUBSCRIPTION)
    ]
    assert got.query == {"functionName": "on_event", "code": KEY}
    expected = {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": "ALL",
        "aeg-delivery-count": "0",
        "aeg-data-version": "2",
        "aeg-metadata-version": "1",
        "content-type": "application/json; charset=utf-8",
    }
    assert expected.items() <= got.headers.items()
    await grid.settled("delivered")
    assert grid.fates()[0]["deliveries"][0]["attempts"] == 1


async def test_a_cloud_event_stands_alone(grid: Grid) -> None:
    """The genuine model reads it; a batch is an array, if the subscription asks for batches."""
    grid.arm.subscribe(subscription(eventDeliverySchema="CloudEventSchemaV1_0"))
    grid.arm.publish(event(1))
    (got,) = await grid.endpoint.got(1)
    parsed: CloudEvent[Any] = CloudEvent.from_dict(got.json)
    assert (parsed.source, parsed.subject) == (SUBSCRIPTION, f"{STORAGE}1")
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"


async def test_retries_follow_the_schedule_until_the_attempts_are_over(grid: Grid) -> None:
    """10 s, 30 s, 1, 5, 10, 30 min, 1, 3, 6 h, 12 h; then the event is dropped, without a place."""
    grid.endpoint.answers(500)
    long = {"maxDeliveryAttempts": len(SCHEDULE) + 1, "eventTimeToLiveInMinutes": 1440 * 3}
    grid.arm.subscribe(subscription(retryPolicy=long))
    grid.arm.publish(event(1))
    for attempt, seconds in enumerate(SCHEDULE, 1):
        await grid.endpoint.got(attempt)
        await grid.idle_for(seconds)
        grid.clock.advance(seconds)
    counts = [got.headers["aeg-delivery-count"] for got in await grid.endpoint.got(11)]
    assert counts == [str(number) for number in range(11)]
    await grid.settled("dropped")
    (fate,) = grid.fates()[0]["deliveries"]
    assert (fate["attempts"], fate["status"], fate["outcome"], fate["reason"]) == (
        *(11, 500, "GenericError"),
        "MaxDeliveryAttemptsExceeded",
    )


async def test_an_event_is_given_up_when_its_time_is_over_at_the_next_attempt(grid: Grid) -> None:
    """Its time is looked at when an attempt is due; that attempt is not made."""
    grid.endpoint.answers(500)
    policy = {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1}
    grid.arm.subscribe(subscription(retryPolicy=policy, **KEPT))
    grid.arm.publish(event(1))
    for attempt, seconds in enumerate(SCHEDULE[:3], 1):
        await grid.endpoint.got(attempt)
        await grid.idle_for(seconds)
        grid.clock.advance(seconds)
    await grid.settled("dying")
    grid.clock.advance(5 * 60)
    await grid.settled("dead-lettered")
    assert len(grid.endpoint.requests) == 3
    ((letter,),) = grid.blobs.blobs.values()
    assert (letter["deadLetterReason"], letter["deliveryAttempts"]) == ("TimeToLiveExceeded", 3)


async def test_what_was_refused_for_good_becomes_a_dead_letter_five_minutes_later(
    grid: Grid,
) -> None:
    """In an array, below the subscription's name in upper case and the hour, as in Azure."""
    grid.endpoint.answers(400)
    grid.arm.subscribe(subscription(**KEPT))
    grid.arm.publish(event(1), event(2))
    await grid.settled("dying")
    assert grid.blobs.blobs == {}
    grid.clock.advance(5 * 60)
    await grid.settled("dead-lettered")
    ((name, letters),) = grid.blobs.blobs.items()
    assert name.startswith("account-starchive/letters/ALL/2027/1/15/8/")
    assert len(grid.endpoint.requests) == 2
    assert letters[0] == event(1) | {
        "deadLetterReason": "UndeliverableDueToHttpBadRequest",
        "deliveryAttempts": 1,
        "lastDeliveryOutcome": "BadRequest",
        "publishTime": "2027-01-15T08:00:00Z",
        "lastDeliveryAttemptTime": "2027-01-15T08:00:00Z",
    }
    assert [EventGridEvent.from_dict(one).id for one in letters] == [
        event(1)["id"],
        event(2)["id"],
    ]
    ends = [one for fate in grid.fates() for one in fate["deliveries"]]
    assert {(one["blob"], one["status"]) for one in ends} == {(name, 400)}


async def test_dead_letters_wait_four_hours_for_their_storage(grid: Grid) -> None:
    """Then they are dropped, and that is told."""
    grid.blobs.away = True
    grid.endpoint.answers(413)
    grid.arm.subscribe(subscription(**KEPT))
    grid.arm.publish(event(1))
    await grid.settled("dying")
    grid.clock.advance(5 * 60)
    await grid.until(lambda: grid.blobs.asked == 1)
    await grid.idle_for(60)
    grid.clock.advance(4 * 3600)
    await grid.settled("dropped")
    (fate,) = grid.fates()[0]["deliveries"]
    assert fate["reason"] == (
        "UndeliverableDueToHttpRequestEntityTooLarge;"
        " no dead letter: the destination was not available"
    )


async def test_a_dead_letter_without_a_place_is_dropped(grid: Grid) -> None:
    """Where the container is gone, or the identity may not write there."""
    grid.arm.place = {"refused": "the container was not found"}
    grid.endpoint.answers(403)
    grid.arm.subscribe(subscription(**KEPT))
    grid.arm.publish(event(1))
    await grid.settled("dying")
    grid.clock.advance(5 * 60)
    await grid.settled("dropped")
    assert grid.blobs.asked == 0


async def test_an_endpoint_that_is_not_there_is_tried_again(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """A refused connection is an outcome like another."""
    endpoint, _ = endpoint_url
    async with running(tmp_path, endpoint, "http://127.0.0.1:1") as grid:
        grid.arm.subscribe(subscription())
        grid.arm.publish(event(1))
        await grid.idle_for(10)
        (fate,) = grid.fates()[0]["deliveries"]
        assert (fate["state"], fate["outcome"], fate["attempts"]) == ("waiting", "SocketError", 1)


async def test_only_what_a_subscription_asks_for_arrives(grid: Grid) -> None:
    """What it does not want is accounted for as filtered, and what nobody is subscribed to too."""
    deletions = {"includedEventTypes": ["Microsoft.Resources.ResourceDeleteSuccess"]}
    other = "/subscriptions/22222222-2222-4222-8222-222222222222"
    grid.arm.subscribe(
        subscription("gone", filter=deletions),
        subscription("late", **{"from": 2}),
        subscription("odd", eventDeliverySchema="Papyrus"),
        subscription("never", **{"from": None, "state": "Failed"}),
        subscription(
            "group", source=f"{SUBSCRIPTION}/resourcegroups/RG",
            topicType="microsoft.resources.resourcegroups",
        ),
        subscription("blobs", source=STORAGE, topicType="microsoft.storage.storageaccounts"),
    )  # fmt: skip
    grid.arm.publish(
        event(1),
        event(2, subject=f"{SUBSCRIPTION}/resourceGroups/rg2"),
        event(3, eventType="Microsoft.Resources.ResourceDeleteSuccess"),
        event(4, subject=f"{other}/resourceGroups/rg"),
    )
    got = await grid.endpoint.got(4)
    names = sorted((one.headers["aeg-subscription-name"], one.json[0]["id"][-1]) for one in got)
    assert names == [("GONE", "3"), ("GROUP", "1"), ("GROUP", "3"), ("LATE", "3")]
    topics = {one.json[0]["topic"] for one in got if "GROUP" in one.headers.values()}
    assert topics == {f"{SUBSCRIPTION}/resourcegroups/RG"}
    await grid.settled("delivered", "filtered")
    assert [len(fate["deliveries"]) for fate in grid.fates()] == [2, 1, 3, 0]
    assert grid.states().count("filtered") == 2


async def test_batches_are_no_larger_than_asked_for(grid: Grid) -> None:
    """In number, and in size unless one event alone is larger."""
    grid.arm.subscribe(subscription(destination=batches(10)))
    grid.arm.publish(*map(event, range(25)))
    await grid.endpoint.got(3)
    await grid.settled("delivered")
    assert [len(got.json) for got in grid.endpoint.requests] == [10, 10, 5]
    grid.arm.subscribe(subscription(destination=batches(10, kilobytes=1)))
    padded = [event(n, data=event(n)["data"] | {"pad": "x" * size}) for n, size in
              ((30, 2000), (31, 10), (32, 10), (33, 10))]  # fmt: skip
    grid.arm.publish(*padded)
    await grid.until(lambda: grid.states().count("delivered") == 29)
    assert [len(got.json) for got in grid.endpoint.requests[3:]] == [1, 1, 1, 1]


async def test_requests_to_one_endpoint_are_bounded_and_connections_kept(grid: Grid) -> None:
    """Also those of several subscriptions."""
    grid.endpoint.hold = asyncio.Event()
    grid.arm.subscribe(subscription("one"), subscription("two"))
    grid.arm.publish(*map(event, range(100)))
    await grid.endpoint.got(AT_ONCE)
    grid.endpoint.hold.set()
    await grid.settled("delivered")
    assert len(grid.endpoint.requests) == 200
    assert grid.endpoint.most_at_once == AT_ONCE
    assert len(grid.endpoint.connections) <= AT_ONCE


async def test_a_webhook_gets_custom_headers(grid: Grid) -> None:
    """Fixed ones, and those with a value of the event."""
    mappings = [
        {"name": "x-fixed", "type": "Static", "properties": {"value": "v"}},
        {"name": "x-number", "type": "Dynamic", "properties": {"sourceField": "data.number"}},
        {"name": "x-none", "type": "Dynamic", "properties": {"sourceField": "data.none"}},
    ]
    inner = {"deliveryAttributeMappings": mappings}
    grid.arm.subscribe(
        subscription(
            destination={"endpointType": "WebHook", "properties": inner},
            url=f"{grid.url}/hook?secret=1",
        )
    )
    grid.arm.publish(event(7))
    (got,) = await grid.endpoint.got(1)
    assert got.query == {"secret": "1"}
    assert (got.headers["x-fixed"], got.headers["x-number"]) == ("v", "7")
    assert "x-none" not in got.headers
    assert got.headers["origin"] == "eventgrid.azure.net"


async def test_what_waits_goes_with_its_subscription(grid: Grid) -> None:
    """To another endpoint when it is changed, nowhere when it is gone, later while it changes."""
    grid.endpoint.answers(500)
    grid.arm.subscribe(subscription("kept"), subscription("gone"))
    grid.arm.publish(event(1))
    await grid.endpoint.got(2)
    await grid.idle_for(10)
    hook = {"endpointType": "WebHook", "properties": {}}
    grid.arm.subscribe(subscription("kept", destination=hook, url=grid.url, state="Creating"))
    await grid.until(lambda: "dropped" in grid.states())
    grid.endpoint.answers(204)
    grid.clock.advance(10)
    await grid.idle_for(5)
    assert len(grid.endpoint.requests) == 2
    grid.arm.subscribe(subscription("kept", destination=hook, url=grid.url))
    grid.clock.advance(5)
    await grid.until(lambda: "delivered" in grid.states())
    assert grid.endpoint.requests[2].headers["aeg-subscription-name"] == "KEPT"


async def test_a_restart_goes_on_where_the_process_died(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """What was on its way is sent again, what was delivered is not, and faults stay."""
    endpoint, url = endpoint_url
    arm, clock = FakeArm(), HandSetClock()
    arm.subscribe(subscription())
    async with running(tmp_path, endpoint, url, arm=arm, clock=clock) as grid:
        grid.faults.add({"effect": {"kind": "delay"}, "match": {"subject": "*none*"}})
        arm.publish(event(1))
        await grid.settled("delivered")
        endpoint.hold = asyncio.Event()
        arm.publish(event(2), event(3))
        await endpoint.got(3)
    endpoint.hold = None
    async with running(tmp_path, endpoint, url, arm=arm, clock=clock) as grid:
        await grid.settled("delivered")
        got = sorted(one.json[0]["id"][-1] for one in endpoint.requests)
        assert got == ["1", "2", "2", "3", "3"]
        assert len(grid.faults.all()) == 1
        assert arm.taken == 3


async def test_another_outbox_begins_anew(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """Numbers may come again after a reset of Resource Manager; nothing is taken for known."""
    endpoint, url = endpoint_url
    arm = FakeArm()
    arm.subscribe(subscription())
    arm.publish(event(1))
    async with running(tmp_path, endpoint, url, arm=arm) as grid:
        await grid.settled("delivered")
    arm.feed, arm.events = "second", [(1, event(9))]
    async with running(tmp_path, endpoint, url, arm=arm) as grid:
        await endpoint.got(2)
        await grid.settled("delivered")
        assert [fate["id"] for fate in grid.fates()] == [event(9)["id"]]
        (totals,) = grid.state.totals().values()
        assert totals == {"delivered": 2, "attempts": 2}


async def test_what_is_forgotten_is_still_counted(grid: Grid) -> None:
    """The state does not grow for ever; totals are of all that ever was."""
    grid.arm.subscribe(subscription())
    grid.arm.publish(*map(event, range(40)))
    await grid.settled("delivered")
    grid.state._trim(30)
    assert [fate["n"] for fate in grid.fates()] == list(range(31, 41))
    (totals,) = grid.state.totals().values()
    assert totals == {"delivered": 40, "attempts": 40}
    rows = grid.state._connection.execute("select count(document) from events").fetchone()
    assert rows == (0,)
    assert json.dumps(grid.state.fates(35, 2))
