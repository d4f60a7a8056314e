"""The plan: every Azure resource of a tenant, as frozen data.

Everything else is made from it: onboarding applies it along its dependencies, compensation and
offboarding walk it backwards, a dry run and the sweep compare it with what is there.
"""

import hashlib
import json
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from landing_zone.graph import Graph, reduced, topological
from landing_zone.references import referenced_keys


class Step(IntEnum):
    """The seven steps of onboarding."""

    REQUEST = 1
    SUBSCRIPTION = 2
    NETWORK = 3
    DNS_AND_FIREWALL = 4
    RUNTIME_AND_DATA = 5
    IDENTITY_AND_API = 6
    MONITORING_AND_COST = 7

    @property
    def title(self) -> str:
        """The step's name as people read it."""
        return _TITLES[self]


_TITLES = {
    Step.REQUEST: "Request",
    Step.SUBSCRIPTION: "Subscription",
    Step.NETWORK: "Spoke network",
    Step.DNS_AND_FIREWALL: "DNS and firewall",
    Step.RUNTIME_AND_DATA: "Runtime and data",
    Step.IDENTITY_AND_API: "Identity and API access",
    Step.MONITORING_AND_COST: "Monitoring and cost",
}


class Write(StrEnum):
    """How a resource is brought into being.

    `HUB` leaves it to the hub's reconciler; `SECRET` and `INDEX` are written on a data plane, where
    Azure Resource Manager neither makes nor shows them. `POWER` starts or stops what is there: it
    is judged by its power state alone.
    """

    PUT = "put"
    HUB = "hub"
    REGISTER_PROVIDER = "register-provider"
    MERGE_TAGS = "merge-tags"
    POWER = "power"
    SECRET = "secret"  # noqa: S105 - a kind of write
    INDEX = "index"

    @property
    def on_data_plane(self) -> bool:
        """Whether Azure Resource Manager is not asked about it."""
        return self in {Write.SECRET, Write.INDEX}


class Undo(StrEnum):
    """How a resource is taken back.

    `RETURN` puts a subscription back where it was, `RESTORE_TAGS` gives it back the values that
    ours took the place of: both are of an adopted one.
    """

    DELETE = "delete"
    HUB = "hub"
    INDEX = "index"
    DELETE_TAGS = "delete-tags"
    RESTORE_TAGS = "restore-tags"
    RETURN = "return"
    CANCEL_SUBSCRIPTION = "cancel-subscription"
    KEEP = "keep"


class Recovery(BaseModel):
    """How a resource is brought back that was deleted and that Azure keeps for a while.

    Attributes:
        id: ARM id by which it is seen while it is kept; may hold references.
        api_version: The pinned api-version that reads it there.
        properties: What is sent among the resource's own properties.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    api_version: str
    properties: dict[str, Any]


class Resource(BaseModel):
    """One resource of a plan.

    Attributes:
        key: Name within the plan, stable between plans of the same tenant.
        step: The step of onboarding it belongs to.
        type: ARM type, as `Microsoft.Network/virtualNetworks`.
        id: ARM id, or one of its form; may hold references (see `landing_zone.references`).
        api_version: The pinned api-version that reads and writes it.
        body: What is sent, or what it is made from; may hold references.
        after: Keys of the resources that must be there first.
        write: How it is made.
        undo: How it is taken back.
        outputs: What others may refer to: name of the output to the path of the property.
        ready: Path of a property to the value it has once all parts of the plan are there.
        recovery: How it is brought back, where Azure keeps what is deleted, and its name.
        former: What was there before the tenant, and is put back when it goes; None for nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    step: Step
    type: str
    id: str
    api_version: str
    body: dict[str, Any]
    after: frozenset[str] = frozenset()
    write: Write = Write.PUT
    undo: Undo = Undo.DELETE
    outputs: dict[str, str] = {}
    ready: dict[str, str] = {}
    recovery: Recovery | None = None
    former: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The last segment of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def is_read(self) -> bool:
        """Whether it is only read, for what it yields: neither written nor taken back."""
        return self.write is Write.PUT and not self.body and self.undo is Undo.KEEP

    @property
    def waits_for(self) -> frozenset[str]:
        """Keys of all resources it needs: those it names and those it refers to."""
        return self.after | referenced_keys(self.id) | referenced_keys(self.body)


class Plan(BaseModel):
    """All resources of one tenant.

    Attributes:
        tenant_id: Whose plan it is.
        hub: Name of the hub that it hangs on.
        rules_version: Version of the rules that made it.
        resources: In an order in which each comes after all it waits for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant_id: str
    hub: str
    rules_version: int
    resources: tuple[Resource, ...]

    @model_validator(mode="after")
    def _is_a_graph(self) -> Self:
        keys = [resource.key for resource in self.resources]
        if len(set(keys)) != len(keys):
            raise ValueError("two resources of a plan have the same key")
        topological(self._edges)
        return self

    @cached_property
    def _edges(self) -> Graph:
        return {resource.key: resource.waits_for for resource in self.resources}

    @cached_property
    def graph(self) -> Graph:
        """What each resource waits for, without the edges that follow from others."""
        return reduced(self._edges)

    @cached_property
    def by_key(self) -> dict[str, Resource]:
        """The resources by their key."""
        return {resource.key: resource for resource in self.resources}

    @cached_property
    def canonical(self) -> bytes:
        """The plan as canonical JSON: equal plans give equal bytes."""
        document = self.model_dump(mode="json")
        for resource in document["resources"]:
            resource["after"] = sorted(resource["after"])
            if resource["former"] is None:
                # As it was before there was such a thing: plans are kept under their hash.
                del resource["former"]
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical form, in hex."""
        return hashlib.sha256(self.canonical).hexdigest()


def in_order(tenant_id: str, hub: str, rules_version: int, resources: list[Resource]) -> Plan:
    """A plan of these resources, put in an order in which they could be made one by one.

    Raises:
        ValueError: They do not form an acyclic graph.
    """
    by_key = {resource.key: resource for resource in resources}
    order = topological({key: resource.waits_for for key, resource in by_key.items()})
    return Plan(
        tenant_id=tenant_id,
        hub=hub,
        rules_version=rules_version,
        resources=tuple(by_key[key] for key in order),
    )
