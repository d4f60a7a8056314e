"""A world with one tenant that has a key, and in which a worker may die."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from landing_zone.data_planes import KeyName, StoredSecret
from landing_zone.key_contracts import KeyTask, RotationRef
from landing_zone.key_place import place_of
from landing_zone.key_records import KeyRecord
from landing_zone.key_rotation import tags_of
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fake_planes import FakeApiKeys, FakeVaults
from tests.fakes import NOON, World, example_request
from tests.unit.planned_whole import whole_plan_of

REQUEST = example_request()
TENANT = REQUEST.tenant_id
PLAN = whole_plan_of(REQUEST)
PLACE = place_of(PLAN)
RUN = RotationRef(tenant_id=TENANT, started_at=NOON)
DAYS = 90 * 24 * 3600.0


class WorkerDied(Exception):  # noqa: N818 - what happens, not what is wrong
    """The worker died in the middle of an activity."""


@dataclass
class Mishap:
    """A worker that dies at the next effect, before or after it.

    Attributes:
        ahead: Whether it is still to come.
        after: Whether the effect is still made.
    """

    ahead: bool = False
    after: bool = False

    def around(self) -> Iterator[None]:
        """To be gone through around an effect: `for _ in mishap.around(): ...`."""
        hit, self.ahead = self.ahead, False
        if hit and not self.after:
            raise WorkerDied
        yield
        if hit:
            raise WorkerDied


@dataclass
class Mishaps:
    """The mishap of the present call, shared by all that has effects."""

    now: Mishap = field(default_factory=Mishap)


class FrailApiKeys(FakeApiKeys):
    """Keys whose caller may die."""

    def __init__(self, mishaps: Mishaps) -> None:
        super().__init__()
        self._mishaps = mishaps

    async def regenerate(self, subscription_id: str, key: KeyName) -> None:
        """A new key."""
        for _ in self._mishaps.now.around():
            await super().regenerate(subscription_id, key)


class FrailVaults(FakeVaults):
    """Vaults whose caller may die."""

    def __init__(self, mishaps: Mishaps) -> None:
        super().__init__()
        self._mishaps = mishaps

    async def put(self, vault: str, name: str, value: SecretStr, tags: Mapping[str, str]) -> None:
        """A new version."""
        for _ in self._mishaps.now.around():
            await super().put(vault, name, value, tags)


class KeyedWorld(World):
    """A world with a tenant whose vault holds a key."""

    def __init__(self) -> None:
        super().__init__()
        self.mishaps = Mishaps()
        self.api_keys = FrailApiKeys(self.mishaps)
        self.vaults = FrailVaults(self.mishaps)
        self.deps = replace(self.deps, api_keys=self.api_keys, vaults=self.vaults)
        self.meddled = 0

    @property
    def keys(self) -> dict[KeyName, SecretStr]:
        """What opens the gateway."""
        return self.api_keys.keys[PLACE.subscription]

    @property
    def renewed(self) -> list[KeyName]:
        """The keys that were made anew by us, in order."""
        return self.api_keys.regenerated

    @property
    def versions(self) -> list[StoredSecret]:
        """All that the vault has held."""
        return self.vaults.versions.get((PLACE.vault, PLACE.secret), [])

    @property
    def held(self) -> StoredSecret:
        """What the vault holds."""
        return self.versions[-1]

    @property
    def works(self) -> bool:
        """Whether what the vault holds opens the gateway."""
        return self.opens(self.held.value)

    @property
    def record(self) -> TenantRecord:
        """The tenant's record."""
        return self.registry.rows[TENANT].value

    def opens(self, value: SecretStr) -> bool:
        """Whether a value opens the gateway."""
        return value in self.keys.values()

    def by_hand(self, key: KeyName) -> None:
        """Someone makes a key anew in the portal."""
        self.meddled += 1
        self.keys[key] = SecretStr(f"by-hand-{self.meddled}")

    def put(self, key: KeyName, /, **tags: str) -> None:
        """Someone puts a key into the vault."""
        kept = self.vaults.versions.setdefault((PLACE.vault, PLACE.secret), [])
        kept.append(StoredSecret(self.keys[key], tags))


async def world_with(
    key: KeyName | None = "primary", state: TenantState = TenantState.ACTIVE, **keys: Any
) -> KeyedWorld:
    """A tenant that is active since noon, whose vault holds a key as onboarding puts it there."""
    world = KeyedWorld()
    await world.documents.put_plan(PLAN)
    await world.api_keys.read(PLACE.subscription)
    known = {"plan_hash": PLAN.hash, "active_since": NOON, "keys": KeyRecord(**keys)}
    record = new_tenant(REQUEST, "ann", NOON)
    world.registry.put(record.model_copy(update={"state": state, **known}))
    if key is not None:
        world.put(key, **tags_of(key, None))
    return world


def task(key: KeyName) -> KeyTask:
    """A call on a key."""
    return KeyTask(tenant_id=TENANT, place=PLACE, key=key)
