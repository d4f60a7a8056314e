"""Reconciling a hub step by step, in a world of fakes."""

from activities.hub import step_hub
from landing_zone.contracts import PollTarget
from landing_zone.errors import OperationFailedError, PermanentError, TemporaryError
from landing_zone.hub_limits import HubLimits
from landing_zone.hub_state.contracts import HubAnswer, HubStep
from landing_zone.ports import Accepted, Poll
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import HUBS, World, example_request
from tests.unit.hub_members import firewall

HUB = "hub-weu"
STEP = HubStep(hub=HUB, lane="firewall")
TARGET = PollTarget(kind="async-operation", url="https://arm/operations/1")
BUSY = TemporaryError("AnotherOperationInProgress", "busy", retry_after=7)
REFUSED = PermanentError("RequestDisallowedByPolicy", "a policy says no", "ask its owner")


class Shelf:
    """ARM's bodies with their ids in them, as ARM lists them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def settle(self) -> None:
        """Give each body its id."""
        for key, body in self._world.arm.bodies.items():
            body["id"] = key


async def asked(world: World, *tenants: int, present: bool = True) -> None:
    """Let tenants ask for the profile azure."""
    for number in tenants:
        await world.hub_requests.ask(firewall(number, "azure"), present=present)


def admitted(tenant_id: str, world: World) -> TenantRecord:
    """A tenant that was just admitted."""
    return new_tenant(example_request(tenantId=tenant_id), "ann", world.clock.now())


async def round_of(world: World, step: HubStep = STEP) -> list[HubAnswer]:
    """Steps until the round is over."""
    answers: list[HubAnswer] = []
    while not answers or answers[-1].state != "over":
        Shelf(world).settle()
        answers.append(await step_hub(world.deps, step))
        step = answers[-1].next
        assert len(answers) < 20
    return answers


def states(world: World) -> dict[str, str]:
    """What became of each tenant that asked."""
    return {key[2]: row.value.state for key, row in world.hub_requests.rows.items()}


async def test_many_who_ask_are_served_by_a_few_writes() -> None:
    """Twenty tenants of one profile cost an IP group and a rule collection group."""
    world = World()
    await asked(world, *range(20))
    answers = await round_of(world)
    assert [sent.path.rsplit("/", 1)[-1] for sent in world.arm.writes()] == [
        "spokewright-hub-weu-azure",
        "spokewright-profiles",
    ]
    assert set(states(world).values()) == {"applied"}
    assert answers[-1].waiting == 0
    await round_of(world)
    assert len(world.arm.writes()) == 2


async def test_each_who_asks_is_answered_once() -> None:
    """However often the hub is looked at."""
    world = World()
    await asked(world, 1, 2)
    await round_of(world)
    await round_of(world)
    assert sorted(row.member.tenant_id for row in world.hub_requests.answered) == [
        "tenant-1",
        "tenant-2",
    ]


async def test_while_more_come_the_first_write_waits_for_them() -> None:
    """Up to a bound; a single one is not kept waiting."""
    world = World()
    await asked(world, 1)
    assert (await step_hub(world.deps, STEP)).state == "again"
    world = World()
    step = STEP.model_copy(update={"collected": 1})
    for number in (2, 4, 6, 8):
        await asked(world, *range(number))
        answer = await step_hub(world.deps, step)
        assert (answer.state, answer.waiting) == ("collect", number)
        step = answer.next
    late = step.model_copy(update={"collected": 100})
    await asked(world, *range(9))
    assert (await step_hub(world.deps, late)).state == "again"
    assert (await step_hub(world.deps, step)).state == "collect"


async def test_the_first_write_waits_for_those_who_were_just_admitted() -> None:
    """Until they have asked too; one that is held up by something is not waited for."""
    world = World()
    await asked(world, 1)
    world.registry.put(admitted("tenant-2", world))
    answer = await step_hub(world.deps, STEP)
    assert (answer.state, answer.waiting) == ("collect", 1)
    peerings = HubStep(hub=HUB, lane="network")
    assert (await step_hub(world.deps, peerings)).state != "collect"
    await asked(world, 2)
    late = answer.next.model_copy(update={"seen": 2})
    assert (await step_hub(world.deps, late)).state == "again"
    world.registry.put(admitted("tenant-3", world))
    assert (await step_hub(world.deps, late)).state == "collect"
    world.clock.move(world.deps.settings.hub.collect_most_seconds + 1)
    Shelf(world).settle()
    assert (await step_hub(world.deps, late)).state == "again"


async def test_who_leaves_is_removed_and_forgotten() -> None:
    """With the groups that nobody else needs."""
    world = World()
    await asked(world, 1, 2)
    await round_of(world)
    await asked(world, 1, present=False)
    await round_of(world)
    assert states(world) == {"tenant-2": "applied"}
    await asked(world, 2, present=False)
    await round_of(world)
    assert (states(world), world.arm.bodies) == ({}, {})


async def test_a_long_write_is_polled_and_then_looked_at() -> None:
    """As late as Azure asks; what it made is seen afresh."""
    world = World()
    await asked(world, 1)
    world.arm.script("PUT", Accepted(None, TARGET, 15.0), and_apply=True)
    begun = await step_hub(world.deps, STEP)
    assert (begun.state, begun.wait, begun.next.target) == ("busy", 15.0, TARGET)
    assert (begun.cause, begun.left, begun.waiting) == ("ipGroups/spokewright-hub-weu-azure", 2, 1)
    world.arm.script("POLL", Poll(over=False, wait=9.0))
    polled = await step_hub(world.deps, begun.next)
    assert (polled.state, polled.wait, polled.next) == ("busy", 9.0, begun.next)
    await round_of(world, polled.next)
    assert [sent.method for sent in world.arm.writes()] == ["PUT", "PUT"]


async def test_a_busy_hub_is_tried_again_as_late_as_it_asks() -> None:
    """And a little later, since others are told the same."""
    world = World()
    await asked(world, 1)
    world.arm.script("PUT", BUSY)
    answer = await step_hub(world.deps, STEP)
    assert (answer.state, answer.next.attempts) == ("again", 1)
    assert answer.wait is not None
    assert answer.wait > 7
    await round_of(world, answer.next)
    assert states(world) == {"tenant-1": "applied"}


async def test_a_connection_that_breaks_while_polling_loses_nothing() -> None:
    """The operation is looked at again."""
    world = World()
    await asked(world, 1)
    step = STEP.model_copy(update={"target": TARGET, "current": "/x/ipGroups/y"})
    world.arm.script("POLL", TemporaryError("ConnectionFailed", "reset"))
    answer = await step_hub(world.deps, step)
    assert (answer.state, answer.next.target) == ("again", TARGET)


async def test_an_operation_that_is_lost_is_seen_by_what_it_wrote() -> None:
    """Its URL is asked once, and then the resource itself."""
    world = World()
    await asked(world, 1)
    world.arm.script("PUT", Accepted(None, TARGET, None), and_apply=True)
    begun = await step_hub(world.deps, STEP)
    world.arm.script("POLL", TemporaryError("OperationNotFound", "no such operation"))
    lost = await step_hub(world.deps, begun.next)
    assert (lost.state, lost.next.target, lost.next.current) == ("again", None, begun.next.current)
    await round_of(world, lost.next)
    assert states(world) == {"tenant-1": "applied"}
    assert [sent.method for sent in world.arm.writes()] == ["PUT", "PUT"]


async def test_a_refusal_is_told_to_those_whom_it_concerns() -> None:
    """And to nobody else: the others are served without them."""
    world = World()
    await asked(world, 1)
    await round_of(world)
    await asked(world, 2)
    await world.hub_requests.ask(firewall(3, "github"), present=True)
    world.arm.script("PUT", REFUSED)
    await round_of(world)
    assert states(world) == {"tenant-1": "applied", "tenant-2": "failed", "tenant-3": "applied"}
    row = await world.hub_requests.get(HUB, "firewall", "tenant-2")
    assert row is not None
    assert (row.code, row.hint) == ("RequestDisallowedByPolicy", "ask its owner")
    assert row.message == "the hub: a policy says no"


async def test_who_cannot_leave_is_told() -> None:
    """Although what it is in goes on being used by others."""
    world = World()
    await asked(world, 1, 2)
    await round_of(world)
    await asked(world, 1, present=False)
    world.arm.script("PUT", REFUSED)
    await round_of(world)
    assert states(world) == {"tenant-1": "failed", "tenant-2": "applied"}


async def test_an_operation_that_fails_again_and_again_is_given_up() -> None:
    """As often as the settings allow, then those who wait are told."""
    world = World()
    await asked(world, 1)
    step = STEP
    failure = OperationFailedError(TemporaryError("InternalServerError", "broken"))
    for _ in range(world.deps.settings.retry.max_failed_operations):
        world.arm.script("PUT", Accepted(None, TARGET, None))
        step = (await step_hub(world.deps, step)).next
        world.arm.script("POLL", failure)
        step = (await step_hub(world.deps, step)).next
    assert states(world) == {"tenant-1": "failed"}


async def test_a_limit_that_is_reached_is_told() -> None:
    """Before anything is written."""
    small = HUBS.hubs[0].model_copy(update={"limits": HubLimits(ip_group_addresses=1)})
    world = World(HUBS.model_copy(update={"hubs": (small,)}))
    await asked(world, *range(2))
    await round_of(world)
    assert set(states(world).values()) == {"failed"}
    assert world.arm.writes() == []


async def test_azure_that_still_works_is_waited_for() -> None:
    """A killed forerunner's write is not repeated."""
    world = World()
    await asked(world, 1)
    await step_hub(world.deps, STEP)
    Shelf(world).settle()
    for body in world.arm.bodies.values():
        body["properties"]["provisioningState"] = "Updating"
    before = len(world.arm.writes())
    answer = await step_hub(world.deps, STEP)
    assert (answer.state, answer.waiting, len(world.arm.writes())) == ("again", 1, before)


