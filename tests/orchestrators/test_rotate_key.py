"""The rotation of a key, replayed: its order, its waits, its failures."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from landing_zone.contracts import Outcome
from landing_zone.key_contracts import RotationEnd, RotationRef
from landing_zone.key_records import KeyPlace, KeyTurn, RotationAsk
from landing_zone.key_rotation import instance_of
from orchestrators.rotate_key import KEY_RETRY, MOST_TURNS, rotate_key
from tests.orchestrators.replay import START, Crash, DurableWorld, Instance

if TYPE_CHECKING:
    from landing_zone.data_planes import KeyName

TENANT = "contoso-research"
PLACE = KeyPlace(subscription="/subscriptions/x", vault="kv-one", secret="one")  # noqa: S106
NOTHING = KeyTurn(place=PLACE)
ORDINARY = KeyTurn(place=PLACE, renew="secondary", settle_seconds=600)
FULL = KeyTurn(
    place=PLACE,
    renew="secondary",
    retire="primary",
    settle_seconds=600,
    grace_seconds=3600,
    ask=RotationAsk(full=True, grace_minutes=60, actor="ann", at=START),
)

type Answers = list[Outcome | Exception]


def looked(turn: KeyTurn) -> Outcome:
    """What the look found."""
    return Outcome(state="done", turn=turn)


class Pretended:
    """Activities that answer from a script, and note when they were called."""

    def __init__(self, *looks: KeyTurn, **answers: Answers) -> None:
        """Take what looks find in order, and what the others answer; in the end all is done."""
        scripts: dict[str, Answers] = {
            "look_at_key": [looked(turn) for turn in looks],
            "renew_key": [],
            "store_key": [],
            "end_rotation": [],
        }
        self._scripts = scripts | answers
        self.calls: list[tuple[str, KeyName | None, float]] = []
        self.ends: list[RotationEnd] = []
        activities = {name: self._activity(name) for name in self._scripts}
        self.world = DurableWorld({"rotate_key": rotate_key}, activities)

    def run(self) -> Instance:
        """Rotate to the end."""
        run = RotationRef(tenant_id=TENANT)
        self.world.start("rotate_key", instance_of(TENANT), run.dump())
        self.world.run()
        return self.world.instances[instance_of(TENANT)]

    def order(self) -> list[str]:
        """The calls, with the keys that they were about."""
        return [f"{name} {key}" if key else name for name, key, _ in self.calls]

    def gap(self, before: str, after: str) -> float:
        """Seconds between the first calls of two activities."""
        times = {
            f"{name} {key}" if key else name: seconds for name, key, seconds in self.calls[::-1]
        }
        return times[after] - times[before]

    def _activity(self, name: str) -> Callable[[Any], Any]:
        def answer(payload: Any) -> Any:
            seconds = (self.world.now - START).total_seconds()
            self.calls.append((name, payload.get("key"), seconds))
            if name == "end_rotation":
                self.ends.append(RotationEnd.parse(payload))
            script = self._scripts[name]
            usual = looked(NOTHING) if name == "look_at_key" else Outcome(state="done")
            found = script.pop(0) if script else usual
            if isinstance(found, Exception):
                raise found
            return found.dump()

        return answer


def test_where_nothing_is_due_nothing_is_done() -> None:
    """A look, and no more."""
    pretended = Pretended()
    assert pretended.run().output == {"ok": True}
    assert pretended.order() == ["look_at_key"]


def test_the_idle_key_is_renewed_then_stored_once_the_gateway_knows_it() -> None:
    """In this order, with a durable wait between; then a look whether more was asked for."""
    pretended = Pretended(ORDINARY)
    assert pretended.run().output == {"ok": True}
    assert pretended.order() == [
        "look_at_key",
        "renew_key secondary",
        "store_key secondary",
        "end_rotation",
        "look_at_key",
    ]
    gap = pretended.gap("renew_key secondary", "store_key secondary")
    assert gap == pytest.approx(600, abs=1)
    (end,) = pretended.ends
    assert (end.ok, end.turn, end.run) == (
        True,
        ORDINARY,
        RotationRef(tenant_id=TENANT, started_at=START),
    )


def test_the_leaked_key_is_renewed_after_the_grace() -> None:
    """Clients have read the new one by then."""
    pretended = Pretended(FULL)
    assert pretended.run().output == {"ok": True}
    assert pretended.order() == [
        "look_at_key",
        "renew_key secondary",
        "store_key secondary",
        "renew_key primary",
        "end_rotation",
        "look_at_key",
    ]
    gap = pretended.gap("store_key secondary", "renew_key primary")
    assert gap == pytest.approx(3600, abs=1)


def test_waits_of_no_length_are_none() -> None:
    """No timer is set for them."""
    turn = FULL.model_copy(update={"settle_seconds": 0.0, "grace_seconds": 0.0})
    pretended = Pretended(turn)
    instance = pretended.run()
    assert len(pretended.order()) == 6
    phases = {status["phase"] for status in instance.custom_statuses}
    assert not {"settling", "grace"} & phases


def test_what_was_asked_for_meanwhile_is_done_too() -> None:
    """By the same run: a leak does not wait for the timer."""
    pretended = Pretended(ORDINARY, FULL)
    assert pretended.run().output == {"ok": True}
    assert pretended.order().count("end_rotation") == 2
    assert [end.turn for end in pretended.ends] == [ORDINARY, FULL]


def test_a_run_is_bounded() -> None:
    """Whatever the looks find."""
    pretended = Pretended(*[ORDINARY] * (MOST_TURNS + 5))
    assert pretended.run().status == "Completed"
    assert len(pretended.ends) == MOST_TURNS


@pytest.mark.parametrize("name", ["look_at_key", "renew_key", "store_key"])
def test_a_step_that_cannot_succeed_ends_the_rotation_and_is_noted(name: str) -> None:
    """The vault is left with the key that it has, which works."""
    refused = Outcome(state="failed", code="Forbidden", message="no role", hint="assign it")
    answers: dict[str, Answers] = {name: [refused]}
    pretended = Pretended(ORDINARY, **answers)
    assert pretended.run().output == {"ok": False}
    assert pretended.order()[-2].startswith(name)
    (end,) = pretended.ends
    assert (end.ok, end.code, end.reason, end.hint) == (False, "Forbidden", "no role", "assign it")
    assert end.turn == (None if name == "look_at_key" else ORDINARY)


def test_a_full_rotation_that_cannot_end_the_old_key_has_failed() -> None:
    """Although the vault has a new one: the leaked one still opens the gateway."""
    refused = Outcome(state="failed", code="Forbidden", message="no role")
    pretended = Pretended(FULL, renew_key=[Outcome(state="done"), refused])
    assert pretended.run().output == {"ok": False}
    assert [end.ok for end in pretended.ends] == [False]


def test_a_step_is_tried_again_as_long_as_it_says_and_the_status_tells_why() -> None:
    """Throttled, then done."""
    busy = Outcome(state="retry", code="TooManyRequests", message="slow down", wait=17.0)
    pretended = Pretended(ORDINARY, renew_key=[busy])
    instance = pretended.run()
    assert instance.output == {"ok": True}
    assert pretended.order().count("renew_key secondary") == 2
    causes = [status.get("cause", "") for status in instance.custom_statuses]
    assert any("TooManyRequests: slow down" in cause for cause in causes)


def test_what_fails_again_and_again_is_given_up() -> None:
    """Within the bounds; the timer begins anew later."""
    broken = Outcome(state="retry", code="Broken", message="down", operation_failed=True)
    pretended = Pretended(ORDINARY, store_key=[broken] * 100)
    assert pretended.run().output == {"ok": False}
    tries = pretended.order().count("store_key secondary")
    assert tries == KEY_RETRY.max_failed_operations
    assert pretended.ends[0].reason == "given up: down"


def test_a_rotation_that_could_not_be_noted_does_not_begin_another() -> None:
    """The next look would take it for one that was never done."""
    refused = Outcome(state="failed", code="Forbidden", message="no role")
    pretended = Pretended(FULL, FULL, end_rotation=[refused])
    assert pretended.run().output == {"ok": False}
    assert pretended.order().count("look_at_key") == 1


def test_a_crashed_step_is_repeated() -> None:
    """The host does that a few times."""
    pretended = Pretended(ORDINARY, renew_key=[Crash("worker")], store_key=[Crash("worker")])
    assert pretended.run().output == {"ok": True}
    assert pretended.order().count("renew_key secondary") == 2
    assert pretended.order().count("store_key secondary") == 2


def test_the_status_tells_the_phase_the_key_and_the_end_of_a_wait() -> None:
    """For people; there is nothing secret in it."""
    statuses = Pretended(FULL).run().custom_statuses
    assert [status["phase"] for status in statuses] == [
        "looking",
        "renewing",
        "settling",
        "storing",
        "grace",
        "retiring",
        "ending",
        "looking",
        "looking",
    ]
    grace = statuses[4]
    assert (grace["key"], grace["full"]) == ("secondary", True)
    assert grace["until"] > grace["started_at"]
