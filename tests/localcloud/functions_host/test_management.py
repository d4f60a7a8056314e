"""The management API: states, refusals, queries and paging, as Azure's extension answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import pytest

from tests.localcloud.functions_host.engines import FakeClock, TestEngine, engine

if TYPE_CHECKING:
    from pathlib import Path

type Context = df.DurableOrchestrationContext


def echo(value: Any) -> Any:
    """Return the input."""
    return value


def quick(context: Context) -> Any:
    """Return the input."""
    return context.get_input()


def waiting(context: Context) -> Any:
    """Return the event."""
    return (yield context.wait_for_external_event("go"))


def parent(context: Context) -> Any:
    """Wait for a child that waits."""
    return (yield context.call_sub_orchestrator("waiting", None, "the-child"))


PARTS: dict[str, Any] = {"orchestrators": [quick, waiting, parent], "activities": [echo]}


async def test_start_answers_202_with_links(tmp_path: Path) -> None:
    """The status moves from Pending over Running to its end."""
    async with engine(tmp_path, **PARTS) as subject:
        answer = await subject.request("POST", "/orchestrators/waiting/mine", "1")
        assert answer.status == 202
        assert subject.status("mine")["runtimeStatus"] == "Pending"
        await subject.settle()
        answer = await subject.request("GET", "/instances/mine")
        assert (answer.status, answer.body["runtimeStatus"]) == (202, "Running")
        await subject.request("POST", "/instances/mine/raiseEvent/go", "gone")
        await subject.finish("mine")
        answer = await subject.request("GET", "/instances/mine")
        assert (answer.status, answer.body["output"]) == (200, "gone")


async def test_start_of_an_unknown_function_is_a_400(tmp_path: Path) -> None:
    """With the extension's message, which the SDK shows."""
    async with engine(tmp_path, **PARTS) as subject:
        answer = await subject.request("POST", "/orchestrators/nobody")
        assert answer.status == 400
        assert answer.body["ExceptionMessage"].endswith(
            "The following are the known orchestrator functions: 'parent', 'quick', 'waiting'."
        )


@pytest.mark.parametrize("name", ["@x@y", "a%2Fb", "a%3Fb", "a%23b", "a%0Ab", "x" * 257])
async def test_a_wrong_instance_id_is_a_400(tmp_path: Path, name: str) -> None:
    """Ids must not begin with @, hold reserved characters, or be too long."""
    async with engine(tmp_path, **PARTS) as subject:
        assert (await subject.request("POST", f"/orchestrators/quick/{name}")).status == 400


async def test_a_running_id_cannot_be_started_and_a_finished_one_is_replaced(
    tmp_path: Path,
) -> None:
    """OverridableExistingInstanceStates is NonRunningStates by default."""
    async with engine(tmp_path, **PARTS) as subject:
        await subject.request("POST", "/orchestrators/waiting/mine")
        await subject.settle()
        answer = await subject.request("POST", "/orchestrators/quick/mine", "2")
        assert answer.status == 500
        assert answer.body["ExceptionMessage"] == (
            "An Orchestration instance with the status Running already exists."
        )
        await subject.request("POST", "/instances/mine/raiseEvent/go", "1")
        await subject.finish("mine")
        assert (await subject.request("POST", "/orchestrators/quick/mine", "2")).status == 202
        status = await subject.finish("mine")
        assert (status["name"], status["output"]) == ("quick", 2)


async def test_events_for_nobody_and_for_the_finished_are_refused(tmp_path: Path) -> None:
    """404 before the instance is there, 410 after its end, 400 without JSON."""
    async with engine(tmp_path, **PARTS) as subject:
        assert (await subject.request("POST", "/instances/mine/raiseEvent/go", 1)).status == 404
        await subject.request("POST", "/orchestrators/waiting/mine")
        wrong = await subject.request(
            "POST", "/instances/mine/raiseEvent/go", 1, content_type="text/plain"
        )
        assert wrong.status == 400
        assert (await subject.request("POST", "/instances/mine/raiseEvent/go", 1)).status == 202
        await subject.finish("mine")
        assert (await subject.request("POST", "/instances/mine/raiseEvent/go", 1)).status == 410


