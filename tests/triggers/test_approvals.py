"""Deciding over HTTP: by an approver who has not asked for it, upon what was looked at, once."""

from datetime import timedelta
from typing import Any, Final

import azure.functions as func
import pytest

from activities.approving import look_at_approval
from landing_zone.access import Role
from landing_zone.access.principal import PrincipalKind
from landing_zone.access.refusals import CHAIN
from landing_zone.approval.deciding import decided
from landing_zone.approval.record import Decision, Verdict
from landing_zone.approval.reporting import ACTION
from landing_zone.asking import Queued, ask
from landing_zone.audit import AuditEntry
from landing_zone.errors import TemporaryError
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.fakes import FakeStatus, World, example_request
from tests.principals import ANN, BEN, EVERYTHING, OWNER, headers_of
from tests.triggers.requests import INSTANCE, PROBLEM, TENANT, content, record, request
from triggers.approvals import decide_approval, show_approval
from triggers.dry_run import show_plan

CARL: Final = "c0000000-0000-4000-8000-00000000000c"
APPROVE: Final = {"decision": "approve", "reason": "they pay", "operationId": f"{TENANT}.1"}
REJECT: Final = {"decision": "reject", "reason": "too dear", "operationId": f"{TENANT}.1"}
OWN_CLUSTER: Final = example_request(isolation="cluster")


async def waiting(world: World, state: TenantState = TenantState.REQUESTED, **changes: Any) -> None:
    """Ann's request for an own cluster, which waits and has an orchestration."""
    given: dict[str, Any] = {
        "request": OWN_CLUSTER,
        "actor": f"person:{ANN}",
        "owner": OWNER,
        "ongoing": True,
    }
    asked = record(state, **{**given, **changes})
    world.registry.put(asked)
    await look_at_approval(world.deps, asked.operation)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")


async def sent(
    world: World, body: Any, who: str = BEN, roles: Any = (Role.APPROVER,), tenant: str = TENANT
) -> func.HttpResponse:
    """The answer to a decision."""
    asked = request(body, headers=headers_of(who, roles), tenantId=tenant)
    answer: func.HttpResponse = await decide_approval(asked, world.client)
    return answer


async def shown(who: str = BEN, roles: Any = (Role.APPROVER,)) -> func.HttpResponse:
    """The answer to looking at what waits."""
    return await show_approval(request(headers=headers_of(who, roles), tenantId=TENANT))


