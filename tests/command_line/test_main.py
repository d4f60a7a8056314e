"""The command line as it is typed."""

from pathlib import Path

import pytest

from command_line.__main__ import FAILED, MISUSED, main

UNREACHABLE = {
    "SPOKEWRIGHT_SERVICE_BUS": (
        "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0LXNlY3JldA==;"
        "UseDevelopmentEmulator=true;"
    )
}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dead-letters"],
        ["dead-letters", "burn"],
        ["dead-letters", "show"],
        ["dead-letters", "replay"],
        ["dead-letters", "replay", "r1", "--all"],
        ["dead-letters", "replay", "--all", "--file", "x.yaml"],
        ["dead-letters", "replay", "r1", "r2", "--file", "x.yaml"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_misuse_is_told_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is connected to."""
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == MISUSED
    assert "usage: spokewright" in capsys.readouterr().err


def test_settings_that_are_missing_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Both ways of naming a Service Bus."""
    assert main(["dead-letters", "list"], {}) == MISUSED
    error = capsys.readouterr().err
    assert "SPOKEWRIGHT_SERVICE_BUS " in error
    assert "SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace" in error


def test_connection_string_that_is_none_is_not_repeated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may hold a key."""
    environment = {"SPOKEWRIGHT_SERVICE_BUS": "SharedAccessKey=c2VjcmV0LXNlY3JldA=="}
    assert main(["dead-letters", "list"], environment) == MISUSED
    error = capsys.readouterr().err
    assert "no connection string" in error
    assert "c2VjcmV0" not in error


def test_service_bus_that_does_not_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, without a trace and without the key."""
    assert main(["dead-letters", "list"], UNREACHABLE) == FAILED
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "c2VjcmV0" not in error


def test_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name."""
    missing = str(tmp_path / "missing.yaml")
    arguments = ["dead-letters", "replay", "r1", "--file", missing]
    assert main(arguments, UNREACHABLE) == FAILED
    assert missing in capsys.readouterr().err
