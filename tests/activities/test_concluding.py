"""The end of a resource's work: one failing part never keeps the other from being done."""

import pytest

from activities.announce import ATTEMPTS
from activities.concluding import conclude
from landing_zone.audit import AuditEntry, AuditRecord
from landing_zone.conclusions import Announcement, Conclusion
from landing_zone.errors import TemporaryError
from tests.activities.calls import REQUEST, world_with_plan
from tests.activities.test_auditing import NOTE
from tests.fake_audit import FakeAuditLog

TOLD = Announcement(event="ended:network", instances=("one", "two"), ok=True)


class Busy(FakeAuditLog):
    """An audit log that takes nothing for now."""

    async def append(self, entry: AuditEntry) -> AuditRecord:
        """Refuse."""
        raise TemporaryError("AuditBusy", entry.event_id)


async def test_all_who_wait_are_told_and_the_audit_notes_it() -> None:
    """Once, though it is done twice."""
    world = await world_with_plan()
    data = Conclusion(announcement=TOLD, note=NOTE)
    for _ in range(2):
        assert (await conclude(world.deps, world.client, data)).state == "done"
    assert {raised.instance_id for raised in world.client.raised} == {"one", "two"}
    assert len(world.audit.entries(REQUEST.tenant_id)) == 1


async def test_those_who_wait_are_told_although_nothing_can_be_noted_yet() -> None:
    """The note is asked for again."""
    world = await world_with_plan()
    object.__setattr__(world.deps, "audit", Busy())
    with pytest.raises(TemporaryError, match="AuditBusy"):
        await conclude(world.deps, world.client, Conclusion(announcement=TOLD, note=NOTE))
    assert {raised.instance_id for raised in world.client.raised} == {"one", "two"}


async def test_what_cannot_be_told_is_noted_and_fails() -> None:
    """It is tried again as a whole."""
    world = await world_with_plan()
    world.client.refusals["one"] = [RuntimeError("the host is away")] * ATTEMPTS
    with pytest.raises(RuntimeError, match="the host is away"):
        await conclude(world.deps, world.client, Conclusion(announcement=TOLD, note=NOTE))
    assert len(world.audit.entries(REQUEST.tenant_id)) == 1
