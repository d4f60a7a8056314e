"""What people do about drift over HTTP, on the genuine local Azure Resource Manager."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import azure.functions as func
import pytest

from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.findings import FindingState
from landing_zone.remediation.policy import RemediationPolicy
from tests.simulation.drifting import Drifting, drifting
from tests.simulation.drifts import DRIFTS
from tests.simulation.requests import request_of
from tests.triggers.requests import content, request
from triggers.compliance import act_on_finding, request_sweep, show_compliance
from triggers.exemptions import grant_exemption, remove_exemption

OPENED: Final = DRIFTS["storage-opened"]
TENANT: Final = "contoso-research"


@pytest.fixture(scope="module")
def shared() -> Iterator[Drifting]:
    """A tenant: each test leaves it as it was."""
    with drifting(request_of("namespace")) as found:
        yield found


@pytest.fixture
def ground(shared: Drifting) -> Iterator[Drifting]:
    """The same, with nothing of the tests before."""
    shared.begin_anew()
    before = shared.held()
    yield shared
    assert shared.held() == before
    assert shared.simulation.engine.crashes == []


async def told(ground: Drifting) -> Any:
    """What is told of remediation."""
    client: Any = ground.simulation.engine
    response = await show_compliance(request(params={"owner": TENANT}), client)
    assert response.status_code == 200
    return content(response)


async def act(ground: Drifting, action: str) -> func.HttpResponse:
    """Follow the link of the only finding that is not over."""
    client: Any = ground.simulation.engine
    (one,) = (await told(ground))["findings"]["value"]
    return await act_on_finding(request(one["links"][action]["body"]), client)


def actions(ground: Drifting) -> list[str]:
    """What the audit tells of drift."""
    entries = ground.simulation.world.audit.entries(TENANT)
    return [entry.action for entry in entries]


def test_an_approved_proposal_is_put_right_at_once(ground: Drifting) -> None:
    """Nobody has to wait for an event or a sweep; the time is counted from the approval."""
    policy = RemediationPolicy.model_validate({"modes": {OPENED.rule: "propose"}})

    async def happen() -> Any:
        OPENED.make(ground)
        await ground.repair()
        assert ground.findings()[OPENED.rule].state is FindingState.PROPOSED
        await ground.passed(3600)
        assert (await act(ground, "approve")).status_code == 202
        await ground.remediated()
        return await told(ground)

    document = ground.run(happen, policy=policy)
    assert ground.findings()[OPENED.rule].state is FindingState.FIXED
    assert actions(ground) == ["drift.proposed", "drift.approve", "drift.fixed"]
    assert document["findings"]["value"] == []
    assert document["serviceLevels"]["rules"][OPENED.rule]["count"] == 1
    assert document["serviceLevels"]["rules"][OPENED.rule]["p99Seconds"] < 60
    assert document["pending"]["resources"] == 0


def test_a_breaker_that_a_person_has_reset_lets_fixes_through(ground: Drifting) -> None:
    """It has forgotten the fight."""
    breaker = BreakerPolicy(fixes=2, window_seconds=86_400)

    async def happen() -> None:
        for _ in range(breaker.fixes + 1):
            OPENED.make(ground)
            await ground.repair()
        assert ground.findings()[OPENED.rule].state is FindingState.TRIPPED
        assert (await act(ground, "reset")).status_code == 202
        await ground.remediated()
        assert ground.findings()[OPENED.rule].state is FindingState.FIXED
        OPENED.make(ground)
        await ground.repair()

    ground.run(happen, policy=RemediationPolicy(breaker=breaker))
    assert ground.findings()[OPENED.rule].state is FindingState.FIXED
    assert actions(ground)[-4:] == ["drift.tripped", "drift.reset", "drift.fixed", "drift.fixed"]


def test_an_exemption_that_is_taken_back_ends_at_once(ground: Drifting) -> None:
    """It holds from the moment that it is granted, and is told with what it did."""
    client: Any = ground.simulation.engine
    policy = RemediationPolicy.model_validate({"modes": {OPENED.rule: "propose"}})
    body = {
        "rule": OPENED.rule,
        "scope": ground.planned("resource-group:workload").id,
        "reason": "the data is being moved",
        "by": "ann",
        "expires": (ground.simulation.world.clock.now() + timedelta(days=9)).isoformat(),
    }

    async def states(*wanted: FindingState) -> None:
        await ground.remediated()
        assert ground.findings()[OPENED.rule].state in wanted

    async def happen() -> None:
        OPENED.make(ground)
        await ground.repair()
        granted = await grant_exemption(request(body, exemptionId="moving"), client)
        assert granted.status_code == 201
        await states(FindingState.EXEMPT)
        ended = await remove_exemption(request(exemptionId="moving"), client)
        assert ended.status_code == 204
        await states(FindingState.PROPOSED)
        assert (await act(ground, "approve")).status_code == 202
        await states(FindingState.FIXED)

    ground.run(happen, policy=policy)
    assert "exemption.granted" in actions(ground)
    assert "exemption.removed" in actions(ground)


def test_a_sweep_that_is_asked_for_finds_what_no_event_told_of(ground: Drifting) -> None:
    """It tells how far it came; asked for twice, it is one."""
    client: Any = ground.simulation.engine

    async def happen() -> Any:
        OPENED.make(ground)
        await ground.passed()
        ground.events()
        answers = [content(await request_sweep(request(), client)) for _ in range(2)]
        assert [one["started"] for one in answers] == [True, False]
        await client.until(["sweep"])
        await ground.remediated()
        return await told(ground)

    document = ground.run(happen)
    assert ground.findings()[OPENED.rule].state is FindingState.FIXED
    assert (document["sweep"]["state"], document["sweep"]["running"]) == ("Completed", False)
    assert document["sweep"]["done"] == document["sweep"]["shards"] > 0
    assert document["sweep"]["resources"] > 50
