"""Looking at dead letters, and sending them again."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import dead_letters
from command_line.connecting import Queues
from command_line.dead_letters import Choice, replay, show_all, show_one
from landing_zone.errors import TemporaryError
from landing_zone.intake.dead_letters import DeadLetter
from landing_zone.intake.messages import INTAKE
from landing_zone.request_parsing import InvalidRequest
from tests.fake_letters import FakeDeadLetters
from tests.fake_messages import FakeMessages, Sent
from tests.fakes import EXAMPLE, NOON


def letter(number: int, **changes: Any) -> DeadLetter:
    """A dead letter."""
    values: dict[str, Any] = {
        "place": "refused",
        "sequence_number": number,
        "body": b"tenantId: Not A Label",
        "reason": "InvalidRequest",
        "description": "The request document has 1 fault: tenantId is no DNS label",
        "enqueued_at": NOON + timedelta(minutes=number),
        "message_id": f"message-{number}",
        "correlation_id": f"question-{number}",
        "content_type": "application/yaml",
        "deliveries": 0,
        "properties": {"ticket": 4711, "SpokewrightOrigin": "a/1", "DeadLetterReason": "x"},
    }
    return DeadLetter(**values | changes)


class Desk:
    """The queues, and what the commands wrote."""

    def __init__(self, *letters: DeadLetter) -> None:
        self.letters = FakeDeadLetters(*letters)
        self.messages = FakeMessages()
        self.queues = Queues(self.letters, self.messages)
        self.out = io.StringIO()

    @property
    def text(self) -> str:
        """What was written."""
        return self.out.getvalue()

    async def replay(self, *ids: str, file: Path | None = None, as_json: bool = False) -> int:
        """Send some of them again."""
        return await replay(self.queues, self.out, Choice(ids, file), as_json=as_json)


async def test_list_has_the_oldest_first() -> None:
    """Each with its reason and with the sentence that explains it."""
    desk = Desk(letter(2), letter(1), letter(7, place="undelivered", reason="MaxDeliveryCount"))
    assert await show_all(desk.queues, desk.out, as_json=False) == 0
    lines = desk.text.splitlines()
    assert [line.split()[0] for line in lines[::2]] == ["r1", "r2", "u7"]
    assert "InvalidRequest  question-1" in lines[0]
    assert "tenantId is no DNS label" in lines[1]


async def test_empty_list_says_so() -> None:
    """As text for people, as an empty list for programs."""
    desk = Desk()
    await show_all(desk.queues, desk.out, as_json=False)
    assert desk.text == "there are none\n"
    desk = Desk()
    await show_all(desk.queues, desk.out, as_json=True)
    assert json.loads(desk.text) == {"deadLetters": []}


async def test_list_as_json_has_all_but_the_documents() -> None:
    """What a program decides by."""
    desk = Desk(letter(1))
    await show_all(desk.queues, desk.out, as_json=True)
    [found] = json.loads(desk.text)["deadLetters"]
    assert (found["id"], found["correlationId"], found["bytes"]) == ("r1", "question-1", 21)
    assert (found["enqueuedAt"], "body" in found) == ("2026-03-14T12:01:00+00:00", False)


@pytest.mark.parametrize("as_json", [True, False])
async def test_show_has_the_document(*, as_json: bool) -> None:
    """With all that is known of it."""
    desk = Desk(letter(1), letter(2, body=b"tenantId: another"))
    assert await show_one(desk.queues, desk.out, "r2", as_json=as_json) == 0
    assert "tenantId: another" in desk.text
    assert "message-2" in desk.text


async def test_document_that_is_no_text_is_shown_in_base64() -> None:
    """A program gets back what was sent."""
    desk = Desk(letter(1, body=b"\xff\x00"))
    await show_one(desk.queues, desk.out, "r1", as_json=True)
    assert json.loads(desk.text)["bodyBase64"] == "/wA="


async def test_terminal_is_not_steered_by_what_came_in() -> None:
    """No control character of a document or a property is written."""
    desk = Desk(letter(1, body=b"a\x1b[2Jb\x07", correlation_id="\x1b]0;x\x07"))
    await show_all(desk.queues, desk.out, as_json=False)
    await show_one(desk.queues, desk.out, "r1", as_json=False)
    assert not {"\x1b", "\x07"} & set(desk.text)


type Command = Callable[[Desk], Any]


@pytest.mark.parametrize(
    "command",
    [
        lambda desk: show_one(desk.queues, desk.out, "r9", as_json=False),
        lambda desk: desk.replay("r1", "r9"),
    ],
    ids=["show", "replay"],
)
async def test_unknown_id_is_told_apart(command: Command) -> None:
    """By its exit code; nothing is sent of the others either."""
    desk = Desk(letter(1))
    assert await command(desk) == dead_letters.NOT_FOUND
    assert desk.text == "there is no dead letter r9\n"
    assert (desk.messages.sent, len(desk.letters.letters)) == ([], 1)


async def test_replay_sends_the_document_again_and_is_done_with_it() -> None:
    """As a new message that is answered under the same correlation id."""
    desk = Desk(letter(1), letter(2))
    assert await desk.replay("r1") == 0
    [sent] = desk.messages.of(INTAKE)
    assert (sent.body, sent.correlation_id, sent.content_type) == (
        b"tenantId: Not A Label",
        "question-1",
        "application/yaml",
    )
    assert sent.properties == {"ticket": 4711, "SpokewrightMessageId": "message-1"}
    assert [one.id for one in desk.letters.letters] == ["r2"]


async def test_replay_of_all_means_those_that_are_there_now() -> None:
    """What is refused again meanwhile is not sent again and again."""
    desk = Desk(letter(1), letter(2))

    def refuse_again(_: Sent) -> None:
        desk.letters.letters.append(letter(10 + len(desk.messages.sent)))

    desk.messages.before_send = refuse_again
    assert await desk.replay() == 0
    assert len(desk.messages.sent) == 2
    assert {one.sequence_number for one in desk.letters.letters} == {10, 11}


async def test_replay_with_a_file_sends_that(tmp_path: Path) -> None:
    """The corrected document, whose kind is found out anew."""
    desk = Desk(letter(1))
    file = tmp_path / "corrected.yaml"
    file.write_bytes(EXAMPLE)
    assert await desk.replay("r1", file=file) == 0
    [sent] = desk.messages.of(INTAKE)
    assert (sent.body, sent.content_type, sent.correlation_id) == (EXAMPLE, "", "question-1")


async def test_file_that_would_be_refused_again_is_not_sent(tmp_path: Path) -> None:
    """Its faults are told at once."""
    desk = Desk(letter(1))
    file = tmp_path / "still-wrong.yaml"
    file.write_bytes(b"tenantId: Not A Label")
    with pytest.raises(InvalidRequest):
        await desk.replay("r1", file=file)
    assert (desk.messages.sent, len(desk.letters.letters)) == ([], 1)


async def test_replay_that_is_interrupted_loses_nothing() -> None:
    """What was not sent lies there still; what was sent twice has the same id."""
    desk = Desk(letter(1), letter(2))

    def fail(sent: Sent) -> None:
        if sent.message.correlation_id == "question-2":
            raise TemporaryError("ServiceBusFailed", "nobody answers")

    desk.messages.before_send = fail
    with pytest.raises(TemporaryError):
        await desk.replay()
    assert [one.id for one in desk.letters.letters] == ["r2"]
    desk.letters.letters.insert(0, letter(1))
    desk.messages.before_send = lambda _: None
    assert await desk.replay() == 0
    assert [one.correlation_id for one in desk.messages.of(INTAKE)] == ["question-1", "question-2"]


@pytest.mark.parametrize("as_json", [True, False])
async def test_letter_that_is_held_by_someone_else_is_told(*, as_json: bool) -> None:
    """Two who replay at once; whoever was second may try again."""
    desk = Desk(letter(1), letter(2))
    desk.letters.held = {"r2"}
    assert await desk.replay(as_json=as_json) == dead_letters.NOT_ALL
    if as_json:
        assert json.loads(desk.text) == {"replayed": ["r1"], "left": ["r2"]}
    else:
        assert desk.text.splitlines()[1].startswith("r2 is held")
