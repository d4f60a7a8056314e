"""`/api/compliance`: what is told of remediation, and what people do about findings."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from landing_zone.drift.cases import UNJUDGED, tally_of
from landing_zone.drift.reporting import LEVEL_DAYS
from landing_zone.drift.sweeping import INSTANCE, SweepStatus
from landing_zone.drift.tallies import because
from landing_zone.errors import TemporaryError
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.names import RULE_NAMES
from tests.fakes import NOON, FakeStatus, World
from tests.principals import ACTOR
from tests.triggers import drifted
from tests.triggers.drifted import ACCOUNT, GROUP, OWNER, RULE, finding, found, kept
from tests.triggers.requests import PROBLEM, TENANT, content, request
from triggers.compliance import act_on_finding, request_sweep, show_compliance

S = FindingState


@pytest.fixture
def world(given_dependencies: World) -> World:
    """A world with a settled tenant."""
    drifted.settle(given_dependencies)
    return given_dependencies


async def shown(world: World, **params: str) -> Any:
    """What is told."""
    client: Any = world.client
    response = await show_compliance(request(params=params), client)
    assert response.status_code == 200
    return content(response)


async def refused(world: World, **params: str) -> list[str]:
    """What of a question is wrong."""
    client: Any = world.client
    response = await show_compliance(request(params=params), client)
    assert (response.status_code, response.mimetype) == (400, PROBLEM)
    errors = content(response)["errors"]
    assert all(error["allowed"] for error in errors)
    return [error["path"] for error in errors]


async def asked(world: World, action: str = "approve", **changes: Any) -> func.HttpResponse:
    """Act on the finding about the account."""
    client: Any = world.client
    body = {"resourceId": ACCOUNT, "rule": str(RULE), "action": action, **changes}
    return await act_on_finding(request(body), client)


async def test_nothing_has_happened_yet(world: World) -> None:
    """Everything is told all the same."""
    document = await shown(world)
    nothing = {"total": 0, "byReason": {}}
    none = {"total": 0, "handled": 0, "coalesced": 0, "duplicate": 0}
    assert document["events"]["today"] == {**none, "ignored": nothing, "refused": nothing}
    assert document["pending"] == {"resources": 0, "events": 0, "oldest": None}
    assert document["findings"]["value"] == []
    assert document["sweep"] is None
    assert set(document["policy"]["modes"]) == set(RULE_NAMES)
    assert document["serviceLevels"]["promised"] == {"percentile": "p95", "seconds": 300.0}
    assert document["serviceLevels"]["all"]["met"] is None


async def test_every_event_is_accounted_for_today_and_in_all(world: World) -> None:
    """By what became of it and why."""
    await world.drift.count({**because("ignored", "own"), "handled": 2, "fixed:x": 9})
    world.clock.move(86_400)
    await world.drift.count({**because("refused", "no data"), "coalesced": 3, "duplicate": 1})
    events = (await shown(world))["events"]
    assert events["today"]["total"] == 5
    assert events["today"]["refused"] == {"total": 1, "byReason": {"no data": 1}}
    assert events["inAll"]["total"] == 8
    assert (events["inAll"]["handled"], events["inAll"]["ignored"]["total"]) == (2, 1)


async def test_what_waits_is_told_with_its_age(world: World) -> None:
    """And which waits longest."""
    await world.drift.note(ACCOUNT, OWNER, drifted.event("a"))
    await world.drift.note(ACCOUNT, OWNER, drifted.event("b"))
    world.clock.move(30)
    await world.drift.note(GROUP, OWNER, drifted.event("c"))
    pending = (await shown(world))["pending"]
    assert (pending["resources"], pending["events"]) == (2, 3)
    assert pending["oldest"]["ageSeconds"] == 30
    assert pending["oldest"]["resourceId"] == ACCOUNT


async def test_what_is_not_over_is_listed_with_what_can_be_done(world: World) -> None:
    """What is over is counted."""
    parked = finding(S.PARKED, f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv", error="no role")
    found(world, finding(), parked, finding(S.FIXED, GROUP, fixed_at=NOON))
    findings = (await shown(world))["findings"]
    assert (findings["byState"]["fixed"], findings["byState"]["proposed"]) == (1, 1)
    assert findings["byRule"] == {str(RULE): {"fixed": 1, "parked": 1, "proposed": 1}}
    assert findings["notShown"] == 0
    told = {one["state"]: one for one in findings["value"]}
    assert set(told) == {"proposed", "parked"}
    assert told["parked"]["error"] == "no role"
    assert told["proposed"]["links"]["approve"] == {
        "method": "POST",
        "href": "/api/compliance/findings",
        "body": {"resourceId": ACCOUNT.lower(), "rule": str(RULE), "action": "approve"},
    }
    assert told["parked"]["links"]["reset"]["body"]["action"] == "reset"


async def test_links_do_what_they_say(world: World) -> None:
    """The body of each is one that is understood."""
    found(world, finding())
    (told,) = (await shown(world))["findings"]["value"]
    client: Any = world.client
    response = await act_on_finding(request(told["links"]["approve"]["body"]), client)
    assert response.status_code == 202


async def test_the_list_is_bounded_and_tells_how_many_more_there_are(world: World) -> None:
    """Those that are there longest come first."""
    found(
        world,
        *(
            finding(S.OPEN, f"{ACCOUNT}{number}", first_seen=NOON - timedelta(seconds=number))
            for number in range(9)
        ),
    )
    findings = (await shown(world, top="2"))["findings"]
    assert [one["resourceId"][-1] for one in findings["value"]] == ["8", "7"]
    assert (findings["notShown"], findings["byState"]["open"]) == (7, 9)


async def test_findings_are_chosen_by_owner_rule_and_state(world: World) -> None:
    """What is over is listed when it is asked for."""
    hub = OWNER.model_copy(update={"kind": "hub", "name": OWNER.hub})
    others = [finding(S.OPEN, rule=UNJUDGED), finding(S.OPEN, GROUP, owner=hub)]
    found(world, finding(S.FIXED, fixed_at=NOON), *others)
    assert (await shown(world, owner=OWNER.hub))["findings"]["byState"]["open"] == 1
    rules = (await shown(world, owner=TENANT))["findings"]["byRule"]
    assert set(rules) == {str(RULE), UNJUDGED}
    assert (await shown(world, rule=UNJUDGED))["findings"]["byState"]["fixed"] == 0
    (fixed,) = (await shown(world, state="fixed"))["findings"]["value"]
    assert (fixed["state"], fixed["fixedAt"]) == ("fixed", NOON.isoformat())


async def test_a_question_that_is_not_understood_is_refused(world: World) -> None:
    """All that is wrong with it at once, each with what is allowed."""
    params = {"owner": "nobody", "rule": "x", "state": "y", "top": "0"}
    assert await refused(world, **params) == ["owner", "rule", "state", "top"]
    assert await refused(world, owner="a' or 'b", top="501") == ["owner", "top"]


async def test_service_levels_are_those_of_some_days(world: World) -> None:
    """Against what is promised; what was long ago is counted no more."""
    slow = drifted.finding(S.FIXED, fixed_at=NOON + timedelta(hours=1))
    quick = drifted.finding(S.FIXED, fixed_at=NOON + timedelta(seconds=2))
    for one in (slow, quick):
        await world.drift.count(_tally(one))
    levels = (await shown(world))["serviceLevels"]
    assert levels["rules"][str(RULE)]["count"] == 2
    assert levels["rules"][str(RULE)]["p50Seconds"] == pytest.approx(2, rel=0.02)
    assert levels["all"]["met"] is False
    world.clock.move(LEVEL_DAYS * 86_400)
    await world.drift.count(_tally(quick))
    levels = (await shown(world))["serviceLevels"]
    assert (levels["all"]["count"], levels["all"]["met"]) == (1, True)


def _tally(one: Finding) -> dict[str, int]:
    return tally_of(one.model_copy(update={"fix_times": (one.fixed_at,)}))


async def test_a_sweep_is_started_and_told(world: World) -> None:
    """Accepted, with the place where it is shown; one that runs is not doubled."""
    client: Any = world.client
    response = await request_sweep(request(), client)
    assert (response.status_code, response.headers["Location"]) == (202, "/api/compliance")
    assert content(response)["started"] is True
    assert content(response)["sweep"]["running"] is True
    response = await request_sweep(request(), client)
    assert (response.status_code, content(response)["started"]) == (202, False)
    assert [one.name for one in world.client.started] == ["sweep_estate"]


async def test_a_sweep_that_someone_else_starts_at_that_moment_is_as_good(world: World) -> None:
    """The durable client refuses the second."""

    def lose(_: object) -> None:
        world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
        raise RuntimeError("it is there")

    client: Any = world.client
    world.client.on_start = lose
    response = await request_sweep(request(), client)
    assert (response.status_code, content(response)["started"]) == (202, False)


@pytest.mark.parametrize("ended", [True, False])
async def test_how_far_a_sweep_has_come_is_shown(world: World, *, ended: bool) -> None:
    """From its custom status while it runs, from its output once it has ended."""
    told = SweepStatus(run="sweep-1", shards=3, done=2, noted=4, failed=("s: no",)).dump()
    state = "Completed" if ended else "Running"
    status = FakeStatus(INSTANCE, state, None if ended else told, told if ended else None)
    world.client.statuses[INSTANCE] = status
    sweep = (await shown(world))["sweep"]
    assert (sweep["state"], sweep["running"]) == (state, not ended)
    assert (sweep["run"], sweep["done"], sweep["failed"]) == ("sweep-1", 2, ["s: no"])


async def test_an_approved_fix_is_looked_at_at_once(world: World) -> None:
    """The approval is kept, audited, and counted from now on."""
    found(world, finding(), finding(S.OBSERVED, rule="required-tags"))
    world.clock.move(60)
    response = await asked(world)
    assert response.status_code == 202
    assert content(response)["state"] == "open"
    approved = kept(world)[finding().key]
    assert (approved.state, approved.approved_by) == (S.OPEN, ACTOR)
    assert (approved.event_time, approved.first_seen) == (world.clock.now(), NOON)
    assert len(kept(world)) == 2
    (row,) = await world.drift.rows()
    assert (row.resource_id, row.owner) == (ACCOUNT.lower(), OWNER)
    (started,) = world.client.started
    assert (started.name, started.instance_id) == ("remediate_resource", row.instance)
    (entry,) = world.audit.entries(TENANT)
    assert (entry.action, entry.actor) == ("drift.approve", ACTOR)
    assert (entry.resource, entry.outcome) == (ACCOUNT.lower(), "accepted")


@pytest.mark.parametrize("state", [S.PARKED, S.TRIPPED])
async def test_what_was_given_up_is_tried_again(world: World, state: FindingState) -> None:
    """The breaker forgets what it counted."""
    found(world, finding(state, attempts=8, fix_times=(NOON,), tripped_at=NOON, error="no"))
    assert (await asked(world, "reset")).status_code == 202
    (again,) = kept(world).values()
    assert (again.state, again.attempts, again.fix_times) == (S.OPEN, 0, ())
    assert len(world.client.started) == 1


@pytest.mark.parametrize("action", ["approve", "reset"])
async def test_acting_twice_at_once_does_no_harm(world: World, action: str) -> None:
    """It is done once, looked at, and audited once."""
    found(world, finding(S.PROPOSED if action == "approve" else S.PARKED))
    for _ in range(2):
        assert (await asked(world, action)).status_code == 202
    assert len(world.audit.entries(TENANT)) == 1
    assert len(world.client.started) == 1
    assert world.findings.writes == 2


async def test_whoever_is_second_looks_again(world: World) -> None:
    """A look that has changed the findings meanwhile is not undone."""
    found(world, finding())

    def other() -> None:
        world.findings.before_put = lambda: None
        found(world, finding(detail="seen again"))

    world.findings.before_put = other
    assert (await asked(world)).status_code == 202
    (one,) = kept(world).values()
    assert (one.state, one.detail) == (S.OPEN, "seen again")


async def test_whoever_is_second_may_find_it_done(world: World) -> None:
    """The other one's approval is as good: it stays as it is, and one look is enough."""
    found(world, finding())
    theirs = finding(S.OPEN, approved_by="bob")

    def other() -> None:
        world.findings.before_put = lambda: None
        found(world, theirs)

    world.findings.before_put = other
    assert (await asked(world)).status_code == 202
    assert list(kept(world).values()) == [theirs]
    assert len(world.client.started) == 1


