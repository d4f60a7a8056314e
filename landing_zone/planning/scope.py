"""What every part of the planning shares: the facts it plans from, and where things go."""

from dataclasses import dataclass

from landing_zone import naming
from landing_zone.arm_ids import arm_id, resource_group_id, subscription_scope
from landing_zone.errors import ConfigurationError
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
        ways_out: Keys of what must be there before a spoke reaches anything outside of it.
    """

    request: TenantRequest
    document: HubDocument
    hub: Hub
    reservation: Reservation
    ways_out: frozenset[str] = frozenset()

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
    def directory_id(self) -> str:
        """The Entra directory."""
        return str(self.document.directory_id)

    @property
    def salt(self) -> str:
        """What makes world-wide names ours, and those of a later generation new.

        A deleted vault keeps its name for its retention, an AI account and its subdomain for two
        days (learn: key-vault/general/soft-delete-overview, ai-services/recover-purge-resources). A
        storage account can be recovered for 14 days and a PostgreSQL server for 5, unless its name
        is taken anew (learn: storage/common/storage-account-recover,
        postgresql/flexible-server/how-to-restore-dropped-server). Whatever else has an address in
        Azure's DNS may be resolved to what was there before, for as long as records are cached.
        """
        generation = self.reservation.generation
        return self.directory_id if generation == 1 else f"{self.directory_id}/{generation}"

    @property
    def tags(self) -> dict[str, str]:
        """The required tags."""
        return required_tags(self.request)

    @property
    def own_cluster(self) -> bool:
        """Whether the tenant has a Kubernetes cluster of its own."""
        return self.request.isolation == "cluster"

    def resource_group(self, purpose: str) -> str:
        """ARM id of one of the tenant's resource groups."""
        name = naming.resource_group(self.request, purpose)
        return resource_group_id(self.subscription_id, name)

    def network_id(self, resource_type: str, *names: str) -> str:
        """ARM id of a resource in the tenant's network resource group."""
        return arm_id(self.resource_group("network"), resource_type, *names)

    def workload_id(self, resource_type: str, *names: str) -> str:
        """ARM id of a resource in the group that the tenant's contributors may change."""
        return arm_id(self.resource_group("workload"), resource_type, *names)

    def operations_id(self, resource_type: str, *names: str) -> str:
        """ARM id of a resource in the group that only the platform may change."""
        return arm_id(self.resource_group("operations"), resource_type, *names)

    def subnet_id(self, name: str) -> str:
        """ARM id of one of the spoke's subnets."""
        kind = "Microsoft.Network/virtualNetworks/subnets"
        return self.network_id(kind, naming.virtual_network(self.request), name)

    def dns_zone_id(self, zone: str) -> str:
        """ARM id of one of the hub's private DNS zones.

        Raises:
            ConfigurationError: The hub has no such zone.
        """
        if zone not in self.hub.private_dns_zones:
            raise ConfigurationError(
                f"hub {self.hub.name} has no private DNS zone {zone}; add it to privateDnsZones"
            )
        return self.hub.resource_id("Microsoft.Network/privateDnsZones", zone)

    @property
    def workspace_id(self) -> str:
        """ARM id of the hub's Log Analytics workspace."""
        name = self.hub.shared_services.log_analytics
        return self.hub.resource_id("Microsoft.OperationalInsights/workspaces", name)

    @property
    def cluster_id(self) -> str:
        """ARM id of the Kubernetes cluster that the tenant runs on: its own, or the hub's."""
        kind = "Microsoft.ContainerService/managedClusters"
        if self.own_cluster:
            return self.workload_id(kind, naming.kubernetes_cluster(self.request))
        return self.hub.resource_id(kind, self.hub.shared_services.kubernetes)

    @property
    def storage_id(self) -> str:
        """ARM id of the tenant's own storage account, which it has only if it asked for one."""
        name = naming.storage_account(self.request, salt=self.salt)
        return self.workload_id("Microsoft.Storage/storageAccounts", name)

    @property
    def records_id(self) -> str:
        """ARM id of the storage account for the platform's records on this tenant."""
        name = naming.records_account(self.request, salt=self.salt)
        return self.operations_id("Microsoft.Storage/storageAccounts", name)
