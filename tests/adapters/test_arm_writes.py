"""ARM's answers to reads and writes, over HTTPS."""

from typing import Any

import pytest

from landing_zone.contracts import PollTarget
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.ports import Accepted, ResourceManager
from tests.adapters.arm_server import TOKEN, Answer
from tests.adapters.conftest import Arm

ID = "/subscriptions/1/resourceGroups/rg"
BODY = {"location": "westeurope"}
ASYNC = "https://localhost/operations/1"
RESULT = "https://localhost/results/1"


def refused(status: int, code: str, **headers: str) -> Answer:
    """A refusal as ARM words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": {"code": code, "message": "the reason"}}, named)


async def test_read_asks_for_the_id_with_its_version_and_a_token(arm: Arm) -> None:
    """And gives what is there."""
    adapter: ResourceManager = arm.adapter
    arm.server.script(Answer(200, {"id": ID}))
    assert await adapter.get(ID, "2025-04-01") == {"id": ID}
    [asked] = arm.server.asked
    assert (asked.method, asked.path) == ("GET", f"{ID}?api-version=2025-04-01")
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["x-ms-client-request-id"]
    assert asked.headers["User-Agent"].startswith("spokewright")


async def test_what_is_not_there_is_none(arm: Arm) -> None:
    """Of whatever the 404 says: the group or the subscription may be gone with it."""
    arm.server.script(refused(404, "ResourceNotFound"), refused(404, "ResourceGroupNotFound"))
    assert await arm.adapter.get(ID, "1") is None
    assert await arm.adapter.get(ID, "1") is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>a proxy's page</html>"),
        Answer(200),
        Answer(200, "[1, 2]"),
        Answer(200, "[1, 2"),
    ],
    ids=["html", "empty", "list", "cut"],
)
async def test_answer_that_cannot_be_read_is_not_nothing(arm: Arm, answer: Answer) -> None:
    """What is not there would be written, or taken for gone."""
    arm.server.script(answer, answer)
    with pytest.raises(TemporaryError, match="UnreadableAnswer"):
        await arm.adapter.get(ID, "1")
    with pytest.raises(TemporaryError, match="UnreadableAnswer"):
        await arm.adapter.pages(f"{ID}/things", "1")


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (Answer(200, BODY), Accepted(BODY, None, None)),
        (Answer(201, BODY), Accepted(BODY, None, None)),
        (Answer(204), Accepted(None, None, None)),
        (
            Answer(201, BODY, {"Azure-AsyncOperation": ASYNC, "Retry-After": "10"}),
            Accepted(BODY, PollTarget(kind="async-operation", url=ASYNC), 10.0),
        ),
        (
            Answer(202, None, {"Azure-AsyncOperation": ASYNC, "Location": RESULT}),
            Accepted(None, PollTarget(kind="async-operation", url=ASYNC), None),
        ),
        (
            Answer(202, None, {"Location": RESULT, "Retry-After": "0"}),
            Accepted(None, PollTarget(kind="location", url=RESULT), 0.0),
        ),
        (Answer(202, None), Accepted(None, PollTarget(kind="resource"), None)),
        (
            Answer(200, {"properties": {"provisioningState": "Updating"}}),
            Accepted(
                {"properties": {"provisioningState": "Updating"}},
                PollTarget(kind="resource"),
                None,
            ),
        ),
        (
            Answer(200, {"registrationState": "Registering"}),
            Accepted({"registrationState": "Registering"}, PollTarget(kind="resource"), None),
        ),
        (Answer(201, BODY, {"Location": RESULT}), Accepted(BODY, None, None)),
    ],
    ids=[
        *("ok", "created", "no-content", "async-operation", "both", "location", "bare-202"),
        *("settling", "registering", "created-at"),
    ],
)
async def test_accepted_write_tells_what_to_poll(
    arm: Arm, answer: Answer, accepted: Accepted
) -> None:
    """In each of the forms that ARM's providers use."""
    arm.server.script(answer)
    assert await arm.adapter.write("PUT", ID, "1", BODY) == accepted
    [asked] = arm.server.asked
    assert (asked.method, asked.body) == ("PUT", BODY)
    assert asked.headers["Content-Type"] == "application/json"


