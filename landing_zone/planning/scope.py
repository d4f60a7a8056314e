"""What every part of the planning shares: the facts it plans from, and where things go."""

from dataclasses import dataclass

from landing_zone import naming
from landing_zone.arm_ids import arm_id, resource_group_id, subscription_scope
from landing_zone.hub import Hub, HubDocument
from landing_zone.references import reference
from landing_zone.reservation import Reservation
from landing_zone.tags import required_tags
from landing_zone.tenant_request import TenantRequest

SUBSCRIPTION = "subscription"


@dataclass(frozen=True)
class Scope:
    """The facts that a plan is made from.

    Attributes:
        request: What the tenant asked for.
        document: The directory's frame.
        hub: The hub that the tenant hangs on.
        reservation: What it holds of that hub.
    """

    request: TenantRequest
    document: HubDocument
    hub: Hub
    reservation: Reservation

    @property
    def vends(self) -> bool:
        """Whether the subscription is made by us, rather than adopted."""
        return self.request.subscription.mode == "vend"

    @property
    def subscription_id(self) -> str:
        """The subscription's id, by reference while it does not exist."""
        if self.vends:
            return reference(SUBSCRIPTION, "subscriptionId")
        return str(self.request.subscription.id)

    @property
    def subscription(self) -> str:
        """ARM id of the subscription."""
        return subscription_scope(self.subscription_id)

    @property
    def tags(self) -> dict[str, str]:
        """The required tags."""
        return required_tags(self.request)

    def resource_group(self, purpose: str) -> str:
        """ARM id of one of the tenant's resource groups."""
        name = naming.resource_group(self.request, purpose)
        return resource_group_id(self.subscription_id, name)

    def network_id(self, resource_type: str, *names: str) -> str:
        """ARM id of a resource in the tenant's network resource group."""
        return arm_id(self.resource_group("network"), resource_type, *names)
