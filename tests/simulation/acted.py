"""One tenant whose operation hangs, and what is seen and done about it over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from landing_zone.access import Role
from landing_zone.audit import AuditEntry
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from tests.principals import BEN, headers_of
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation
from tests.triggers.requests import content, request
from triggers.operation_actions import act_on_operation
from triggers.operations import show_operation
from triggers.starting import start
from triggers.tenants import admitted

HOURS: Final = 6 * 3600.0
TENANT: Final = "contoso-research"
OPERATOR: Final = headers_of(BEN, [Role.OPERATOR])

type Middle = Callable[["Ground"], Awaitable[None]]


class Ground:
    """One tenant whose onboarding is disturbed.

    Attributes:
        simulation: Where it is onboarded.
    """

    def __init__(self, found: Simulation) -> None:
        """Take over what is ready."""
        self.simulation = found

    @property
    def record(self) -> TenantRecord:
        """The tenant."""
        return self.simulation.tenant(TENANT)

    @property
    def entries(self) -> list[AuditEntry]:
        """What the audit tells of it."""
        return self.simulation.world.audit.entries(TENANT)

    def fail(self, kind: str, status: int, code: str, message: str = "busy") -> None:
        """Let every write of some resources be refused for hours."""
        self.simulation.arm.inject(
            {
                "match": {"method": ["PUT"], "type": kind},
                "effect": {"kind": "respond", "status": status, "code": code, "message": message},
                "forSeconds": HOURS,
                "count": 10**6,
            }
        )

    async def onboard(self, middle: Middle) -> TenantRecord:
        """Onboard it, and do something in the middle."""
        record, _ = await admitted(self.simulation.deps, request_of("namespace"), "simulation")
        return await self.do(record, middle)

    async def do(self, record: TenantRecord, middle: Middle) -> TenantRecord:
        """Do what the record says, and something in the middle of it."""
        await start(self.simulation.engine, record)
        async with asyncio.timeout(2 * HOURS):
            await middle(self)
            await self.simulation.engine.until([instance_id(TENANT)])
        return self.record

    async def change(self, wanted: TenantRequest, middle: Middle) -> TenantRecord:
        """Update it, and do something in the middle."""
        work = Work(kind=Kind.UPDATE, actor="simulation", wanted=wanted)
        changed = self.record.next_operation(work, self.simulation.world.clock.now())
        self.simulation.world.registry.put(changed)
        return await self.do(changed, middle)

    async def shown(self, who: dict[str, str] = OPERATOR) -> Any:
        """The operation, as it is shown."""
        client: Any = self.simulation.engine
        asked = request(operationId=self.record.operation_id, headers=who)
        return content(await show_operation(asked, client))

    async def resource(self, key: str) -> Any:
        """A resource of it, as it is shown."""
        shown = await self.shown()
        found = [item for step in shown["steps"] for item in step["resources"]]
        return next((item for item in found if item["key"] == key), {})

    async def waiting(self, key: str, seconds: float = 0.0) -> Any:
        """Why a resource does not come on, once it has waited so long."""
        for _ in range(1000):
            item = await self.resource(key)
            if "lastCall" in item.get("explanation", {}):
                break
            await asyncio.sleep(5)
        await asyncio.sleep(seconds)
        return (await self.resource(key))["explanation"]

    async def act(self, action: str, resource: str = "", **more: Any) -> tuple[int, Any]:
        """Ask for something; the answer."""
        client: Any = self.simulation.engine
        body = {"action": action, "reason": "it hangs", **more}
        if resource:
            body["resource"] = resource
        asked = request(body, operationId=self.record.operation_id, headers=OPERATOR)
        response = await act_on_operation(asked, client)
        return response.status_code, content(response)

    async def accepted(self, action: str, resource: str = "", **more: Any) -> None:
        """Ask for something that is safe."""
        status, answer = await self.act(action, resource, **more)
        assert status == 202, answer

    async def refused(self, action: str, resource: str = "") -> str:
        """Why something is not safe, which changes nothing."""
        before = self.record
        status, answer = await self.act(action, resource)
        assert (status, answer["code"]) == (409, "ActionNotSafe")
        assert self.record == before
        return str(answer["detail"])
