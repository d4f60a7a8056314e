"""Handshakes: what proves a webhook, what does not, and what waits for a person."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from azure.eventgrid import EventGridEvent

from tests.localcloud.event_grid.conftest import Grid, running
from tests.localcloud.event_grid.fakes import Endpoint, FakeArm, HandSetClock, Request, subscription

HOOK = {"endpointType": "WebHook", "properties": {}}
CLOUD = "CloudEventSchemaV1_0"
type Answer = Callable[[Request], web.Response]


def hook(grid: Grid, schema: str = "EventGridSchema") -> dict[str, Any]:
    """A webhook that has not proved itself yet."""
    return subscription(
        "hook", destination=HOOK, eventDeliverySchema=schema, state="Creating",
        url=f"{grid.url}/hook?secret=1", proof="op-1", **{"from": None},
    )  # fmt: skip


def echo(request: Request) -> web.Response:
    """Answer the code, as it should be."""
    code = request.json[0]["data"]["validationCode"]
    return web.json_response({"validationResponse": code})


@dataclass
class Fixed:
    """Always the same answer."""

    status: int
    text: str
    headers: dict[str, str]

    def __call__(self, _: Request) -> web.Response:
        """Answer."""
        return web.Response(status=self.status, text=self.text, headers=self.headers)


def of(status: int, text: str = "", **headers: str) -> Answer:
    """Always the same answer."""
    return Fixed(status, text, headers)


async def test_a_webhook_proves_itself_by_its_code(grid: Grid) -> None:
    """The genuine model reads the event; the address is sent with its secret."""
    grid.endpoint.answer = echo
    grid.arm.subscribe(hook(grid))
    assert await grid.arm.told("succeeded") == ""
    (got,) = grid.endpoint.requests
    parsed: Any = EventGridEvent.from_dict(got.json[0])
    assert parsed.event_type == "Microsoft.EventGrid.SubscriptionValidationEvent"
    assert got.headers["aeg-event-type"] == "SubscriptionValidation"
    assert got.headers["aeg-subscription-name"] == "HOOK"
    assert got.query == {"secret": "1"}


@pytest.mark.parametrize(
    "answer",
    [
        of(202), of(204), of(400), of(500), of(301, Location="https://elsewhere.example"),
        of(200, json.dumps({"validationResponse": "another"})),
        of(200, json.dumps({"validationResponse": 7})),
    ],
)  # fmt: skip
async def test_another_answer_fails_the_subscription(grid: Grid, answer: Answer) -> None:
    """The message names the endpoint without its secret."""
    grid.endpoint.answer = answer
    grid.arm.subscribe(hook(grid))
    message = await grid.arm.told("failed")
    assert f"{grid.url}/hook failed" in message
    assert "secret" not in message


@pytest.mark.parametrize("text", ["", "OK", "[]", "null", "{}", '{"validationResponse": null}'])
async def test_a_webhook_that_only_accepts_waits_for_a_person(grid: Grid, text: str) -> None:
    """Someone gets the address in time; another token is no proof."""
    grid.endpoint.answer = of(200, text)
    grid.arm.subscribe(hook(grid))
    await grid.arm.told("awaiting")
    url = grid.endpoint.requests[0].json[0]["data"]["validationUrl"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert urlsplit(url).path == "/eventsubscriptions/hook/validate"
    assert not grid.handshakes.validate(query["id"], "guessed")
    assert not grid.handshakes.validate("op-2", query["token"])
    assert grid.handshakes.validate(query["id"], query["token"])
    await grid.arm.told("succeeded")


async def test_nobody_gets_the_address_in_time(grid: Grid) -> None:
    """After five minutes it is no proof any more."""
    grid.endpoint.answer = of(200)
    grid.arm.subscribe(hook(grid))
    await grid.arm.told("awaiting")
    token = grid.state.fact("proof:op-1")["token"]
    await grid.idle_for(300)
    grid.clock.advance(300)
    assert not grid.handshakes.validate("op-1", token)
    assert "nobody has got the validation URL" in await grid.arm.told("failed")


async def test_a_person_may_take_longer_than_the_process_lives(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """The address that was sent stays good; the webhook is not asked again."""
    endpoint, url = endpoint_url
    endpoint.answer = of(200)
    arm, clock = FakeArm(), HandSetClock()
    async with running(tmp_path, endpoint, url, arm=arm, clock=clock) as grid:
        arm.subscribe(hook(grid))
        await arm.told("awaiting")
        token = grid.state.fact("proof:op-1")["token"]
    async with running(tmp_path, endpoint, url, arm=arm, clock=clock) as grid:
        await grid.until(lambda: len(arm.proofs) == 2)
        assert grid.handshakes.validate("op-1", token)
        await arm.told("succeeded")
    assert len(endpoint.requests) == 1


async def test_a_webhook_that_does_not_answer_is_asked_three_times(
    tmp_path: Path, endpoint_url: tuple[Endpoint, str]
) -> None:
    """Some seconds apart."""
    endpoint, _ = endpoint_url
    async with running(tmp_path, endpoint, "http://127.0.0.1:1") as grid:
        grid.arm.subscribe(hook(grid))
        for _ in range(2):
            await grid.idle_for(5)
            grid.clock.advance(5)
        assert "SocketError" in await grid.arm.told("failed")


@pytest.mark.parametrize("allowed", ["*", "eventgrid.azure.net"])
async def test_a_webhook_agrees_to_cloud_events(grid: Grid, allowed: str) -> None:
    """By OPTIONS, with an origin."""
    grid.endpoint.answer = of(200, **{"WebHook-Allowed-Origin": allowed})
    grid.arm.subscribe(hook(grid, CLOUD))
    await grid.arm.told("succeeded")
    (got,) = grid.endpoint.requests
    assert got.method == "OPTIONS"
    assert got.headers["webhook-request-origin"] == "eventgrid.azure.net"
    assert "/eventsubscriptions/hook/validate" in got.headers["webhook-request-callback"]


@pytest.mark.parametrize("answer", [of(405), of(200, **{"WebHook-Allowed-Origin": "evil.example"})])
async def test_a_webhook_that_allows_others_does_not_agree(grid: Grid, answer: Answer) -> None:
    """Nor does one that does not know of it."""
    grid.endpoint.answer = answer
    grid.arm.subscribe(hook(grid, CLOUD))
    await grid.arm.told("failed")


async def test_a_webhook_may_agree_to_cloud_events_by_the_callback(grid: Grid) -> None:
    """It withholds the headers, and someone gets the address that it was sent."""
    grid.endpoint.answer = of(200)
    grid.arm.subscribe(hook(grid, CLOUD))
    await grid.arm.told("awaiting")
    assert grid.handshakes.validate("op-1", grid.state.fact("proof:op-1")["token"])
    await grid.arm.told("succeeded")


async def test_a_subscription_that_is_gone_needs_no_proof(grid: Grid) -> None:
    """What was kept for it is forgotten."""
    grid.endpoint.answer = of(200)
    grid.arm.subscribe(hook(grid))
    await grid.arm.told("awaiting")
    grid.arm.subscribe()
    await grid.until(lambda: grid.state.fact("proof:op-1") is None)
    assert not grid.handshakes.validate("op-1", "x")