async def test_write_without_a_body_sends_none(arm: Arm) -> None:
    """Placement in a management group, registration, deletion."""
    arm.server.script(Answer(200, {}), Answer(202), Answer(200, {}))
    for method in ("PUT", "DELETE", "POST"):
        await arm.adapter.write(method, ID, "1", None)
    assert [asked.body for asked in arm.server.asked] == [None, None, None]


async def test_deleting_what_is_not_there_is_done(arm: Arm) -> None:
    """Writing below what is not there is refused."""
    arm.server.script(refused(404, "ResourceNotFound"), refused(404, "ParentResourceNotFound"))
    assert await arm.adapter.write("DELETE", ID, "1", None) == Accepted(None, None, None)
    with pytest.raises(PermanentError, match="ParentResourceNotFound"):
        await arm.adapter.write("PUT", ID, "1", BODY)


@pytest.mark.parametrize(
    ("answer", "code", "wait"),
    [
        (refused(429, "TooManyRequests", Retry_After="17"), "TooManyRequests", 17.0),
        (refused(429, "SubscriptionRequestsThrottled", Retry_After="3600"), "Sub", 3600.0),
        (refused(429, "X", Retry_After="60", x_ms_retry_after_ms="250"), "X", 0.25),
        (refused(429, "X", Retry_After="60", retry_after_ms="1500.5"), "X", 1.5005),
        (refused(409, "AnotherOperationInProgress"), "AnotherOperationInProgress", None),
        (refused(400, "PrincipalNotFound"), "PrincipalNotFound", None),
        (Answer(500, "<h1>oops</h1>"), "Http500", None),
        (Answer(503, {"error": "oops"}), "Http503", None),
        (Answer(502, {"error": None}), "Http502", None),
        (Answer(599), "Http599", None),
    ],
    ids=[
        *("wait", "long", "ms", "ms-too", "busy", "principal"),
        *("html", "text", "null", "unknown"),
    ],
)
async def test_passing_refusal_is_temporary_with_the_wait_that_was_asked(
    arm: Arm, answer: Answer, code: str, wait: float | None
) -> None:
    """Each in whatever body it comes; nothing is sent again beneath."""
    arm.server.script(answer)
    with pytest.raises(TemporaryError, match=code) as caught:
        await arm.adapter.write("PUT", ID, "1", BODY)
    assert caught.value.retry_after == wait
    assert len(arm.server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(429, "TooManyRequests"), "TooManyRequests"),
        (refused(429, "X", Retry_After="soon"), "X"),
        (refused(429, "X", Retry_After="0"), "X"),
        (Answer(429), "Http429"),
    ],
    ids=["no-wait", "no-number", "nothing", "no-body"],
)
async def test_throttling_that_does_not_say_for_how_long_is_waited_for_nonetheless(
    arm: Arm, answer: Answer, code: str
) -> None:
    """For about the first wait of the settings, nothing being sent again beneath."""
    arm.server.script(answer)
    with pytest.raises(TemporaryError, match=code) as caught:
        await arm.adapter.write("PUT", ID, "1", BODY)
    assert 1.0 <= (caught.value.retry_after or 0.0) <= 2.0
    assert len(arm.server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(403, "RequestDisallowedByPolicy"), "RequestDisallowedByPolicy"),
        (refused(400, "InvalidRequestContent"), "InvalidRequestContent"),
        (Answer(400), "Http400"),
        (Answer(403, "<h1>no</h1>"), "Http403"),
        (Answer(302, None, {"Location": "https://example.com/"}), "Http302"),
    ],
    ids=["policy", "content", "no-body", "html", "redirect"],
)
async def test_lasting_refusal_is_permanent(arm: Arm, answer: Answer, code: str) -> None:
    """A redirect is not followed, and is no success."""
    arm.server.script(answer)
    with pytest.raises(PermanentError, match=code):
        await arm.adapter.write("PUT", ID, "1", BODY)
    assert len(arm.server.asked) == 1


