"""Whatever happens while a hub is reconciled, it ends as its tenants want it."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.hub import step_hub
from landing_zone.arm_ids import normalized
from landing_zone.audit import verify
from landing_zone.contracts import PollTarget
from landing_zone.errors import TemporaryError
from landing_zone.hub_state.changes import changes
from landing_zone.hub_state.contracts import HubStep
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.render import desired_state
from landing_zone.ports import Accepted, Poll
from tests.fakes import World
from tests.unit.hub_members import HUB, SETTINGS, firewall, peered, pooled

FIRST = HubStep(hub=HUB.name, lane="firewall", collected=100)
BESIDE = HubStep(hub=HUB.name, lane="network", collected=100)
TARGET = PollTarget(kind="location", url="https://arm/1")
NAMES = ("a.org", "b.org")
STEPS = 60

type Happening = tuple[str, int]

HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ask", "leave", "step", "step", "killed", "restarted", "busy", "lost", "slow"]
        ),
        st.integers(0, 6),
    ),
    max_size=30,
)


def member(number: int, lane: Lane = "firewall") -> Member:
    """A tenant whose wishes differ from those of the others."""
    if lane == "network":
        return peered(number) if number % 2 else pooled(number)
    profiles = [name for bit, name in enumerate(("azure", "github")) if number >> bit & 1]
    return firewall(number, *profiles, fqdns=NAMES[: number % 3])


async def happen(world: World, step: HubStep, happening: Happening) -> HubStep:
    """Let something happen; the step at which the reconciler stands then."""
    what, number = happening
    match what:
        case "ask" | "leave":
            await world.hub_requests.ask(member(number, step.lane), present=what == "ask")
            return step
        case "restarted":
            return _first(step)
        case "busy":
            world.arm.script("PUT", TemporaryError("AnotherOperationInProgress", "busy"))
        case "lost":
            error = TemporaryError("ConnectionFailed", "reset")
            world.arm.script("PUT", error, and_apply=True)
        case "slow":
            world.arm.script("PUT", Accepted(None, TARGET, 1.0), and_apply=True)
            world.arm.script("POLL", Poll(over=False, wait=1.0))
    answer = await stepped(world, step)
    # Killed: the step was made, but its answer never came.
    return step if what == "killed" else answer


async def stepped(world: World, step: HubStep) -> HubStep:
    """Where the reconciler stands after a step; at the end of a round, at the next one."""
    for key, body in world.arm.bodies.items():
        body["id"] = key
    answer = await step_hub(world.deps, step)
    return _first(step) if answer.state == "over" else answer.next


def _first(step: HubStep) -> HubStep:
    return FIRST if step.lane == "firewall" else BESIDE


async def lived(happenings: list[Happening], first: HubStep = FIRST) -> World:
    """A world in which all that happened, and in which the reconciler then came to rest."""
    world = World()
    step = first
    for happening in happenings:
        step = await happen(world, step, happening)
    for _ in range(STEPS):
        step = await stepped(world, step)
    return world


@settings(max_examples=60, deadline=None)
@given(HAPPENINGS, st.sampled_from([FIRST, BESIDE]))
def test_the_hub_ends_as_its_tenants_want_it(happenings: list[Happening], first: HubStep) -> None:
    """Everyone is answered, and ARM holds all that is wanted and nothing else."""
    world, lane = asyncio.run(lived(happenings, first)), first.lane
    last = {number: what for what, number in happenings if what in {"ask", "leave"}}
    wanted = {member(number, lane).name for number, what in last.items() if what == "ask"}
    rows = [row.value for row in world.hub_requests.rows.values()]
    assert {row.member.name: row.state for row in rows} == dict.fromkeys(wanted, "applied")
    members = [row.member for row in rows]
    desired = desired_state(HUB, lane, members, SETTINGS)
    held = {normalized(key): body for key, body in world.arm.bodies.items()}
    assert held.keys() == desired.keys()
    assert changes(HUB, lane, desired, held, ()) == ()


@settings(max_examples=60, deadline=None)
@given(HAPPENINGS)
def test_each_write_stands_in_the_audit_once(happenings: list[Happening]) -> None:
    """As many are begun as were sent, and each is over before the next one begins."""
    world = asyncio.run(lived(happenings))
    records = world.audit.chains.get("hub:hub-weu:firewall", [])
    assert verify(records).valid
    noted = [record.entry for record in records]
    begun, over = noted[::2], noted[1::2]
    assert [one.resource for one in begun] == [sent.path for sent in world.arm.writes()]
    assert [one.resource for one in over] == [one.resource for one in begun]
    assert {one.outcome for one in begun} <= {"begun"}
    assert {one.outcome for one in over} <= {"ended", "failed", "unknown"}
    assert len({one.event_id for one in noted}) == len(noted)


@settings(max_examples=30, deadline=None)
@given(HAPPENINGS)
def test_nobody_is_answered_more_often_than_it_asked(happenings: list[Happening]) -> None:
    """An answer is held to the version of the request."""
    world = asyncio.run(lived(happenings))
    asked = Counter(number for what, number in happenings if what in {"ask", "leave"})
    answered = Counter(row.member.tenant_id for row in world.hub_requests.answered)
    assert all(answered[f"tenant-{number}"] <= asked[number] for number in range(7))
