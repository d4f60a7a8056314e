"""Fixtures: one shared host for what only asks, and hosts of their own for what breaks things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.localcloud.functions_host.harness import HostProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """A running host that tests share."""
    process = HostProcess(tmp_path_factory.mktemp("host"))
    try:
        process.start()
        yield process
    finally:
        process.stop()


@pytest.fixture
def new_host(tmp_path: Path) -> Iterator[Callable[..., HostProcess]]:
    """Makes hosts that end with the test."""
    made: list[HostProcess] = []

    def make(**options: object) -> HostProcess:
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        process = HostProcess(state, **options)  # type: ignore[arg-type]
        made.append(process)
        return process

    yield make
    for process in made:
        if process.process is not None:
            process.stop()
