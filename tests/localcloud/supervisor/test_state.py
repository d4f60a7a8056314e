"""The state directory: one owner at a time, private secrets."""

import os
import stat
from pathlib import Path

import pytest

from localcloud.supervisor.errors import LocalCloudError
from localcloud.supervisor.state import identity_header, locked, write_private


def test_a_state_directory_has_one_local_cloud_at_a_time(tmp_path: Path) -> None:
    """The second one is told who has it."""
    with (
        locked(tmp_path),
        pytest.raises(LocalCloudError, match=f"in use .*process {os.getpid()}.*--state"),
        locked(tmp_path),
    ):
        pass


def test_two_state_directories_are_independent(tmp_path: Path) -> None:
    """Two local clouds run side by side."""
    with locked(tmp_path / "one") as one, locked(tmp_path / "two") as two:
        assert one != two


def test_a_state_directory_can_be_had_again(tmp_path: Path) -> None:
    """The lock goes with its holder."""
    with locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_the_identity_header_stays_the_same_and_private(tmp_path: Path) -> None:
    """Clients that were configured once go on working after a restart."""
    first = identity_header(tmp_path)
    assert identity_header(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_damaged_secret_is_made_anew(tmp_path: Path) -> None:
    """Half a file, or somebody's experiment, does not stop the start."""
    (tmp_path / "secrets.json").write_text("{", encoding="utf-8")
    assert len(identity_header(tmp_path)) > 30


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    """No other file stays behind, and a readable predecessor becomes private."""
    path = tmp_path / "key"
    path.write_text("old", encoding="utf-8")
    write_private(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
