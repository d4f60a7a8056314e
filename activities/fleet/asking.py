"""What is asked for about rollouts: to begin one, to pause it, to go on, to call it back."""

from collections.abc import Callable
from typing import Final

from activities.dependencies import Dependencies
from activities.fleet.auditing import note_rollout
from activities.starting import Starter
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.fleet.contracts import FleetTurn
from landing_zone.fleet.model import Rollout, instance_of
from landing_zone.fleet.requests import WantedRollout, rollout_of
from landing_zone.instances import is_on_its_way
from landing_zone.request_parsing import Fault, InvalidRequest

RACES: Final = 5


async def begin_rollout(
    deps: Dependencies, client: Starter, wanted: WantedRollout, actor: str
) -> Rollout:
    """Begin a rollout; one at a time. One that rests gives way to one of newer rules.

    Raises:
        InvalidRequest: It names a tenant that there is not.
        PermanentError: The last one is not over (`RolloutUnderWay`).
        TemporaryError: Others were first each time.
    """
    await _require_known(deps, wanted)
    for _ in range(RACES):
        former = await deps.fleet.current()
        if former is not None and not former.value.gives_way_to(deps.rules.version):
            state = former.value.state.value
            raise PermanentError(
                "RolloutUnderWay",
                f"the rollout {former.value.id} is {state}",
                "let it come to its end, or call it back",
            )
        now = deps.clock.now()
        rollout = rollout_of(
            wanted, deps.rules.version, actor, now, former.value if former else None
        )
        await note_rollout(deps, rollout, "begun", actor, why=rollout.reason)
        if await deps.fleet.begin(rollout, former):
            await start_rollout(client, rollout)
            return rollout
    raise TemporaryError("FleetBusy", "others were first with a rollout")


async def _require_known(deps: Dependencies, wanted: WantedRollout) -> None:
    faults = [
        Fault(f"rings[{place}].tenants[{number}]", "is no tenant", "ids of tenants")
        for place, ring in enumerate(wanted.chosen_rings)
        for number, tenant_id in enumerate(ring.tenants)
        if await deps.registry.get(tenant_id) is None
    ]
    if faults:
        raise InvalidRequest(faults)


async def change_rollout(
    deps: Dependencies,
    client: Starter,
    rollout_id: str,
    change: Callable[[Rollout], Rollout],
    actor: str,
    why: str = "",
) -> Rollout:
    """Change how a rollout stands, and see to it that someone acts on that.

    Raises:
        PermanentError: There is no such rollout, another has taken its place, or it cannot be
            changed so.
        TemporaryError: Others were first each time.
    """
    for _ in range(RACES):
        found = await deps.fleet.current()
        if found is None or found.value.id != rollout_id:
            raise await _not_current(deps, rollout_id)
        before = found.value
        after = change(before).model_copy(update={"updated_at": deps.clock.now()})
        outcome = after.state.value
        await note_rollout(deps, after, outcome, actor, before=before.state, why=why)
        if await deps.fleet.replace(after, found.etag):
            await start_rollout(client, after)
            return after
    raise TemporaryError("FleetBusy", "others were first on the rollout")


async def _not_current(deps: Dependencies, rollout_id: str) -> PermanentError:
    if await deps.fleet.get(rollout_id) is None:
        return no_such_rollout()
    return PermanentError("RolloutReplaced", "another rollout has taken its place")


def no_such_rollout() -> PermanentError:
    """What is told of a rollout that there is not."""
    return PermanentError("RolloutNotFound", "there is no such rollout")


async def start_rollout(client: Starter, rollout: Rollout) -> bool:
    """Start the orchestration of a rollout; False when it is on its way, or has nothing to do."""
    instance = instance_of(rollout.id)
    if rollout.rests or is_on_its_way(await client.get_status(instance)):
        return False
    try:
        await client.start_new("upgrade_fleet", instance, FleetTurn(rollout_id=rollout.id).dump())
    except Exception:
        # Someone else may have started it since: that is as good.
        if not is_on_its_way(await client.get_status(instance)):
            raise
        return False
    return True
