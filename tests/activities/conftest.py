"""A world of fakes for functions that resolve their dependencies themselves."""

from collections.abc import Iterator

import pytest

from tests.fakes import World
from tests.given import dependencies_of


@pytest.fixture
def given_dependencies() -> Iterator[World]:
    """The world that the process's functions work in."""
    with dependencies_of(World()) as world:
        yield world
