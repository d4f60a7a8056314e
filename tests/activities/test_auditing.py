"""Notes in the audit chain: what was done to which resource, once."""

from activities.auditing import note, note_operation
from landing_zone.audit import verify
from landing_zone.contracts import AuditNote
from tests.activities.calls import OPERATION, PLAN, REQUEST, resource, world_with_plan
from tests.fakes import NOON, World
from tests.unit.planned import OUTPUTS

NOTE = AuditNote(
    operation=OPERATION,
    event_id="contoso-research.1.0:apply:network",
    action="resource.apply",
    plan_hash=PLAN.hash,
    key="network",
    outputs=OUTPUTS,
    outcome="done",
    details={"attempts": "2"},
    at=NOON,
)


async def test_note_names_the_resource_the_plan_and_the_time() -> None:
    """The id as it is known by now."""
    world = await world_with_plan()
    await note(world.deps, NOTE)
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert entry.resource == resource("network").id
    assert (entry.action, entry.outcome, entry.at) == ("resource.apply", "done", NOON)
    assert entry.details == {"planHash": PLAN.hash, "attempts": "2"}


async def test_note_of_what_never_had_an_id_keeps_the_reference() -> None:
    """The subscription was not vended; a reader still sees what was meant."""
    world = await world_with_plan()
    await note(world.deps, NOTE.model_copy(update={"outputs": {}, "outcome": "failed"}))
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert entry.resource == PLAN.by_key["network"].id


async def test_noting_twice_is_noting_once() -> None:
    """An activity may run twice; the chain stays whole."""
    world = await world_with_plan()
    for _ in range(2):
        await note(world.deps, NOTE)
    await note(world.deps, NOTE.model_copy(update={"event_id": "another"}))
    assert len(world.audit.entries(REQUEST.tenant_id)) == 2
    assert verify(world.audit.chains[REQUEST.tenant_id]).valid


async def test_each_run_of_an_operation_notes_its_own_beginning() -> None:
    """An operation that was taken up again began twice; empty details are left out."""
    world = World()
    for run in (0, 0, 1):
        operation = OPERATION.model_copy(update={"run": run})
        details = {"code": "X", "reason": ""}
        await note_operation(world.deps, operation, "tenant.onboard", "begun", details)
    entries = world.audit.entries(REQUEST.tenant_id)
    assert [entry.details for entry in entries] == [{"code": "X"}] * 2
