"""`spokewright dead-letters`: requests that came by message and were not acted upon."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from command_line.connecting import Queues
from landing_zone.intake.dead_letters import DeadLetter, sent_again
from landing_zone.intake.messages import INTAKE
from landing_zone.request_parsing import parse_tenant_text

DONE: Final = 0
NOT_ALL: Final = 1
NOT_FOUND: Final = 3
_WIDTH: Final = 100


@dataclass(frozen=True)
class Choice:
    """Which dead letters are meant.

    Attributes:
        ids: Their ids; all that are there where there are none.
        file: A document to be sent in place of the one that lies there.
    """

    ids: tuple[str, ...] = ()
    file: Path | None = None


async def show_all(queues: Queues, out: TextIO, *, as_json: bool) -> int:
    """List all of them, the oldest first."""
    letters = sorted(await queues.letters.browse(), key=_age)
    if as_json:
        _write(out, {"deadLetters": [summary(letter) for letter in letters]})
    elif not letters:
        out.write("there are none\n")
    for letter in [] if as_json else letters:
        line = f"{letter.id}  {_when(letter)}  {letter.reason}  {letter.correlation_id}"
        out.write(f"{visible(line)}\n    {_shortened(visible(letter.description))}\n")
    return DONE


async def show_one(queues: Queues, out: TextIO, letter_id: str, *, as_json: bool) -> int:
    """Show one, with its document."""
    letter = next((one for one in await queues.letters.browse() if one.id == letter_id), None)
    if letter is None:
        return _missing(out, [letter_id], as_json=as_json)
    if as_json:
        _write(out, details(letter))
        return DONE
    out.writelines(f"{name}: {visible(str(value))}\n" for name, value in summary(letter).items())
    out.write(f"\n{visible(letter.body.decode('utf-8', 'backslashreplace'))}\n")
    return DONE


async def replay(queues: Queues, out: TextIO, choice: Choice, *, as_json: bool) -> int:
    """Send them to the queue again, and only then be done with each.

    What is there now is meant: what comes back while this runs is not sent again and again.
    """
    corrected = _document(choice.file) if choice.file else None
    there = [letter.id for letter in await queues.letters.browse()]
    missing = [one for one in choice.ids if one not in there]
    if missing:
        return _missing(out, missing, as_json=as_json)
    wanted = choice.ids or tuple(there)

    async def send(letter: DeadLetter) -> None:
        meant = letter if corrected is None else letter.corrected(corrected)
        await queues.sender.send(INTAKE, sent_again(meant))

    done = await queues.letters.settle(wanted, send)
    left = [one for one in wanted if one not in done]
    if as_json:
        _write(out, {"replayed": done, "left": left})
    else:
        out.writelines(f"{one} was sent again\n" for one in done)
        out.writelines(f"{one} is held by someone else at the moment\n" for one in left)
    return NOT_ALL if left else DONE


def summary(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter without its document."""
    return {
        "id": letter.id,
        "place": letter.place,
        "reason": letter.reason,
        "description": letter.description,
        "enqueuedAt": _when(letter),
        "correlationId": letter.correlation_id,
        "messageId": letter.message_id,
        "deliveries": letter.deliveries,
        "bytes": len(letter.body),
    }


def details(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter with its document: as text, or in base64 where it is none."""
    try:
        body = {"body": letter.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"bodyBase64": base64.b64encode(letter.body).decode("ascii")}
    more = {"contentType": letter.content_type, "properties": dict(letter.properties)}
    return summary(letter) | more | body


def visible(text: str) -> str:
    """A text from outside as a terminal may show it: without what would steer the terminal."""
    return "".join(
        one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text
    )


def _document(path: Path) -> bytes:
    """What is to be sent; a document that would be refused again is refused here.

    Raises:
        OSError: It cannot be read.
        InvalidRequest: It is no valid request.
    """
    body = path.read_bytes()
    parse_tenant_text(body)
    return body


def _missing(out: TextIO, ids: list[str], *, as_json: bool) -> int:
    if as_json:
        _write(out, {"notFound": ids})
    else:
        out.writelines(f"there is no dead letter {one}\n" for one in ids)
    return NOT_FOUND


def _age(letter: DeadLetter) -> tuple[str, int]:
    return _when(letter), letter.sequence_number


def _when(letter: DeadLetter) -> str:
    return letter.enqueued_at.isoformat(timespec="seconds") if letter.enqueued_at else ""


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _write(out: TextIO, document: dict[str, Any]) -> None:
    out.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
