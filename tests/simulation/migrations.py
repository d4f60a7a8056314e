"""Migrations between isolation tiers in a simulation, watched at each exchange with Azure."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import permutations
from typing import Any, Final, NamedTuple

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.asking import ask
from landing_zone.audit import verify
from landing_zone.errors import PermanentError
from landing_zone.hub_state.reading import actual_state
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.references import Outputs, resolved_where_known
from landing_zone.routes.runtimes import missing_parts, runtime_of
from landing_zone.routes.updating import no_longer_planned
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.rendering import render
from localcloud.arm.state.records import Record
from tests.simulation.approving import approve_when_asked
from tests.simulation.requests import request_of
from tests.simulation.simulation import DEADLINE_SECONDS, HangError, Simulation, simulation
from tests.simulation.virtual_loop import run
from tests.unit.planned import HUB
from tests.unit.strategies import TIERS
from triggers.starting import start

PAIRS: Final = tuple(permutations(TIERS, 2))
"""Every tier to every other."""

TENANT: Final = "contoso-research"

_LANES: Final = ("firewall", "network")
_FIREWALL: Final = (
    "Microsoft.Network/ipGroups",
    "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
)


class Gap(NamedTuple):
    """A moment in which no runtime was complete.

    Attributes:
        after: The exchange with Azure after which it was seen.
        old: What was missing of the old runtime.
        new: What was missing of the new one.
    """

    after: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Watch:
    """Looks at what Azure holds after each exchange, whoever had it.

    Attributes:
        gaps: Moments without a complete runtime.
        writes: How many writes it saw.
        both: Whether there was a moment with two complete ones.
    """

    def __init__(self, found: Simulation) -> None:
        """Begin to look."""
        self._found = found
        record = found.tenant(TENANT)
        self._former = found.plan_of(record)
        document = found.world.documents.operations[record.applied_by]
        self._outputs: dict[str, dict[str, str]] = dict(document["outputs"])
        self._heading = ""
        self.gaps: list[Gap] = []
        self.writes = 0
        self.both = False
        found.arm.on_answer = self.look

    def look(self, call: Call, _answer: Answer) -> None:
        """Look once."""
        self.writes += call.method != "GET"
        old, new = self.old(), self.new()
        self.both |= not old and not new
        if old and new:
            self.gaps.append(Gap(f"{call.method} {call.path}", old, new))

    def plans(self) -> tuple[Plan, Plan]:
        """The plan that the tenant had, and the one that the migration led to."""
        return self._former, self._found.world.documents.plans[self._heading]

    def id_of(self, key: str) -> str:
        """The id of a resource of the plan that the migration led to, normalized."""
        outputs = self._outputs | yielded(self._found)
        return normalized(resolved_where_known(self.plans()[1].by_key[key].id, outputs))

    def part(self, key: str) -> Record | None:
        """What Azure holds of it."""
        return self._found.arm.cloud.store.get(self.id_of(key))

    def old(self) -> tuple[str, ...]:
        """What is missing of the runtime that the tenant had."""
        return missing(self._found, self._former, self._outputs)

    def new(self) -> tuple[str, ...]:
        """What is missing of the runtime that it is to have."""
        # The record forgets it once the migration has ended.
        self._heading = self._found.tenant(TENANT).heading or self._heading
        if not self._heading:
            return ("a plan",)
        made = self._found.world.documents.plans[self._heading]
        return missing(self._found, made, self._outputs | yielded(self._found))


def missing(found: Simulation, plan: Plan, outputs: Outputs) -> tuple[str, ...]:
    """What is missing of a plan's runtime in what Azure holds now."""
    runtime = runtime_of(plan)
    try:
        there = _there(found, [bound(part, outputs).id for part in runtime.parts])
        return missing_parts(runtime, HUB, there, outputs, found.deps.settings.hub)
    except PermanentError as unknown:
        return (unknown.message,)


