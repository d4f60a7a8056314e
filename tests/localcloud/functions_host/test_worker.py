"""The worker's side, by itself: values, output, timestamps, and the log's cleanliness."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from typing import Any

import azure.durable_functions  # noqa: F401 - its timestamps are the subject
from hypothesis import given
from hypothesis import strategies as st

from localcloud.functions_host.channel import Channel
from localcloud.functions_host.logs import Redactor
from localcloud.functions_host.worker.logs import HostHandler, HostStream
from localcloud.functions_host.worker.runner import remember_timestamps
from localcloud.functions_host.worker.values import from_typed, to_typed


@given(st.sampled_from(["string", "json"]), st.text())
def test_text_values_make_the_round_trip(kind: str, value: str) -> None:
    """What goes in comes out, empty text included."""
    assert from_typed(to_typed([kind, value])) == [kind, value]


def test_nothing_stays_nothing() -> None:
    """A function without a result."""
    assert from_typed(to_typed([None, None])) == [None, None]
    assert from_typed(None) == [None, None]


def test_printed_lines_are_sent_whole() -> None:
    """A line's rest waits for its end, or for the end of the invocation."""
    sent: list[dict[str, Any]] = []
    stream = HostStream(sent.append, "INFO")
    stream.write("one\ntw")
    stream.write("o\nthree")
    assert [message["text"] for message in sent] == ["one", "two"]


class QuietHandler(HostHandler):
    """Does not tell of bad records on stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say nothing."""


def test_a_bad_format_string_does_not_fail_the_function() -> None:
    """The record is dropped, the app goes on."""
    sent: list[dict[str, Any]] = []
    handler = QuietHandler(sent.append)
    handler.emit(logging.LogRecord("app", logging.INFO, "", 0, "%d", ("text",), None))
    handler.emit(logging.LogRecord("app", logging.INFO, "", 0, "fine", (), None))
    assert [message["text"] for message in sent] == ["fine"]


def test_timestamps_are_parsed_once() -> None:
    """The same text gives the very same moment, and the right one."""
    module = sys.modules["azure.durable_functions.models.history.HistoryEvent"]
    original = vars(module)["dt_parse"]
    try:
        remember_timestamps()
        parse, text = vars(module)["dt_parse"], "2026-01-01T00:00:00.123456Z"
        assert parse(text) is parse(text)
        assert parse(text) == original(text)
    finally:
        vars(module)["dt_parse"] = original


def test_secrets_are_blotted_out() -> None:
    """Keys in URLs, account keys, and the values of secret-looking settings."""
    redactor = Redactor()
    redactor.add_settings({
        "IDENTITY_HEADER": "header-value", "PORT": "7071",
        "AzureWebJobsStorage": "AccountName=dev;AccountKey=abc123456==;",
    })  # fmt: skip
    text = "header-value at /x?code=secret&a=1 with abc123456== on 7071; AccountKey=other;"
    assert redactor.clean(text) == "*** at /x?code=***&a=1 with *** on 7071; AccountKey=***;"


async def test_the_channel_carries_messages_whole_and_tells_the_end() -> None:
    """Large ones too, in both directions, in order."""
    left, right = socket.socketpair()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    one = await Channel.open(left, lambda _: None)
    two = await Channel.open(right, heard.put_nowait)
    big = b"x" * 3_000_000
    one.send({"n": 1})
    one.send({"n": 2, "big": big})
    one.send({"n": 3})
    messages = [await asyncio.wait_for(heard.get(), 10) for _ in range(3)]
    assert [message["n"] for message in messages] == [1, 2, 3]
    assert messages[1]["big"] == big
    one.close()
    await asyncio.wait_for(two.closed, 10)
