"""``extensions.serviceBus`` of ``host.json``: what of it the local host acts upon.

Names, defaults and bounds are those of the extension's 5.x. Source: ``ServiceBusOptions.cs`` of
Microsoft.Azure.WebJobs.Extensions.ServiceBus, in Azure/azure-sdk-for-net.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH = "extensions.serviceBus"
_SPAN = re.compile(r"(?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2})")
_PER_PROCESSOR = 16
_HOURS, _MINUTES = 24, 60
_WITHOUT_EFFECT = {
    "clientRetryOptions", "enableCrossEntityTransactions", "maxBatchWaitTime",
    "maxConcurrentSessions", "maxMessageBatchSize", "minMessageBatchSize", "sessionIdleTimeout",
    "transportType", "webProxy",
}  # fmt: skip
_ACTED_UPON = {
    "prefetchCount", "maxConcurrentCalls", "autoCompleteMessages", "maxAutoLockRenewalDuration",
}  # fmt: skip


@dataclass(frozen=True)
class ServiceBusOptions:
    """How messages are received.

    Attributes:
        prefetch: messages that are fetched before they are asked for.
        concurrent: messages of one queue that are worked on at the same time.
        auto_complete: whether a message is completed when its function succeeds.
        renewal: how long the lock of a message is renewed while its function runs.
    """

    prefetch: int = 0
    concurrent: int = _PER_PROCESSOR
    auto_complete: bool = True
    renewal: timedelta = timedelta(minutes=5)


def read_service_bus(
    options: Mapping[str, Any], faults: list[str], notes: list[str]
) -> ServiceBusOptions:
    """Read the section; what is wrong with it is added to the faults."""
    unknown = sorted(set(options) - _WITHOUT_EFFECT - _ACTED_UPON)
    faults += [f"{_PATH}.{name}: is not known to the extension's 5.x" for name in unknown]
    idle = sorted(set(options) & _WITHOUT_EFFECT)
    if idle:
        notes.append(f"accepted in {_PATH} and without effect here: {', '.join(idle)}")
    complete = options.get("autoCompleteMessages", True)
    if not isinstance(complete, bool):
        faults.append(f"{_PATH}.autoCompleteMessages: must be true or false")
    default = _PER_PROCESSOR * (os.cpu_count() or 1)
    return ServiceBusOptions(
        prefetch=_count(options, "prefetchCount", 0, 0, faults),
        concurrent=_count(options, "maxConcurrentCalls", default, 1, faults),
        auto_complete=complete is True,
        renewal=_span(options, faults),
    )


def _count(
    options: Mapping[str, Any], name: str, default: int, least: int, faults: list[str]
) -> int:
    value = options.get(name, default)
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    faults.append(f"{_PATH}.{name}: must be a whole number from {least} up")
    return default


def _span(options: Mapping[str, Any], faults: list[str]) -> timedelta:
    name = "maxAutoLockRenewalDuration"
    match = _SPAN.fullmatch(str(options.get(name, "00:05:00")))
    days, hours, minutes, seconds = (
        (int(part or 0) for part in match.groups()) if match else [0] * 4
    )
    if match and hours < _HOURS and minutes < _MINUTES and seconds < _MINUTES:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    faults.append(f'{_PATH}.{name}: must be a time span such as "00:05:00"')
    return timedelta(minutes=5)
