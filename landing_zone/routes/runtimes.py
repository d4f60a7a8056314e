"""What a tenant's workloads need in order to run, and whether all of it is there.

A runtime is a part of a plan: where the workloads run (the cluster or the pool, the namespace with
its quota and its network policy), where they come from (the Flux configuration), as whom (identity,
federated credential), what that may do (roles at the data), and their way out (the firewall).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.differences import differences, value_at
from landing_zone.hub import Hub
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.settled import is_held
from landing_zone.hub_state.wishes import member_of
from landing_zone.plan import Plan, Resource
from landing_zone.planning.cluster import CLUSTER
from landing_zone.planning.gitops import GITOPS
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.node_subnets import NODE_SUBNET
from landing_zone.planning.runtime import NAMESPACE, NODE_POOL, SHARED_CLUSTER
from landing_zone.references import Outputs

type Tier = Literal["namespace", "nodepool", "cluster"]
type Actual = Mapping[str, dict[str, Any]]
"""What ARM holds, by normalized id."""

_KEYS: Final = frozenset(
    {CLUSTER, SHARED_CLUSTER, NODE_POOL, NODE_SUBNET, NAMESPACE, GITOPS, HUB_EGRESS}
)
_FAMILIES: Final = (
    "identity:workload",
    "identity:cluster",
    "federation:",
    "role:workload:",
    "role:cluster:",
    "role:owner:kubernetes-",
)
_AT_WORK: Final = frozenset({"succeeded", "updating"})
_PLACEMENT: Final = "scheduler.alpha.kubernetes.io/"
# What people see of a resource, and what nothing runs by.
_DRESS: Final = frozenset({"tags", "location"})


@dataclass(frozen=True)
class Runtime:
    """What the workloads of a tenant need in order to run.

    Attributes:
        tier: The isolation tier.
        hub: Name of the hub that it hangs on.
        tenant_id: Whose it is.
        parts: Its resources, as planned.
    """

    tier: Tier
    hub: str
    tenant_id: str
    parts: tuple[Resource, ...]

    @property
    def ids(self) -> frozenset[str]:
        """Ids of its parts, normalized; they may hold references."""
        return frozenset(normalized(part.id) for part in self.parts)


def tier_of(plan: Plan) -> Tier:
    """The isolation tier that a plan is of."""
    if CLUSTER in plan.by_key:
        return "cluster"
    return "nodepool" if NODE_POOL in plan.by_key else "namespace"


def runtime_of(plan: Plan) -> Runtime:
    """The runtime of a plan."""
    parts = tuple(one for one in plan.resources if _is_part(one))
    return Runtime(tier_of(plan), plan.hub, plan.tenant_id, parts)


def _is_part(resource: Resource) -> bool:
    return resource.key in _KEYS or resource.key.startswith(_FAMILIES)


def is_complete(
    runtime: Runtime, hub: Hub, there: Actual, outputs: Outputs, settings: HubSettings
) -> bool:
    """Whether all of a runtime is there and at work.

    Args:
        runtime: The runtime.
        hub: The hub that it hangs on.
        there: What ARM holds: the runtime's parts, the hub's IP Groups and rule collection groups.
        outputs: What the parts' references resolve to.
        settings: How the tenants' own names are spread over the hub's rules.
    """
    return not missing_parts(runtime, hub, there, outputs, settings)


def missing_parts(
    runtime: Runtime, hub: Hub, there: Actual, outputs: Outputs, settings: HubSettings
) -> tuple[str, ...]:
    """Keys of the parts that are not there, or not as the runtime needs them."""
    return tuple(
        part.key
        for part in (bound(one, outputs) for one in runtime.parts)
        if not _stands(part, runtime, hub, there, settings)
    )


def _stands(
    part: Resource, runtime: Runtime, hub: Hub, there: Actual, settings: HubSettings
) -> bool:
    if part.key == HUB_EGRESS:
        member = member_of(hub.name, runtime.tenant_id, part.body)
        return is_held(hub, member, there, settings)
    current = there.get(normalized(part.id))
    if current is None or not _is_at_work(current):
        return False
    if part.key == NAMESPACE and _placement(part.body) != _placement(current):
        return False
    needed = {name: value for name, value in part.body.items() if name not in _DRESS}
    return next(differences(_undressed(needed), current), None) is None


def _is_at_work(current: dict[str, Any]) -> bool:
    """Whether it serves: a type without a provisioning state does as soon as it is there."""
    state = value_at(current, "properties.provisioningState")
    return state is None or str(state).lower() in _AT_WORK


def _placement(body: Mapping[str, Any]) -> dict[str, Any]:
    """Which nodes a namespace's pods are bound to: for none, nothing must be said of it."""
    notes = value_at(body, "properties.annotations") or {}
    return {name: value for name, value in notes.items() if name.startswith(_PLACEMENT)}


def _undressed(value: Any) -> Any:
    """A body without the tags of anything in it."""
    match value:
        case dict():
            return {name: _undressed(item) for name, item in value.items() if name != "tags"}
        case list():
            return [_undressed(item) for item in value]
        case _:
            return value
