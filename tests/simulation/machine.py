"""The whole life of some tenants at random: a state machine that Hypothesis drives.

Each step asks for something, in some weather, waits until nothing goes on any more, and holds what
is there to what must be (`life_checks`). What is asked for goes through the genuine HTTP functions;
a refusal is an answer as good as any, as long as it changes nothing.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import azure.functions as func
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind
from tests.principals import BEN
from tests.simulation.crowd import FAULTS
from tests.simulation.life_checks import (
    Shown,
    assert_agrees,
    assert_data_kept,
    assert_transitions,
    assert_untouched,
    shown,
)
from tests.simulation.living import Asked, Living, Weather, is_served, living
from tests.simulation.requests import request_of
from tests.unit.strategies import TIERS

NAMES: Final = ("life-anna", "life-berta", "life-clara")
FOR_EVER: Final = 10**6
GROUP: Final = "44444444-4444-4444-8444-444444444444"
MODEL: Final = {"deployment": "gpt-5-mini", "tokensPerMonth": 9 * 10**8}

CHANGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "cost centre": {"costCenter": "CC-7"},
    "cost centre back": {"costCenter": "CC-1042"},
    "smaller": {"compute": {"cpu": 4, "memoryGiB": 16}},
    "larger": {"compute": {"cpu": 8, "memoryGiB": 32}},
    "no database": {"data": {"database": "none"}},
    "cosmos": {"data": {"database": "cosmos"}},
    "postgresql": {"data": {"database": "postgresql"}},
    "index of its own": {"data": {"vectorIndex": "dedicated"}},
    "no index": {"data": {"vectorIndex": "none"}},
    "services": {"ai": {"services": ["speech"]}},
    "no services": {"ai": {"services": []}},
    "more tokens": {"ai": {"models": [{**MODEL, "tokensPerMinute": 60_000}]}},
    "fewer tokens": {"ai": {"models": [{**MODEL, "tokensPerMinute": 40_000}]}},
    "key": {"api": {"auth": "key"}},
    "token": {"api": {"auth": "token"}},
    "names": {"egress": {"profiles": ["azure"], "fqdns": ["a.contoso.com", "b.contoso.com"]}},
    "no names": {"egress": {"profiles": ["azure", "github"], "fqdns": []}},
    "readers": {"access": {"readers": [GROUP]}},
    "budget": {"budget": {"monthly": 700, "alertAt": [90]}},
    "no gitops": {"gitops": None},
    "owner": {"owner": {"email": "other@contoso.com"}},
}
"""What a tenant may be changed in, one thing each."""

CALM: Final = Weather("calm")

ENDS: Final = frozenset(
    {"", "DataLoss", "CapacityExceeded", "ApprovalExpired", "ApprovalWithdrawn"}
)
"""How an operation may end where nothing disturbs it: it is done, or is not to be done."""

TYPES: Final = (
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.ContainerService/managedClusters/managedNamespaces",
    "Microsoft.ApiManagement/service/products",
    "Microsoft.Insights/diagnosticSettings",
)


def storm(seed: int) -> Weather:
    """Whatever can fail fails now and then, and passes."""
    faults = [
        {
            "preset": preset,
            "match": {"probability": probability, "seed": seed * 100 + number},
            "count": FOR_EVER,
        }
        for number, (preset, probability) in enumerate(FAULTS.items())
    ]
    return Weather(f"storm {seed}", tuple(faults))


def refusal(kind: str) -> Weather:
    """A type of resources that can for now not be written."""
    fault = {"preset": "disallowed-by-policy", "match": {"type": kind}, "count": FOR_EVER}
    return Weather(f"no writes of {kind}", (fault,))


def lock(kind: str) -> Weather:
    """A type of resources that can for now not be deleted."""
    match = {"type": kind, "method": "DELETE"}
    return Weather(f"no deletion of {kind}", ({"preset": "scope-locked", "match": match},))


def weathers() -> st.SearchStrategy[Weather]:
    """Calm, most of the time."""
    deaths = st.lists(st.integers(1, 400).map(float), min_size=1, max_size=4)
    return st.one_of(
        st.just(CALM),
        st.just(CALM),
        st.integers(0, 50).map(storm),
        deaths.map(lambda times: Weather("deaths", deaths=tuple(times))),
        st.sampled_from(TYPES).map(refusal),
        st.sampled_from(TYPES).map(lock),
    )


tenants = st.sampled_from(NAMES)
tiers = st.sampled_from(TIERS)
changes = st.sampled_from(sorted(CHANGES))


class Life(RuleBasedStateMachine):
    """Some tenants of one hub."""

    def __init__(self) -> None:
        """Begin with nobody there."""
        super().__init__()
        self._stack = ExitStack()
        self.living: Living = self._stack.enter_context(living(approves=False))
        self.steps = 0

    def teardown(self) -> None:
        """End it."""
        self._stack.close()

    # What is asked for.

    @initialize(chosen=st.tuples(tiers, tiers, tiers))
    def begin(self, chosen: tuple[str, str, str]) -> None:
        """All at once; what somebody has to approve is approved."""
        asked = [onboarding(name, tier) for name, tier in zip(NAMES, chosen, strict=True)]
        self.step(CALM, *asked)
        for name in NAMES:
            found = self.record(name)
            if found and found.state is TenantState.AWAITING_APPROVAL:
                self.decide(name, "approve")

    @rule(name=tenants, tier=tiers, weather=weathers())
    def onboard(self, name: str, tier: str, weather: Weather) -> None:
        """A new one, one that is no more, one that failed, or one that is there."""
        self.step(weather, onboarding(name, tier))

    @rule(name=tenants, change=changes, weather=weathers())
    def update(self, name: str, change: str, weather: Weather) -> None:
        """In one thing; data may be lost."""
        self.patch(name, CHANGES[change], weather)

    @rule(name=tenants, change=changes, weather=weathers())
    def update_without_a_word_on_data(self, name: str, change: str, weather: Weather) -> None:
        """What holds data stays, or nothing is done at all."""
        self.step(weather, patching(name, CHANGES[change]))

    @rule(name=tenants, tier=tiers, weather=weathers())
    def migrate(self, name: str, tier: str, weather: Weather) -> None:
        """To another tier and back."""
        self.patch(name, {"isolation": tier}, weather)

    @rule(name=tenants, first=changes, second=changes, other=tenants, third=changes)
    def update_at_once(self, name: str, first: str, second: str, other: str, third: str) -> None:
        """One while another is under way, and one of a neighbour."""
        asked = [(name, first), (name, second), (other, third)]
        self.step(CALM, *(patching(who, CHANGES[change]) for who, change in asked))

    @precondition(lambda _: is_served("suspend_tenant"))
    @rule(name=tenants, weather=weathers())
    def suspend(self, name: str, weather: Weather) -> None:
        """For a while."""
        self.step(weather, Asked("suspend_tenant", name, params={"reason": "unpaid"}))

    @precondition(lambda _: is_served("resume_tenant"))
    @rule(name=tenants, weather=weathers())
    def resume(self, name: str, weather: Weather) -> None:
        """Whether or not it was suspended."""
        self.step(weather, Asked("resume_tenant", name))

    @precondition(lambda _: is_served("offboard_tenant"))
    @rule(name=tenants, weather=weathers(), days=st.sampled_from([0, 0, 0, 3]))
    def offboard(self, name: str, weather: Weather, days: int) -> None:
        """At once, or after some days."""
        self.step(weather, Asked("offboard_tenant", name, params={"retainDays": str(days)}))

    @precondition(lambda _: is_served("decide_approval"))
    @rule(name=tenants, verdict=st.sampled_from(["approve", "approve", "reject"]))
    def decide(self, name: str, verdict: str) -> None:
        """By somebody else than who asked."""
        found = self.record(name)
        operation = found.operation_id if found else f"{name}.1"
        decision = {"decision": verdict, "operationId": operation, "reason": "so it is"}
        self.step(CALM, Asked("decide_approval", name, decision, who=BEN))

    @rule(days=st.sampled_from([0.1, 1, 10]))
    def wait(self, days: float) -> None:
        """Time passes: retentions and deadlines end, nothing else changes."""
        before, records = shown(self.living.ground), self.by_name()
        self.living.wait(timedelta(days=days).total_seconds())
        self.hold(before, self.due(records))

    # How it is asked for, and what must hold then.

    def patch(self, name: str, change: Mapping[str, Any], weather: Weather) -> None:
        """Change a tenant; where it costs data, with the word that it may."""
        [answer] = self.step(CALM if weather.name == "calm" else weather, patching(name, change))
        if answer.status_code == HTTPStatus.BAD_REQUEST:
            lost = lost_by(answer)
            if lost:
                self.step(weather, patching(name, change, allowDataLoss=",".join(lost)))

    def step(self, weather: Weather, *asked: Asked) -> list[func.HttpResponse]:
        """Ask, wait, and hold what is there to what must be."""
        self.steps += 1
        before, records = shown(self.living.ground), self.by_name()
        answers = self.living.do(weather, *asked)
        assert_data_kept(before, self.living.ground.arm.log, self.kept(records, asked))
        self.hold(before, [*(one.tenant_id for one in asked), *self.due(records)])
        for one, answer in zip(asked, answers, strict=True):
            event(f"{one.function} in {weather.name.split()[0]}: {answer.status_code}")
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or weather.faults, (
                answer.get_body()
            )
        if all(answer.status_code >= HTTPStatus.BAD_REQUEST for answer in answers):
            now = self.by_name()
            gone_on = {name: now[name] for name in self.due(records)}
            assert now == records | gone_on
        if weather.name == "calm":
            self.hold_calm(asked, answers)
        return answers

    def due(self, before: Mapping[str, TenantRecord]) -> list[str]:
        """Tenants whose retention or deadline has come meanwhile: what waited has gone on."""
        now = self.by_name()
        return [name for name, one in before.items() if one.ongoing and now[name] != one]

    @staticmethod
    def kept(records: Mapping[str, TenantRecord], asked: tuple[Asked, ...]) -> list[TenantRecord]:
        """Tenants that have lived and of which nobody has said that data may go."""
        at_stake = {
            one.tenant_id
            for one in asked
            if "allowDataLoss" in one.params or one.function == "offboard_tenant"
        }
        lived = [record for record in records.values() if record.active_since is not None]
        return [
            record for record in lived if record.tenant_id not in at_stake and not may_lose(record)
        ]

    def hold(self, before: Shown, touched: list[str]) -> None:
        """What must hold after whatever was done to some tenants."""
        ground = self.living.ground
        assert_agrees(ground)
        assert_transitions(self.living.changes)
        assert_untouched(before, shown(ground), touched)
        ground.arm.log.clear()
        self.living.changes.clear()

    def hold_calm(self, asked: tuple[Asked, ...], answers: list[func.HttpResponse]) -> None:
        """Where nothing disturbs it, what is begun is done."""
        for one, answer in zip(asked, answers, strict=True):
            found = self.record(one.tenant_id)
            if answer.status_code != HTTPStatus.ACCEPTED or found is None or found.ongoing:
                continue
            document = self.living.ground.world.documents.operations[found.operation_id]
            told = (one, found.state, found.reason, found.open_work)
            assert document.get("code", "") in ENDS, told
            assert found.state is not TenantState.FAILED or document.get("code"), told

    def records(self) -> list[TenantRecord]:
        """Every tenant's record."""
        return list(self.by_name().values())

    def by_name(self) -> dict[str, TenantRecord]:
        """Every tenant's record by its name."""
        rows = self.living.ground.world.registry.rows
        return {name: rows[name].value for name in NAMES if name in rows}

    def record(self, name: str) -> TenantRecord | None:
        """A tenant's record."""
        return self.by_name().get(name)


def may_lose(record: TenantRecord) -> bool:
    """Whether something goes on, or is over, in which data may go."""
    works = (record.work, *record.queued) if record.ongoing else ()
    leaving = any(work.kind is Kind.OFFBOARD or work.allow_data_loss for work in works)
    return leaving or record.state is TenantState.OFFBOARDED


def onboarding(name: str, tier: str) -> Asked:
    """Asking for a tenant of a tier, with everything that there is."""
    return Asked("request_tenant", name, request_of(tier, name).to_document())


def patching(name: str, change: Mapping[str, Any], **params: str) -> Asked:
    """Changing a tenant."""
    return Asked("update_tenant", name, dict(change), params)


def lost_by(answer: func.HttpResponse) -> list[str]:
    """What a change would cost, as its refusal says."""
    faults = json.loads(answer.get_body()).get("errors", ())
    messages = [one["message"] for one in faults if one["path"] == "allowDataLoss"]
    return [one.partition(" ")[0] for one in messages if one.endswith("with its data")]
