"""The whole plan, applied to the local Azure Resource Manager in its own order."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from landing_zone.applying import apply_request, bound, is_as_wanted
from landing_zone.differences import differences, value_at
from landing_zone.plan import Plan, Resource, Write
from localcloud.arm.server import Settings, open_cloud
from tests.fakes import HUBS
from tests.localcloud.arm.conftest import Arm, HandSetClock
from tests.unit.planned_whole import wanting, whole_plan_of
from tests.unit.strategies import TIERS

pytestmark = pytest.mark.skipif(
    find_spec("localcloud.arm.catalogue.data") is None,
    reason="the local Azure Resource Manager does not know the services of steps 5 to 7",
)

# The longest operation of the local cloud, and more.
LONG_ENOUGH = 700.0
DATA = {
    "namespace": {"storage": True, "database": "postgresql", "vectorIndex": "shared"},
    "nodepool": {"storage": True, "database": "cosmos", "vectorIndex": "shared"},
    "cluster": {"storage": True, "database": "cosmos", "vectorIndex": "dedicated"},
}


class Applied:
    """A plan that is being applied, one resource after the other."""

    def __init__(self, arm: Arm, made: Plan) -> None:
        self._arm = arm
        self._outputs: dict[str, dict[str, str]] = {}
        self.refused: dict[str, str] = {}
        # What is on data planes is not ARM's, and nothing that is ARM's needs it to be there.
        self._resources = [
            item
            for item in made.resources
            if item.key != "hub:firewall" and not item.write.on_data_plane
        ]

    def run(self) -> None:
        """Make everything whose ground is there."""
        for item in self._resources:
            if not item.waits_for & set(self.refused):
                self._make(item)
            else:
                self.refused[item.key] = "waits for what was refused"

    def unlike(self) -> dict[str, list[str]]:
        """What is not as wanted once all is there: the paths by key."""
        found = {}
        for item in self._resources:
            if item.key not in self.refused:
                wanted = bound(item, self._outputs)
                actual = self._arm.get(wanted.id, wanted.api_version).body
                if not is_as_wanted(wanted, actual):
                    found[item.key] = [one.path for one in differences(wanted.body, actual)]
        return found

    def _make(self, item: Resource) -> None:
        # The hub's side of the peering is its reconciler's to write: here we stand for it.
        ours = item.write if item.write.value != "hub" else Write.PUT
        wanted = bound(item.model_copy(update={"write": ours}), self._outputs)
        before = self._arm.get(wanted.id, wanted.api_version)
        current = before.body if before.status == 200 else None
        if not is_as_wanted(wanted, current):
            sent = apply_request(wanted, current)
            reply = self._arm.call(sent.method, sent.path, sent.api_version, sent.body)
            if reply.status >= 300:
                self.refused[item.key] = reply.code
                return
            self._arm.advance(LONG_ENOUGH)
        held = self._arm.get(wanted.id, wanted.api_version).body
        self._outputs[item.key] = {
            name: str(value_at(held, path)) for name, path in item.outputs.items()
        }


@pytest.fixture
def bare_arm(tmp_path: Path) -> Iterator[Arm]:
    """Azure Resource Manager with nothing but the hub, on a clock that is set by hand."""
    clock = HandSetClock()
    settings = Settings(tmp_path / "arm", tmp_path / "identity", HUBS)
    arm = Arm(open_cloud(settings, clock), clock, settings)
    yield arm
    arm.cloud.store.database.close()


@pytest.mark.parametrize("tier", TIERS)
def test_whole_plan_is_made_in_its_order_and_nothing_is_left_to_do(
    tier: str, bare_arm: Arm
) -> None:
    """Nothing is refused, and whatever is shown is as planned."""
    applied = Applied(bare_arm, whole_plan_of(wanting(tier, data=DATA[tier])))
    applied.run()
    assert applied.refused == {}
    assert applied.unlike() == {}
