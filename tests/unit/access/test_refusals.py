"""What is noted of refusals, and how many of them."""

import json
from datetime import timedelta

from landing_zone.access import AccessRefused, Action, Reason
from landing_zone.access.budget import ALL, EACH, MOST_CALLERS, STRANGERS, RefusalBudget
from landing_zone.access.principal import Principal
from landing_zone.access.refusals import CHAIN, entry_of, forbidden, unauthenticated
from landing_zone.tenants import is_tenant_id
from tests.fakes import NOON
from tests.principals import ANN, BEN, DIRECTORY, principal_of


def caller(number: int) -> Principal:
    """One of many principals."""
    return principal_of(f"{number:08d}-0000-4000-8000-000000000000")


def written(budget: RefusalBudget, who: Principal | None, times: int, after: float = 0.0) -> int:
    """How many refusals at one moment are written."""
    now = NOON + timedelta(seconds=after)
    return sum(budget.spend(who, now) is not None for _ in range(times))


def test_the_chain_is_no_tenants() -> None:
    """No tenant's id names it."""
    assert not is_tenant_id(CHAIN)


def test_an_entry_says_who_wanted_what_and_why_not() -> None:
    """Of one who is known: the ids, and the name as of now."""
    refusal = forbidden(principal_of(), Reason.NO_ROLE, "no", "ask")
    entry = entry_of(refusal, Action.SWEEP, "e", 0, NOON)
    assert (entry.tenant_id, entry.actor, entry.outcome) == (CHAIN, f"person:{ANN}", "refused")
    assert entry.details == {
        "action": "compliance.sweep",
        "code": "Forbidden",
        "reason": "no-role-for-it",
        "directory": DIRECTORY,
        "name": "Ann",
    }


def test_an_entry_on_a_stranger_holds_nothing_of_its_own() -> None:
    """Nothing that it could choose gets into the audit."""
    entry = entry_of(unauthenticated(Reason.MALFORMED), Action.SWEEP, "e", 7, NOON)
    assert entry.actor == "anonymous"
    assert entry.details == {
        "action": "compliance.sweep",
        "code": "Unauthenticated",
        "reason": "malformed-principal",
        "unwritten": "7",
    }


def test_an_entry_is_small() -> None:
    """Whatever the directory and the path say."""
    longest = Principal(principal_of().id, principal_of().kind, "東" * 128, frozenset())
    refusal = AccessRefused(
        "Forbidden", "x" * 9_000, Reason.NOT_OWN, principal=longest, tenant_id="t" * 63
    )
    entry = entry_of(refusal, Action.SEE_TENANTS, "e", 10**12, NOON)
    assert len(json.dumps(entry.model_dump(mode="json"))) < 2_000


def test_a_flood_is_counted_and_a_little_of_it_written() -> None:
    """The next entry says how many were not."""
    budget = RefusalBudget()
    assert written(budget, None, 10_000) == STRANGERS.size
    assert budget.spend(None, NOON + timedelta(seconds=STRANGERS.every)) == 10_000 - STRANGERS.size
    assert budget.spend(None, NOON + timedelta(seconds=2 * STRANGERS.every)) == 0


def test_a_day_of_it_is_bounded() -> None:
    """By strangers, by one principal, and by all of them together."""
    day = 86_400
    for who, limit in ((None, STRANGERS), (principal_of(), EACH)):
        budget = RefusalBudget()
        entries = sum(written(budget, who, 5, at) for at in range(0, day, 5))
        assert entries <= limit.size + day / limit.every
    many = RefusalBudget()
    entries = sum(written(many, caller(at), 20, at) for at in range(0, day, 10))
    assert entries <= ALL.size + day / ALL.every


def test_strangers_hide_nobody_and_neither_does_another() -> None:
    """Each has a budget of its own."""
    budget = RefusalBudget()
    written(budget, None, 1_000)
    written(budget, principal_of(ANN), 100)
    assert written(budget, principal_of(BEN), 100) == EACH.size


def test_what_could_not_be_written_is_counted_again() -> None:
    """With what it would have told."""
    budget = RefusalBudget()
    assert budget.spend(None, NOON) == 0
    budget.give_back(None, 3)
    assert budget.spend(None, NOON) == 4


def test_only_so_many_callers_are_remembered() -> None:
    """Strangers always are: forgetting them would fill their budget."""
    budget = RefusalBudget()
    written(budget, None, 1_000)
    for number in range(3 * MOST_CALLERS):
        budget.spend(caller(number), NOON)
    assert len(budget._callers) == MOST_CALLERS
    assert written(budget, None, 1) == 0


def test_a_clock_that_goes_back_earns_nothing() -> None:
    """Neither then nor when it goes forward again."""
    budget = RefusalBudget()
    assert written(budget, None, 1_000) == STRANGERS.size
    assert written(budget, None, 1, -3_600) == 0
    assert written(budget, None, 1, 0.0) == 0
