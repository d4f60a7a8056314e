"""Suspending and resuming tenants of the simulation, and what of them is open then."""

from collections.abc import Iterable
from typing import Any, Final

from landing_zone.asking import Same, ask
from landing_zone.differences import value_at
from landing_zone.plan import Plan
from landing_zone.planning.suspended import API, COMPUTE, EGRESS, in_plan, suspended
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from tests.simulation.drifting import Drifting
from tests.simulation.local_arm import Exchange
from tests.simulation.simulation import Simulation
from triggers.starting import start

TENANT: Final = "contoso-research"
DOORS: Final = (*API, *EGRESS, *COMPUTE)

_SHOWN: Final[dict[str, tuple[tuple[str, ...], tuple[Any, ...], tuple[Any, ...]]]] = {
    "api-product": (("state",), ("published",), ("notPublished",)),
    "api-subscription": (("state",), ("active",), ("suspended",)),
    "node-pool": (("count", "enableAutoScaling"), (1, True), (0, False)),
    "namespace": (
        ("defaultResourceQuota.cpuLimit", "defaultNetworkPolicy.egress"),
        ("8000m", "AllowSameNamespace"),
        ("0m", "DenyAll"),
    ),
    "gitops": (("suspend",), (False,), (True,)),
    "cluster": (("powerState.code",), ("Running",), ("Stopped",)),
}
"""What Azure shows of each door: where, while it is open, and while it is closed."""


async def ask_for(found: Simulation, kind: Kind, tenant_id: str = TENANT) -> bool:
    """Ask for an operation, as the HTTP API does; False where nothing is to be done."""
    kept = await found.deps.registry.get(tenant_id)
    assert kept is not None
    work = Work(kind=kind, actor="ann", reason="holidays")
    answer = ask(kept.value, work, found.world.clock.now())
    if isinstance(answer, Same):
        return False
    assert await found.deps.registry.replace(answer.record, kept.etag)
    await start(found.engine, answer.record)
    return True


async def operated(found: Simulation, kind: Kind, tenant_id: str = TENANT) -> TenantRecord:
    """The tenant once the operation that was asked for has ended."""
    if await ask_for(found, kind, tenant_id):
        await found.engine.until([instance_id(tenant_id)])
    return found.tenant(tenant_id)


def stages_of(found: Simulation, record: TenantRecord) -> list[tuple[str, str]]:
    """The stages of the tenant's last operation, each with how it ended."""
    document = found.world.documents.operations[record.operation_id]
    return [(stage["name"], stage["state"]) for stage in document["stages"]]


def doors(ground: Drifting, made: Plan) -> dict[str, bool]:
    """Which of a tenant's doors are open, by what Azure holds: True, or False for closed.

    A door that is neither open nor closed is an error.
    """
    return {key: _is_open(ground, key) for key in in_plan(made, DOORS)}


def _is_open(ground: Drifting, key: str) -> bool:
    if key == "hub:firewall":
        return _lets_out(ground)
    properties = ground.held()[ground.planned(key).id.lower()]["properties"]
    paths, is_open, is_closed = _SHOWN[key]
    found = tuple(value_at(properties, path) for path in paths)
    assert found in {is_open, is_closed}, (key, found)
    return found == is_open


def _lets_out(ground: Drifting) -> bool:
    reservation = ground.records[0].reservation
    assert reservation is not None
    own = str(reservation.address_range)
    kinds = ("/ipgroups/", "/rulecollectiongroups/")
    return any(
        f"'{own}'" in str(item)
        for key, item in ground.held().items()
        if any(kind in key for kind in kinds)
    )


def touched(log: Iterable[Exchange], made: Plan) -> list[str]:
    """The doors that were written, in the order of their first writes."""
    names = {
        "/products/": "api-product",
        "/subscriptions/tenant-": "api-subscription",
        "/ipgroups/": "hub:firewall",
        "/rulecollectiongroups/": "hub:firewall",
        "/agentpools/": "node-pool",
        "/managednamespaces/": "namespace",
        "/fluxconfigurations/": "gitops",
        "/managedclusters/": "cluster",
    }
    found: dict[str, None] = {}
    for one in log:
        path = one.path.lower()
        if one.method == "GET" or path.endswith("/listsecrets"):
            continue
        known = [key for part, key in names.items() if part in path]
        assert known, f"{one.method} {one.path} is no door"
        found.setdefault(known[0])
    assert set(found) <= suspended(made).by_key.keys()
    return list(found)
