"""A fleet of settled tenants, with the genuine upgrade on virtual time.

Genuine: the orchestrators and activities as the function app registers them, the plans, and each
tenant's own operation. Pretended: the durable host, tables and blobs, a hub that has room for all,
and Azure Resource Manager, which holds what the plans say and counts calls (making a thousand
tenants in the local one would take the better part of an hour).
"""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from activities.dependencies import Dependencies
from activities.fleet.asking import begin_rollout, change_rollout
from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.capacity import Claims
from landing_zone.errors import PermanentError
from landing_zone.fleet.deciding import paused, resumed, rolling_back
from landing_zone.fleet.model import Member, Rollout, instance_of
from landing_zone.fleet.requests import WantedRollout
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Write
from landing_zone.planning import Rules, plan
from landing_zone.ports import Accepted
from landing_zone.references import Outputs
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.activities.landed import with_outputs
from tests.fake_arm import FakeArm
from tests.fake_hubs import FakeLedger
from tests.fakes import HUBS, NOON, World
from tests.given import dependencies_of
from tests.simulation.durable import Engine
from tests.simulation.simulation import HangError, functions
from tests.simulation.tasks import Instance
from tests.unit.planned import HUB, reservation_for
from tests.unit.planned_whole import outputs_of, wanting

WRITE_SECONDS: Final = 40.0
DEADLINE_SECONDS: Final = 14 * 24 * 3600.0
OPERATOR: Final = "person:operator"
_SPACE: Final = uuid.UUID("f1ee7000-0000-4000-8000-000000000000")


class FleetArm(FakeArm):
    """ARM that takes its time over a write, and refuses some.

    Attributes:
        refused: Parts of paths on which writes are refused.
        busy: How many writes are under way.
        busiest: How many were at most.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()
        self.busy = 0
        self.busiest = 0

    async def write(
        self,
        method: str,
        path: str,
        api_version: str,
        body: dict[str, Any] | None,
        *,
        if_match: str = "",
    ) -> Accepted:
        """Keep or drop a resource, after a while."""
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(WRITE_SECONDS)
        finally:
            self.busy -= 1
        if any(part in path for part in self.refused):
            raise PermanentError("RequestDisallowedByPolicy", "a policy disallows it", "change it")
        kept = self.bodies.get(normalized(path), {})
        whole = _over(kept, body) if method == "PUT" and body is not None else body
        return await super().write(method, path, api_version, whole, if_match=if_match)


def _over(kept: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """What is kept once something is sent: what Azure itself has put there stays."""
    inner = {
        name: _over(kept[name], value)
        for name, value in sent.items()
        if isinstance(value, dict) and isinstance(kept.get(name), dict)
    }
    return {**kept, **sent, **inner}


class _RoomyLedger(FakeLedger):
    """A hub that never is short of anything."""

    async def change(
        self, hub: str, tenant_id: str, seen: Sequence[str], claims: Claims, *, keep: bool
    ) -> Reservation:
        """Hold something else of the limits."""
        assert keep or seen == ()
        self.claims[hub, tenant_id] = claims
        return self.held[hub, tenant_id]


class Fleet:
    """Tenants, and who upgrades them.

    Attributes:
        world: The fakes.
        deps: What the application works with.
        arm: Azure Resource Manager.
        engine: The durable host.
    """

    def __init__(self, world: World, arm: FleetArm, engine: Engine) -> None:
        """Take over what is ready."""
        self.world = world
        self.arm = arm
        self.engine = engine

    @property
    def deps(self) -> Dependencies:
        """What the application works with."""
        return self.world.deps

    def settle(self, request: TenantRequest) -> TenantRecord:
        """Let a tenant be there, by the rules of this release."""
        held = reservation_for(request)
        made = plan(request, HUBS, HUB, held)
        outputs = _outputs(made)
        for item in made.resources:
            if item.write is Write.PUT:
                there = bound(item, outputs)
                self.arm.put(there.id, with_outputs(there, outputs.get(item.key, {})))
        record = new_tenant(request, "ann", NOON).model_copy(
            update={
                "state": TenantState.ACTIVE,
                "ongoing": False,
                "reservation": held,
                "plan_hash": made.hash,
                "rules_version": made.rules_version,
                "active_since": NOON,
            }
        )
        self.world.registry.put(record)
        self.world.ledger.held[HUB.name, request.tenant_id] = held
        self.world.documents.plans[made.hash] = made
        self.world.documents.operations[record.operation_id] = {"outputs": outputs}
        return record

    async def begin(self, wanted: WantedRollout | None = None) -> Rollout:
        """Ask for a rollout."""
        return await begin_rollout(self.deps, self.engine, wanted or WantedRollout(), OPERATOR)

    async def pause(self) -> None:
        """Pause the rollout."""
        await change_rollout(self.deps, self.engine, self.rollout.id, paused, OPERATOR)

    async def resume(self) -> None:
        """Go on with the rollout."""
        await change_rollout(self.deps, self.engine, self.rollout.id, resumed, OPERATOR)

    async def roll_back(self) -> None:
        """Call the rollout back."""
        await change_rollout(self.deps, self.engine, self.rollout.id, rolling_back, OPERATOR)

    async def rest(self) -> Rollout:
        """The rollout once its orchestration has ended.

        Raises:
            HangError: It has not, after a long time.
        """
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self.engine.until([instance_of(self.rollout.id)])
        except TimeoutError as late:
            raise HangError("\n".join(self.engine.waiting())) from late
        return self.rollout

    @property
    def rollout(self) -> Rollout:
        """The rollout."""
        found = self.world.fleet.now
        assert found is not None
        return found.value

    @property
    def orchestration(self) -> Instance:
        """The orchestration of the rollout."""
        return self.engine.instances[instance_of(self.rollout.id)]

    @property
    def members(self) -> dict[str, Member]:
        """What has become of each tenant."""
        return self.world.fleet.of(self.rollout.id)

    def states(self) -> dict[str, str]:
        """The same, in a word."""
        return {name: one.state.value for name, one in self.members.items()}

    def tenant(self, tenant_id: str) -> TenantRecord:
        """A tenant's record."""
        return self.world.registry.rows[tenant_id].value


def _outputs(made: Plan) -> Outputs:
    """What a tenant's resources yield: each has a subscription of its own."""
    own = {"subscriptionId": str(uuid.uuid5(_SPACE, made.tenant_id))}
    return {**outputs_of(made), "subscription": own}


def tenant_named(number: int, **changes: Any) -> TenantRequest:
    """What one of many tenants asked for."""
    return wanting(tenantId=f"t{number:05}", **changes)


@contextmanager
def fleet(rules: Rules, *requests: TenantRequest) -> Iterator[Fleet]:
    """Tenants of the rules of this release, in an application of other rules."""
    world = World()
    arm = FleetArm()
    world.ledger = _RoomyLedger(world.clock, HUBS)
    world.deps = replace(world.deps, rules=rules, arm=arm, background_arm=arm, ledger=world.ledger)
    found = Fleet(world, arm, Engine(*functions(), world.clock))
    for request in requests:
        found.settle(request)
    with dependencies_of(world):
        yield found
