"""Looking at long-running operations, and where the token never goes."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_adapters.arm_answers import is_at, retry_after
from landing_zone.contracts import PollTarget
from landing_zone.errors import OperationFailedError, PermanentError, TemporaryError
from landing_zone.ports import Poll
from tests.adapters.arm_server import Answer, running_arm
from tests.adapters.conftest import Arm
from tests.adapters.test_arm_writes import ID, refused

ARM = "https://management.azure.com"


def at(arm: Arm, kind: Any) -> PollTarget:
    """A target on the server."""
    return PollTarget(kind=kind, url=f"{arm.server.url}/operations/1?api-version=1&t=a%20b")


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ({"status": "InProgress"}, False),
        ({"status": "Running", "percentComplete": 3}, False),
        ({"status": "Accepted"}, False),
        ({"status": "Succeeded"}, True),
        ({"status": "succeeded"}, True),
        ({}, False),
        (None, False),
    ],
    ids=str,
)
async def test_async_operation_is_over_when_it_says_so(
    arm: Arm, body: dict[str, Any] | None, over: bool
) -> None:
    """With the wait that it asks for; its URL is used as ARM gave it."""
    arm.server.script(Answer(200, body, {"Retry-After": "4"}))
    assert await arm.adapter.poll(at(arm, "async-operation")) == Poll(over, 4.0)
    assert arm.server.asked[0].path == "/operations/1?api-version=1&t=a%20b"


@pytest.mark.parametrize(
    ("body", "cause", "code"),
    [
        (
            {"status": "Failed", "error": {"code": "InternalServerError", "message": "x"}},
            TemporaryError,
            "InternalServerError",
        ),
        (
            {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "x"}},
            PermanentError,
            "QuotaExceeded",
        ),
        ({"status": "Canceled"}, TemporaryError, "Canceled"),
        ({"status": "Cancelled"}, TemporaryError, "Cancelled"),
        ({"status": "Failed"}, TemporaryError, "Failed"),
        ({"status": "Failed", "error": None}, TemporaryError, "Failed"),
        ({"status": "Failed", "error": "a text"}, TemporaryError, "Failed"),
    ],
    ids=["again", "never", "canceled", "cancelled", "bare", "null", "text"],
)
async def test_operation_that_failed_says_whether_to_begin_again(
    arm: Arm, body: dict[str, Any], cause: type[Exception], code: str
) -> None:
    """By its error, where it has one."""
    arm.server.script(Answer(200, body))
    with pytest.raises(OperationFailedError, match=code) as caught:
        await arm.adapter.poll(at(arm, "async-operation"))
    assert isinstance(caught.value.cause, cause)


@pytest.mark.parametrize(("status", "over"), [(202, False), (200, True), (201, True), (204, True)])
async def test_location_is_over_when_it_is_no_longer_accepted(
    arm: Arm, status: int, over: bool
) -> None:
    """Whatever its body."""
    arm.server.script(Answer(status, None, {"Retry-After": "2"}))
    assert await arm.adapter.poll(at(arm, "location")) == Poll(over, 2.0)


@pytest.mark.parametrize("kind", ["location", "async-operation"])
async def test_operation_that_cannot_be_seen_yet_is_temporary(arm: Arm, kind: str) -> None:
    """A 404 for a while is how replication looks."""
    arm.server.script(refused(404, "NotFound", Retry_After="3"))
    with pytest.raises(TemporaryError, match="OperationNotFound") as caught:
        await arm.adapter.poll(at(arm, kind))
    assert caught.value.retry_after == 3.0


@pytest.mark.parametrize("kind", ["location", "async-operation"])
async def test_look_that_is_refused_for_a_while_is_temporary(arm: Arm, kind: str) -> None:
    """The operation goes on meanwhile."""
    arm.server.script(Answer(503), Answer(-1), refused(429, "TooManyRequests", Retry_After="9"))
    for code in ("Http503", "ConnectionFailed", "TooManyRequests"):
        with pytest.raises(TemporaryError, match=code):
            await arm.adapter.poll(at(arm, kind))


async def test_location_that_ends_in_a_refusal_is_a_failed_operation(arm: Arm) -> None:
    """Its error is the operation's."""
    arm.server.script(refused(409, "ScopeLocked"))
    with pytest.raises(OperationFailedError, match="ScopeLocked") as caught:
        await arm.adapter.poll(at(arm, "location"))
    assert isinstance(caught.value.cause, PermanentError)


