"""All triggers, in one list."""

from typing import Final

import azure.durable_functions as df

from triggers import (
    audit,
    capacity,
    compliance,
    drift,
    drift_retention,
    dry_run,
    exemptions,
    health,
    hubs,
    key_requests,
    key_rotation,
    leases,
    operation_actions,
    operations,
    recovery,
    resource_events,
    results,
    service_bus,
    tenants,
    updates,
)

BLUEPRINTS: Final[tuple[df.Blueprint, ...]] = (
    tenants.blueprint,
    updates.blueprint,
    dry_run.blueprint,
    operations.blueprint,
    operation_actions.blueprint,
    capacity.blueprint,
    health.blueprint,
    recovery.blueprint,
    leases.blueprint,
    hubs.blueprint,
    key_requests.blueprint,
    key_rotation.blueprint,
    resource_events.blueprint,
    drift.blueprint,
    drift_retention.blueprint,
    compliance.blueprint,
    exemptions.blueprint,
    audit.blueprint,
    service_bus.blueprint,
    results.blueprint,
)
