"""Updates in simulation: what they lead to, what they cost, and the way back from any failure."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pytest

from landing_zone.capacity import demand_of
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.nightly import by_day
from tests.simulation.checks import assert_whole, resources_of
from tests.simulation.lasting import lasting
from tests.simulation.life_checks import assert_agrees, assert_transitions
from tests.simulation.living import Asked, Living, Weather, living
from tests.simulation.machine import CALM, CHANGES, lock, lost_by, onboarding, patching
from tests.simulation.matrix import planned

TENANT: Final = "contoso-research"
_GUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"\b10(\.\d{1,3}){3}\b(?!/)")
_OF_COSMOS: Final = re.compile(r'"_(rid|ts|etag)": ("(\\.|[^"\\])*"|\d+)')
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)")

AZURES: Final = ("/deleted", "/networkinterfaces/")
"""What Azure keeps and makes by itself."""

type Dump = dict[str, str]


def record_of(life: Living) -> TenantRecord:
    """The tenant's record."""
    return life.ground.tenant(TENANT)


def change(life: Living, what: Mapping[str, Any], weather: Weather = CALM, **how: str) -> None:
    """Change the tenant; what it costs is allowed."""
    [answer] = life.do(weather, patching(TENANT, what, **how))
    lost = lost_by(answer) if answer.status_code == 400 else []
    if lost:
        [answer] = life.do(weather, patching(TENANT, what, allowDataLoss=",".join(lost), **how))
    assert answer.status_code in {200, 202}, answer.get_body()


def dump(life: Living) -> Dump:
    """What Azure holds of the tenant, without what chance and time have put into it."""
    held = resources_of(life.ground, record_of(life))
    return {
        _plain(key): _plain(json.dumps(_sorted(lasting(items)), sort_keys=True))
        for key, items in held.items()
        if not any(part in key for part in AZURES)
    }


def _plain(text: str) -> str:
    for pattern in (_GUID, _ADDRESS, _TIME, _OF_COSMOS):
        text = pattern.sub("(...)", text)
    return text


def _sorted(value: Any) -> Any:
    """With lists in an order of their own."""
    match value:
        case dict():
            return {key: _sorted(item) for key, item in value.items()}
        case list():
            return sorted(
                (_sorted(item) for item in value), key=lambda one: _plain(json.dumps(one))
            )
        case _:
            return value


BY_DAY: Final = (
    *("cost centre", "smaller", "no database", "postgresql", "index of its own"),
    *("no services", "more tokens", "key", "names", "no gitops"),
)
"""Changes that are tried by day: one of each kind of resource."""


@cache
def made_so(tier: str, what: str) -> Dump:
    """What Azure holds of a tenant that was asked for so at first."""
    with living() as life:
        asked = onboarding(TENANT, tier)
        wanted = _merged(asked.body, CHANGES[what] if what else {})
        life.do(CALM, asked._replace(body=wanted))
        assert record_of(life).state is TenantState.ACTIVE
        return dump(life)


def _merged(document: Any, patch: Mapping[str, Any]) -> Any:
    found = dict(document)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            nested = isinstance(value, Mapping)
            found[name] = _merged(found.get(name, {}), value) if nested else value
    return found


def assert_alike(found: Dump, wanted: Dump) -> None:
    """The same resources, each with the same in it."""
    assert found.keys() == wanted.keys()
    differing = {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}
    assert not differing, differing


@pytest.mark.parametrize("what", by_day(sorted(CHANGES), BY_DAY))
def test_change_leads_to_what_asking_so_at_first_leads_to(what: str) -> None:
    """Whatever is changed: nothing of before is left over; and the way back leads all the way."""
    with living() as life:
        asked = onboarding(TENANT, "namespace")
        life.do(CALM, asked)
        change(life, CHANGES[what])
        assert record_of(life).reason == ""
        assert_agrees(life.ground)
        assert_alike(dump(life), made_so("namespace", what))
        back = {name: asked.body.get(name) for name in CHANGES[what]}
        change(life, back)
        assert record_of(life).reason == ""
        assert_alike(dump(life), made_so("namespace", ""))


def test_update_that_changes_nothing_writes_nothing() -> None:
    """Each resource is looked at, and found to be as it should be."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "nodepool"))
        change(life, CHANGES["cost centre"])
        known, writes = len(life.ground.arm.log), life.ground.world.registry.writes
        change(life, CHANGES["cost centre"])
        # Whether it could be made is looked at in the hub.
        assert {one.method for one in life.ground.arm.log[known:]} <= {"GET"}
        assert life.ground.world.registry.writes == writes


def test_asking_again_sends_nothing_at_all() -> None:
    """The same document once more."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "nodepool"))
        known, writes = len(life.ground.arm.log), life.ground.world.registry.writes
        [answer] = life.do(CALM, onboarding(TENANT, "nodepool"))
        assert answer.status_code == 200
        assert life.ground.arm.log[known:] == []
        assert life.ground.world.registry.writes == writes


