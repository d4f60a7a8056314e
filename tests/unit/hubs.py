"""Hub documents with little room, and tenants in them."""

from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Network
from typing import Any

from landing_zone.hub import Hub, HubDocument
from landing_zone.hub_limits import HubLimits, ModelDeployment
from landing_zone.lifecycle import TenantState
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import HUBS, NOON, example_request

WHOLE = HUBS.hubs[0]
POOLS = {"hub-one": "10.16.0.0/18", "hub-two": "10.32.0.0/18"}


def hub(
    name: str = "hub-one",
    models: Mapping[str, int] | None = None,
    pool: str = "",
    **limits: int | None,
) -> Hub:
    """A hub with those model deployments and limits."""
    deployments = tuple(
        ModelDeployment(name=model, tokens_per_minute=quota)
        for model, quota in (models or {}).items()
    )
    return WHOLE.model_copy(
        update={
            "name": name,
            "spoke_pool": (IPv4Network(pool or POOLS[name]),),
            "limits": HubLimits.model_validate(limits),
            "model_deployments": deployments,
        }
    )


def document_of(*hubs: Hub) -> HubDocument:
    """A document of those hubs."""
    return HUBS.model_copy(update={"hubs": hubs})


def two_hubs(
    one: Mapping[str, int] | None = None, two: Mapping[str, int] | None = None
) -> HubDocument:
    """Two hubs of one region, each with its model deployments."""
    return document_of(hub("hub-one", one), hub("hub-two", two))


def asking_for(models: Mapping[str, int] | None = None, **changes: Any) -> TenantRequest:
    """The example's request, with those tokens per minute of those deployments."""
    asked = [
        {"deployment": name, "tokensPerMinute": tokens, "tokensPerMonth": 1_000_000}
        for name, tokens in (models or {}).items()
    ]
    return example_request(**{"ai": {"models": asked}, **changes})


def holding(
    document: HubDocument, hub_name: str, number: int, request: TenantRequest
) -> TenantRecord:
    """An active tenant of that request that holds the n-th range of a hub."""
    length = request.network.prefix_length
    first = int(document.hub(hub_name).spoke_pool[0].network_address)
    held = Reservation(
        hub=hub_name,
        address_range=IPv4Network((first + (number << (32 - length)), length)),
        reserved_on=date(2026, 3, 14),
    )
    return new_tenant(request, "ann", NOON).model_copy(
        update={"state": TenantState.ACTIVE, "reservation": held}
    )
