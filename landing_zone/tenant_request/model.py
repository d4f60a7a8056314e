"""The tenant request itself: design, section 2, as a frozen model."""

from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails

from landing_zone.tenant_request import fields as kinds
from landing_zone.tenant_request.cross_rules import breaches
from landing_zone.tenant_request.field_rules import fault
from landing_zone.tenant_request.parts import (
    Access,
    Ai,
    Api,
    Budget,
    Compute,
    Data,
    Egress,
    GitOps,
    Network,
    Owner,
    Part,
    Subscription,
)

API_VERSION = "spokewright/v1"


class TenantRequest(Part):
    """What a tenant's owner asks for.

    Attributes:
        tenant_id: Unique, a DNS label; names of everything that is made derive from it.
        display_name: What a person reads.
        cost_center: Whom the tenant's cost is charged to; also a tag.
        application: What the tenant is for; also a tag.
        region: Azure region of the spoke, and so of its hub.
        isolation: Whether the tenant shares a cluster, has nodes of its own there, or a cluster.
    """

    api_version: Literal["spokewright/v1"]
    tenant_id: kinds.TenantId
    display_name: kinds.DisplayName
    owner: Owner
    cost_center: kinds.Label
    application: kinds.Label
    environment: Literal["dev", "test", "prod"]
    region: kinds.Region
    isolation: Literal["namespace", "nodepool", "cluster"]
    network: Network = Network()
    data: Data = Data()
    ai: Ai = Ai()
    api: Api = Api()
    compute: Compute = Compute()
    egress: Egress = Egress()
    access: Access = Access()
    budget: Budget = Budget()
    gitops: GitOps | None = None
    subscription: Subscription = Subscription()

    @model_validator(mode="after")
    def _values_agree(self) -> Self:
        broken = [
            InitErrorDetails(
                type=fault(breach.message, breach.allowed), loc=breach.path, input=None
            )
            for breach in breaches(self.to_document())
        ]
        if broken:
            raise ValidationError.from_exception_data(type(self).__name__, broken)
        return self

    def to_document(self) -> dict[str, Any]:
        """The request as a JSON-ready document in camelCase, defaults written out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
