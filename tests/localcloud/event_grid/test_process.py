"""The process with the real parts around it: from a write in Resource Manager to a function."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from landing_zone.hub import HubDocument, parse_hub_document
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_FILE,
    HUB_GROUP,
    HUB_SUBSCRIPTION,
    Live,
    running,
)
from tests.localcloud.event_grid.processes import GridProcess, noted, until
from tests.localcloud.functions_host.harness import HostProcess

ALL = f"{HUB_SUBSCRIPTION}/providers/Microsoft.EventGrid/eventSubscriptions/all"
TAGS = f"{HUB_GROUP}/providers/Microsoft.Resources/tags/default"


@pytest.fixture
def hub() -> HubDocument:
    """The local cloud's own hub document."""
    return parse_hub_document(HUB_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def live(tmp_path: Path, hub: HubDocument) -> Iterator[Live]:
    """A live Resource Manager that knows of Event Grid."""
    with running(tmp_path, hub, event_grid=True) as started:
        yield started


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HostProcess]:
    """A live Functions host."""
    state = tmp_path / "host"
    state.mkdir()
    process = HostProcess(state)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def grid(tmp_path: Path, live: Live, host: HostProcess) -> Iterator[GridProcess]:
    """A live Event Grid."""
    process = GridProcess(tmp_path, live, host)
    process.start()
    yield process
    process.kill()


def tag(live: Live, value: int) -> None:
    """Write a tag of the hub's group."""
    body = {"operation": "Merge", "properties": {"tags": {"number": str(value)}}}
    assert live.call("PATCH", TAGS, GROUPS, body).status_code == 200


def test_no_event_is_lost_by_a_kill_at_any_moment(
    live: Live, host: HostProcess, grid: GridProcess, hub: HubDocument
) -> None:
    """Each reaches its function at least once, and is accounted for."""
    function = hub.hubs[0].resource_events
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function}}
    made = grid.subscribed(ALL, {"properties": {"destination": destination}})
    assert made["properties"]["provisioningState"] == "Succeeded"
    for value in range(40):
        tag(live, value)
        if value in {10, 25}:
            grid.kill()
        if value in {20, 30}:
            grid.start()
    published = [
        entry["event"]
        for entry in live.local("GET", "events").json()
        if entry["event"]["data"]["operationName"] == "Microsoft.Resources/tags/write"
    ]
    assert len(published) == 40
    until(lambda: {one["id"] for one in published} <= {line[1] for line in noted(host)})
    until(lambda: {one["state"] for f in grid.fates() for one in f["deliveries"]} == {"delivered"})
    assert {one["id"] for one in published} <= {fate["id"] for fate in grid.fates()}
    told = [
        "resource", published[0]["id"], TAGS, "Microsoft.Resources.ResourceWriteSuccess",
        HUB_SUBSCRIPTION,
    ]  # fmt: skip
    assert told in noted(host)
    assert grid.stop() == 0
