"""Registers the activities: each wrapper resolves dependencies and does nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any

import azure.durable_functions as df

from activities.approving import look_at_approval
from activities.certifying import certify
from activities.changing import begin_change, end_change, make_route
from activities.concluding import conclude
from activities.data import begin_data, poll_data
from activities.dependencies import Dependencies, dependencies
from activities.drift_looking import look_at_drift, park_drift
from activities.ending import end_operation
from activities.fleet.advancing import advance
from activities.hub import step_hub as reconcile_step
from activities.hub_wishes import begin_hub, poll_hub
from activities.keys import end_rotation, look_at_key, renew_key, store_key
from activities.migrating import cross_over
from activities.offboarding import empty_subscription, purge_deleted, remove_locks
from activities.operations import begin_operation, make_plan, reserve
from activities.operator_acts import hear_act, pass_on
from activities.outcomes import outcome_of
from activities.resources import begin_resource, poll_resource, verify_resource
from activities.results import send_results
from activities.sweeping import plan_sweep as shards_of
from activities.sweeping import sweep_shard as swept_shard
from landing_zone.conclusions import Conclusion
from landing_zone.contracts import Call, Contract, OperationRef, Outcome
from landing_zone.drift.contracts import Look, Parking
from landing_zone.drift.sweeping import ShardTask, SweepTask
from landing_zone.ends import OperationEnd, RouteEnd
from landing_zone.explaining.acts import Hearing, Stopping
from landing_zone.fleet.contracts import FleetTurn
from landing_zone.hub_state.contracts import HubStep
from landing_zone.key_contracts import KeyTask, RotationEnd, RotationRef

blueprint = df.Blueprint()


type Work[C: Contract] = Callable[[Dependencies, C], Awaitable[Outcome]]
type ClientWork[C: Contract] = Callable[[Dependencies, Any, C], Awaitable[Outcome]]


def activity[C: Contract](
    name: str, contract: type[C], work: Work[C]
) -> Callable[[object], Awaitable[object]]:
    """The function that the host calls: it resolves dependencies, parses and dumps.

    The worker allows no generic type in its annotations.
    """

    async def run(payload: object) -> object:
        async def do() -> Outcome:
            return await work(await dependencies(), contract.parse(payload))

        return (await outcome_of(do())).dump()

    run.__name__ = name
    run.__doc__ = work.__doc__
    return run


def client_activity[C: Contract](
    name: str, contract: type[C], work: ClientWork[C]
) -> Callable[[object, Any], Awaitable[object]]:
    """The same for work that also needs the durable client."""

    async def run(payload: object, client: df.DurableOrchestrationClient) -> object:
        async def do() -> Outcome:
            return await work(await dependencies(), client, contract.parse(payload))

        return (await outcome_of(do())).dump()

    run.__name__ = name
    run.__doc__ = work.__doc__
    return run


async def plan_sweep(payload: object) -> object:
    """Every governed subscription, in shards."""
    return (await shards_of(await dependencies(), SweepTask.parse(payload))).dump()


async def sweep_shard(payload: object, client: df.DurableOrchestrationClient) -> object:
    """Sweep some subscriptions; it answers with what could not be swept in it."""
    task = ShardTask.parse(payload)
    return (await swept_shard(await dependencies(), client, task)).dump()


async def advance_fleet(payload: object, client: df.DurableOrchestrationClient) -> object:
    """Look at a rollout once, and begin with whoever is next."""
    return (await advance(await dependencies(), client, FleetTurn.parse(payload))).dump()


async def step_hub(payload: object) -> object:
    """Do one step of reconciling a hub; it answers with its own errors in it."""
    return (await reconcile_step(await dependencies(), HubStep.parse(payload))).dump()


for _function in (
    activity("look_at_approval", OperationRef, look_at_approval),
    activity("begin_operation", OperationRef, begin_operation),
    activity("reserve", OperationRef, reserve),
    activity("make_plan", OperationRef, make_plan),
    activity("end_operation", OperationEnd, end_operation),
    activity("begin_change", OperationRef, begin_change),
    activity("make_route", OperationRef, make_route),
    activity("cross_over", OperationRef, cross_over),
    activity("end_change", RouteEnd, end_change),
    activity("remove_locks", OperationRef, remove_locks),
    activity("empty_subscription", OperationRef, empty_subscription),
    activity("purge_deleted", OperationRef, purge_deleted),
    activity("certify", OperationRef, certify),
    activity("send_results", OperationRef, send_results),
    activity("hear_act", Hearing, hear_act),
    activity("begin_data", Call, begin_data),
    activity("poll_data", Call, poll_data),
    activity("begin_resource", Call, begin_resource),
    activity("poll_resource", Call, poll_resource),
    activity("verify_resource", Call, verify_resource),
    activity("look_at_key", RotationRef, look_at_key),
    activity("renew_key", KeyTask, renew_key),
    activity("store_key", KeyTask, store_key),
    activity("end_rotation", RotationEnd, end_rotation),
    activity("park_drift", Parking, park_drift),
    step_hub,
    plan_sweep,
):
    blueprint.activity_trigger(input_name="payload")(_function)
for _needing_client in (
    client_activity("conclude", Conclusion, conclude),
    client_activity("begin_hub", Call, begin_hub),
    client_activity("poll_hub", Call, poll_hub),
    client_activity("pass_on", Stopping, pass_on),
    client_activity("look_at_drift", Look, look_at_drift),
    sweep_shard,
    advance_fleet,
):
    blueprint.activity_trigger(input_name="payload")(
        blueprint.durable_client_input(client_name="client")(_needing_client)
    )