def _there(found: Simulation, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What Azure holds of some resources, and of the hub's firewall."""
    store = found.arm.cloud.store
    records = [one for one in map(store.get, ids) if one is not None]
    there = {one.key: render(store, one) for one in records}
    walls = [render(store, one) for kind in _FIREWALL for one in store.of_type(kind)]
    return there | actual_state(HUB, "firewall", walls)


def yielded(found: Simulation) -> dict[str, dict[str, str]]:
    """What the resources of a tenant's operations have yielded so far."""
    outputs: dict[str, dict[str, str]] = {}
    for instance in found.engine.instances.values():
        if instance.id.startswith(f"{instance_id(TENANT)}:") and isinstance(instance.output, dict):
            outputs |= instance.output.get("outputs", {})
    return outputs


def living[T](life: Callable[[Simulation], Awaitable[T]], tier: str) -> T:
    """What comes of a life that begins with a tenant of a tier, on a hub at rest."""

    async def whole(found: Simulation) -> T:
        [record] = await found._onboard(request_of(tier, TENANT))
        assert record.state is TenantState.ACTIVE, record.reason
        await rested(found)
        return await life(found)

    with simulation() as found:
        return run(found.world.clock, whole(found))


def towards(found: Simulation, tier: str, **changes: Any) -> TenantRequest:
    """The tenant's request in another tier; its data stays as it is."""
    document = found.tenant(TENANT).request.to_document()
    return TenantRequest.model_validate(document | {"isolation": tier} | changes)


async def migrate(
    found: Simulation, tier: str, allow: tuple[str, ...] = (), **changes: Any
) -> TenantRecord:
    """Migrate the tenant, until its operation has ended and the hub has come to rest."""
    await begin(found, towards(found, tier, **changes), allow)
    await ended(found)
    return found.tenant(TENANT)


async def begin(found: Simulation, wanted: TenantRequest, allow: tuple[str, ...] = ()) -> None:
    """Ask for it."""
    work = Work(
        kind=Kind.UPDATE,
        actor="operator",
        reason="grown",
        wanted=wanted,
        allow_data_loss=allow,
    )
    known = await found.deps.registry.get(TENANT)
    assert known is not None
    asked = ask(known.value, work, found.world.clock.now())
    assert await found.deps.registry.replace(asked.record, known.etag)
    await start(found.engine, asked.record)
    approving = asyncio.create_task(approve_when_asked(found, wanted))
    _APPROVING.add(approving)
    approving.add_done_callback(_APPROVING.discard)


_APPROVING: Final[set[asyncio.Task[None]]] = set()
"""Approvers who wait to be asked."""


async def ended(found: Simulation) -> None:
    """Wait until the operation has ended, and the hub has come to rest.

    Raises:
        HangError: It does not.
    """
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await found.engine.until([instance_id(TENANT)])
            # What fails for good would keep the hub from ever coming to rest.
            found.arm.gateway.faults.remove()
            await rested(found)
    except TimeoutError as late:
        raise HangError("\n".join(found.engine.waiting())) from late


async def rested(found: Simulation) -> None:
    """Wait until the hub's reconcilers have nothing left to do, and Azure has not either."""
    lanes = [f"hub-{HUB.name}-{lane}" for lane in _LANES]
    await found.engine.until([one for one in lanes if one in found.engine.instances])
    while any(not one.stuck for one in found.arm.cloud.store.running()):
        await asyncio.sleep(5)
        found.arm.cloud.settle()


def dump(found: Simulation) -> dict[str, Any]:
    """All that Azure holds, by id, without what no two writes have alike."""
    return {str(item["id"]).lower(): _lasting(item) for item in found.arm.resources()}


_VOLATILE: Final = frozenset(
    {
        "etag",
        "createdOn",
        "updatedOn",
        # A cluster and its identity that are made anew are others than before.
        "principalId",
        "clientId",
        "objectId",
        "issuerURL",
        "issuer",
        "privateFQDN",
    }
)


def _lasting(value: Any) -> Any:
    match value:
        case dict():
            return {name: _lasting(item) for name, item in value.items() if name not in _VOLATILE}
        case list():
            return [_lasting(item) for item in value]
        case _:
            return value


def stages_of(found: Simulation) -> list[dict[str, Any]]:
    """The stages of the tenant's last operation, as its document tells them."""
    document = found.world.documents.operations[found.tenant(TENANT).operation_id]
    stages: list[dict[str, Any]] = document["stages"]
    return stages


def remains(found: Simulation, former: Plan, made: Plan) -> set[str]:
    """What Azure still holds of what only the former plan has."""
    document = found.world.documents.operations[found.tenant(TENANT).operation_id]
    store = found.arm.cloud.store
    bound_ids = (
        resolved_where_known(one.id, document["outputs"]).lower()
        for one in no_longer_planned(former, made)
    )
    return {one for one in bound_ids if store.get(one) is not None}


def assert_in_one_tier(found: Simulation, watch: Watch, before: dict[str, Any], tier: str) -> None:
    """In the old tier as it was, or in the new one; what is left or lacking is open work.

    Args:
        found: Where the migration ended.
        watch: What looked on.
        before: What Azure held before it.
        tier: The tier that it led from.
    """
    record = found.tenant(TENANT)
    assert found.engine.crashes == []
    assert (record.heading, record.crossing) == ("", None)
    for chain in found.world.audit.chains.values():
        assert verify(chain).valid
    if record.state is TenantState.FAILED:
        assert record.reason
        assert record.open_work
        return
    assert record.state is TenantState.ACTIVE
    if record.request.isolation == tier:
        assert record.reason
        assert record.open_work == ()
        assert watch.old() == ()
        assert dump(found) == before
        return
    former, made = watch.plans()
    listed = {one.resource.lower() for one in record.open_work}
    # By their ids: both plans may have something of one key.
    assert {watch.id_of(key) for key in watch.new()} <= listed
    assert remains(found, former, made) <= listed
    assert bool(record.open_work) == bool(record.reason)


def at_each_stage(found: Simulation, then: Callable[[str], None]) -> None:
    """Tell each stage that the tenant's operation comes to, once."""
    last = [""]

    def status(instance: str, shown: Any) -> None:
        stage = str(shown.get("stage", "")) if instance == instance_id(TENANT) else ""
        if stage and stage != last[0]:
            last[0] = stage
            then(stage)

    found.engine.on_status = status
