"""Whose a subscription is, and which principals are our own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from landing_zone.arm_ids import normalized, resource_group_id, subscription_scope
from landing_zone.contracts import Contract
from landing_zone.hub import HubDocument
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord

GOVERNED_STATES: Final = frozenset({TenantState.ACTIVE, TenantState.SUSPENDED})
"""Tenants of another state are being worked on, and their resources are not drift yet."""


class Owner(Contract):
    """Whose a resource is.

    Attributes:
        kind: A tenant's, or a hub's own.
        name: Id of the tenant, or name of the hub.
        hub: Name of the hub: the tenant's, or itself.
    """

    kind: Literal["tenant", "hub"]
    name: str
    hub: str


@dataclass(frozen=True)
class Estate:
    """What is governed.

    Attributes:
        scopes: Owner of each subscription, and of each hub's resource group, by normalized id: two
            hubs may share a subscription.
        own_principals: Object ids of the automation itself, in lower case.
    """

    scopes: Mapping[str, Owner]
    own_principals: frozenset[str] = frozenset()

    def owner_of(self, resource_id: str) -> Owner | None:
        """Whose a resource is, or None where nobody's that we know."""
        segments = normalized(resource_id).split("/")
        group = self.scopes.get("/".join(segments[:5]))
        return group or self.scopes.get("/".join(segments[:3]))


def estate_of(document: HubDocument, tenants: Iterable[TenantRecord]) -> Estate:
    """The hubs of the document, and the tenants that are settled."""
    scopes: dict[str, Owner] = {}
    for hub in document.hubs:
        owner = Owner(kind="hub", name=hub.name, hub=hub.name)
        subscription = str(hub.subscription_id)
        scopes.setdefault(normalized(subscription_scope(subscription)), owner)
        scopes[normalized(resource_group_id(subscription, hub.resource_group))] = owner
    for tenant in tenants:
        if tenant.state in GOVERNED_STATES and tenant.reservation and tenant.subscription_id:
            owner = Owner(kind="tenant", name=tenant.tenant_id, hub=tenant.reservation.hub)
            scopes[normalized(subscription_scope(tenant.subscription_id))] = owner
    return Estate(scopes, frozenset({str(document.automation_principal_id).lower()}))
