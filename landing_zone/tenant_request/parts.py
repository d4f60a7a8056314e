"""The parts of a tenant request, each frozen; a key that is not named here is an error."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from landing_zone.tenant_request import fields as kinds


class Part(BaseModel):
    """A frozen part of the document, in camelCase there and in snake_case here."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, alias_generator=to_camel
    )


class Owner(Part):
    """Who answers for the tenant.

    Attributes:
        group: Object id of the Entra group that owns the tenant.
        email: Where alerts go; also the `owner` tag.
    """

    group: kinds.Group
    email: kinds.Email


class Network(Part):
    """The spoke's network.

    Attributes:
        prefix_length: Size of the address range that is drawn from the hub's pool.
    """

    prefix_length: kinds.PrefixLength = 24


class Data(Part):
    """The stores that the tenant is given, each behind a private endpoint."""

    storage: kinds.Truth = True
    database: Literal["cosmos", "postgresql", "none"] = "none"
    vector_index: Literal["shared", "dedicated", "none"] = "none"


class Model(Part):
    """One model deployment of the hub and how much of it the tenant may use."""

    deployment: kinds.Label
    tokens_per_minute: kinds.TokensPerMinute
    tokens_per_month: kinds.TokensPerMonth


class Safety(Part):
    """How prompts and answers are guarded.

    Attributes:
        content_filter: Name of a content filter of the hub.
        redact_pii: Whether personal data is redacted at the gateway.
    """

    content_filter: kinds.Label = "default"
    redact_pii: kinds.Truth = False


class Ai(Part):
    """The AI services that the tenant uses."""

    models: Annotated[tuple[Model, ...], Field(max_length=50)] = ()
    foundry_project: kinds.Truth = False
    services: Annotated[
        tuple[Literal["documentIntelligence", "speech", "language"], ...], Field(max_length=3)
    ] = ()
    safety: Safety = Safety()


class Api(Part):
    """How callers prove who they are: an Entra token, a key, or either."""

    auth: Literal["token", "key", "both"] = "token"
    key_rotation_days: kinds.RotationDays = 90


class Nodes(Part):
    """The tenant's own nodes; they scale between two counts."""

    size: kinds.NodeSize
    min: kinds.NodeCount
    max: kinds.NodeCount


class Compute(Part):
    """Quota of the tenant's namespace, and its own nodes where the tier has them."""

    cpu: kinds.Cpu = 4
    memory_gib: Annotated[kinds.MemoryGib, Field(alias="memoryGiB")] = 16
    nodes: Nodes | None = None


class Egress(Part):
    """What the tenant may reach through the hub's firewall."""

    profiles: Annotated[tuple[Literal["azure", "github"], ...], Field(max_length=2)] = ("azure",)
    fqdns: Annotated[tuple[kinds.Fqdn, ...], Field(max_length=200)] = ()


class Access(Part):
    """Entra groups and what they may do in the tenant's subscription."""

    contributors: Annotated[tuple[kinds.Group, ...], Field(max_length=50)] = ()
    readers: Annotated[tuple[kinds.Group, ...], Field(max_length=50)] = ()


class Budget(Part):
    """What the tenant may cost in a month.

    Attributes:
        monthly: Amount in `currency`.
        currency: ISO 4217 code.
        alert_at: Per cent of the amount at which the owner is told, ascending; Azure takes five.
    """

    monthly: kinds.MonthlyAmount = Decimal(1000)
    currency: kinds.Currency = "EUR"
    alert_at: Annotated[tuple[kinds.AlertPercent, ...], Field(min_length=1, max_length=5)] = (
        50,
        80,
        100,
    )


class GitOps(Part):
    """Where the tenant's workloads are declared."""

    url: kinds.GitUrl
    branch: kinds.Branch = "main"
    path: kinds.RepositoryPath = "./"


class Subscription(Part):
    """Whether a subscription is made for the tenant or an existing one is taken over."""

    mode: Literal["vend", "adopt"] = "vend"
    id: kinds.SubscriptionId | None = None
