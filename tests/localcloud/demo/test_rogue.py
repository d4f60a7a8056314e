"""The rogue administrator waits for Azure's work, and is somebody of his own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from localcloud.demo.cloud import Endpoints
from localcloud.demo.rogue import AUDIENCE, OBJECT_ID, ArmRefusedError, Rogue, Write, rogue_token
from localcloud.identity.tokens import Tokens
from tests.localcloud.demo.fake_cloud import DIRECTORY, FakeCloud, serving

WRITE = Write("DELETE", "/a", "1")


@pytest.fixture
def cloud() -> FakeCloud:
    """A cloud of no tenant."""
    return FakeCloud("active", [])


@pytest.fixture
def endpoints(cloud: FakeCloud, tmp_path: Path) -> Iterator[Endpoints]:
    """Where it is served."""
    with serving(cloud, tmp_path) as found:
        yield found


def done(endpoints: Endpoints, *writes: Write) -> float:
    """Let a rogue write whose every look at the clock is a second, and whose pauses are none."""
    ticks = count()
    rogue = Rogue(
        endpoints.arm,
        endpoints.ca,
        "token",
        clock=lambda: float(next(ticks)),
        pause=lambda _seconds: None,
    )
    return rogue.do(writes)


def test_what_is_done_at_once_was_not_done_before_it_was_asked_for(endpoints: Endpoints) -> None:
    """So that no repair looks quicker than it was."""
    assert done(endpoints, WRITE) == 0
    assert done(endpoints, WRITE, Write("PUT", "/b", "1", {})) == 1


@pytest.mark.parametrize("header", ["azure-asyncoperation", "location"])
def test_an_operation_is_followed_to_its_end(
    cloud: FakeCloud, endpoints: Endpoints, header: str
) -> None:
    """The time is that of the last look that showed it under way."""
    cloud.writes["DELETE", "/a"] = (202, {header: f"{endpoints.arm}/_local/op?api-version=1"})
    running = (202, {"status": "InProgress"})
    cloud.answers["/_local/op"] = [running, running, (200, {"status": "Succeeded"})]
    assert done(endpoints, WRITE) == 2


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_an_operation_that_ends_badly_is_a_refusal(
    cloud: FakeCloud, endpoints: Endpoints, state: str
) -> None:
    """Nothing is broken then."""
    url = f"{endpoints.arm}/_local/op?api-version=1"
    cloud.writes["DELETE", "/a"] = (202, {"azure-asyncoperation": url})
    cloud.answers["/_local/op"] = [(200, {"status": state})]
    with pytest.raises(ArmRefusedError, match=state):
        done(endpoints, WRITE)


def test_a_refusal_says_why(cloud: FakeCloud, endpoints: Endpoints) -> None:
    """In Resource Manager's own words."""
    error = {"error": {"code": "RequestDisallowedByPolicy", "message": "no"}}
    url = f"{endpoints.arm}/_local/op?api-version=1"
    cloud.writes["DELETE", "/a"] = (202, {"location": url})
    cloud.answers["/_local/op"] = [(403, error)]
    with pytest.raises(ArmRefusedError, match="HTTP 403: RequestDisallowedByPolicy: no"):
        done(endpoints, WRITE)


def test_the_rogue_is_known_to_the_directory_as_somebody_of_his_own(tmp_path: Path) -> None:
    """Not as the automation, whose own writes are not looked at."""
    token = rogue_token(tmp_path, DIRECTORY)
    claims = Tokens(tmp_path).verify(token, (AUDIENCE,), DIRECTORY)
    assert claims["oid"] == OBJECT_ID
