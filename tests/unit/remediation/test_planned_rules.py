"""What a plan makes and is gone: made again where it is small, told where it is not."""

from dataclasses import replace

import pytest

from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import Facts, Fix
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.preparing import known_resources
from landing_zone.remediation.rules import missing_reads, violations
from tests.unit.remediation.drifts import setting
from tests.unit.remediation.estate import (
    HUB_GROUND,
    tenant,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import (
    CLUSTER,
    NAMESPACE,
    SUBSCRIPTION,
)

ROLE = "providers/microsoft.authorization/roleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"


RESTORED = {
    "microsoft.network/networksecuritygroups",
    "microsoft.network/routetables",
    "microsoft.network/privateendpoints",
}


def test_planned_resource_that_is_gone_is_made_again_where_it_is_small() -> None:
    """With all that the plan puts on it; what holds data is told."""
    for key, item in CLUSTER.plan.items():
        kind = item.type.lower()
        if kind not in KINDS or key.startswith(HUB_GROUND.hub.resource_group_id.lower()):
            continue
        whole = world_of(CLUSTER)
        left = {one: body for one, body in whole.items() if not f"{one}/".startswith(f"{key}/")}
        model = Model(left)
        (violation,) = model.look(CLUSTER, key).violations
        assert violation.rule == RuleName.MISSING_RESOURCE
        assert isinstance(violation.fix, Fix) == (kind in RESTORED), key
        if isinstance(violation.fix, Fix):
            model.fix(violation)
            assert model.world.keys() >= whole.keys()
            assert model.look(CLUSTER, key).violations == ()


def test_resource_that_nobody_planned_may_go() -> None:
    """A late event, or one out of order, does no harm."""
    for kind in KINDS:
        key = f"{SUBSCRIPTION}/resourcegroups/x/providers/{kind}/gone"
        facts = Facts(key, kind, None, NAMESPACE, frozenset({f"{key}/{ROLE}"}))
        assert missing_reads(facts) == ()
        assert violations(facts) == ()


@pytest.mark.parametrize("kind", ["diagnosticsettings", "eventsubscriptions"])
@pytest.mark.parametrize("change", ["gone", "changed"])
def test_monitoring_is_restored_from_the_plan(kind: str, change: str) -> None:
    """When an event told of just that."""
    for key, item in NAMESPACE.plan.items():
        if item.type.lower().rpartition("/")[2] != kind or "blobservices" in key:
            continue
        model = Model(world_of(NAMESPACE))
        target = key.partition("/providers/microsoft.insights/")[0].partition("/eventsubscr")[0]
        model.world.setdefault(target, {"tags": dict(NAMESPACE.tags)})
        if change == "gone":
            del model.world[key]
        else:
            setting("properties", next(iter(item.body["properties"])), to="other")(model.world[key])
        assert model.look(NAMESPACE, target).violations == ()
        (violation,) = model.look(NAMESPACE, target, key).violations
        assert violation.rule == RuleName.MONITORING
        model.fix(violation)
        assert model.look(NAMESPACE, target, key).violations == ()


def test_tenant_whose_outputs_are_not_known_is_governed_as_far_as_it_is() -> None:
    """What cannot be resolved is left out, and no reference is ever sent."""
    lost = replace(tenant(), outputs={"subscription": {"subscriptionId": "0c0ffee0"}})
    kept = known_resources(lost.plan, lost.outputs)
    assert 0 < len(kept) < len(NAMESPACE.plan)
    assert not any("${" in item.model_dump_json() for item in kept.values())
