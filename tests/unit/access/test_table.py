"""The table of roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.access import GRANTS, OPEN, Access, Action, Role, Scope, scope_of
from tests.principals import BEN, OWNER, principal_of

A = Action
ROLES = st.lists(st.sampled_from([*Role, "User", "operator", ""]), max_size=5)


def test_each_action_is_open_or_some_roles() -> None:
    """An action that is forgotten is nobody's; one that is open needs no role."""
    granted = {action for grants in GRANTS.values() for action in grants}
    assert granted | OPEN == set(Action)
    assert not granted & OPEN
    assert set(GRANTS) == set(Role)


def test_only_requesters_and_operators_change_anything() -> None:
    """Whoever reads changes nothing by that, and who approves does nothing else."""
    own = {A.REQUEST_TENANT, A.UPDATE_TENANT, A.SUSPEND_TENANT, A.OFFBOARD_TENANT, A.ROTATE_KEYS}
    changing = {action for action in A if not action.endswith(".read")} - {A.APPROVE}
    assert {role: set(GRANTS[role]) & changing for role in Role} == {
        Role.REQUESTER: own,
        Role.APPROVER: set(),
        Role.OPERATOR: changing,
        Role.READER: set(),
    }
    assert {role for role in Role if A.APPROVE in GRANTS[role]} == {Role.APPROVER}


def test_a_requester_reaches_own_tenants_only() -> None:
    """What it sees of everyone is how much room is left."""
    everyones = {action for action, scope in GRANTS[Role.REQUESTER].items() if scope is Scope.ALL}
    assert everyones == {A.SEE_CAPACITY}
    own = Access(principal_of(), A.SEE_TENANTS, Scope.OWN)
    assert own.reaches(OWNER)
    assert not own.reaches(principal_of(BEN).id)
    assert not own.reaches(OWNER.model_copy(update={"directory": BEN}))
    assert not own.reaches(None)
    assert own.owner == OWNER


def test_who_reaches_all_reaches_what_has_no_owner() -> None:
    """As tenants that were asked for by message."""
    everyones = Access(principal_of(), A.SEE_TENANTS, Scope.ALL)
    assert everyones.reaches(None)
    assert everyones.reaches(principal_of(BEN).id)
    assert everyones.owner is None


@pytest.mark.parametrize("roles", [(), ("User",), ("operator",), ("OPERATOR",), ("Operator ",)])
def test_what_is_no_role_of_ours_allows_nothing(roles: tuple[str, ...]) -> None:
    """A role is spelt in one way."""
    assert {scope_of(roles, action) for action in Action} == {None}


@given(ROLES, ROLES, st.sampled_from(Action))
def test_more_roles_never_allow_less(some: list[str], more: list[str], action: Action) -> None:
    """And what several allow is what the widest of them does."""
    order = [None, Scope.OWN, Scope.ALL]
    several = [order.index(scope_of([role], action)) for role in (*some, *more)]
    assert order.index(scope_of([*some, *more], action)) == max(several, default=0)
