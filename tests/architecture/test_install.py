"""`make install` names what is missing on a machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

NEEDED = ("sh", "cat", "cksum", "mkdir", "dirname", "awk", "cut", "env", "flock")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without anything installed, in a directory with a space in its name."""
    place = tmp_path / "a checkout"
    (place / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "install.sh", place / "tools")
    for name in ("uv.lock", "pyproject.toml", ".python-version", "package-lock.json"):
        shutil.copy(ROOT / name, place)
    shutil.copy(ROOT / "package.json", place)
    return place


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory of programs that holds the basic ones only."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in NEEDED:
        if found := shutil.which(name):
            (place / name).symlink_to(found)
    return place


def install(checkout: Path, programs: Path, **environment: str) -> tuple[int, str]:
    """Run the installer with these programs only; returns its exit code and errors."""
    ended = subprocess.run(
        ["/bin/sh", "tools/install.sh"],
        cwd=checkout,
        env={"PATH": str(programs), "HOME": str(checkout), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr


def program(programs: Path, name: str, script: str) -> None:
    """Put a small shell program among the programs."""
    path = programs / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_everything_that_is_missing_is_named_at_once(checkout: Path, programs: Path) -> None:
    """One run tells all that has to be installed by hand."""
    code, errors = install(checkout, programs)
    assert code == 1
    assert "Python 3.13" in errors
    assert "Node.js 20 or newer" in errors
    assert "npm" in errors
    assert "PYTHON=/path/to/python3.13" in errors
    assert not (checkout / ".venv").exists()


def test_a_shim_that_leads_nowhere_is_not_a_python(checkout: Path, programs: Path) -> None:
    """As a version manager leaves them in the path."""
    program(programs, "python3.13", "echo 'command not found' >&2; exit 127")
    code, errors = install(checkout, programs)
    assert code == 1
    assert "  - Python 3.13" in errors


def test_a_python_of_another_version_is_refused_by_its_name(checkout: Path, programs: Path) -> None:
    """Who names one gets that one or an error."""
    program(programs, "python3.12", "exit 1")
    code, errors = install(checkout, programs, PYTHON=str(programs / "python3.12"))
    assert code == 1
    assert "python3.12 is not one" in errors


def test_an_old_node_is_refused_with_its_version(checkout: Path, programs: Path) -> None:
    """Azurite needs a newer one."""
    program(programs, "node", '[ "$1" = --version ] && echo v18.20.0 && exit 0; exit 1')
    code, errors = install(checkout, programs)
    assert code == 1
    assert "Node.js 20 or newer (nodejs.org): this is v18.20.0" in errors


def test_a_python_of_the_version_manager_is_found(checkout: Path, programs: Path) -> None:
    """Though none is in the path."""
    python = checkout / "pyenv" / "versions" / "3.13.5" / "bin"
    python.mkdir(parents=True)
    program(python, "python3.13", "exit 0")
    code, errors = install(checkout, programs, PYENV_ROOT=str(checkout / "pyenv"))
    assert code == 1
    assert "Python 3.13" not in errors
    assert "Node.js" in errors


def test_what_is_installed_is_not_installed_again(checkout: Path, programs: Path) -> None:
    """A second run does nothing and needs nothing but node itself."""
    for place, files in {
        ".venv": "uv.lock .python-version",
        "node_modules": "package-lock.json",
    }.items():
        (checkout / place).mkdir()
        stamp = subprocess.run(
            ["/bin/sh", "-c", f"cat {files} | cksum"],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        )
        (checkout / place / ".installed").write_text(stamp.stdout, encoding="utf-8")
    python = checkout / ".venv" / "bin"
    python.mkdir()
    program(python, "python", "exit 0")
    program(programs, "node", "exit 0")
    assert install(checkout, programs) == (0, "")
