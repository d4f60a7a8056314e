"""What two plans of a tenant differ in, as a dry run of a rollout tells it."""

from hypothesis import given

from landing_zone.fleet.foretelling import change_between
from landing_zone.plan import Plan
from landing_zone.planning import RULES, Rules, plan
from landing_zone.planning.cost import EXPORT
from landing_zone.planning.storage import container_key
from landing_zone.routes.upgrading import is_same, touched, upgrade_stages
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS
from tests.other_rules import ARCHIVE, ARCHIVED, SAME, WEEKLY
from tests.unit.planned import HUB, reservation_for
from tests.unit.planned_whole import wanting
from tests.unit.strategies import tenant_requests


def planned(rules: Rules, request: TenantRequest | None = None) -> Plan:
    """The plan of a request by some rules."""
    request = request or wanting()
    return plan(request, HUBS, HUB, reservation_for(request), rules)


BEFORE = planned(RULES)


def test_rules_that_plan_the_same_change_nothing() -> None:
    """Although their plan has another hash."""
    made = planned(SAME)
    assert made.hash != BEFORE.hash
    assert change_between(BEFORE, made).is_empty
    assert is_same(BEFORE, made)
    assert (touched(BEFORE, made), upgrade_stages(BEFORE, made)) == ((), ())


def test_a_changed_property_is_told_by_its_path() -> None:
    """And it is all that an upgrade touches."""
    made = planned(WEEKLY)
    change = change_between(BEFORE, made)
    assert change.update == {EXPORT: ("properties.schedule.recurrence",)}
    assert (change.create, change.delete, change.lost) == ((), (), ())
    assert touched(BEFORE, made) == (EXPORT,)
    assert not is_same(BEFORE, made)


def test_what_is_added_is_created_and_goes_on_the_way_back() -> None:
    """By the same comparison, the other way round."""
    made, key = planned(ARCHIVED), container_key(ARCHIVE)
    assert change_between(BEFORE, made).create == (key,)
    assert change_between(made, BEFORE).delete == (key,)
    [applying] = upgrade_stages(BEFORE, made)
    assert (applying.keys, applying.before) == ((key,), BEFORE.hash)
    [removing] = upgrade_stages(made, BEFORE)
    assert (removing.keys, removing.direction, removing.plan_hash) == ((key,), "undo", made.hash)


def test_data_that_would_go_is_told() -> None:
    """It needs to be allowed by name."""
    without = wanting(data={"storage": False, "database": "none", "vectorIndex": "none"})
    change = change_between(BEFORE, planned(RULES, without))
    assert "storage" in change.lost
    assert set(change.lost) <= set(change.delete)


def test_what_waits_for_something_new_is_touched_too() -> None:
    """It may hold what the former one had yielded."""
    moved = BEFORE.by_key[EXPORT].model_copy(update={"id": f"{BEFORE.by_key[EXPORT].id}-2"})
    resources = tuple(moved if item.key == EXPORT else item for item in BEFORE.resources)
    made = BEFORE.model_copy(update={"resources": resources})
    waiting = {item.key for item in made.resources if EXPORT in item.waits_for}
    assert waiting
    assert waiting | {EXPORT} <= set(touched(BEFORE, made))


@given(tenant_requests(), tenant_requests())
def test_what_is_not_touched_is_as_it_was(one: TenantRequest, other: TenantRequest) -> None:
    """Of any two plans: all that they differ in is touched, and nothing where they do not."""
    former, wanted = planned(RULES, one), planned(RULES, other)
    keys = set(touched(former, wanted))
    for item in wanted.resources:
        if item.key not in keys:
            assert former.by_key[item.key] == item
    assert touched(wanted, wanted) == ()