def tenant(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


def noted(world: World) -> list[AuditEntry]:
    """What the audit says of the approval."""
    return [one for one in world.audit.entries(TENANT) if one.action == ACTION]


def refused(response: func.HttpResponse) -> tuple[int, str]:
    """The status and the code of a problem."""
    assert response.mimetype == PROBLEM
    return response.status_code, content(response)["code"]


def assert_undecided(world: World) -> None:
    """Nobody has decided, and the orchestration was told nothing."""
    approval = tenant(world).approval
    assert approval is not None
    assert approval.decision is None
    assert world.client.raised == []
    assert [one.outcome for one in noted(world)] == ["asked"]


async def test_what_waits_is_shown_with_all_that_a_decision_needs(
    given_dependencies: World,
) -> None:
    """What is asked for, by whom, why it needs approval, until when, and where its dry run is."""
    await waiting(given_dependencies)
    document = content(await shown())
    assert (document["state"], document["neededFor"]) == ("pending", "isolation cluster")
    assert (document["operationId"], document["kind"]) == (f"{TENANT}.1", "onboard")
    assert (document["askedBy"], document["owner"]) == ([f"person:{ANN}"], ANN)
    assert document["request"]["isolation"] == "cluster"
    assert document["until"] == (given_dependencies.clock.now() + timedelta(hours=72)).isoformat()
    assert document["waitingFor"].startswith("waits for an approver since")
    assert document["links"]["dryRun"] == f"/api/tenants/{TENANT}/plan?wanted=true"


async def test_its_owner_sees_what_waits_and_others_do_not(given_dependencies: World) -> None:
    """Another requester's tenant is not there."""
    await waiting(given_dependencies)
    assert (await shown(ANN, (Role.REQUESTER,))).status_code == 200
    assert refused(await shown(BEN, (Role.REQUESTER,))) == (404, "TenantNotFound")


async def test_an_approver_lets_it_go_on(given_dependencies: World) -> None:
    """The decision is on the record and in the audit, and its orchestration is told."""
    world = given_dependencies
    await waiting(world)
    response = await sent(world, APPROVE)
    document = content(response)
    assert (response.status_code, document["state"]) == (200, "approved")
    assert document["decision"]["by"] == f"person:{BEN}"
    assert "waitingFor" not in document
    approval = tenant(world).approval
    assert approval is not None
    assert approval.decision is not None
    assert approval.decision.reason == "they pay"
    assert tenant(world).state is TenantState.AWAITING_APPROVAL
    assert [(one.outcome, one.actor) for one in noted(world)] == [
        ("asked", "spokewright"),
        ("approved", f"person:{BEN}"),
    ]
    [event] = world.client.raised
    assert (event.instance_id, event.event_name) == (INSTANCE, "approval-decided")


async def test_the_same_decision_again_changes_nothing_and_tells_again(
    given_dependencies: World,
) -> None:
    """Whoever sends it: the first approver has approved."""
    world = given_dependencies
    await waiting(world)
    await sent(world, REJECT)
    before = tenant(world)
    response = await sent(world, REJECT | {"reason": "as he says"}, CARL)
    assert response.status_code == 200
    assert content(response)["decision"]["by"] == f"person:{BEN}"
    assert tenant(world) == before
    assert len(noted(world)) == 2
    assert len(world.client.raised) == 2


@pytest.mark.parametrize(("first", "then"), [(APPROVE, REJECT), (REJECT, APPROVE)])
async def test_a_contrary_decision_is_refused(
    given_dependencies: World, first: dict[str, str], then: dict[str, str]
) -> None:
    """What was decided stays decided, whoever comes later."""
    world = given_dependencies
    await waiting(world)
    await sent(world, first)
    before = tenant(world)
    assert refused(await sent(world, then, CARL)) == (409, "ApprovalDecided")
    assert tenant(world) == before


async def test_two_approvers_at_once_are_one_decision(given_dependencies: World) -> None:
    """The second one is told that it came too late, and the audit has the first one alone."""
    world = given_dependencies
    await waiting(world)
    rivals = [tenant(world)]

    def rival(_: TenantRecord) -> None:
        if rivals:
            first = Decision(verdict=Verdict.REJECT, actor=f"person:{CARL}", at=world.clock.now())
            world.registry.put(decided(rivals.pop(), f"{TENANT}.1", first))

    world.registry.before_replace = rival
    assert refused(await sent(world, APPROVE)) == (409, "ApprovalDecided")
    await look_at_approval(world.deps, tenant(world).operation)
    assert [one.outcome for one in noted(world)] == ["asked", "rejected"]


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        (ANN, {}),
        (BEN, {"actor": f"person:{BEN}"}),
        (BEN, {"actor": f"{PrincipalKind.APP}:{BEN}"}),
    ],
    ids=["the owner", "who asked for this", "who asked as an application"],
)
@pytest.mark.parametrize("roles", [(Role.APPROVER,), EVERYTHING])
@pytest.mark.parametrize("body", [APPROVE, REJECT])
async def test_nobody_decides_upon_its_own_request(
    given_dependencies: World, who: str, changes: Any, roles: Any, body: Any
) -> None:
    """Whatever other roles it has, and it is noted as a refusal."""
    world = given_dependencies
    await waiting(world, **changes)
    assert refused(await sent(world, body, who, roles)) == (403, "OwnRequest")
    assert_undecided(world)
    [entry] = world.audit.entries(CHAIN)
    assert (entry.actor, entry.details["reason"]) == (f"person:{who}", "own-request")
    assert (entry.details["action"], entry.details["tenantId"]) == ("tenants.approve", TENANT)


async def test_nobody_approves_what_was_merged_with_its_own_wish(
    given_dependencies: World,
) -> None:
    """Ben asked for the cluster while something else was under way; Carl's change came on top."""
    world = given_dependencies
    base = record(TenantState.UPDATING, owner=OWNER, work=Work(kind=Kind.UPGRADE, actor="person:x"))
    wish = Work(kind=Kind.UPDATE, actor=f"person:{BEN}", wanted=OWN_CLUSTER)
    first = ask(base, wish, world.clock.now())
    assert isinstance(first, Queued)
    more = OWN_CLUSTER.model_copy(update={"cost_center": "CC-7"})
    later = Work(kind=Kind.UPDATE, actor=f"person:{CARL}", wanted=more)
    second = ask(first.record, later, world.clock.now())
    assert isinstance(second, Queued)
    [work] = second.record.queued
    await waiting(
        world,
        TenantState.ACTIVE,
        request=example_request(),
        work=work,
        actor=work.actor,
        active_since=world.clock.now(),
    )
    for who in (BEN, CARL, ANN):
        assert refused(await sent(world, APPROVE, who)) == (403, "OwnRequest")
    assert_undecided(world)
    other = "d0000000-0000-4000-8000-00000000000d"
    assert (await sent(world, APPROVE, other)).status_code == 200


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.OPERATOR, Role.READER])
async def test_only_approvers_decide(given_dependencies: World, role: Role) -> None:
    """An operator may do everything else."""
    await waiting(given_dependencies)
    assert refused(await sent(given_dependencies, APPROVE, CARL, (role,))) == (403, "Forbidden")
    assert_undecided(given_dependencies)


async def test_a_forged_principal_decides_nothing(given_dependencies: World) -> None:
    """Headers that contradict each other, and none at all."""
    world = given_dependencies
    await waiting(world)
    forged = headers_of(BEN, (Role.APPROVER,)) | {"X-MS-CLIENT-PRINCIPAL-ID": CARL}
    for headers in (forged, {}):
        asked = request(APPROVE, headers=headers, tenantId=TENANT)
        response: func.HttpResponse = await decide_approval(asked, world.client)
        assert refused(response) == (401, "Unauthenticated")
    assert_undecided(world)


