"""A tenant whose plan has been applied to the local Azure Resource Manager, and looks at it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from landing_zone.applying import apply_request, bound, is_as_wanted
from landing_zone.arm_ids import normalized
from landing_zone.differences import value_at
from landing_zone.plan import Resource, Write
from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import target_of
from landing_zone.remediation.looking import read_of
from landing_zone.remediation.model import Facts, Fix, Read, Violation
from landing_zone.remediation.preparing import KnownTenant, directory_of, tenant_ground
from landing_zone.remediation.rules import missing_reads, violations
from landing_zone.tenant_request import TenantRequest
from localcloud.arm.server import Settings, open_cloud
from tests.fakes import HUBS
from tests.localcloud.arm.conftest import Arm, HandSetClock
from tests.unit.planned import HUB
from tests.unit.planned_whole import whole_plan_of

LONG_ENOUGH = 700.0


@dataclass
class Look:
    """What one look saw, and how many reads it took."""

    violations: tuple[Violation, ...]
    reads: int


@dataclass
class Landed:
    """A tenant in the local cloud.

    Attributes:
        arm: Azure Resource Manager.
        ground: What rules know of the tenant.
        sent: Every write of a fix, as the checker reads it.
    """

    arm: Arm
    ground: Ground
    sent: list[str] = field(default_factory=list)

    def id_of(self, key: str) -> str:
        """ARM id of the first planned resource whose normalized id ends so, or is of that type."""
        return next(
            item.id
            for one, item in self.ground.plan.items()
            if one.endswith(key.lower()) or item.type.lower() == key.lower()
        )

    def put(self, path: str, version: str, body: Any, method: str = "PUT") -> None:
        """A write of someone else."""
        reply = self.arm.call(method, path, version, body)
        assert reply.status < 300, (path, reply.body)
        self.arm.advance(LONG_ENOUGH)

    def read(self, read: Read) -> Any:
        """What ARM answers to a read."""
        reply = self.arm.get(read.path, read.api_version)
        if read.kind == "list":
            return reply.body["value"]
        assert reply.status in {200, 404}, (read, reply.body)
        return reply.body if reply.status == 200 else None

    def look(self, resource_id: str, *about: str) -> Look:
        """Look at what an event about a resource leads to."""
        target = target_of(resource_id)
        assert target is not None, resource_id
        told = frozenset(normalized(one) for one in (resource_id, *about)) - {target.id}
        facts = Facts(target.id, target.type, self.read(read_of(target)), self.ground, told)
        reads = 1
        while asked := missing_reads(facts):
            reads += len(asked)
            facts = replace(
                facts, answers={**facts.answers, **{one: self.read(one) for one in asked}}
            )
        return Look(violations(facts), reads)

    def fix(self, violation: Violation) -> Any:
        """Make the writes of a fix; returns the last answer."""
        assert isinstance(violation.fix, Fix), violation
        answer = None
        for write in violation.fix.writes:
            headers = {"if-match": write.if_match} if write.if_match else {}
            reply = self.arm.call(
                write.method, write.path, write.api_version, write.body, headers=headers
            )
            assert reply.status < 300, (write, reply.body)
            self._note(write.method, write.path, write.api_version, write.body)
            self.arm.advance(LONG_ENOUGH)
            answer = reply.body
        return answer

    def _note(self, method: str, path: str, version: str, body: Any) -> None:
        url = f"https://management.azure.com{path}?api-version={version}"
        record = {"method": method, "url": url, "body": body, "status": None, "response": None}
        self.sent.append(json.dumps(record))


def landed(directory: Path, request: TenantRequest) -> Landed:
    """Apply the plan of a request, the hub's part included."""
    clock = HandSetClock()
    settings = Settings(directory / "arm", directory / "identity", HUBS)
    arm = Arm(open_cloud(settings, clock), clock, settings)
    made = whole_plan_of(request)
    outputs: dict[str, dict[str, str]] = {}
    for item in made.resources:
        if item.key != "hub:firewall" and not item.write.on_data_plane:
            outputs[item.key] = dict(_applied(arm, item, outputs))
    tenant = KnownTenant(request, made, outputs)
    return Landed(arm, tenant_ground(tenant, HUB, directory_of(HUBS, [tenant])))


def _applied(
    arm: Arm, item: Resource, outputs: dict[str, dict[str, str]]
) -> Iterator[tuple[str, str]]:
    ours = item.write if item.write is not Write.HUB else Write.PUT
    wanted = bound(item.model_copy(update={"write": ours}), outputs)
    before = arm.get(wanted.id, wanted.api_version)
    current = before.body if before.status == 200 else None
    if not is_as_wanted(wanted, current):
        sent = apply_request(wanted, current)
        reply = arm.call(sent.method, sent.path, sent.api_version, sent.body)
        assert reply.status < 300, (item.key, reply.body)
        arm.advance(LONG_ENOUGH)
    held = arm.get(wanted.id, wanted.api_version).body
    for name, path in item.outputs.items():
        yield name, str(value_at(held, path))
