"""Giving the process's functions their dependencies."""

from collections.abc import Iterator
from contextlib import contextmanager

from activities import dependencies
from activities.dependencies import Messaging
from landing_zone.intake.settings import IntakeSettings
from tests.fakes import World


@contextmanager
def dependencies_of(world: World) -> Iterator[World]:
    """Let all functions of this process work in a world of fakes."""
    once, messaging = dependencies._once, dependencies._messaging
    before = once._made, messaging._made
    once._made, messaging._made = world.deps, Messaging(world.messages, IntakeSettings())
    try:
        yield world
    finally:
        once._made, messaging._made = before
