"""Does what is asked of a tenant, one operation after the other."""

from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.contracts import OperationRef
from landing_zone.work import Kind
from orchestrators.calls import Steps
from orchestrators.follow_route import follow_route
from orchestrators.onboard_tenant import onboard_tenant


def operate_tenant(context: DurableOrchestrationContext) -> Steps[dict[str, Any] | None]:
    """Do the operation, and go on with the one that was asked for meanwhile.

    A tenant has one orchestration, so that no two operations are ever at work on it.
    """
    operation = OperationRef.parse(context.get_input(dict))
    work = onboard_tenant if operation.kind is Kind.ONBOARD else follow_route
    ended = yield from work(context)
    following = ended.pop("following", None)
    if following is None:
        return ended
    context.continue_as_new(following)
    return None
