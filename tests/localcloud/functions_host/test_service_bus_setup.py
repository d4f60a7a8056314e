"""What host.json and a trigger may say of Service Bus, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.functions import Function
from localcloud.functions_host.host_json import HostConfig, read_host_json
from localcloud.functions_host.service_bus_options import ServiceBusOptions
from localcloud.functions_host.triggers.service_bus import ServiceBusListener

if TYPE_CHECKING:
    from pathlib import Path


def config(folder: Path, **options: Any) -> HostConfig:
    """What a host.json with these options means."""
    document = {"version": "2.0", "extensions": {"serviceBus": options}}
    (folder / "host.json").write_text(json.dumps(document), encoding="utf-8")
    return read_host_json(folder, {})


def test_defaults_are_those_of_the_extension(tmp_path: Path) -> None:
    """16 a processor, nothing ahead, five minutes of renewal, completed by itself."""
    found = config(tmp_path).service_bus
    assert (found.prefetch, found.auto_complete, found.renewal) == (0, True, timedelta(minutes=5))
    assert found.concurrent % 16 == 0
    assert found.concurrent >= 16


def test_options_are_read(tmp_path: Path) -> None:
    """Under the names of the extension's 5.x."""
    found = config(
        tmp_path,
        prefetchCount=20,
        maxConcurrentCalls=3,
        autoCompleteMessages=False,
        maxAutoLockRenewalDuration="1.00:10:05",
    )
    renewal = timedelta(days=1, minutes=10, seconds=5)
    assert found.service_bus == ServiceBusOptions(20, 3, auto_complete=False, renewal=renewal)
    assert found.notes == ()


def test_options_without_effect_are_noted(tmp_path: Path) -> None:
    """They are right in Azure."""
    [note] = config(tmp_path, transportType="amqpTcp", maxConcurrentSessions=4).notes
    assert "maxConcurrentSessions, transportType" in note


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prefetchCount", -1),
        ("prefetchCount", "20"),
        ("maxConcurrentCalls", 0),
        ("maxConcurrentCalls", True),
        ("autoCompleteMessages", "yes"),
        ("maxAutoLockRenewalDuration", "5 minutes"),
        ("maxAutoLockRenewalDuration", "00:61:00"),
        ("maxAutoLockRenewalDuration", 300),
        ("autoComplete", False),
        ("messageHandlerOptions", {}),
    ],
)
def test_option_that_is_wrong_is_named(tmp_path: Path, name: str, value: Any) -> None:
    """Those of older extensions too: the bundle's would ignore them."""
    with pytest.raises(HostError, match=rf"extensions\.serviceBus\.{name}: "):
        config(tmp_path, **{name: value})


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """As everywhere in host.json."""
    with pytest.raises(HostError) as caught:
        config(tmp_path, prefetchCount=-1, maxConcurrentCalls=0)
    assert str(caught.value).count("extensions.serviceBus.") == 2


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        ({"topicName": "t", "subscriptionName": "s"}, "topics are not served"),
        ({"queueName": "q", "isSessionsEnabled": True}, "sessions are not served"),
        ({"queueName": "q", "cardinality": "many"}, "batches"),
        ({"queueName": ""}, "queueName is missing"),
        ({"queueName": "%QUEUE%"}, "set QUEUE"),
    ],
)
async def test_trigger_that_is_not_served_ends_the_start(
    trigger: dict[str, Any], text: str
) -> None:
    """Rather than never to run."""
    binding = {"type": "serviceBusTrigger", "direction": "IN", "name": "m", **trigger}
    function = Function("work", "id", (binding,))
    invoker: Any = None
    listener = ServiceBusListener([function], {}, ServiceBusOptions(), invoker)
    with pytest.raises(HostError, match=text):
        await listener.start()
