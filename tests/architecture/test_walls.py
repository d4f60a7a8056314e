"""The walls of the house stand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, production, shown

# What the application must not load to start: whole service models cost seconds when cold.
HEAVY = ("azure.mgmt", "azure.servicebus", "azure.eventgrid")
LOADED = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """The modules that importing the application loads, in a fresh interpreter."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules: list[str] = json.loads(ended.stdout)
    return modules


def test_imports_go_one_way_through_the_house() -> None:
    """Import-linter finds no broken contract."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_importing_the_application_loads_nothing_of_the_local_cloud(loaded: list[str]) -> None:
    """What is deployed does not hold it."""
    assert [name for name in loaded if name.partition(".")[0] == "localcloud"] == []


def test_importing_the_application_loads_no_heavy_sdk(loaded: list[str]) -> None:
    """A cold start on a consumption plan pays for every module."""
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_production_code_does_not_know_that_a_local_cloud_exists() -> None:
    """Local or cloud is a value in the settings, never a word in the code."""
    words = ("localcloud", "local cloud", "127.0.0.1", "localhost", "azurite")
    found = [
        f"{shown(path)}: {word}"
        for path in production()
        for word in words
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []
