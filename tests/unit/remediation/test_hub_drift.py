"""What a hub's reconciler keeps is told to it, and not written."""

from dataclasses import replace

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.remediation.model import Fix, HubRefresh
from tests.unit.remediation.estate import (
    DIRECTORY,
    HUB_GROUND,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import (
    NAMESPACE,
    planned,
)


@pytest.mark.parametrize("kind", ["ipgroups", "rulecollectiongroups", "virtualnetworklinks"])
@pytest.mark.parametrize("change", ["gone", "changed", "failed"])
def test_what_the_hub_keeps_is_put_right_by_its_reconciler(kind: str, change: str) -> None:
    """Not by a write of ours."""
    key = next(one for one in HUB_GROUND.wanted if one.split("/")[-2] == kind)
    wanted = HUB_GROUND.wanted[key]
    body = {**wanted.body, "properties": dict(wanted.body["properties"])}
    if change == "changed":
        name = {"ipgroups": "ipAddresses", "rulecollectiongroups": "ruleCollections"}.get(kind)
        if name is None:
            body["properties"]["registrationEnabled"] = True
        else:
            body["properties"][name] = []
    if change == "failed":
        body["properties"]["provisioningState"] = "Failed"
    model = Model({} if change == "gone" else {key: body})
    (violation,) = model.look(HUB_GROUND, key).violations
    assert violation.fix == HubRefresh(hub=HUB_GROUND.hub.name, lane=wanted.lane)


def test_group_of_ours_that_nobody_needs_is_told_to_the_reconciler() -> None:
    """And the platform's own is left alone."""
    policy = HUB_GROUND.hub.resource_id("Microsoft.Network/firewallPolicies", "afwp-hub-weu")
    ours, theirs = (
        normalized(f"{policy}/ruleCollectionGroups/{name}")
        for name in ("spokewright-forgotten", "platform")
    )
    model = Model({ours: {"properties": {}}, theirs: {"properties": {}}})
    assert len(model.look(HUB_GROUND, ours).violations) == 1
    assert model.look(HUB_GROUND, theirs).violations == ()


def test_hubs_side_of_a_governed_peering_takes_the_spokes_side_along() -> None:
    """The hub's alone would be refused."""
    spoke = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    hub = HUB_GROUND.hub.network_id.lower()
    key, wanted = next(
        (key, one)
        for key, one in HUB_GROUND.wanted.items()
        if key.startswith(f"{hub}/virtualnetworkpeerings/")
    )
    properties = {**wanted.body["properties"], "remoteVirtualNetwork": {"id": spoke}}
    ground = replace(HUB_GROUND, wanted={key: wanted._replace(body={"properties": properties})})
    (violation,) = Model({hub: {"properties": {}}}).look(ground, hub).violations
    assert isinstance(violation.fix, Fix)
    assert violation.fix.writes[0].path.startswith(spoke)
    assert violation.fix.hub is not None
    known = replace(ground, directory=replace(DIRECTORY, networks={}))
    (alone,) = Model({hub: {"properties": {}}}).look(known, hub).violations
    assert isinstance(alone.fix, HubRefresh)