async def test_an_approval_of_another_operation_is_not_taken(given_dependencies: World) -> None:
    """What was asked for meanwhile is something else."""
    world = given_dependencies
    await waiting(world)
    later = APPROVE | {"operationId": f"{TENANT}.2"}
    assert refused(await sent(world, later)) == (409, "ApprovalOutdated")
    other = APPROVE | {"operationId": "other-tenant.1"}
    assert refused(await sent(world, other)) == (409, "ApprovalOutdated")
    assert_undecided(world)


async def test_an_approval_after_the_deadline_is_refused(given_dependencies: World) -> None:
    """Also where nobody has noticed yet that it has expired."""
    world = given_dependencies
    await waiting(world)
    world.clock.move(72 * 3600)
    assert refused(await sent(world, APPROVE)) == (409, "ApprovalExpired")
    assert_undecided(world)
    await look_at_approval(world.deps, tenant(world).operation)
    assert tenant(world).state is TenantState.OFFBOARDED
    assert refused(await sent(world, APPROVE)) == (409, "ApprovalExpired")
    assert content(await shown())["state"] == "expired"


@pytest.mark.parametrize("state", [TenantState.PROVISIONING, TenantState.ACTIVE])
async def test_what_needs_no_approval_cannot_be_decided_upon(
    given_dependencies: World, state: TenantState
) -> None:
    """There is nothing to decide."""
    given_dependencies.registry.put(record(state))
    assert refused(await sent(given_dependencies, APPROVE)) == (404, "ApprovalNotFound")
    assert refused(await shown()) == (404, "ApprovalNotFound")
    missing = await sent(given_dependencies, APPROVE, tenant="nobody-here")
    assert refused(missing) == (404, "TenantNotFound")


async def test_all_that_is_wrong_with_a_decision_is_told_at_once(
    given_dependencies: World,
) -> None:
    """A rejection has a reason; nothing unknown is taken."""
    world = given_dependencies
    await waiting(world)
    wrong = {"decision": "maybe", "operationId": "this one", "force": True}
    response = await sent(world, wrong)
    assert refused(response) == (400, "InvalidRequest")
    paths = {error["path"] for error in content(response)["errors"]}
    assert paths == {"decision", "operationId", "reason", "force"}
    silent = {"decision": "reject", "operationId": f"{TENANT}.1"}
    [error] = content(await sent(world, silent))["errors"]
    assert error["path"] == "reason"
    loud = APPROVE | {"reason": "x" * 501}
    assert (await sent(world, loud)).status_code == 400
    assert_undecided(world)
    assert (await sent(world, silent | {"decision": "approve"})).status_code == 200


async def test_a_decision_is_kept_where_nobody_can_be_told(given_dependencies: World) -> None:
    """The orchestration looks by itself, and the answer does not depend on it."""
    world = given_dependencies
    await waiting(world)
    world.client.refusals[INSTANCE] = [RuntimeError("the host is being restarted")]
    assert (await sent(world, APPROVE)).status_code == 200
    approval = tenant(world).approval
    assert approval is not None
    assert approval.state == "approved"


async def test_an_orchestration_that_is_lost_is_started_by_the_decision(
    given_dependencies: World,
) -> None:
    """As asking again would."""
    world = given_dependencies
    await waiting(world)
    world.client.statuses.clear()
    await sent(world, APPROVE)
    assert [one.name for one in world.client.started] == ["operate_tenant"]
    assert world.client.raised == []


async def test_a_decision_that_cannot_be_noted_is_noted_before_it_counts(
    given_dependencies: World,
) -> None:
    """The approver is told to try again, which is safe; what is on the record is on the record."""
    world = given_dependencies
    await waiting(world)

    class Down:
        async def append(self, entry: AuditEntry) -> None:
            """Fail."""
            raise TemporaryError("StorageUnreachable", entry.event_id)

    audit = world.deps.audit
    object.__setattr__(world.deps, "audit", Down())
    assert refused(await sent(world, APPROVE)) == (503, "StorageUnreachable")
    with pytest.raises(TemporaryError):
        await look_at_approval(world.deps, tenant(world).operation)
    object.__setattr__(world.deps, "audit", audit)
    outcome = await look_at_approval(world.deps, tenant(world).operation)
    assert (outcome.state, outcome.until) == ("done", None)
    assert [one.outcome for one in noted(world)] == ["asked", "approved"]
    assert (await sent(world, APPROVE)).status_code == 200


async def test_the_plan_of_what_is_wanted_must_be_asked_for_clearly(
    given_dependencies: World,
) -> None:
    """Yes or no."""
    await waiting(given_dependencies)
    asked = request(params={"wanted": "perhaps"}, headers=headers_of(BEN), tenantId=TENANT)
    response: func.HttpResponse = await show_plan(asked)
    assert refused(response) == (400, "InvalidRequest")
