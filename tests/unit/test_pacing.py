"""What is believed of a quota, who goes first, and for how long a subscription is held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.pacing.bucket import LEAST_SHARE, RECOVERY, Bucket
from landing_zone.pacing.desk import Desk
from landing_zone.pacing.line import LATE_SECONDS, Turn
from landing_zone.pacing.pace import Pace
from landing_zone.pacing.pacer import Pacer, kind_of, scope_of
from landing_zone.pacing.settings import KINDS, PaceSettings

ARM = "https://management.azure.com"
ID = "a1b2c3d4-0000-4000-8000-00000000a001"
SETTINGS = PaceSettings()


def desk_of(settings: PaceSettings = SETTINGS) -> Desk:
    """The reads of a subscription, at time 0."""
    return Desk("reads", settings, 0.0, float("-inf"))


def let_in(desk: Desk, name: str, now: float = 0.0, *, urgent: bool = True) -> tuple[Turn, float]:
    """Someone new who asks; the turn and the wait."""
    turn = desk.enter(name, urgent=urgent)
    return turn, desk.ask(turn, now)


def drained(settings: PaceSettings = SETTINGS) -> Desk:
    """A desk that lets nobody through for a moment."""
    desk = desk_of(settings)
    while True:
        turn, wait = let_in(desk, "drain")
        if wait:
            turn.line.leave(turn)
            return desk
        desk.bucket.returned()


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        (f"{ARM}/subscriptions/{ID}?api-version=1", ID),
        (f"{ARM}/subscriptions/{ID}/resourceGroups/rg?api-version=1", ID),
        (f"{ARM}/Subscriptions/{ID.upper()}/providers/A.B/operations/1", ID),
        (f"https://westeurope.management.azure.com:443/subscriptions/{ID}/x", ID),
        (f"{ARM}/subscriptions?api-version=1", ""),
        (f"{ARM}/providers/Microsoft.Management/managementGroups/g/subscriptions/{ID}", ""),
        (f"{ARM}/providers/Microsoft.Subscription/aliases/x?next=/subscriptions/{ID}", ""),
    ],
)
def test_quotas_are_counted_by_subscription_and_else_by_directory(url: str, scope: str) -> None:
    """In any casing, and wherever ARM wants it to be polled."""
    assert scope_of(url) == scope


def test_each_kind_has_a_bucket_of_its_own() -> None:
    """Those of Azure's page."""
    assert [kind_of(method) for method in ("GET", "HEAD", "DELETE")] == [
        "reads",
        "reads",
        "deletes",
    ]
    assert {kind_of(method) for method in ("PUT", "PATCH", "POST")} == {"writes"}
    assert SETTINGS.limit("reads") == (250, 25)
    assert SETTINGS.limit("writes") == (200, 10)
    assert SETTINGS.limit("deletes") == (200, 10)


def test_nobody_waits_where_there_is_plenty() -> None:
    """A burst is let through at once but for the last token, of which we are not sure."""
    desk = desk_of()
    assert [let_in(desk, f"{number}")[1] for number in range(249)] == [0.0] * 249
    assert let_in(desk, "one more")[1] == pytest.approx(1 / 25)


def test_those_who_wait_are_told_different_times() -> None:
    """A token apart, and whoever comes later is not let through before."""
    desk = drained()
    waits = [let_in(desk, f"{number}")[1] for number in range(3)]
    assert waits == pytest.approx([0.04, 0.08, 0.12])
    assert let_in(desk, "later", 0.05)[1] == pytest.approx(0.11)


def test_a_place_is_kept_for_whoever_goes_away() -> None:
    """The same request finds it again, and goes before those who came meanwhile."""
    desk = drained()
    turn, wait = let_in(desk, "first")
    turn.line.go_away(turn)
    assert let_in(desk, "second", wait - 0.01)[1] > 0.0
    again = desk.enter("first", urgent=True)
    assert again is turn
    assert desk.ask(again, wait) == 0.0


def test_whoever_does_not_come_back_is_not_waited_for() -> None:
    """Its token is given to others, and its place is gone."""
    desk = drained()
    turn, wait = let_in(desk, "first")
    turn.line.go_away(turn)
    let_in(desk, "other", wait + LATE_SECONDS)
    assert desk.enter("first", urgent=True) is not turn
    assert desk.is_empty()


def test_background_work_leaves_a_reserve() -> None:
    """Which onboarding finds, however many of the others wait."""
    desk = desk_of()
    waits = [let_in(desk, f"sweep {number}", urgent=False)[1] for number in range(400)]
    assert waits.index(next(wait for wait in waits if wait)) == 149
    assert [let_in(desk, f"{number}")[1] for number in range(99)] == [0.0] * 99


def test_an_answer_that_says_less_is_believed() -> None:
    """Someone else has taken from the same bucket."""
    desk = desk_of()
    pace = Pace(SETTINGS)
    turn, _ = let_in(desk, "one")
    pace.answered(desk, turn, 3, 0.1)
    assert desk.bucket.level(0.1) == pytest.approx(3 + 0.1 * 25)


def test_an_answer_that_says_more_is_believed() -> None:
    """The bucket is larger than the settings say, or someone else's calls were counted too."""
    desk = drained()
    pace = Pace(SETTINGS)
    turn, wait = let_in(desk, "one")
    assert desk.ask(turn, wait) == 0.0
    pace.answered(desk, turn, 11_999, wait + 0.1)
    assert desk.bucket.level(wait + 0.1) == 11_999
    assert desk.bucket.size == 11_999