def test_update_writes_only_what_differs() -> None:
    """A budget is one resource."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        known = len(life.ground.arm.log)
        change(life, {"budget": {"monthly": 701}})
        written = {
            one.path.rpartition("/providers/")[2]
            for one in life.ground.arm.log[known:]
            if one.method in {"PUT", "PATCH", "DELETE"}
        }
        assert {path.partition("/")[0] for path in written} == {"Microsoft.Consumption"}


def test_second_update_during_the_first_comes_after_it() -> None:
    """On top of it; both are in the audit, each with its reason."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        first = patching(TENANT, CHANGES["cost centre"], reason="moved")
        later = [
            patching(TENANT, CHANGES["smaller"], reason="too dear"),
            patching(TENANT, CHANGES["budget"], reason="less"),
        ]
        life.do(CALM, first, *later)
        record = record_of(life)
        assert (record.operations, record.state) == (3, TenantState.ACTIVE)
        assert (record.request.cost_center, record.request.compute.cpu) == ("CC-7", 4)
        assert_agrees(life.ground)
        entries = life.ground.world.audit.entries(TENANT)
        told = [
            (one.operation_id, one.outcome, one.details.get("why"))
            for one in entries
            if one.action == "tenant.update"
        ]
        assert told == [
            (f"{TENANT}.2", "begun", "moved"),
            (f"{TENANT}.2", "done", None),
            (f"{TENANT}.3", "begun", "too dear; less"),
            (f"{TENANT}.3", "done", None),
        ]


def test_lower_claims_are_free_for_others() -> None:
    """As soon as it has ended."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        [key] = life.ground.world.ledger.claims
        before = dict(life.ground.world.ledger.claims[key])
        change(life, {"compute": {"cpu": 2, "memoryGiB": 8}})
        after = life.ground.world.ledger.claims[key]
        assert after == demand_of(record_of(life).request).claims
        assert after["sharedCpu"] < before["sharedCpu"]


def failing(key: str, tier: str = "cluster") -> Weather:
    """One resource of a tier's plan that cannot be made."""
    resource = planned(tier).by_key[key]
    name = resource.id.rpartition("/")[2]
    match = {"path": f"*/{name}", "type": resource.type, "method": ["PUT", "PATCH"]}
    fault = {"preset": "disallowed-by-policy", "match": match, "count": 10**6}
    return Weather(f"no {key}", (fault,))


@pytest.mark.parametrize("key", ["cluster", "gitops", "budget", "vault"])
def test_failure_anywhere_leads_back_to_what_was(key: str) -> None:
    """To the dump of before, however much had been made; and the next attempt succeeds."""
    wanted = {"isolation": "cluster", "budget": {"monthly": 702}, "costCenter": "CC-8"}
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        before = dump(life)
        change(life, wanted, failing(key))
        record = record_of(life)
        assert record.request.isolation == "namespace"
        assert record.reason
        if record.state is TenantState.ACTIVE:
            assert_agrees(life.ground)
            assert_alike(dump(life), before)
        change(life, wanted)
        assert record_of(life).request.isolation == "cluster"
        assert_agrees(life.ground)
        assert_transitions(life.changes)


@pytest.mark.parametrize("seconds", [3.0, 40.0, 200.0, 500.0])
def test_host_that_dies_during_an_update_takes_it_up_again(seconds: float) -> None:
    """At any moment, several times."""
    deaths = Weather("deaths", deaths=(seconds, 1.0, seconds))
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        change(life, {"isolation": "nodepool"}, deaths)
        assert life.deaths
        record = record_of(life)
        assert (record.state, record.request.isolation) == (TenantState.ACTIVE, "nodepool")
        assert_whole(life.ground, record)
        assert_agrees(life.ground)


def test_key_goes_on_being_rotated_after_the_way_in_has_changed() -> None:
    """A tenant that called with a token gets a key, and one that loses it has none to rotate."""
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        change(life, CHANGES["key"])
        [answer] = life.do(CALM, Asked("request_rotation", TENANT, {}))
        assert answer.status_code == 202, answer.get_body()
        assert record_of(life).keys.rotated_at
        change(life, CHANGES["token"])
        assert_agrees(life.ground)


def test_what_a_failed_change_leaves_is_taken_back_by_the_next() -> None:
    """Whatever that is about: it neither stays nor is it forgotten."""
    locked = lock("Microsoft.Authorization/roleAssignments")
    with living() as life:
        life.do(CALM, onboarding(TENANT, "namespace"))
        before = dump(life)
        # The role of the one is not taken back, and then that of the other is not either.
        other = {"contributors": ["77777777-7777-7777-7777-777777777777"]}
        change(life, {"access": other}, locked)
        record = record_of(life)
        assert record.state is TenantState.FAILED
        assert record.open_work
        assert record.remains
        assert_agrees(life.ground)
        change(life, {"costCenter": "CC-8"}, locked)
        again = record_of(life)
        assert (again.state, again.open_work) == (TenantState.FAILED, record.open_work)
        change(life, {"costCenter": "CC-1042"})
        assert (record_of(life).state, record_of(life).remains) == (TenantState.ACTIVE, ())
        assert_agrees(life.ground)
        assert_alike(dump(life), before)
