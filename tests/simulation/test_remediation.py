"""Drift of every kind, told by events, on the genuine local Azure Resource Manager."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from landing_zone.planning import api_versions
from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.policy import RemediationPolicy
from tests.simulation.drifting import ROGUE, Drifting, drifting
from tests.simulation.drifts import DRIFTS, patched
from tests.simulation.requests import request_of

STORAGE: Final = "Microsoft.Storage/storageAccounts"
OPENED: Final = DRIFTS["storage-opened"]
TENANT: Final = "contoso-research"


@pytest.fixture(scope="module")
def shared() -> Iterator[Drifting]:
    """Two tenants, who share it: each test leaves it as it was."""
    with drifting(request_of("namespace"), request_of("namespace", "fabrikam")) as found:
        yield found


@pytest.fixture
def ground(shared: Drifting) -> Iterator[Drifting]:
    """The same, with nothing of the tests before."""
    shared.begin_anew()
    before = shared.held()
    yield shared
    assert shared.held() == before
    assert shared.simulation.engine.crashes == []


def the(ground: Drifting, rule: str = OPENED.rule) -> Finding:
    """The finding about a rule."""
    return ground.findings()[rule]


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_is_repaired_and_verified(ground: Drifting, name: str) -> None:
    """Azure is as before; the finding says so; the same events late and in disorder do no harm."""
    before = ground.held()
    drift = DRIFTS[name]

    async def happen() -> None:
        drift.make(ground)
        await ground.passed()
        assert ground.held() != before
        told = await ground.repair()
        assert told
        ground.clear_log()
        await ground.deliver([*told, *reversed(told)])
        await ground.remediated()

    ground.run(happen)
    assert the(ground, drift.rule).state is FindingState.FIXED
    assert ground.writes() == []


def test_a_compliant_resource_costs_one_read(ground: Drifting) -> None:
    """And no write, whatever changed about it."""

    async def happen() -> None:
        patched("storage", minimumTlsVersion="TLS1_2")(ground)
        ground.clear_log()
        await ground.repair()

    ground.run(happen)
    assert [one.method for one in ground.simulation.arm.log] == ["GET"]
    assert ground.findings() == {}
    assert ground.simulation.world.drift.today == {"handled": 1}


def test_stripped_tags_cost_two_calls(ground: Drifting) -> None:
    """A read, and a merge whose answer shows them."""

    async def happen() -> None:
        DRIFTS["tag-stripped"].make(ground)
        ground.clear_log()
        await ground.repair()

    ground.run(happen)
    assert [one.method for one in ground.simulation.arm.log] == ["GET", "PATCH"]


def test_a_tag_that_someone_adds_meanwhile_stays(ground: Drifting) -> None:
    """Between the look and the fix: what is merged is not what was read."""
    path = f"{ground.planned('storage').id}/providers/Microsoft.Resources/tags/default"
    added: dict[str, str] = {}

    def tag(operation: str) -> None:
        body = {"operation": operation, "properties": {"tags": {"project": "x"}}}
        ground.write("PATCH", path, api_versions.RESOURCES, body)

    def between(call: Any, _answer: Any) -> None:
        if call.method == "GET" and not added:
            added["project"] = "x"
            tag("Merge")

    async def happen() -> dict[str, str]:
        DRIFTS["tag-stripped"].make(ground)
        await ground.passed()
        told = ground.events()
        ground.simulation.arm.on_answer = between
        await ground.deliver(told)
        await ground.remediated()
        ground.simulation.arm.on_answer = None
        held = ground.tags(ground.planned("storage").id)
        tag("Delete")
        return held

    held = ground.run(happen)
    assert held == {**ground.planned("storage").body["tags"], "project": "x"}


def test_a_storm_on_one_resource_is_one_look(ground: Drifting) -> None:
    """All events are accounted for: one is served, the others join it."""

    async def happen() -> None:
        OPENED.make(ground)
        await ground.passed()
        (told,) = ground.events()
        ground.clear_log()
        await ground.deliver([{**told, "id": f"{told['id']}-{turn}"} for turn in range(50)])
        await ground.remediated()

    ground.run(happen)
    assert len(ground.simulation.arm.log) == 3
    today = ground.simulation.world.drift.today
    assert (today["handled"], today["coalesced"], today[f"fixed:{OPENED.rule}"]) == (1, 49, 1)


def test_a_resource_that_is_gone_by_then_does_no_harm(ground: Drifting) -> None:
    """Nothing that was not planned is made again."""

    async def happen() -> None:
        DRIFTS["public-ip"].make(ground)
        await ground.passed()
        told = ground.events()
        path = told[0]["subject"]
        ground.write("DELETE", path, api_versions.NETWORK)
        await ground.passed()
        ground.clear_log()
        await ground.deliver([*told, *ground.events()])
        await ground.remediated()

    ground.run(happen)
    assert ground.writes() == []
    assert ground.findings() == {}


def test_our_own_writes_are_not_looked_at(ground: Drifting) -> None:
    """The fix is told of as well, and is known for ours."""

    async def happen() -> None:
        OPENED.make(ground)
        await ground.repair()
        ground.clear_log()
        await ground.repair()

    ground.run(happen)
    assert ground.simulation.arm.log == []
    assert ground.simulation.world.drift.today["ignored:it is our own write"] == 1


@pytest.mark.parametrize(
    ("fault", "least"),
    [
        ({"preset": "throttled-long", "effect": {"retryAfter": 3600}}, 3600),
        ({"preset": "throttled-without-retry-after", "count": 3}, 1),
        ({"preset": "internal-error", "count": 3}, 1),
        ({"preset": "connection-reset", "count": 3}, 1),
        ({"preset": "reset-after-acceptance"}, 0),
        ({"preset": "another-operation-in-progress", "count": 3}, 1),
        ({"preset": "forbidden", "count": 3}, 1),
    ],
    ids=lambda value: value["preset"] if isinstance(value, dict) else "",
)
def test_a_passing_failure_is_waited_out(
    ground: Drifting, fault: dict[str, Any], least: float
) -> None:
    """As long as Azure asks, an hour too, and then it is put right."""

    async def happen() -> None:
        OPENED.make(ground)
        await ground.passed()
        match = {"type": STORAGE, "method": "PATCH"}
        ground.simulation.arm.inject({**fault, "match": match})
        told = ground.events()
        began = ground.simulation.arm.cloud.now()
        await ground.deliver(told)
        await ground.remediated()
        assert ground.simulation.arm.cloud.now() - began >= least

    ground.run(happen)
    assert the(ground).state is FindingState.FIXED


@pytest.mark.parametrize("preset", ["forbidden", "internal-error", "disallowed-by-policy"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_lasting_failure_is_parked(ground: Drifting, preset: str, method: str) -> None:
    """With its reason and what a person can do; the next event tries again."""

    async def happen() -> None:
        OPENED.make(ground)
        await ground.passed()
        match = {"type": STORAGE, "method": method}
        fault = ground.simulation.arm.inject({"preset": preset, "match": match, "count": 10**6})
        told = ground.events()
        await ground.deliver(told)
        await ground.remediated()
        (parked,) = ground.findings().values()
        assert parked.state is FindingState.PARKED
        assert parked.error
        assert parked.advice
        ground.simulation.arm.gateway.faults.remove(fault.id)
        assert ground.simulation.world.drift.today["handled"] == 1
        await ground.deliver([{**told[0], "id": "again"}])
        await ground.remediated()

    ground.run(happen)
    assert {one.state for one in ground.findings().values()} == {FindingState.FIXED}
    actions = [entry.action for entry in ground.simulation.world.audit.entries(TENANT)]
    assert "drift.fixed" in actions[actions.index("drift.parked") :]


def test_a_fight_trips_the_breaker(ground: Drifting) -> None:
    """After as many fixes as the policy allows; it is reported, and left alone."""
    breaker = BreakerPolicy(fixes=3, window_seconds=86_400)
    policy, most = RemediationPolicy(breaker=breaker), breaker.fixes

    async def happen() -> None:
        for _ in range(most + 2):
            OPENED.make(ground)
            await ground.repair()

    ground.run(happen, policy=policy)
    finding = the(ground)
    assert (finding.state, finding.attempts) == (FindingState.TRIPPED, 0)
    assert ground.simulation.world.drift.today[f"fixed:{OPENED.rule}"] == most
    assert finding.advice
    patched("storage", publicNetworkAccess="Disabled")(ground)


@pytest.mark.parametrize("mode", ["propose", "observe"])
def test_a_rule_that_does_not_enforce_writes_nothing(ground: Drifting, mode: str) -> None:
    """It says what it found; it ends when someone has put it right."""
    policy = RemediationPolicy.model_validate({"modes": {OPENED.rule: mode}})
    state = {"propose": FindingState.PROPOSED, "observe": FindingState.OBSERVED}[mode]

    async def happen() -> None:
        OPENED.make(ground)
        ground.clear_log()
        await ground.repair()
        assert the(ground).state is state
        assert ground.writes() == []
        patched("storage", publicNetworkAccess="Disabled")(ground)
        await ground.repair()

    ground.run(happen, policy=policy)
    assert the(ground).state is FindingState.FIXED
    assert f"fixed:{OPENED.rule}" not in ground.simulation.world.drift.today


def test_an_exemption_holds_until_it_expires(ground: Drifting) -> None:
    """With its reason; then the rule is enforced."""
    exemption = Exemption(
        id="migration",
        rule=OPENED.rule,
        scope=ground.planned("resource-group:workload").id.upper().replace("/SUBS", "/subs"),
        reason="the data is being moved",
        by="ann",
        expires=ground.simulation.world.clock.now() + timedelta(days=1),
    )
    ground.simulation.world.exemptions.rows["migration"] = exemption

    async def happen() -> None:
        OPENED.make(ground)
        told = await ground.repair()
        assert the(ground).state is FindingState.EXEMPT
        await ground.passed(86_400)
        await ground.deliver([{**told[0], "id": "later"}])
        await ground.remediated()

    ground.run(happen)
    assert the(ground).state is FindingState.FIXED


def test_a_host_that_dies_at_any_moment_loses_nothing(ground: Drifting) -> None:
    """Killed in the middle of looks and fixes, again and again: all is put right in the end."""
    names = ("storage-opened", "vault-opened", "tag-changed", "inbound", "zone-group", "record")

    async def happen() -> None:
        for name in names:
            DRIFTS[name].make(ground)
        await ground.passed()
        told = ground.events()
        await ground.deliver(told)
        engine = ground.simulation.engine
        for _ in range(12):
            await ground.passed(0.4)
            engine.kill()
            await ground.passed(1.0)
            engine.revive()
        await ground.remediated()

    ground.run(happen)
    assert {one.state for one in ground.findings().values()} == {FindingState.FIXED}
    assert ground.simulation.world.drift.today["handled"] >= len(names) - 1
    assert ROGUE not in str(ground.simulation.world.audit.entries(TENANT))


def test_what_no_event_told_of_is_found_by_the_sweep(ground: Drifting) -> None:
    """Every kind of drift at once, all of its events lost; the sweep itself writes nothing."""
    names = [name for name in DRIFTS if name not in {"zone-link", "ip-group", "record"}]

    async def happen() -> None:
        for name in names:
            DRIFTS[name].make(ground)
        await ground.passed()
        ground.events()
        await ground.sweep()

    ground.run(happen)
    assert {DRIFTS[name].rule for name in names} <= set(ground.findings())
    assert {one.state for one in ground.findings().values()} == {FindingState.FIXED}


def test_a_sweep_of_what_is_right_writes_nothing(ground: Drifting) -> None:
    """It notes what a list does not show, which is looked at and found to be right."""

    async def happen() -> dict[str, Any]:
        ground.clear_log()
        return await ground.sweep()

    swept = ground.run(happen)
    assert ground.writes() == []
    assert ground.findings() == {}
    assert swept["resources"] > 100
    assert "failed" not in swept
