"""The audit of a hub's writes: each is begun and over, once, whatever happens in between."""

from activities.hub import step_hub
from landing_zone.audit import AuditEntry, verify
from landing_zone.contracts import PollTarget
from landing_zone.errors import OperationFailedError, PermanentError, TemporaryError
from landing_zone.hub_state.contracts import HubAnswer, HubStep
from landing_zone.ports import Accepted, Poll
from tests.fakes import World
from tests.unit.hub_members import HUB, firewall, pooled

STEP = HubStep(hub=HUB.name, lane="firewall", collected=100)
CHAIN = "hub:hub-weu:firewall"
TARGET = PollTarget(kind="async-operation", url="https://arm/operations/1")
REFUSED = PermanentError("RequestDisallowedByPolicy", "a policy says no", "ask its owner")
LOST = TemporaryError("ConnectionFailed", "reset")
GROUP, RULES = "spokewright-hub-weu-azure", "spokewright-profiles"

type Line = tuple[str, str]


async def asking(*tenants: int) -> World:
    """A world in which tenants ask for the profile azure."""
    world = World()
    for number in tenants:
        await world.hub_requests.ask(firewall(number, "azure"), present=True)
    return world


async def stepped(world: World, step: HubStep) -> HubAnswer:
    """A step, of which ARM shows what was written."""
    for key, body in world.arm.bodies.items():
        body["id"] = key
    return await step_hub(world.deps, step)


async def finished(world: World, step: HubStep = STEP) -> None:
    """Steps until the round is over."""
    answer = await stepped(world, step)
    for _ in range(20):
        if answer.state == "over":
            return
        answer = await stepped(world, answer.next)
    raise AssertionError("the round does not end")


def lines(world: World, chain: str = CHAIN) -> list[Line]:
    """The chain, which is whole: what was written, and what is noted of it."""
    assert verify(world.audit.chains.get(chain, [])).valid
    return [(one.resource.rpartition("/")[2], one.outcome) for one in entries(world, chain)]


def entries(world: World, chain: str = CHAIN) -> list[AuditEntry]:
    """The chain's entries."""
    return world.audit.entries(chain)


async def test_each_write_is_noted_with_whom_it_is_for() -> None:
    """Begun, then ended; what is there already is not written and not noted."""
    world = await asking(1, 2)
    await finished(world)
    whole = [(GROUP, "begun"), (GROUP, "ended"), (RULES, "begun"), (RULES, "ended")]
    assert lines(world) == whole
    first = entries(world)[0]
    assert (first.action, first.actor) == ("hub.write", "spokewright")
    assert first.details == {"lane": "firewall", "method": "PUT", "tenants": "tenant-1,tenant-2"}
    await finished(world)
    assert lines(world) == whole


async def test_tenants_of_node_subnets_are_named_as_tenants() -> None:
    """In the chain of their own lane, beside the removal of what they had."""
    world = World()
    step = STEP.model_copy(update={"lane": "network"})
    await world.hub_requests.ask(pooled(1), present=True)
    await finished(world, step)
    await world.hub_requests.ask(pooled(1), present=False)
    await finished(world, step)
    found = entries(world, "hub:hub-weu:network")
    assert lines(world, "hub:hub-weu:network") == [
        ("spokewright-hub-weu-node-pools", "begun"),
        ("spokewright-hub-weu-node-pools", "ended"),
        ("nodes-tenant-1", "begun"),
        ("nodes-tenant-1", "ended"),
        ("nodes-tenant-1", "begun"),
        ("nodes-tenant-1", "ended"),
    ]
    assert {one.details["tenants"] for one in found} == {"tenant-1"}
    assert [one.details["method"] for one in found][::2] == ["PUT", "PUT", "DELETE"]


async def test_a_long_write_is_over_when_azure_says_so() -> None:
    """However often it is polled."""
    world = await asking(1)
    world.arm.script("PUT", Accepted(None, TARGET, 15.0), and_apply=True)
    answer = await stepped(world, STEP)
    world.arm.script("POLL", Poll(over=False, wait=9.0), LOST)
    for _ in range(2):
        answer = await stepped(world, answer.next)
        assert lines(world) == [(GROUP, "begun")]
    await finished(world, answer.next)
    assert lines(world)[:2] == [(GROUP, "begun"), (GROUP, "ended")]


