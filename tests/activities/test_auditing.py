"""Notes in the audit chain: what was done to which resource, once."""

from typing import Any

import pytest

from activities.auditing import OperationNote, note, note_operation
from landing_zone.audit import digest, verify
from landing_zone.conclusions import AuditNote
from landing_zone.written import Written
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
    wrote=True,
    written=Written(before="present", changed=("properties.dhcpOptions", "tags.owner"), more=3),
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
    assert entry.details == {
        "planHash": PLAN.hash,
        "wrote": "true",
        "before": "present",
        "changed": "properties.dhcpOptions, tags.owner, and 3 more",
        "body": digest(resource("network").body),
        "attempts": "2",
    }


@pytest.mark.parametrize(
    ("changes", "before"),
    [
        ({"wrote": False, "written": None}, "as-wanted"),
        ({"wrote": False, "written": None, "outcome": "failed"}, None),
        ({"wrote": False, "written": None, "action": "resource.undo"}, None),
        ({"written": Written(before="absent")}, "absent"),
        ({"written": Written(before="present"), "action": "resource.undo"}, "present"),
    ],
)
async def test_note_says_what_was_there_before(changes: dict[str, Any], before: str | None) -> None:
    """As far as it is known; only a body that was written is told, by its hash."""
    world = await world_with_plan()
    await note(world.deps, NOTE.model_copy(update=changes))
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert entry.details.get("before") == before
    written = changes.get("wrote", True) and "action" not in changes
    assert ("body" in entry.details) is written


async def test_note_of_what_never_had_an_id_keeps_the_reference() -> None:
    """The subscription was not vended; a reader still sees what was meant."""
    world = await world_with_plan()
    failed = {"outputs": {}, "outcome": "failed", "wrote": False, "written": None}
    await note(world.deps, NOTE.model_copy(update=failed))
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
        told = OperationNote("tenant.onboard", "begun", "ann", "requested", "", details)
        await note_operation(world.deps, operation, told)
    entries = world.audit.entries(REQUEST.tenant_id)
    assert [entry.details for entry in entries] == [{"before": "requested", "code": "X"}] * 2
    assert {entry.actor for entry in entries} == {"ann"}
