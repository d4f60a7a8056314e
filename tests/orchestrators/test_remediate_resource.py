"""Looking after a resource, replayed: waits, operations, crashes, and nothing that ends unseen."""

from typing import Any

import pytest

from landing_zone.contracts import Outcome, PollTarget
from landing_zone.drift.contracts import MORE_EVENTS, Look, LookTask, Parking
from landing_zone.retries import RetryPolicy
from orchestrators.remediate_resource import TURNS_A_HISTORY, remediate_resource
from tests.orchestrators.replay import Crash, DurableWorld, Instance

ACCOUNT = (
    "/subscriptions/0c0ffee0-0000-4000-8000-000000000042/resourceGroups/rg-a"
    "/providers/Microsoft.Storage/storageAccounts/st1"
)
INSTANCE = "drift-1-a"
TARGET = PollTarget(kind="location", url="https://arm/1")
DONE = Outcome(state="done")
FORBIDDEN = Outcome(state="failed", code="AuthorizationFailed", message="no", hint="give the role")
BUSY = Outcome(state="retry", code="TooManyRequests", message="busy")


class Pretended:
    """A resource whose looks are answered by a script, and then are good."""

    def __init__(self, *answers: Outcome | Exception, parked: tuple[Outcome, ...] = ()) -> None:
        """Take the answers in order."""
        self._answers = list(answers)
        self._parked = list(parked)
        self.looks: list[Look] = []
        self.parkings: list[Parking] = []
        self.times: list[float] = []
        activities = {"look_at_drift": self._look, "park_drift": self._park}
        self.world = DurableWorld({"remediate_resource": remediate_resource}, activities)

    def run(self, retry: RetryPolicy | None = None) -> Instance:
        """Look after it to the end."""
        task = LookTask(resource_id=ACCOUNT, instance=INSTANCE, retry=retry or RetryPolicy())
        self.world.start("remediate_resource", INSTANCE, task.dump())
        self._began = self.world.now
        self.world.run()
        return self.world.instances[INSTANCE]

    def _look(self, payload: Any) -> Any:
        self.looks.append(Look.parse(payload))
        self.times.append((self.world.now - self._began).total_seconds())
        answer = self._answers.pop(0) if self._answers else DONE
        if isinstance(answer, Exception):
            raise answer
        return answer.dump()

    def _park(self, payload: Any) -> Any:
        self.parkings.append(Parking.parse(payload))
        return (self._parked.pop(0) if self._parked else DONE).dump()


def test_one_look_is_enough_where_all_is_well() -> None:
    """Nothing is waited for."""
    resource = Pretended()
    assert resource.run().output == {"resource": ACCOUNT, "state": "done"}
    assert resource.looks == [Look(resource_id=ACCOUNT, instance=INSTANCE)]
    assert resource.parkings == []


def test_a_fix_that_takes_its_time_is_waited_for() -> None:
    """As long as Azure asks; the next look knows what is under way, the one after does not."""
    resource = Pretended(Outcome(state="pending", target=TARGET, wait=15.0), BUSY, DONE)
    assert resource.run().status == "Completed"
    assert [look.target for look in resource.looks] == [None, TARGET, None]
    assert resource.times[1] - resource.times[0] == pytest.approx(15.0, abs=0.1)


def test_an_hour_that_azure_asks_for_is_waited_durably() -> None:
    """By a timer; it counts against no deadline."""
    throttled = BUSY.model_copy(update={"wait": 3600.0})
    resource = Pretended(throttled, throttled, throttled)
    instance = resource.run(RetryPolicy(deadline_seconds=600.0))
    assert instance.output == {"resource": ACCOUNT, "state": "done"}
    gaps = [
        later - sooner for sooner, later in zip(resource.times, resource.times[1:], strict=False)
    ]
    assert all(3600.0 <= gap < 3605.0 for gap in gaps)
    assert instance.custom_statuses[0]["cause"].endswith(" s: TooManyRequests: busy")


def test_busy_without_a_time_is_waited_longer_each_time() -> None:
    """Backing off, with jitter."""
    resource = Pretended(*[BUSY] * 5)
    assert resource.run().status == "Completed"
    gaps = [
        later - sooner for sooner, later in zip(resource.times, resource.times[1:], strict=False)
    ]
    assert gaps[0] < gaps[2] < gaps[4]


def test_what_cannot_be_put_right_is_parked() -> None:
    """With the reason, and what a person can do."""
    resource = Pretended(FORBIDDEN)
    assert resource.run().output == {"resource": ACCOUNT, "state": "failed"}
    (parking,) = resource.parkings
    assert (parking.code, parking.message, parking.hint) == (
        "AuthorizationFailed",
        "no",
        "give the role",
    )


def test_what_never_ends_is_parked_too() -> None:
    """After as many attempts as the settings allow."""
    resource = Pretended(*[BUSY] * 10)
    assert resource.run(RetryPolicy(max_attempts=3)).status == "Completed"
    assert len(resource.looks) == 3
    (parking,) = resource.parkings
    assert parking.message.startswith("given up")
    assert parking.hint


def test_a_look_that_crashes_ends_in_the_open() -> None:
    """The host has tried it several times by then."""
    resource = Pretended(*[Crash("killed")] * 20)
    assert resource.run().status == "Completed"
    (parking,) = resource.parkings
    assert parking.code == "InternalError"


def test_events_that_come_while_it_is_parked_are_served() -> None:
    """It is looked at again, with its attempts counted anew."""
    more = Outcome(state="failed", code=MORE_EVENTS, message="more events came")
    resource = Pretended(FORBIDDEN, parked=(more,))
    assert resource.run().output == {"resource": ACCOUNT, "state": "done"}
    assert (len(resource.looks), len(resource.parkings)) == (2, 1)


def test_parking_is_tried_until_it_is_noted() -> None:
    """Storage may be away for a while."""
    resource = Pretended(FORBIDDEN, parked=(BUSY, BUSY))
    assert resource.run().output == {"resource": ACCOUNT, "state": "failed"}
    assert len(resource.parkings) == 3


def test_a_long_history_is_cut() -> None:
    """What was counted goes on being counted."""
    resource = Pretended(*[BUSY] * (3 * TURNS_A_HISTORY))
    instance = resource.run(RetryPolicy(max_attempts=2 * TURNS_A_HISTORY + 1))
    assert instance.executions == 3
    assert len(resource.looks) == 2 * TURNS_A_HISTORY + 1
    assert len(resource.parkings) == 1
