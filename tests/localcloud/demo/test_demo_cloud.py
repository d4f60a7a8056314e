"""The local cloud that the demo starts for itself."""

import socket
from pathlib import Path

import pytest

from localcloud.demo.__main__ import main
from localcloud.demo.cloud import fresh, local_cloud
from localcloud.supervisor.errors import LocalCloudError
from localcloud.supervisor.ports import Ports
from localcloud.supervisor.state import locked


def test_a_fresh_state_is_empty(tmp_path: Path) -> None:
    """Nothing of an earlier demo is shown again."""
    with locked(tmp_path):
        (tmp_path / "arm").mkdir()
        (tmp_path / "arm" / "arm.db").touch()
        (tmp_path / "cloud.env").touch()
    fresh(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]


def test_a_directory_of_another_kind_is_not_emptied(tmp_path: Path) -> None:
    """A mistyped option costs nobody their files."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(LocalCloudError, match="not a state directory"):
        fresh(tmp_path)
    assert (tmp_path / "thesis.tex").exists()


def test_a_state_in_use_is_not_emptied(tmp_path: Path) -> None:
    """The running local cloud keeps its files."""
    with locked(tmp_path), pytest.raises(LocalCloudError, match="in use"):
        fresh(tmp_path)


def test_a_local_cloud_that_does_not_start_says_why(tmp_path: Path) -> None:
    """Its last words are passed on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        starting = local_cloud(tmp_path, port_offset=port - Ports().arm, speed=60)
        with pytest.raises(LocalCloudError, match=str(port)), starting:
            pass


def test_a_missing_request_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything starts."""
    with pytest.raises(SystemExit) as ended:
        main(["--request", str(tmp_path / "none.yaml")])
    assert ended.value.code == 2
    assert "there is no file" in capsys.readouterr().err
