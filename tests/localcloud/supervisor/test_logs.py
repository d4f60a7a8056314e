"""Logs are bounded, and their warnings are found."""

import os
from pathlib import Path

import pytest

from localcloud.supervisor.logs import WARNING, ServiceLog


def test_a_full_log_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    """The writer keeps its open file and appends at the new start."""
    log = ServiceLog(tmp_path / "arm.log", limit=100)
    with log.open() as output:
        os.write(output.fileno(), b"x" * 99 + b"\nend\n")
        log.bound()
        os.write(output.fileno(), b"after\n")
    assert log.path.read_bytes() == b"after\n"
    assert (tmp_path / "arm.log.1").read_bytes().endswith(b"x\nend\n")
    assert list(log.new_lines()) == ["after"]


def test_only_whole_new_lines_are_followed(tmp_path: Path) -> None:
    """What an earlier run wrote is old, and half a line can wait."""
    (tmp_path / "arm.log").write_bytes(b"old\n")
    log = ServiceLog(tmp_path / "arm.log")
    with log.open() as output:
        os.write(output.fileno(), b"one\nhal")
        assert list(log.new_lines()) == ["one"]
        os.write(output.fileno(), b"f\n")
    assert list(log.new_lines()) == ["half"]
    assert list(log.new_lines()) == []


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    """Empty lines say nothing."""
    (tmp_path / "arm.log").write_bytes(b"one\n\ntwo\n\nthree\n\n")
    assert ServiceLog(tmp_path / "arm.log").tail(2) == ["two", "three"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-01-01T00:00:00Z WARNING arm: throttled", True),
        ("12:00 ERROR worker ended", True),
        ("Traceback (most recent call last):", True),
        ("ValueError: no such thing", True),
        ("2026-01-01T00:00:00Z INFO arm: 0 errors, no Warning", False),
        ("GET /_local/health 200", False),
    ],
)
def test_a_warning_is_known_by_its_level(line: str, expected: bool) -> None:
    """Words in a message are no level."""
    assert bool(WARNING.search(line)) is expected
