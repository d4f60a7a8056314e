"""What a plan makes breaks no rule, and costs one read where nothing more is needed."""

import pytest

from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import KINDS, target_of
from landing_zone.remediation.rules import RULES
from tests.unit.remediation.estate import GROUNDS, HUB_GROUND, world_of
from tests.unit.remediation.model_arm import Model

IDS = [ground.owner.name for ground in GROUNDS]
MORE_THAN_ONE_READ = {"microsoft.network/privateendpoints": 3}


def looked_at(ground: Ground) -> list[str]:
    """The planned resources that are looked at by themselves."""
    return [
        key
        for key in ground.plan
        if (target := target_of(key)) is not None
        and target.id == key
        and not key.startswith(f"/subscriptions/{ground.hub.subscription_id}/")
    ]


@pytest.mark.parametrize("ground", GROUNDS, ids=IDS)
def test_planned_resources_break_no_rule(ground: Ground) -> None:
    """In every tier."""
    model = Model(world_of(ground))
    keys = looked_at(ground)
    assert len({target.type for key in keys if (target := target_of(key))}) > 8
    assert {key: found for key in keys if (found := model.look(ground, key).violations)} == {}


@pytest.mark.parametrize("ground", GROUNDS, ids=IDS)
def test_compliant_resource_costs_one_read(ground: Ground) -> None:
    """But for private endpoints, whose zone group and record are read as well."""
    model = Model(world_of(ground))
    for key in looked_at(ground):
        target = target_of(key)
        assert target is not None
        assert model.look(ground, key).reads == MORE_THAN_ONE_READ.get(target.type, 1), key


@pytest.mark.parametrize("ground", GROUNDS, ids=IDS)
def test_planned_settings_and_children_are_as_planned_when_they_are_looked_at(
    ground: Ground,
) -> None:
    """Each at one read more than the resource that it stands on."""
    model = Model(world_of(ground))
    for key in ground.plan:
        target = target_of(key)
        if target is not None and target.id in model.world and target.id != key:
            looked = model.look(ground, target.id, key)
            assert looked.violations == (), key
            assert looked.reads <= 3 if "privateendpoints" in key else looked.reads <= 2


def test_every_type_that_is_read_is_judged_by_a_rule_of_its_own_or_by_its_tags() -> None:
    """A type that no rule judges would be read for nothing."""
    named = {kind for rule in RULES for kind in rule.types}
    assert named == set(KINDS)


def test_hub_as_its_reconciler_keeps_it_breaks_no_rule() -> None:
    """Each of its resources by itself, and those that stand in its network."""
    model = Model({key: {"id": key, **dict(one.body)} for key, one in HUB_GROUND.wanted.items()})
    network = HUB_GROUND.hub.network_id.lower()
    model.world[network] = {"id": network, "properties": {}}
    for key in [one for one in model.world if one.startswith(f"{network}/")]:
        name = "subnets" if "/subnets/" in key else "virtualNetworkPeerings"
        model.world[network]["properties"].setdefault(name, []).append(model.world.pop(key))
    assert len(model.world) > 5
    for key in model.world:
        looked = model.look(HUB_GROUND, key)
        assert (looked.violations, looked.reads) == ((), 1), key