async def test_a_write_that_never_ends_is_given_up() -> None:
    """Within the time that a resource may take; who waited for it is told, others go on."""
    world = World()
    await asked(world, 1)
    world.arm.script("PUT", Accepted(None, TARGET, 15.0))
    step = (await step_hub(world.deps, STEP)).next
    world.clock.move(world.deps.settings.retry.deadline_seconds + 1)
    world.arm.script("POLL", Poll(over=False, wait=9.0))
    answer = await step_hub(world.deps, step)
    assert states(world) == {"tenant-1": "failed"}
    assert (await world.hub_requests.all(HUB, "firewall"))[0].value.code == "DeadlineExceeded"
    await asked(world, 2)
    await round_of(world, HubStep(hub=HUB, lane="firewall"))
    assert states(world) == {"tenant-1": "failed", "tenant-2": "applied"}
    assert answer.next.skipped != ()


async def test_what_is_stuck_is_not_waited_for_for_ever() -> None:
    """A forerunner's write, of which only the resource tells."""
    world = World()
    await asked(world, 1)
    await step_hub(world.deps, STEP)
    Shelf(world).settle()
    for body in world.arm.bodies.values():
        body["properties"]["provisioningState"] = "Updating"
    standing = (await step_hub(world.deps, STEP)).next
    world.clock.move(world.deps.settings.retry.deadline_seconds + 1)
    given_up = await step_hub(world.deps, standing)
    assert states(world) == {"tenant-1": "failed"}
    over = await step_hub(world.deps, given_up.next)
    assert (over.state, over.waiting) == ("over", 0)


async def test_a_hub_that_cannot_be_read_is_told_to_all_who_wait() -> None:
    """Nobody waits for what nobody can see."""
    world = World()
    await asked(world, 1, 2)
    world.arm.script("PAGES", REFUSED, REFUSED)
    started = STEP.model_copy(update={"collected": 100})
    assert (await step_hub(world.deps, started)).state == "again"
    assert set(states(world).values()) == {"failed"}