async def test_a_suspended_instance_keeps_what_comes_until_it_is_resumed(tmp_path: Path) -> None:
    """Suspended twice or resumed twice is a fault; the event is not lost."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("waiting", None, "mine")
        await subject.settle()
        assert (await subject.request("POST", "/instances/mine/resume")).status == 500
        assert (await subject.request("POST", "/instances/mine/suspend?reason=x")).status == 202
        await subject.settle()
        assert subject.status("mine")["runtimeStatus"] == "Suspended"
        assert (await subject.request("POST", "/instances/mine/suspend")).status == 500
        await subject.request("POST", "/instances/mine/raiseEvent/go", "kept")
        await subject.settle()
        assert (await subject.request("GET", "/instances/mine")).status == 202
        assert (await subject.request("POST", "/instances/mine/resume")).status == 202
        assert (await subject.finish("mine"))["output"] == "kept"


async def test_terminate_ends_at_once_and_leaves_the_child(tmp_path: Path) -> None:
    """As in Azure, what the parent has started goes on; its result finds nobody."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("parent", None, "mine")
        await subject.settle()
        assert (await subject.request("POST", "/instances/mine/terminate?reason=no")).status == 202
        status = await subject.finish("mine")
        assert (status["runtimeStatus"], status["output"]) == ("Terminated", "no")
        assert subject.status("the-child")["runtimeStatus"] == "Running"
        await subject.request("POST", "/instances/the-child/raiseEvent/go", 1)
        assert (await subject.finish("the-child"))["runtimeStatus"] == "Completed"
        assert (await subject.request("POST", "/instances/mine/terminate")).status == 410


async def test_a_terminated_child_fails_its_parent(tmp_path: Path) -> None:
    """The parent sees the reason."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("parent", None, "mine")
        await subject.settle()
        await subject.request("POST", "/instances/the-child/terminate?reason=enough")
        status = await subject.finish("mine")
        assert status["runtimeStatus"] == "Failed"
        assert "enough" in status["output"]


async def test_rewind_runs_only_what_failed_again(tmp_path: Path) -> None:
    """Activities that succeeded are not repeated; a failed child is rewound with its parent."""
    mended: list[bool] = []

    def fragile(_: Any) -> str:
        if not mended:
            raise ValueError("not yet")
        return "whole"

    def child(context: Context) -> Any:
        return (yield context.call_activity("fragile"))

    def steps(context: Context) -> Any:
        first = yield context.call_activity("echo", "first")
        second = yield context.call_sub_orchestrator("child")
        return [first, second]

    parts: dict[str, Any] = {"orchestrators": [steps, child], "activities": [echo, fragile]}
    async with engine(tmp_path, **parts) as subject:
        subject.start("steps", None, "mine")
        assert (await subject.finish("mine"))["runtimeStatus"] == "Failed"
        mended.append(True)
        assert (await subject.request("POST", "/instances/mine/rewind?reason=x")).status == 202
        status = await subject.finish("mine")
        assert status["output"] == ["first", "whole"]
        assert [name for name, _ in subject.invoker.calls] == ["echo", "fragile", "fragile"]
        assert (await subject.request("POST", "/instances/mine/rewind")).status == 410


async def test_rewind_repeats_all_attempts_of_a_retried_activity(tmp_path: Path) -> None:
    """The timers between the attempts go too."""
    mended: list[bool] = []

    def fragile(_: Any) -> str:
        if not mended:
            raise ValueError("not yet")
        return "whole"

    def stubborn(context: Context) -> Any:
        return (yield context.call_activity_with_retry("fragile", df.RetryOptions(1000, 2)))

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[stubborn], activities=[fragile]) as subject:
        subject.start("stubborn", None, "mine")
        for _ in range(2):
            await subject.settle()
            clock.advance(1)
        assert (await subject.finish("mine"))["runtimeStatus"] == "Failed"
        await subject.request("POST", "/instances/mine/rewind")
        await subject.settle()
        mended.append(True)
        clock.advance(1)
        assert (await subject.finish("mine"))["output"] == "whole"
        assert len(subject.invoker.calls) == 4


async def test_rewind_of_a_running_instance_is_refused(tmp_path: Path) -> None:
    """Only the failed can be rewound."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("waiting", None, "mine")
        await subject.settle()
        assert (await subject.request("POST", "/instances/mine/rewind")).status == 500
        assert (await subject.request("POST", "/instances/none/rewind")).status == 404