async def test_location_that_ends_in_a_fault_of_the_server_is_worth_another_try(arm: Arm) -> None:
    """Whatever the status that it is told with."""
    arm.server.script(refused(409, "InternalServerError"))
    with pytest.raises(OperationFailedError) as caught:
        await arm.adapter.poll(at(arm, "location"))
    assert isinstance(caught.value.cause, TemporaryError)


async def test_token_is_never_sent_to_another_host(arm: Arm) -> None:
    """Neither for an operation nor for a page; nothing at all is sent there."""
    async with running_arm() as other:
        foreign = PollTarget(kind="location", url=f"{other.url}/operations/1")
        with pytest.raises(PermanentError, match="ForeignOperationUrl"):
            await arm.adapter.poll(foreign)
        link = f"{other.url}{ID}/things?page=2"
        arm.server.script(Answer(200, {"value": [], "nextLink": link}))
        with pytest.raises(PermanentError):
            await arm.adapter.pages(f"{ID}/things", "1")
        assert other.asked == []


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (f"{ARM}/operations/1", True),
        ("https://MANAGEMENT.azure.com/operations/1", True),
        ("https://westeurope.management.azure.com/operations/1", True),
        ("http://management.azure.com/operations/1", False),
        ("https://management.azure.com:444/operations/1", False),
        ("https://management.azure.com.example.com/", False),
        ("https://evilmanagement.azure.com/", False),
        ("https://management.azure.com@example.com/", False),
        ("//management.azure.com/operations/1", False),
        ("/operations/1", False),
        ("", False),
        ("https://[", False),
        ("https://management.azure.com:port/", False),
    ],
)
def test_url_is_ours_when_it_is_arms_or_one_of_its_regions(url: str, ours: bool) -> None:
    """By scheme, host and port."""
    assert is_at(url, ARM) is ours


@given(st.text(max_size=40) | st.text(max_size=20).map(f"{ARM}".__add__))
def test_no_text_is_mistaken_or_crashes(url: str) -> None:
    """Whatever a header holds, it is ours only if it begins so."""
    if is_at(url, ARM):
        assert url.strip().lower().startswith("https://")


class Headers:
    """An answer of which only the headers matter."""

    status_code = 429
    content = b""

    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def test_wait_until_a_date_is_the_time_that_is_left() -> None:
    """One that has passed is no wait; a second is as exact as a date is."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wait = retry_after(Headers(Retry_After=soon))
    assert wait is not None
    assert 0 < wait <= 60
    assert retry_after(Headers(Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")) == 0.0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry_After": "5"}, 5.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "5.5"}, None),
        ({"Retry_After": "²"}, None),
        ({"retry_after_ms": "²"}, None),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "0"}, 0.0),
        ({"x_ms_retry_after_ms": "20", "retry_after_ms": "40", "Retry_After": "60"}, 0.02),
        ({"retry_after_ms": "x", "Retry_After": "60"}, 60.0),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
    ],
    ids=str,
)
def test_wait_in_each_of_its_forms(headers: dict[str, str], wait: float | None) -> None:
    """Milliseconds before seconds; what is no number is no wait."""
    assert retry_after(Headers(**headers)) == wait


@given(
    st.text(st.characters(max_codepoint=255), max_size=40)
    | st.integers(0).map(str)
    | st.just("9" * 400)
)
def test_any_header_is_a_wait_that_a_timer_can_hold_or_none(value: str) -> None:
    """An orchestration adds it to the time."""
    for name in ("Retry_After", "retry_after_ms"):
        wait = retry_after(Headers(**{name: value}))
        if wait is not None:
            assert wait >= 0
            datetime.now(UTC) + timedelta(seconds=wait)
