"""Who owns what: read seldom, never believed for long."""

import asyncio
from datetime import datetime

import pytest

from activities.landscape import KEPT, Landscape
from landing_zone.access import PrincipalId
from landing_zone.arm_ids import subscription_scope
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub_state.limits import HubSettings
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.ports import Page
from landing_zone.remediation.owners import Owner
from landing_zone.remediation.preparing import KnownTenant
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fake_hubs import FakeHubRequests
from tests.fakes import HUBS, NOON, FakeClock, FakeDocuments, FakeRegistry
from tests.unit.planned import HUB, reservation_for
from tests.unit.remediation.estate import TENANTS

HUBS_OWN = Owner(kind="hub", name=HUB.name, hub=HUB.name)


class CountingRegistry(FakeRegistry):
    """A registry that counts how often it is read, and can be out of reach."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.gone = False

    async def page(
        self, size: int, continuation: str = "", *, owner: PrincipalId | None = None
    ) -> Page[TenantRecord]:
        """Count, and answer as ever."""
        self.reads += 1
        if self.gone:
            raise TemporaryError("Busy", "storage is busy")
        await asyncio.sleep(0)
        return await super().page(size, continuation, owner=owner)


class CountingDocuments(FakeDocuments):
    """Documents that count how often a plan is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def get_plan(self, plan_hash: str) -> Plan:
        """Count, and answer as ever."""
        self.reads += 1
        return await super().get_plan(plan_hash)


class Known:
    """A landscape with what it reads."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.registry = CountingRegistry()
        self.documents = CountingDocuments()
        requests = FakeHubRequests(self.clock)
        self.landscape = Landscape(
            HUBS, self.registry, self.documents, requests, HubSettings(), self.clock
        )

    def put(self, tenant: KnownTenant, state: TenantState = TenantState.ACTIVE) -> None:
        """Let the registry know a tenant."""
        request, made = tenant.request, tenant.plan
        record = new_tenant(request, "ann", NOON).model_copy(
            update={
                "state": state,
                "plan_hash": made.hash,
                "subscription_id": tenant.outputs["subscription"]["subscriptionId"],
                "reservation": reservation_for(request),
            }
        )
        self.registry.put(record)
        self.documents.plans[made.hash] = made
        self.documents.operations[record.operation_id] = {"outputs": dict(tenant.outputs)}

    async def owner(self, tenant: KnownTenant, since: datetime | None = None) -> Owner | None:
        """Whose a tenant's subscription is."""
        estate = await self.landscape.estate(since)
        return estate.owner_of(scope_of(tenant))


def scope_of(tenant: KnownTenant) -> str:
    """A tenant's subscription."""
    return subscription_scope(tenant.outputs["subscription"]["subscriptionId"])


@pytest.fixture
def known() -> Known:
    """A landscape with a settled tenant."""
    made = Known()
    made.put(TENANTS[0])
    return made


async def test_the_registry_is_read_once_for_many_events(known: Known) -> None:
    """That come at once, or within the time that it is believed."""
    owners = await asyncio.gather(*(known.owner(TENANTS[0]) for _ in range(200)))
    assert set(owners) == {TENANTS[0].owner}
    known.clock.move(KEPT.total_seconds())
    await asyncio.gather(*(known.landscape.ground(TENANTS[0].owner) for _ in range(200)))
    assert known.registry.reads == 1
    assert known.documents.reads == 1


async def test_it_is_not_believed_for_longer(known: Known) -> None:
    """What has not changed is not read anew."""
    await known.landscape.ground(TENANTS[0].owner)
    known.clock.move(KEPT.total_seconds() + 1)
    await known.landscape.ground(TENANTS[0].owner)
    assert (known.registry.reads, known.documents.reads) == (2, 1)


async def test_a_tenant_that_has_just_been_settled_is_known(known: Known) -> None:
    """To who misses it; nobody else has to look."""
    assert await known.owner(TENANTS[1]) is None
    known.put(TENANTS[1])
    known.clock.move(1)
    assert await known.owner(TENANTS[1]) is None
    now = known.clock.now()
    owners = await asyncio.gather(*(known.owner(TENANTS[1], now) for _ in range(50)))
    assert set(owners) == {TENANTS[1].owner}
    ground = await known.landscape.ground(TENANTS[1].owner)
    assert ground.owner == TENANTS[1].owner
    assert (known.registry.reads, known.documents.reads) == (2, 2)


async def test_the_ground_of_one_that_has_just_been_settled_is_found(known: Known) -> None:
    """Another process may have known it earlier."""
    await known.owner(TENANTS[0])
    known.put(TENANTS[1])
    known.clock.move(1)
    assert (await known.landscape.ground(TENANTS[1].owner)).owner == TENANTS[1].owner


@pytest.mark.parametrize(
    "state", [TenantState.FAILED, TenantState.OFFBOARDED, TenantState.PROVISIONING]
)
async def test_a_tenant_that_is_gone_is_not_governed(known: Known, state: TenantState) -> None:
    """Nor is one that is being worked on."""
    await known.landscape.ground(TENANTS[0].owner)
    known.put(TENANTS[0], state)
    known.clock.move(KEPT.total_seconds() + 1)
    assert await known.owner(TENANTS[0]) is None
    with pytest.raises(PermanentError) as refused:
        await known.landscape.ground(TENANTS[0].owner)
    assert refused.value.code == "NotGoverned"


async def test_a_hub_is_governed_whoever_is_there(known: Known) -> None:
    """Its ground is rendered from what tenants want of it now."""
    ground = await known.landscape.ground(HUBS_OWN)
    assert ground.owner == HUBS_OWN
    estate = await known.landscape.estate()
    assert estate.owner_of(subscription_scope(str(HUB.subscription_id))) == HUBS_OWN


async def test_a_registry_out_of_reach_is_told(known: Known) -> None:
    """Nothing is believed of it; the next who asks reads it."""
    known.registry.gone = True
    with pytest.raises(TemporaryError):
        await known.owner(TENANTS[0])
    known.registry.gone = False
    assert await known.owner(TENANTS[0]) == TENANTS[0].owner
