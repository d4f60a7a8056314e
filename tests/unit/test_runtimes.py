"""What is missed of a runtime, and what is not."""

import pytest

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.routes.runtimes import runtime_of
from tests.unit.moves import assert_complete, everything, missing, move_of
from tests.unit.planned_whole import outputs_of, wanting, whole_plan_of
from tests.unit.strategies import TIERS


@pytest.mark.parametrize("tier", TIERS)
def test_each_part_of_a_runtime_is_missed(tier: str) -> None:
    """Gone, failed, on its way, or otherwise than the workloads need it."""
    plan = whole_plan_of(wanting(tier))
    outputs = outputs_of(plan)
    runtime, there = runtime_of(plan), everything(plan, outputs_of(plan))
    assert runtime.tier == tier
    assert_complete(runtime, there, outputs)
    for part in runtime.parts:
        own = normalized(bound(part, outputs).id)
        if part.key == HUB_EGRESS:
            without = {key: body for key, body in there.items() if "/ipgroups/" not in key}
            assert missing(runtime, without, outputs) == (part.key,)
            continue
        without = {key: body for key, body in there.items() if key != own}
        assert missing(runtime, without, outputs) == (part.key,)
        for state, serves in (("Failed", False), ("Deleting", False), ("Updating", True)):
            body = there[own]
            shown = {
                **body,
                "properties": {**body.get("properties", {}), "provisioningState": state},
            }
            found = missing(runtime, {**there, own: shown}, outputs)
            assert found == (() if serves else (part.key,))


def test_a_namespace_that_is_bound_to_other_nodes_serves_no_runtime_but_that() -> None:
    """Neither that of nodes that all share by one that is pinned, nor the other way round."""
    move = move_of(wanting("namespace").to_document(), "namespace", "nodepool")
    both = everything(move.former, move.outputs) | everything(move.wanted, move.outputs)
    assert missing(runtime_of(move.former), both, move.outputs) == ("namespace",)
    assert missing(runtime_of(move.wanted), both, move.outputs) == ()


def test_tags_are_no_part_of_what_workloads_need() -> None:
    """They are changed in the switch, and nothing runs by them."""
    plan = whole_plan_of(wanting("cluster"))
    outputs = outputs_of(plan)
    there = everything(plan, outputs)
    bare = {key: {n: v for n, v in body.items() if n != "tags"} for key, body in there.items()}
    assert_complete(runtime_of(plan), bare, outputs)
