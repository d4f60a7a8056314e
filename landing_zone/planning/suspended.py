"""What a tenant's plan is while the tenant is suspended: its doors closed, its compute at rest.

A pure transformation of the plan: the same resources under the same keys and ids, of which only
what is named here differs. Data, networks, identities, endpoints, diagnostic settings and the
budget are as they were. A PostgreSQL server goes on running: Azure would start a stopped one again
after seven days (learn: postgresql/flexible-server/how-to-stop-server).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from landing_zone.differences import differences
from landing_zone.plan import Plan, Resource, Write
from landing_zone.planning.api import PRODUCT, SUBSCRIPTION
from landing_zone.planning.cluster import CLUSTER
from landing_zone.planning.gitops import GITOPS
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.runtime import NAMESPACE, NODE_POOL

type Power = Literal["Running", "Stopped"]
type _Parts = dict[str, Any]
type _Change = Callable[[_Parts], _Parts]

API: Final = (PRODUCT, SUBSCRIPTION)
"""What opens the API, in the order in which it is opened: without either, no call is let through.

"Before the APIs in a product can be called, the product must be published" (learn: api-management/
api-management-howto-add-products); of a suspended subscription "the subscriber cannot call any APIs
of the product" (learn: rest/api/apimanagement/subscription).
"""

EGRESS: Final = (HUB_EGRESS,)
"""What lets the spoke out."""

COMPUTE: Final = (NODE_POOL, NAMESPACE, GITOPS, CLUSTER)
"""What runs the tenant's workloads, or brings them."""

_NO_QUOTA: Final[Mapping[str, str]] = MappingProxyType(
    {"cpuRequest": "0m", "cpuLimit": "0m", "memoryRequest": "0Gi", "memoryLimit": "0Gi"}
)


def suspended(plan: Plan) -> Plan:
    """The plan of a suspended tenant; what is suspended already stays as it is."""
    changes = dict(_AT_REST)
    if CLUSTER in plan.by_key:
        # Its Flux is at rest with the cluster, of which nothing can be changed then.
        del changes[GITOPS]
    return _changed(plan, changes)


def api_blocked(plan: Plan) -> Plan:
    """The same plan, with nobody let through to the API as yet."""
    return _changed(plan, {SUBSCRIPTION: _AT_REST[SUBSCRIPTION]})


def powered(plan: Plan, power: Power) -> Plan:
    """The same plan, in which the tenant's own cluster is started or stopped, and nothing else."""
    return _changed(plan, {CLUSTER: _power(power)})


def awake(plan: Plan) -> Plan:
    """The same plan, in which the tenant's own cluster is written while it runs.

    Of a stopped one nothing can be changed (learn: aks/start-stop-cluster, limitations).
    """
    return _changed(plan, {CLUSTER: _written})


def in_plan(plan: Plan, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the keys that the plan has."""
    return tuple(key for key in keys if key in plan.by_key)


def is_closing(resource: Resource) -> bool:
    """Whether a planned resource is one that ARM shows as closed while the tenant is suspended."""
    if resource.key not in _JUDGED:
        return False
    return _AT_REST[resource.key](_parts(resource)) == _parts(resource)


def is_reopened(resource: Resource, actual: Mapping[str, Any]) -> bool:
    """Whether somebody has opened what a suspension has closed.

    Args:
        resource: A resource that is planned to be closed.
        actual: What ARM holds of it.
    """
    wanted = {"properties": _closed_properties(resource)}
    return any(differences(wanted, dict(actual)))


def _closed_properties(resource: Resource) -> dict[str, Any]:
    names = _JUDGED[resource.key]
    properties = resource.body.get("properties", {})
    return {name: properties[name] for name in names}


def _changed(plan: Plan, changes: Mapping[str, _Change]) -> Plan:
    # Made anew: a copy would keep the hash that the plan has worked out.
    return Plan(
        tenant_id=plan.tenant_id,
        hub=plan.hub,
        rules_version=plan.rules_version,
        resources=tuple(_with(item, changes.get(item.key)) for item in plan.resources),
    )


def _with(item: Resource, change: _Change | None) -> Resource:
    return item if change is None else item.model_copy(update=change(_parts(item)))


def _parts(item: Resource) -> _Parts:
    return {"body": item.body, "write": item.write}


def _properties(parts: _Parts, **changes: Any) -> _Parts:
    body = parts["body"]
    return {**parts, "body": {**body, "properties": {**body["properties"], **changes}}}


def _unpublished(parts: _Parts) -> _Parts:
    return _properties(parts, state="notPublished")


def _blocked(parts: _Parts) -> _Parts:
    return _properties(parts, state="suspended")


def _no_way_out(parts: _Parts) -> _Parts:
    return {**parts, "body": {**parts["body"], "profiles": [], "fqdns": []}}


def _no_nodes(parts: _Parts) -> _Parts:
    """A user pool may have no nodes, if nothing scales it up (learn: aks/scale-cluster)."""
    changed = _properties(parts, enableAutoScaling=False, count=0)
    for name in ("minCount", "maxCount"):
        changed["body"]["properties"].pop(name, None)
    return changed


def _no_room(parts: _Parts) -> _Parts:
    """No pod is admitted; one that runs still is cut off (kubernetes: concepts/policy)."""
    deny = {"ingress": "DenyAll", "egress": "DenyAll"}
    return _properties(parts, defaultResourceQuota=dict(_NO_QUOTA), defaultNetworkPolicy=deny)


def _not_reconciled(parts: _Parts) -> _Parts:
    """Flux brings nothing new, no network policy that opens a way out either."""
    return _properties(parts, suspend=True)


def _power(power: Power) -> _Change:
    def change(parts: _Parts) -> _Parts:
        return {**_properties(parts, powerState={"code": power}), "write": Write.POWER}

    return change


def _written(parts: _Parts) -> _Parts:
    properties = {
        name: value for name, value in parts["body"]["properties"].items() if name != "powerState"
    }
    return {"body": {**parts["body"], "properties": properties}, "write": Write.PUT}


_AT_REST: Final[Mapping[str, _Change]] = MappingProxyType(
    {
        PRODUCT: _unpublished,
        SUBSCRIPTION: _blocked,
        HUB_EGRESS: _no_way_out,
        NODE_POOL: _no_nodes,
        NAMESPACE: _no_room,
        GITOPS: _not_reconciled,
        CLUSTER: _power("Stopped"),
    }
)

_JUDGED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        PRODUCT: ("state",),
        SUBSCRIPTION: ("state",),
        NODE_POOL: ("count", "enableAutoScaling"),
        NAMESPACE: ("defaultResourceQuota", "defaultNetworkPolicy"),
        GITOPS: ("suspend",),
        CLUSTER: ("powerState",),
    }
)
"""By which properties of a resource it is told that somebody has opened it again."""
