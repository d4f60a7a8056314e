"""Operations under way, as they may stand."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from landing_zone.contracts import OperationRef
from landing_zone.explaining.acts import NO_ACTS, Act, Deed
from landing_zone.explaining.standing import Standing
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.progress import LiveWait, OperationStatus
from landing_zone.work import Kind
from tests.fakes import NOON, example_request
from tests.unit.planned import plan_of

PLAN: Plan = plan_of(example_request())
KEYS = [resource.key for resource in PLAN.resources]
OPERATION = OperationRef(tenant_id="contoso-research", operation_id="contoso-research.1")


def wait_for(code: str = "", *, asked: bool = False, since: float = 0.0, **more: Any) -> LiveWait:
    """A wait that goes on for two minutes more, for what began some seconds ago."""
    values: dict[str, Any] = {
        "started_at": (NOON - timedelta(hours=1)).isoformat(),
        "cause": f"waiting 120 s: {code or 'Azure is working'}",
        "until": (NOON + timedelta(seconds=120)).isoformat(),
        "attempts": 3,
        "activity": "begin_resource" if code else "poll_resource",
        "at": NOON.isoformat(),
        "code": code,
        "since": (NOON - timedelta(seconds=since)).isoformat(),
        "asked": asked,
    }
    return LiveWait(**values | more)


def act(deed: Deed, instance: str = "tenant-contoso-research", **more: Any) -> Act:
    """Something that was asked for."""
    event = NO_ACTS.next_event(OPERATION, instance)
    values: dict[str, Any] = {"event": event, "actor": "person:olga", "reason": "it hangs"}
    return Act(deed=deed, instance=instance, at=NOON, **values | more)


def standing(**changes: Any) -> Standing:
    """An onboarding that applies its plan, unless told."""
    status = OperationStatus(started_at=NOON, phase="apply", plan_hash=PLAN.hash)
    values: dict[str, Any] = {
        "kind": Kind.ONBOARD,
        "state": TenantState.PROVISIONING,
        "now": NOON,
        "alive": True,
        "status": status,
        "plan": PLAN,
    }
    return Standing(**values | changes)


def status_of(**changes: Any) -> OperationStatus:
    """How far it has come."""
    values: dict[str, Any] = {"started_at": NOON, "phase": "apply", "plan_hash": PLAN.hash}
    return OperationStatus(**values | changes)


@st.composite
def waits(draw: st.DrawFn) -> LiveWait:
    """Any wait."""
    codes = ("", "AnotherOperationInProgress", "SubscriptionPaced", "InternalServerError")
    code = draw(st.sampled_from(codes))
    return wait_for(code, asked=bool(code) and draw(st.booleans()), since=draw(st.floats(0, 9000)))


@st.composite
def statuses(draw: st.DrawFn) -> OperationStatus:
    """Any status."""
    marks = st.dictionaries(
        st.sampled_from(KEYS),
        st.tuples(st.sampled_from("dfsg"), st.just(0.0), st.just(1.0), st.just(1)),
        max_size=5,
    )
    return status_of(
        phase=draw(st.sampled_from(["request", "apply", "verify", "undo", "end"])),
        way=draw(st.sampled_from(["", "one-way", "back"])),
        wait=draw(st.none() | waits()),
        until=draw(st.none() | st.just(NOON + timedelta(days=30))),
        applied=draw(marks),
        undone=draw(marks),
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any operation under way."""
    acts = NO_ACTS
    for deed in draw(st.lists(st.sampled_from(Deed), max_size=3)):
        acts = acts.added(act(deed))
    return standing(
        kind=draw(st.sampled_from(Kind)),
        state=draw(st.sampled_from(TenantState)),
        alive=draw(st.booleans()),
        status=draw(st.none() | statuses()),
        waits=draw(st.dictionaries(st.sampled_from(KEYS), waits(), max_size=4)),
        acts=acts,
        names_others=draw(st.booleans()),
    )
