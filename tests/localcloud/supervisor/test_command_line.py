"""The command line refuses what cannot work, and says why."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from landing_zone.access import parse_principal
from landing_zone.hub import parse_hub_document
from localcloud.__main__ import main
from localcloud.identity.principals import AUDIENCE
from localcloud.identity.tokens import Tokens
from localcloud.supervisor.cloud import HUBS
from localcloud.supervisor.ports import Ports
from localcloud.supervisor.state import locked
from localcloud.supervisor.up import default_state, stop_at_eof

ROOT = Path(__file__).resolve().parents[3]
LOCALCLOUD = ("-m", "localcloud")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "COMMAND"),
        (["down"], "invalid choice"),
        (["up", "--port-offset", "-1"], "from 0 to 55533"),
        (["up", "--port-offset", "60000"], "from 0 to 55533"),
        (["up", "--port-offset", "many"], "from 0 to 55533"),
        (["up", "--speed", "0"], "not a positive number"),
        (["up", "--speed", "nan"], "not a positive number"),
        (["up", "--speed", "inf"], "not a positive number"),
        (["up", "--sped", "1"], "unrecognized arguments"),
        (["token"], "principal"),
        (["token", "mallory"], "invalid choice"),
        (["token", "reader", "--minutes", "0"], "from 1 to 10080"),
    ],
)
def test_a_wrong_argument_is_refused_with_exit_code_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_taken_port_ends_the_start_with_exit_code_3(tmp_path: Path) -> None:
    """In one line, before any part runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        offset = str(port - Ports().arm)
        ended = subprocess.run(
            [sys.executable, *LOCALCLOUD, "up", "--state", tmp_path, "--port-offset", offset],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert f"{port} (arm)" in ended.stderr
    assert "--port-offset" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "logs").exists()


def test_a_state_in_use_ends_the_start_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other process is named."""
    with locked(tmp_path):
        assert main(["up", "--state", str(tmp_path)]) == 1
    assert f"process {os.getpid()}" in capsys.readouterr().err


def test_a_token_of_a_principal_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Signed by the directory of that local cloud, for as long as asked."""
    tokens = Tokens(tmp_path / "identity")
    assert main(["token", "reader", "--state", str(tmp_path), "--minutes", "5"]) == 0
    directory = str(parse_hub_document(HUBS.read_text("utf-8")).directory_id)
    claims = tokens.verify(capsys.readouterr().out.strip(), (AUDIENCE,), directory)
    assert (claims["roles"], claims["exp"] - claims["iat"]) == (["Reader"], 300)


def test_a_token_of_no_local_cloud_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No key is made for one that never ran."""
    assert main(["token", "reader", "--state", str(tmp_path)]) == 1
    assert "no local cloud has run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_header_of_a_principal_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As curl takes it, and as the application reads it."""
    assert main(["token", "reader", "--header"]) == 0
    name, _, value = capsys.readouterr().out.strip().partition(": ")
    assert parse_principal({name.lower(): value}).roles == {"Reader"}


def test_local_clouds_at_different_offsets_have_different_states() -> None:
    """Two run side by side without further options."""
    assert default_state(0).name == "state"
    assert default_state(100).name == "state-100"


async def test_the_end_of_input_asks_for_the_end() -> None:
    """What a starter writes is ignored, its going is not."""
    reader, writer = os.pipe()
    asked = asyncio.Event()
    stop_at_eof(asyncio.get_running_loop(), reader, asked.set)
    os.write(writer, b"noise")
    os.close(writer)
    async with asyncio.timeout(10):
        await asked.wait()
    os.close(reader)
