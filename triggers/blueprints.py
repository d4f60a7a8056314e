"""All triggers, in one list."""

from typing import Final

import azure.durable_functions as df

from triggers import (
    capacity,
    health,
    hubs,
    key_requests,
    key_rotation,
    operations,
    recovery,
    results,
    service_bus,
    tenants,
)

BLUEPRINTS: Final[tuple[df.Blueprint, ...]] = (
    tenants.blueprint,
    operations.blueprint,
    capacity.blueprint,
    health.blueprint,
    recovery.blueprint,
    hubs.blueprint,
    key_requests.blueprint,
    key_rotation.blueprint,
    service_bus.blueprint,
    results.blueprint,
)