@given(st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 0.1), st.floats(0, 0.1)), max_size=80))
def test_our_count_never_exceeds_azures_while_we_are_alone(
    calls: list[tuple[float, float, float]],
) -> None:
    """However long each call and each answer takes, by more than the one token in doubt."""
    ours = Bucket(4.0, 5.0, 4.0, 0.0)
    events: list[tuple[float, int, str]] = []
    at = 0.0
    for index, (gap, there, back) in enumerate(calls):
        at += gap
        events += [(at, index, "a send"), (at + there, index, "b there")]
        events += [(at + there + back, index, "c back")]
    azure, azure_at, taken = 4.0, 0.0, 0
    tokens: dict[int, tuple[int, int, float]] = {}
    said: dict[int, int] = {}
    for now, index, event in sorted(events, key=lambda one: (one[0], one[1], one[2])):
        match event:
            case "a send" if ours.level(now) >= ours.enough:
                beside = ours.under_way
                tokens[index] = (ours.take(), beside, now)
                taken += 1
            case "b there" if index in tokens:
                azure = min(4.0, azure + (now - azure_at) * 5.0)
                azure_at = now
                assert azure >= 1.0 - 1e-6
                azure -= 1.0
                said[index] = int(azure + 1e-9)
            case "c back" if index in tokens:
                token, beside, sent_at = tokens[index]
                ours.returned()
                ours.told(said[index], ours.taken - token + beside, sent_at, now)
            case _:
                pass
    assert taken == len(tokens)


@given(st.floats(min_value=LEAST_SHARE, max_value=1.0), st.floats(min_value=0.0, max_value=2000.0))
def test_the_time_for_tokens_is_when_they_are_there(share: float, tokens: float) -> None:
    """Also while the share grows."""
    bucket = Bucket(1e9, 25.0, 0.0, 0.0, share=share)
    wait = bucket.seconds_for(tokens)
    steps = 2000
    for step in range(1, steps + 1):
        bucket.level(wait * step / steps)
    assert bucket.tokens == pytest.approx(tokens, rel=0.02, abs=0.05)


def test_a_refusal_halves_our_share_once_for_all_that_were_under_way() -> None:
    """It grows back by itself."""
    bucket = Bucket(250.0, 25.0, 250.0, 0.0)
    bucket.cut(1.0, 2.0)
    bucket.cut(1.5, 2.1)
    assert bucket.share == 0.5
    bucket.cut(3.0, 3.1)
    assert bucket.share == 0.25
    bucket.level(0.75 / RECOVERY)
    assert bucket.share == 1.0


def refused(pace: Pace, now: float, asked: float | None = None, chance: float = 1.0) -> float:
    """Send something that is refused; how long the subscription is held then."""
    desk = pace.desk("reads", now)
    turn, wait = let_in(desk, f"refused at {now}", now)
    assert wait == 0.0
    pace.throttled(desk, turn, asked, chance, now)
    desk.enter(turn.caller, urgent=True)
    turn.line.leave(turn)
    return pace.until - now


def test_a_hold_is_as_long_as_azure_asks_and_of_all_kinds() -> None:
    """A shorter one does not end it."""
    pace = Pace(SETTINGS)
    assert refused(pace, 10.0, 3600.0) == 3600.0
    for kind in KINDS:
        assert let_in(pace.desk(kind, 11.0), "x", 11.0)[1] >= 3599.0
    assert pace.until == 3610.0


def test_holds_without_a_time_grow_until_something_is_let_through() -> None:
    """They double up to their bound, and chance spreads them over their upper half."""
    pace, now, holds = Pace(SETTINGS), 0.0, []
    for _ in range(10):
        holds.append(refused(pace, now))
        now = pace.until
    assert holds == pytest.approx([2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    desk = pace.desk("reads", now)
    turn, _ = let_in(desk, "well", now)
    pace.answered(desk, turn, None, now)
    assert refused(pace, now + 1.0, chance=0.0) == pytest.approx(1.0)


def test_those_who_are_refused_together_are_one_strike() -> None:
    """They were under way when the first of them was refused."""
    pace = Pace(SETTINGS)
    desk = pace.desk("reads", 0.0)
    turns = [let_in(desk, f"{number}")[0] for number in range(20)]
    waits = [pace.throttled(desk, turn, None, 1.0, 0.1) for turn in turns]
    assert pace.until == pytest.approx(2.1)
    assert waits == pytest.approx([2.0 + number / 25 for number in range(20)], abs=1.0)
    assert len(set(waits)) == 20


def test_subscriptions_at_rest_are_forgotten() -> None:
    """Those that are held, or that someone waits for, are not."""
    pacer = Pacer(SETTINGS)
    busy = pacer.of("held", 0.0)
    refused(busy, 0.0, 1e6)
    for number in range(10_000):
        desk = pacer.of(f"{number}", float(number)).desk("reads", float(number))
        turn, _ = let_in(desk, "x", float(number))
        pacer.of(f"{number}", float(number)).answered(desk, turn, None, float(number))
    assert len(pacer) < 5_000
    assert pacer.of("held", 1e4) is busy