async def test_restart_runs_the_same_input_again(tmp_path: Path) -> None:
    """Under a new id, or under its own when it has finished."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("quick", "in", "mine")
        await subject.finish("mine")
        same = "/instances/mine/restart?restartWithNewInstanceId=false"
        assert (await subject.request("POST", same)).status == 202
        assert (await subject.finish("mine"))["output"] == "in"
        answer = await subject.request("POST", "/instances/mine/restart")
        again = answer.body["statusQueryGetUri"]
        assert again != "mine"
        assert (await subject.finish(again))["output"] == "in"
        assert (await subject.request("POST", "/instances/none/restart")).status == 400


async def test_purge_forgets_the_finished_and_spares_the_running(tmp_path: Path) -> None:
    """By id, and by time and status."""
    clock = FakeClock()
    async with engine(tmp_path, clock, **PARTS) as subject:
        await _populate(subject, clock)
        assert (await subject.request("DELETE", "/instances/q0")).body == {"instancesDeleted": 1}
        assert (await subject.request("DELETE", "/instances/q0")).status == 404
        assert (await subject.request("DELETE", "/instances/w")).body == {"instancesDeleted": 0}
        assert (await subject.request("DELETE", "/instances")).status == 400
        since = "createdTimeFrom=2026-01-01T00:00:15Z&runtimeStatus=Completed"
        answer = await subject.request("DELETE", f"/instances/?{since}")
        assert answer.body == {"instancesDeleted": 3}
        left = (await subject.request("GET", "/instances")).body
        assert [item["instanceId"] for item in left] == ["q1", "w"]


async def _populate(subject: TestEngine, clock: FakeClock) -> None:
    """Make q0 to q4, ten seconds apart and finished, and w, which waits."""
    for number in range(5):
        subject.start("quick", number, f"q{number}")
        await subject.finish(f"q{number}")
        clock.advance(10)
    subject.start("waiting", None, "w")
    await subject.settle()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["q0", "q1", "q2", "q3", "q4", "w"]),
        ("runtimeStatus=Running", ["w"]),
        ("runtimeStatus=Running,Completed&instanceIdPrefix=q1", ["q1"]),
        ("instanceIdPrefix=q", ["q0", "q1", "q2", "q3", "q4"]),
        ("createdTimeFrom=2026-01-01T00:00:10Z&createdTimeTo=2026-01-01T00:00:20Z", ["q1", "q2"]),
        ("createdTimeFrom=2026-01-01T00:00:40.000000Z", ["q4", "w"]),
        ("runtimeStatus=Terminated", []),
    ],
)
async def test_queries_filter(tmp_path: Path, query: str, found: list[str]) -> None:
    """By status, time and prefix."""
    clock = FakeClock()
    async with engine(tmp_path, clock, **PARTS) as subject:
        await _populate(subject, clock)
        answer = await subject.request("GET", f"/instances?{query}")
        assert [item["instanceId"] for item in answer.body] == found


async def test_pages_follow_each_other_by_token(tmp_path: Path) -> None:
    """Each instance is on exactly one page; the last page has an empty token."""
    clock = FakeClock()
    async with engine(tmp_path, clock, **PARTS) as subject:
        await _populate(subject, clock)
        seen: list[str] = []
        token, pages = "", 0
        while token or not pages:
            answer = await subject.request("GET", "/instances?top=4", x_ms_continuation_token=token)
            seen += [item["instanceId"] for item in answer.body]
            token, pages = dict(answer.headers)["x-ms-continuation-token"], pages + 1
        assert (seen, pages) == (["q0", "q1", "q2", "q3", "q4", "w"], 2)


async def test_history_is_shown_for_people(tmp_path: Path) -> None:
    """Names for numbers, an activity's end joined with its beginning, outputs when asked for."""

    def one(context: Context) -> Any:
        return (yield context.call_activity("echo", "hello"))

    async with engine(tmp_path, orchestrators=[one], activities=[echo]) as subject:
        subject.start("one", None, "mine")
        await subject.finish("mine")
        query = "showHistory=true&showHistoryOutput=True"
        shown = (await subject.request("GET", f"/instances/mine?{query}")).body["historyEvents"]
        assert [item["EventType"] for item in shown] == [
            "ExecutionStarted", "TaskCompleted", "ExecutionCompleted",
        ]  # fmt: skip
        assert (shown[1]["FunctionName"], shown[1]["Result"]) == ("echo", "hello")
        plain = (await subject.request("GET", "/instances/mine?showHistory=true")).body
        assert not [item for item in plain["historyEvents"] if "Result" in item]
        hidden = (await subject.request("GET", "/instances/mine?showInput=false")).body
        assert hidden["input"] is None


async def test_waiting_for_the_end_answers_with_the_output(tmp_path: Path) -> None:
    """With timeout and pollingInterval; a failure answers with the status."""

    def bad(_: Context) -> Any:
        raise ValueError("bad")
        yield

    async with engine(tmp_path, orchestrators=[quick, bad]) as subject:
        wait = "timeout=20&pollingInterval=1"
        answer = await subject.request("POST", f"/orchestrators/quick?{wait}", json.dumps([1]))
        assert (answer.status, answer.body) == (200, [1])
        answer = await subject.request("POST", f"/orchestrators/bad?{wait}")
        assert answer.body["runtimeStatus"] == "Failed"
        name = answer.body["instanceId"]
        flag = "returnInternalServerErrorOnFailure=true"
        assert (await subject.request("GET", f"/instances/{name}?{flag}")).status == 500
        assert (await subject.request("GET", f"/instances/{name}")).status == 200


async def test_a_child_whose_id_is_taken_by_a_running_instance_fails(tmp_path: Path) -> None:
    """Two orchestrations never share an instance."""
    async with engine(tmp_path, **PARTS) as subject:
        subject.start("waiting", None, "the-child")
        await subject.settle()
        status = await subject.finish(subject.start("parent"))
        assert "already exists" in status["output"]
