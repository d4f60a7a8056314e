"""The orchestrators run with the durable SDK's strict typing, as they do in production."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def strict_typing() -> Iterator[None]:
    """Payloads are plain JSON: the SDK builds no objects from them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
        yield
