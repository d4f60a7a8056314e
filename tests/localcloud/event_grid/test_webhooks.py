"""Webhooks and dead letters with the real parts: TLS, the genuine SDK, Azurite."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.eventgrid import EventGridEvent
from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.eventgrid.models import EventSubscription, WebHookEventSubscriptionDestination
from azure.storage.blob import BlobServiceClient

from landing_zone.hub import HubDocument, parse_hub_document
from localcloud.event_grid.dead_letters import AzuriteBlobs, BlobError
from tests.adapters.azurite import running_azurite
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_FILE,
    HUB_GROUP,
    HUB_SUBSCRIPTION,
    NETWORK,
    Live,
    running,
)
from tests.localcloud.event_grid.processes import GridProcess, until
from tests.localcloud.event_grid.webhook import Webhook, webhook

TAGS = f"{HUB_GROUP}/providers/Microsoft.Resources/tags/default"
SPACE = "10.250.0.0/24"
FAST: dict[str, Any] = {"polling_interval": 0.02}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all parts keep their state."""
    return tmp_path_factory.mktemp("grid")


@pytest.fixture(scope="module")
def hub() -> HubDocument:
    """The local cloud's own hub document."""
    return parse_hub_document(HUB_FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def live(directory: Path, hub: HubDocument) -> Iterator[Live]:
    """A live Resource Manager that knows of Event Grid."""
    with running(directory, hub, event_grid=True) as started:
        yield started


@pytest.fixture(scope="module")
def grid(directory: Path, live: Live) -> Iterator[GridProcess]:
    """A live Event Grid, at a pace at which a person could still act."""
    process = GridProcess(directory, live, speed=50.0)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def hook(directory: Path) -> Iterator[Webhook]:
    """A webhook whose certificate the local authority vouches for."""
    with webhook(directory / "server.pem") as started:
        yield started


class Credential:
    """A credential of the genuine SDK's, with a token that is there already."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """The token."""
        return AccessToken(self._live.token(), 2_000_000_000)


@pytest.fixture
def client(live: Live) -> Iterator[EventGridManagementClient]:
    """The genuine client, given a base URL, a CA and a credential."""
    made = EventGridManagementClient(
        Credential(live),
        HUB_SUBSCRIPTION.rpartition("/")[2],
        base_url=live.url,
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=str(live.ca),
    )
    with made:
        yield made


def subscribed(hook: Webhook) -> EventSubscription:
    """An event subscription of a webhook."""
    destination = WebHookEventSubscriptionDestination(endpoint_url=hook.url)
    return EventSubscription(destination=destination)


@pytest.mark.usefixtures("grid")
def test_a_webhook_proves_itself_and_then_gets_events(
    live: Live, client: EventGridManagementClient, hook: Webhook
) -> None:
    """Over TLS that the local authority vouches for; the genuine model reads what it gets."""
    subscriptions = client.event_subscriptions
    made = subscriptions.begin_create_or_update(
        HUB_SUBSCRIPTION, "proven", subscribed(hook), **FAST
    ).result()
    assert made.provisioning_state == "Succeeded"
    body = {"operation": "Merge", "properties": {"tags": {"a": "b"}}}
    assert live.call("PATCH", TAGS, GROUPS, body).status_code == 200
    until(lambda: any(one["subject"] == TAGS for one in hook.of("Notification")))
    event = next(one for one in hook.of("Notification") if one["subject"] == TAGS)
    parsed: Any = EventGridEvent.from_dict(event)
    assert parsed.event_type == "Microsoft.Resources.ResourceWriteSuccess"
    network = f"{HUB_GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-told"
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": [SPACE]}}}
    assert live.call("PUT", network, NETWORK, body).status_code == 201
    # Nobody polls the operation: that it ends is told all the same.
    until(lambda: any(one["subject"] == network for one in hook.of("Notification")))
    subscriptions.begin_delete(HUB_SUBSCRIPTION, "proven", **FAST).result()


@pytest.mark.usefixtures("grid")
def test_a_webhook_that_refuses_fails_its_subscription(
    client: EventGridManagementClient, hook: Webhook
) -> None:
    """The genuine client raises what the operation says, without the address's secret."""
    hook.status = 404
    beginning = client.event_subscriptions.begin_create_or_update(
        HUB_SUBSCRIPTION, "refused", subscribed(hook), **FAST
    )
    with pytest.raises(HttpResponseError, match="Url validation") as caught:
        beginning.result()
    assert "hush" not in str(caught.value)


def test_a_person_proves_a_webhook(
    client: EventGridManagementClient, hook: Webhook, grid: GridProcess
) -> None:
    """By the address that the webhook got; an address that was made up is unknown."""
    hook.answers = False
    beginning = client.event_subscriptions.begin_create_or_update(
        HUB_SUBSCRIPTION, "manual", subscribed(hook), **FAST
    )
    path = f"{HUB_SUBSCRIPTION}/providers/Microsoft.EventGrid/eventSubscriptions/manual"
    until(lambda: grid.state_of(path) == "AwaitingManualAction")
    url = hook.of("SubscriptionValidation")[0]["data"]["validationUrl"]
    assert requests.get(url + "x", timeout=10).status_code == 404
    assert requests.get(url, timeout=10).status_code == 200
    assert beginning.result().provisioning_state == "Succeeded"


def test_the_feed_is_for_event_grid_alone(live: Live) -> None:
    """It holds the secrets of webhooks' addresses."""
    for path in ("feed", "dead-letters"):
        assert live.local("GET", f"event-grid/{path}").status_code == 401
        answer = live.call("GET", f"/_local/event-grid/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    assert live.local("POST", "event-grid/proofs/x", {"outcome": "succeeded"}).status_code == 401


def test_faults_and_fates_have_routes(grid: GridProcess) -> None:
    """A fault that is none is refused."""
    url = f"{grid.base}/_local/events/faults"
    document = {"effect": {"kind": "drop"}, "match": {"subject": "*nothing*"}}
    made = requests.post(url, json=document, timeout=10)
    assert (made.status_code, made.json()["fault"]) == (201, document)
    assert requests.post(url, json={"effect": {}}, timeout=10).status_code == 400
    assert requests.post(url, data=b"{", timeout=10).status_code == 400
    assert [one["id"] for one in grid.get("events/faults")] == [made.json()["id"]]
    gone = requests.delete(f"{url}/{made.json()['id']}", timeout=10).json()
    assert gone == {"removed": [made.json()["id"]]}
    assert isinstance(grid.get("events/summary"), dict)
    assert len(grid.get("events?limit=1")) <= 1


async def test_dead_letters_are_blobs_in_azurite(tmp_path: Path) -> None:
    """Their container is made when it is needed; the same blob may be written again."""
    with running_azurite(tmp_path) as connection:
        blobs = AzuriteBlobs(connection)
        for _ in range(2):
            await blobs.write("account-st1", "letters/ALL/2027/1/1/0/a.json", b'[{"id": "1"}]')
        await blobs.close()
        with BlobServiceClient.from_connection_string(connection) as service:
            container = service.get_container_client("account-st1")
            (name,) = (one.name for one in container.list_blobs())
            assert name == "letters/ALL/2027/1/1/0/a.json"
            assert json.loads(container.download_blob(name).readall()) == [{"id": "1"}]
    away = AzuriteBlobs(connection)
    with pytest.raises(BlobError):
        await away.write("account-st1", "b.json", b"[]")
    await away.close()
