"""Does what is asked of a tenant, one operation after the other."""

from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.approval.policy import MAY_NEED_APPROVAL
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.work import Kind
from orchestrators.approval import await_approval
from orchestrators.calls import Steps, WaitNote, settle
from orchestrators.follow_route import follow_route
from orchestrators.onboard_tenant import RESULT_RETRY, onboard_tenant


def operate_tenant(context: DurableOrchestrationContext) -> Steps[dict[str, Any] | None]:
    """Do the operation, and go on with the one that was asked for meanwhile.

    A tenant has one orchestration, so that no two operations are ever at work on it.

    1. Where the kind of operation may need a person's approval, wait until it may be begun.
    2. Do it.
    3. Go on with the next one, in a new history.
    """
    operation = OperationRef.parse(context.get_input(dict))
    if operation.kind in MAY_NEED_APPROVAL:
        approval = yield from await_approval(context, operation)
        if approval is None:
            context.continue_as_new(operation.dump())
            return None
        if approval.state == "failed":
            return (yield from _refused(context, operation, approval))
    work = onboard_tenant if operation.kind is Kind.ONBOARD else follow_route
    ended = yield from work(context)
    following = ended.pop("following", None)
    if following is None:
        return ended
    context.continue_as_new(following)
    return None


def _refused(
    context: DurableOrchestrationContext, operation: OperationRef, approval: Outcome
) -> Steps[dict[str, Any] | None]:
    """Nothing was done: tell by message who asked by message, and go on with the next one."""
    if approval.owed:
        yield from settle(context, "send_results", operation, RESULT_RETRY, WaitNote())
    if approval.following is None:
        return {"ok": False}
    context.continue_as_new(approval.following.dump())
    return None
