"""Giving the process's functions their dependencies."""

from collections.abc import Iterator
from contextlib import contextmanager

from activities import dependencies
from tests.fakes import World


@contextmanager
def dependencies_of(world: World) -> Iterator[World]:
    """Let all functions of this process work in a world of fakes."""
    once = dependencies._once
    before, once._made = once._made, world.deps
    try:
        yield world
    finally:
        once._made = before