async def test_a_refusal_is_noted_with_its_code() -> None:
    """Of each attempt, since each was sent."""
    world = await asking(1)
    world.arm.script("PUT", TemporaryError("AnotherOperationInProgress", "busy"), REFUSED)
    await finished(world)
    assert lines(world)[:4] == [(GROUP, "begun"), (GROUP, "failed")] * 2
    codes = [one.details.get("code") for one in entries(world)[:4]]
    assert codes == [None, "AnotherOperationInProgress", None, "RequestDisallowedByPolicy"]
    assert entries(world)[3].details["reason"] == "a policy says no"


async def test_an_operation_that_fails_is_noted_as_failed() -> None:
    """Although Azure had accepted it."""
    world = await asking(1)
    world.arm.script("PUT", Accepted(None, TARGET, None))
    answer = await stepped(world, STEP)
    world.arm.script("POLL", OperationFailedError(TemporaryError("InternalServerError", "broken")))
    await stepped(world, answer.next)
    assert lines(world) == [(GROUP, "begun"), (GROUP, "failed")]
    assert entries(world)[1].details["code"] == "InternalServerError"


async def test_a_write_that_is_given_up_is_noted_as_failed() -> None:
    """It took longer than a resource may."""
    world = await asking(1)
    world.arm.script("PUT", Accepted(None, TARGET, 15.0))
    answer = await stepped(world, STEP)
    world.clock.move(world.deps.settings.retry.deadline_seconds + 1)
    world.arm.script("POLL", Poll(over=False, wait=9.0))
    await stepped(world, answer.next)
    assert lines(world) == [(GROUP, "begun"), (GROUP, "failed")]
    assert entries(world)[1].details["code"] == "DeadlineExceeded"


async def test_a_step_that_is_made_again_notes_nothing_twice() -> None:
    """Its answer was lost after the write was accepted: what is there says how it ended."""
    world = await asking(1)
    world.arm.script("PUT", Accepted(None, TARGET, 15.0), and_apply=True)
    await stepped(world, STEP)
    (body,) = world.arm.bodies.values()
    body["properties"]["provisioningState"] = "Updating"
    assert (await stepped(world, STEP)).state == "again"
    assert lines(world) == [(GROUP, "begun")]
    body["properties"]["provisioningState"] = "Succeeded"
    await finished(world)
    assert lines(world) == [
        (GROUP, "begun"),
        (GROUP, "ended"),
        (RULES, "begun"),
        (RULES, "ended"),
    ]


async def test_a_write_of_which_nobody_knows_is_looked_for() -> None:
    """The connection broke: it was made, or it was not and is made again."""
    made, lost = await asking(1), await asking(1)
    made.arm.script("PUT", LOST, and_apply=True)
    lost.arm.script("PUT", LOST)
    for world in (made, lost):
        await finished(world)
    rules = [(RULES, "begun"), (RULES, "ended")]
    assert lines(made) == [(GROUP, "begun"), (GROUP, "ended"), *rules]
    again = [(GROUP, "begun"), (GROUP, "ended")]
    assert lines(lost) == [(GROUP, "begun"), (GROUP, "unknown"), *again, *rules]


async def test_two_steps_at_once_do_not_both_write() -> None:
    """The one that is second with its note waits."""
    world = await asking(1)
    await stepped(world, STEP)
    (theirs, _) = entries(world)
    world = await asking(1)
    elsewhere = theirs.model_copy(update={"resource": "/ipGroups/elsewhere"})
    # They note theirs between our look at the end of the chain and our own note.
    world.audit.before_append = [elsewhere]
    answer = await stepped(world, STEP)
    assert (answer.state, answer.cause.partition(":")[0]) == ("again", "HubBusy")
    assert world.arm.writes() == []