async def test_findings_that_change_all_the_time_are_told_as_busy(world: World) -> None:
    """Whoever asks may ask again."""
    found(world, finding())
    world.findings.before_put = lambda: found(world, finding())
    response = await asked(world)
    assert (response.status_code, content(response)["code"]) == (503, "FindingsBusy")
    assert world.client.started == []


async def test_what_could_not_be_noted_is_noted_when_it_is_asked_again(world: World) -> None:
    """The approval stands; only the look is missing."""
    found(world, finding())
    world.drift.failures = [TemporaryError("Busy", "storage is busy")]
    response = await asked(world)
    assert (response.status_code, content(response)["code"]) == (503, "Busy")
    assert world.client.started == []
    assert (await asked(world)).status_code == 202
    assert len(world.client.started) == 1


@pytest.mark.parametrize(
    ("action", "state"),
    [("approve", one) for one in sorted(set(S) - {S.PROPOSED})]
    + [("reset", one) for one in sorted(set(S) - {S.PARKED, S.TRIPPED, S.OPEN})],
)
async def test_a_state_that_has_no_place_for_it_is_a_conflict(
    world: World, action: str, state: FindingState
) -> None:
    """Nothing is changed, noted or started."""
    before = finding(state)
    found(world, before)
    response = await asked(world, action)
    assert (response.status_code, content(response)["code"]) == (409, "InvalidTransition")
    assert list(kept(world).values()) == [before]
    assert (world.client.started, world.audit.chains) == ([], {})


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "required-tags"},
        {"resourceId": f"{ACCOUNT}2"},
        {"resourceId": ACCOUNT.replace("0c0ffee0", "0c0ffee1")},
        {"resourceId": f"{GROUP}/providers/Microsoft.Nothing/things/x"},
    ],
)
async def test_a_finding_that_is_not_there_is_not_found(
    world: World, changes: dict[str, Any]
) -> None:
    """Nor is what is not governed."""
    found(world, finding())
    response = await asked(world, **changes)
    assert (response.status_code, content(response)["code"]) == (404, "FindingNotFound")
    assert world.client.started == []


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"", [""]),
        (b"[]", [""]),
        (b"\xff\xfe{}", [""]),
        ({}, ["resourceId", "rule", "action"]),
        ({"resourceId": "/a/../b", "rule": 1, "action": "fix"}, ["resourceId", "rule", "action"]),
        ({"resourceId": ACCOUNT, "rule": RULE, "action": "reset", "x": 1}, ["x"]),
    ],
)
async def test_all_faults_of_what_is_asked_are_told_at_once(
    world: World, body: Any, paths: list[str]
) -> None:
    """And nothing is done."""
    client: Any = world.client
    response = await act_on_finding(request(body), client)
    assert response.status_code == 400
    assert [error["path"] for error in content(response)["errors"]] == paths
    assert world.client.started == []
