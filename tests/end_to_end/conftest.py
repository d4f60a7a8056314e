"""The end-to-end tests share one local cloud where they can; each of its tenants is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from tests.end_to_end.checks import checked_cloud
from tests.end_to_end.cloud import Cloud
from tests.end_to_end.tiers import Onboarded, onboarded_at_once

FAST = 1000.0


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud, 1,000 times as fast as Azure."""
    quick = {"SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2"}
    with checked_cloud(tmp_path_factory.mktemp("cloud"), speed=FAST, **quick) as found:
        yield found


@pytest.fixture(scope="package")
def tiers(cloud: Cloud) -> tuple[Onboarded, ...]:
    """An active tenant of each isolation tier: the examples, onboarded at once."""
    with access_to(cloud) as given:
        return onboarded_at_once(cloud, given)


@pytest.fixture
def access(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """What a client is given."""
    with access_to(cloud) as given:
        yield given


@contextmanager
def access_to(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """What a client of a cloud is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDENTITY_ENDPOINT", cloud.ready["identityEndpoint"])
        patch.setenv("IDENTITY_HEADER", cloud.ready["identityHeader"])
        patch.setenv("REQUESTS_CA_BUNDLE", cloud.ready["ca"])
        with ManagedIdentityCredential() as credential:
            yield {
                "credential": credential,
                "base_url": cloud.ready["arm"],
                "credential_scopes": ["https://management.azure.com/.default"],
            }
