"""What the tests of the broker share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.service_bus.live import Bus, live
from tests.localcloud.service_bus.namespace import Namespace


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    """A broker without a network."""
    made = Namespace(tmp_path / "state")
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """A live broker; the tests of a module share it and leave its queues empty."""
    with live(tmp_path_factory.mktemp("bus")) as running:
        yield running
