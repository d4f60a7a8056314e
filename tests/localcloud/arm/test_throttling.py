"""Limits: no more is let through than Azure would, and the answer says when to come again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.arm.errors import ArmError
from localcloud.arm.throttling import Bucket, Throttle
from tests.localcloud.arm.conftest import HUB_GROUP, HUB_NETWORK

steps = st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=200)


@given(st.integers(1, 50), st.floats(min_value=0.1, max_value=50), steps)
def test_a_bucket_never_grants_more_than_its_size_and_its_rate(
    size: int, rate: float, waits: list[float]
) -> None:
    """Over any time from its start, it grants its size plus the rate times that time at most."""
    bucket, now, granted = Bucket(size, rate, float(size), 0.0), 0.0, 0
    for wait in waits:
        now += wait
        granted += bucket.take(now) == 0.0
        assert granted <= size + rate * now + 1e-6


@given(st.floats(min_value=0.1, max_value=50))
def test_whoever_waits_as_told_is_granted(rate: float) -> None:
    """After the time that the bucket names, there is a token."""
    bucket = Bucket(1, rate, 0.0, 0.0)
    wait = bucket.take(0.0)
    assert bucket.take(wait + 1e-9) == 0.0


@pytest.mark.parametrize(
    ("method", "most", "header"),
    [("GET", 250, "reads"), ("PUT", 200, "writes"), ("DELETE", 200, "deletes")],
)
def test_a_burst_is_let_through_up_to_the_size_of_the_bucket(
    method: str, most: int, header: str
) -> None:
    """The header counts down, and the next request is refused with a time to wait."""
    throttle = Throttle(1.0)
    left = [throttle.admit(method, HUB_GROUP, "me", 0.0) for _ in range(most)]
    assert left[0] == {f"x-ms-ratelimit-remaining-subscription-{header}": str(most - 1)}
    with pytest.raises(ArmError, match="429 SubscriptionRequestsThrottled") as raised:
        throttle.admit(method, HUB_GROUP, "me", 0.0)
    assert raised.value.headers["Retry-After"] == "1"
    assert throttle.admit(method, HUB_GROUP, "another", 0.0)
    assert throttle.admit(method, HUB_GROUP, "me", 0.1)


def test_networks_have_a_limit_of_their_own() -> None:
    """A thousand writes in five minutes, however slowly they come."""
    throttle = Throttle(1.0)
    for second in range(1000):
        throttle.admit("PUT", HUB_NETWORK, "me", second / 4)
    with pytest.raises(ArmError, match="429 TooManyRequests") as raised:
        throttle.admit("PUT", HUB_NETWORK, "me", 250.0)
    assert raised.value.headers["Retry-After"] == "50"
    throttle.admit("PUT", HUB_GROUP, "me", 250.0)
    throttle.admit("PUT", HUB_NETWORK, "me", 300.1)
