"""One onboarding with one failure: how a case of the fault matrix is run."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from landing_zone.plan import Plan, Resource
from landing_zone.planning import plan
from landing_zone.tenants import TenantRecord, instance_id
from localcloud.arm.exchange import Answer, Call
from tests.fakes import HUBS
from tests.simulation.checks import assert_ended_well
from tests.simulation.kinds import ALIKE, KINDS, Kind, applies, fault_at, scapegoat
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.unit.planned import HUB, reservation_for
from tests.unit.strategies import TIERS

DISALLOWED: dict[str, Any] = {"preset": "disallowed-by-policy"}


class Case(NamedTuple):
    """One failure of one resource.

    Attributes:
        tier: Of the tenant.
        kind: Name of the kind of failure.
        key: The resource in the plan.
    """

    tier: str
    kind: str
    key: str

    @property
    def name(self) -> str:
        """It, for people."""
        return f"{self.tier}/{self.kind}/{self.key}"


@cache
def planned(tier: str) -> Plan:
    """The plan of a tier: where its addresses lie makes no difference here."""
    request = request_of(tier)
    return plan(request, HUBS, HUB, reservation_for(request))


@cache
def cases() -> tuple[Case, ...]:
    """Every case.

    What is planned in several tiers is struck by every kind in the first of them, and in the others
    by one kind each, in turn. Kinds whose like strikes every resource strike one of each type.
    """
    found: list[Case] = []
    planned_before: set[str] = set()
    struck: set[tuple[str, str]] = set()
    for tier in TIERS:
        resources = planned(tier).resources
        for place, resource in enumerate(resources):
            fitting = [kind for kind in KINDS.values() if applies(kind, resource)]
            if resource.key in planned_before:
                fitting = [kind for kind in fitting if kind.name not in ALIKE]
                fitting = [fitting[place % len(fitting)]]
            for kind in fitting:
                if kind.name in ALIKE and (kind.name, resource.type) in struck:
                    continue
                struck.add((kind.name, resource.type))
                found.append(Case(tier, kind.name, resource.key))
        planned_before |= {resource.key for resource in resources}
    return tuple(found)


def sample(number: int, seed: int) -> list[Case]:
    """Some of the cases, the same in every run: each kind once, and others by chance."""
    dice = random.Random(seed)  # noqa: S311 - choosing tests
    drawn = list(cases())
    dice.shuffle(drawn)
    each = list({case.kind: case for case in drawn}.values())
    others = [case for case in drawn if case not in each]
    return [*each, *others[: max(0, number - len(each))]]


@contextmanager
def onboarded(case: Case) -> Iterator[tuple[Simulation, TenantRecord]]:
    """A tenant that was onboarded while a failure struck one of its resources."""
    kind, made = KINDS[case.kind], planned(case.tier)
    with simulation() as disturbed:
        arrange(disturbed, made, kind, made.by_key[case.key])
        [record] = disturbed.onboard(request_of(case.tier))
        yield disturbed, record


def assert_case(disturbed: Simulation, record: TenantRecord, case: Case) -> None:
    """Hold the end of a case to what must be."""
    assert_ended_well(disturbed, record, readable=case.kind != "read:forbidden-for-good")


def run_case(case: Case) -> None:
    """Onboard a tenant while a failure strikes one of its resources.

    Raises:
        AssertionError: It hangs, or something is not as it must be at the end.
    """
    with onboarded(case) as (disturbed, record):
        assert_case(disturbed, record, case)


def arrange(disturbed: Simulation, made: Plan, kind: Kind, resource: Resource) -> None:
    """Let the failure strike when its time has come."""
    fault = fault_at(kind, resource)
    match kind.phase:
        case "write" | "read":
            disturbed.arm.inject(fault)
        case "poll":
            _at_the_first_operation(disturbed, fault)
        case "undo":
            other = scapegoat(made, resource)
            disturbed.arm.inject(fault_at(Kind("", "write", DISALLOWED), other))
            _once_it_is_taken_back(disturbed, made.tenant_id, fault)


def _at_the_first_operation(disturbed: Simulation, fault: dict[str, Any]) -> None:
    """Strike the polls of the first operation on a resource, whose URL is not known before."""
    write = {**fault["match"], "method": ["PUT", "PATCH", "POST"]}

    def strike(call: Call, answer: Answer) -> None:
        url = answer.headers.get("Azure-AsyncOperation") or answer.headers.get("Location", "")
        if url and disturbed.arm.fits(write, call):
            path = url.partition("?")[0].removeprefix(call.base_url)
            disturbed.arm.on_answer = None
            disturbed.arm.inject({**fault, "match": {"path": path, "polls": True}})

    disturbed.arm.on_answer = strike


def _once_it_is_taken_back(disturbed: Simulation, tenant_id: str, fault: dict[str, Any]) -> None:
    def strike(instance: str, status: Any) -> None:
        if instance == instance_id(tenant_id) and status.get("phase") == "undo":
            disturbed.engine.on_status = None
            disturbed.arm.inject(fault)

    disturbed.engine.on_status = strike
