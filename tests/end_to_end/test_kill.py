"""Processes that are ended as hard as can be, in the middle of an onboarding."""

import os
import random
import time
from collections.abc import Iterator
from itertools import count

import pytest

from tests.end_to_end.checks import (
    assert_audit_verifies,
    assert_connected,
    assert_whole,
    checked_cloud,
)
from tests.end_to_end.cloud import Cloud, example, wait_for

SPEED = 200.0
SEED = 20_260_101
LONGEST = 8.0
"""Seconds that an onboarding takes here, about: the moments are drawn from them."""

QUICK = {"SPOKEWRIGHT_HUB_COLLECT_SECONDS": "0.2"}

PARTS = {
    "worker": "localcloud.functions_host.worker",
    "host": "localcloud.functions_host --app",
    "arm": "localcloud.arm",
}
_names = count(1)


def moments(number: int) -> list[tuple[str, float]]:
    """For each part so many moments, the same in every run."""
    dice = random.Random(SEED)  # noqa: S311 - moments of a test
    return [(part, round(dice.uniform(0.05, LONGEST), 2)) for part in PARTS for _ in range(number)]


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud whose parts are ended again and again."""
    with checked_cloud(tmp_path_factory.mktemp("fragile"), speed=SPEED, **QUICK) as found:
        yield found


def survive(cloud: Cloud, part: str, moment: float) -> None:
    """Onboard a tenant, end the part at the moment, and check that nothing came of it."""
    tenant = f"killed-{part}-{next(_names)}"
    assert cloud.post(example(tenantId=tenant)).status == 202
    # The moment itself is what is tested, so this is a wait for a time and not for an event.
    time.sleep(moment)
    wait_for(lambda: cloud.kill(PARTS[part]), f"the {part} to be there")
    found = cloud.settled(tenant, 90)
    assert found["state"] == "active", found
    wait_for(cloud.is_up, "all parts to be back")
    assert_whole(cloud, tenant)
    assert_connected(cloud, tenant)
    assert_audit_verifies(cloud, tenant)


@pytest.mark.parametrize(("part", "moment"), moments(1))
def test_an_onboarding_survives_a_kill(fragile: Cloud, part: str, moment: float) -> None:
    """After a restart the tenant becomes active, everything is there once, the audit verifies."""
    survive(fragile, part, moment)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("part", "moment"), moments(int(os.environ.get("KILLS", "10"))))
def test_an_onboarding_survives_a_kill_at_any_moment(
    fragile: Cloud, part: str, moment: float
) -> None:
    """The same at ten moments for each part."""
    survive(fragile, part, moment)
