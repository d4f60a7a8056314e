"""What the tests of the broker share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.service_bus.namespace import Namespace


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    """A broker without a network."""
    made = Namespace(tmp_path / "state")
    yield made
    made.store.close()
