"""What holds for the whole run of the tests."""

import gc
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from tests.scheduling import ByGroup, group_of, in_order

# What many tests check together is no test module: without this its failures would say nothing.
pytest.register_assert_rewrite("tests.end_to_end", "tests.simulation")

# The simulation makes hundreds of thousands of short-lived objects beside a large heap that stays:
# with Python's own thresholds a quarter of its time is spent looking for garbage.
_ALLOCATIONS: Final = 100_000
_YOUNG_PER_MIDDLE: Final = 50
_MIDDLE_PER_FULL: Final = 100


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long ones begin first."""
    groups = in_order(list(dict.fromkeys(group_of(item.nodeid) for item in items)))
    places = {group: place for place, group in enumerate(groups)}
    items.sort(key=lambda item: places[group_of(item.nodeid)])


def pytest_collection_finish() -> None:
    """Leave what was loaded so far to itself, and look for garbage less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, _YOUNG_PER_MIDDLE, _MIDDLE_PER_FULL)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Hand out groups where modules would be handed out."""
    return ByGroup(config, log) if config.getvalue("dist") == "loadscope" else None