async def test_message_of_azure_is_bounded(arm: Arm) -> None:
    """It goes into histories and documents."""
    arm.server.script(Answer(400, {"error": {"code": "Bad", "message": "x" * 100_000}}))
    with pytest.raises(PermanentError) as caught:
        await arm.adapter.write("PUT", ID, "1", BODY)
    assert len(caught.value.message) <= 1000


@pytest.mark.parametrize("status", [0, -1], ids=["before", "in-body"])
@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_reset_write_that_is_not_idempotent_is_sent_once(
    arm: Arm, method: str, status: int
) -> None:
    """Whether it was accepted is found out by reading, not by sending again."""
    arm.server.script(Answer(status))
    with pytest.raises(TemporaryError, match="ConnectionFailed"):
        await arm.adapter.write(method, ID, "1", BODY)
    assert len(arm.server.asked) == 1


@pytest.mark.parametrize("status", [0, -1], ids=["before", "in-body"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_reset_connection_is_temporary(arm: Arm, method: str, status: int) -> None:
    """The transport may send what is idempotent once more, and no more than that."""
    arm.server.script(Answer(status), Answer(status))
    write = arm.adapter.write(method, ID, "1", None)
    with pytest.raises(TemporaryError, match="ConnectionFailed"):
        await (arm.adapter.get(ID, "1") if method == "GET" else write)
    write.close()
    assert len(arm.server.asked) <= 2


async def test_connection_is_used_again_after_a_reset(arm: Arm) -> None:
    """The next call finds a new one; the token is asked for once."""
    arm.server.script(Answer(200, BODY), Answer(-1), Answer(200, BODY))
    await arm.adapter.get(ID, "1")
    with pytest.raises(TemporaryError):
        await arm.adapter.get(ID, "1")
    assert await arm.adapter.get(ID, "1") == BODY
    assert arm.credential.given == 1


async def test_no_token_is_temporary_and_sends_nothing(arm: Arm) -> None:
    """The identity endpoint may be down."""
    arm.credential.broken = True
    with pytest.raises(TemporaryError, match="AuthenticationFailed"):
        await arm.adapter.get(ID, "1")
    assert arm.server.asked == []


async def test_token_that_was_refused_is_not_used_again(arm: Arm) -> None:
    """An expired one is worth another try, with a new one."""
    arm.server.script(refused(401, "ExpiredAuthenticationToken"), Answer(200, BODY))
    with pytest.raises(TemporaryError, match="ExpiredAuthenticationToken"):
        await arm.adapter.get(ID, "1")
    assert await arm.adapter.get(ID, "1") == BODY
    assert arm.credential.given == 2


async def pages_of(arm: Arm, *answers: Answer) -> list[dict[str, Any]]:
    """The items of a collection that is answered so."""
    arm.server.script(*answers)
    return await arm.adapter.pages(f"{ID}/things", "1")


async def test_pages_are_followed_to_the_end(arm: Arm) -> None:
    """By ARM's own link, as it is."""
    link = f"{arm.server.url}{ID}/things?api-version=1&$skiptoken=a%20b"
    pages = (
        Answer(200, {"value": [{"name": "a"}, {"name": "b"}], "nextLink": link}),
        Answer(200, {"value": [], "nextLink": link}),
        Answer(200, {"value": [{"name": "c"}], "nextLink": None}),
    )
    assert [item["name"] for item in await pages_of(arm, *pages)] == ["a", "b", "c"]
    assert arm.server.asked[1].path == f"{ID}/things?api-version=1&$skiptoken=a%20b"


async def test_page_that_fails_is_no_end(arm: Arm) -> None:
    """A range in use could be given away."""
    link = f"{arm.server.url}{ID}/things?page=2"
    with pytest.raises(TemporaryError, match="TooManyRequests"):
        await pages_of(
            arm,
            Answer(200, {"value": [{"name": "a"}], "nextLink": link}),
            refused(429, "TooManyRequests"),
        )
