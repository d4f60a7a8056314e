"""What needs approval, and what may be begun with and without it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.approval.policy import (
    MAY_NEED_APPROVAL,
    approval_of,
    is_begun,
    is_waiting,
    require_approved,
    why_needed,
)
from landing_zone.approval.record import Approval, Decision, Verdict
from landing_zone.approval.settings import ApprovalSettings
from landing_zone.errors import ConfigurationError, PermanentError
from landing_zone.lifecycle import SETTLED, TenantState
from landing_zone.settings import settings_from
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.fakes import NOON, example_request

USUAL = ApprovalSettings()
PROD = ApprovalSettings(tiers=(), environments=("prod",))
REQUIRED = {"SPOKEWRIGHT_HUBS": "hubs.yaml", "AzureWebJobsStorage": "none"}


def record(kind: Kind, before: dict[str, Any], wanted: dict[str, Any]) -> TenantRecord:
    """A tenant that is to become something else."""
    work = Work(kind=kind, actor="ann", wanted=example_request(**wanted))
    return new_tenant(example_request(**before), "ann", NOON).model_copy(update={"work": work})


def approval(verdict: Verdict | None, operation: str = "contoso-research.1") -> Approval:
    """An approval that was decided so."""
    decision = Decision(verdict=verdict, actor="ben", at=NOON) if verdict else None
    return Approval(
        operation_id=operation,
        why="isolation cluster",
        asked_at=NOON,
        until=NOON,
        decision=decision,
    )


@pytest.mark.parametrize(
    ("settings", "changes", "why"),
    [
        (USUAL, {"isolation": "cluster"}, "isolation cluster"),
        (USUAL, {"isolation": "nodepool"}, ""),
        (USUAL, {"isolation": "namespace"}, ""),
        (PROD, {"isolation": "cluster", "environment": "prod"}, "environment prod"),
        (PROD, {"environment": "dev"}, ""),
        (
            ApprovalSettings(tiers=("cluster", "nodepool"), environments=("prod",)),
            {"isolation": "nodepool", "environment": "prod"},
            "isolation nodepool, environment prod",
        ),
        (ApprovalSettings(tiers=()), {"isolation": "cluster"}, ""),
    ],
)
def test_a_new_tenant_needs_approval_for_what_the_policy_names(
    settings: ApprovalSettings, changes: dict[str, Any], why: str
) -> None:
    """And is told for what."""
    assert why_needed(settings, new_tenant(example_request(**changes), "ann", NOON)) == why


@pytest.mark.parametrize(
    ("kind", "before", "wanted", "why"),
    [
        (Kind.UPDATE, "namespace", "cluster", "isolation cluster"),
        (Kind.UPDATE, "nodepool", "cluster", "isolation cluster"),
        (Kind.UPDATE, "cluster", "cluster", ""),
        (Kind.UPDATE, "cluster", "namespace", ""),
        (Kind.ROLL_BACK, "namespace", "cluster", ""),
        (Kind.UPGRADE, "cluster", "cluster", ""),
        (Kind.OFFBOARD, "cluster", "cluster", ""),
    ],
)
def test_a_change_needs_approval_for_what_it_gains(
    kind: Kind, before: str, wanted: str, why: str
) -> None:
    """Not for what the tenant has already, nor on the way back."""
    found = record(kind, {"isolation": before}, {"isolation": wanted})
    assert why_needed(USUAL, found) == why
    assert not why or kind in MAY_NEED_APPROVAL


@given(
    verdict=st.sampled_from([None, *Verdict]),
    operation=st.sampled_from(["contoso-research.1", "contoso-research.2"]),
    state=st.sampled_from(TenantState),
)
def test_nothing_that_needs_approval_begins_without_its_own(
    verdict: Verdict | None, operation: str, state: TenantState
) -> None:
    """An approval counts for the operation that it names, and if it is one."""
    found = new_tenant(example_request(isolation="cluster"), "ann", NOON).model_copy(
        update={"approval": approval(verdict, operation), "state": state}
    )
    own = operation == found.operation_id
    assert (approval_of(found) is not None) == own
    if own and verdict is Verdict.APPROVE:
        require_approved(USUAL, found)
        return
    with pytest.raises(PermanentError) as caught:
        require_approved(USUAL, found)
    assert caught.value.code == "ApprovalMissing"
    assert is_waiting(found) == (own and verdict is None)


def test_what_was_asked_about_stays_so_when_the_policy_changes() -> None:
    """A policy that asks for less decides nothing that waits."""
    lax = ApprovalSettings(tiers=())
    found = new_tenant(example_request(isolation="cluster"), "ann", NOON)
    require_approved(lax, found)
    with pytest.raises(PermanentError):
        require_approved(lax, found.model_copy(update={"approval": approval(None)}))


def test_what_is_at_work_is_begun_and_nothing_else() -> None:
    """Of what waits for a person, or is settled, nothing has been done yet."""
    begun = {
        state
        for state in TenantState
        if is_begun(new_tenant(example_request(), "a", NOON).model_copy(update={"state": state}))
    }
    rest = SETTLED | {TenantState.REQUESTED, TenantState.AWAITING_APPROVAL}
    assert begun == set(TenantState) - rest


def test_settings_are_read_from_the_environment() -> None:
    """Words with commas; nothing is also a list."""
    found = settings_from(
        REQUIRED
        | {
            "SPOKEWRIGHT_APPROVAL_TIERS": "cluster, nodepool",
            "SPOKEWRIGHT_APPROVAL_ENVIRONMENTS": "prod",
            "SPOKEWRIGHT_APPROVAL_DEADLINE_HOURS": "8",
        }
    ).approval
    assert (found.tiers, found.environments) == (("cluster", "nodepool"), ("prod",))
    assert (found.deadline_hours, found.reminder_hours) == (8.0, 24.0)
    assert settings_from(REQUIRED | {"SPOKEWRIGHT_APPROVAL_TIERS": ""}).approval.tiers == ()
    assert settings_from(REQUIRED).approval == USUAL


@pytest.mark.parametrize(
    ("variable", "value"), [("TIERS", "clusters"), ("DEADLINE_HOURS", "0"), ("LOOK_SECONDS", "0")]
)
def test_settings_that_mean_nothing_are_named(variable: str, value: str) -> None:
    """A misspelt tier would otherwise need no approval."""
    with pytest.raises(ConfigurationError, match=f"SPOKEWRIGHT_APPROVAL_{variable}"):
        settings_from(REQUIRED | {f"SPOKEWRIGHT_APPROVAL_{variable}": value})
