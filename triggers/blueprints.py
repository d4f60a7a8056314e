"""All triggers, in one list."""

from typing import Final

import azure.durable_functions as df

from triggers import (
    approvals,
    audit,
    capacity,
    cleaning,
    compliance,
    drift,
    drift_retention,
    dry_run,
    exemptions,
    fleet,
    health,
    hubs,
    key_requests,
    key_rotation,
    leases,
    offboarding,
    operations,
    recovery,
    resource_events,
    results,
    service_bus,
    suspension,
    tenants,
    updates,
)

BLUEPRINTS: Final[tuple[df.Blueprint, ...]] = (
    tenants.blueprint,
    updates.blueprint,
    approvals.blueprint,
    suspension.blueprint,
    offboarding.blueprint,
    cleaning.blueprint,
    dry_run.blueprint,
    operations.blueprint,
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
    fleet.blueprint,
    audit.blueprint,
    service_bus.blueprint,
    results.blueprint,
)
