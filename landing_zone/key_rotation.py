"""When a tenant's API key is to be rotated, and which of its two keys is next.

The vault holds one of the two keys of the tenant's subscription. The other one is idle: clients
were last given it a whole period ago. A rotation makes the idle key anew and puts it into the
vault; the key that was there goes on working until the next rotation, when it is the idle one.
So the two take turns, and at no moment does the vault hold a key that does not work.

What is decided upon is what is there: the values are compared, and the time of the last rotation
is noted with the secret itself, in the same write. The tenant's record follows it.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from pydantic import SecretStr

from landing_zone.data_planes import KeyName, StoredSecret
from landing_zone.key_records import KeyRecord, RotationAsk
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord

KEYS: Final[tuple[KeyName, KeyName]] = ("primary", "secondary")
KEY_TAG: Final = "key"
TIME_TAG: Final = "rotatedAt"

PAUSE_AFTER_FAILURE: Final = timedelta(hours=6)
"""Time until a rotation that failed is tried again: what fails for ever must not crowd the rest."""

_OTHER: Final[Mapping[KeyName, KeyName]] = MappingProxyType(
    {"primary": "secondary", "secondary": "primary"}
)


class Held(NamedTuple):
    """What the vault holds.

    Attributes:
        key: The key that its value equals; None when it works with neither.
        tagged: The key that it was put there as; None when that was not noted.
        rotated_at: When a rotation put it there; None when none did.
    """

    key: KeyName | None
    tagged: KeyName | None = None
    rotated_at: datetime | None = None


class Due(NamedTuple):
    """A rotation that is to be done.

    Attributes:
        renew: The key to be made anew and put into the vault.
        retire: The other key, where it is to be made anew, too.
        ask: What it answers; None for one that is due by time.
    """

    renew: KeyName
    retire: KeyName | None = None
    ask: RotationAsk | None = None


def instance_of(tenant_id: str) -> str:
    """Instance id of the orchestration that rotates a tenant's key: one at a time."""
    return f"rotate-{tenant_id}"


def other(key: KeyName) -> KeyName:
    """The other of the two."""
    return _OTHER[key]


def held_by(keys: Mapping[KeyName, SecretStr], stored: StoredSecret | None) -> Held:
    """What the vault holds, by comparing values; tags only tell what cannot be compared."""
    if stored is None:
        return Held(None)
    value = stored.value.get_secret_value().encode()
    equal = (key for key in KEYS if hmac.compare_digest(_bytes(keys[key]), value))
    tag = stored.tags.get(KEY_TAG)
    tagged = next((key for key in KEYS if key == tag), None)
    return Held(next(equal, None), tagged, _moment(stored.tags.get(TIME_TAG, "")))


def key_to_repair_with(held: Held) -> KeyName | None:
    """The key to put into the vault at once, because what it holds does not work; None if it does.

    It is the one that was there by name, so that the turns go on as they were.
    """
    if held.key is not None:
        return None
    return held.tagged or "primary"


def tags_of(key: KeyName, rotated_at: datetime | None) -> dict[str, str]:
    """What is noted with a key in the vault."""
    noted: dict[str, str] = {KEY_TAG: key}
    if rotated_at is not None:
        noted[TIME_TAG] = rotated_at.isoformat()
    return noted


def last_rotation(record: TenantRecord, held: Held) -> datetime | None:
    """When the key was last rotated: the record may lag behind the vault, or the reverse."""
    known = [moment for moment in (record.keys.rotated_at, held.rotated_at) if moment is not None]
    return max(known, default=None)


def due_at(record: TenantRecord, last: datetime | None) -> datetime:
    """When the next rotation is due: a period after the last one, or after the tenant's start."""
    begin = last or record.active_since or record.created_at
    return begin + timedelta(days=record.request.api.key_rotation_days)


def is_to_be_started(record: TenantRecord, now: datetime) -> bool:
    """Whether a rotation of the tenant's key is to be started, as far as its record tells."""
    if record.state is not TenantState.ACTIVE:
        return False
    failed = record.keys.failed_at
    if failed is not None and now < failed + PAUSE_AFTER_FAILURE:
        return False
    return record.keys.asked is not None or now >= due_at(record, record.keys.rotated_at)


def due_rotation(record: TenantRecord, held: Held, now: datetime) -> Due | None:
    """What is to be done now, if anything.

    Args:
        record: The tenant.
        held: What its vault holds: a key that works.
        now: The time.

    Raises:
        ValueError: The vault holds no key that works; that is to be repaired first.
    """
    if held.key is None:
        raise ValueError("the vault holds no key that works")
    idle = other(held.key)
    ask = open_ask(record.keys, last_rotation(record, held))
    if ask is not None:
        return Due(idle, held.key if ask.full else None, ask)
    return Due(idle) if now >= due_at(record, last_rotation(record, held)) else None


def open_ask(record: KeyRecord, last: datetime | None) -> RotationAsk | None:
    """What was asked for, unless a rotation since has answered it.

    An ordinary one is answered by any rotation after it. One of both keys is answered only by its
    own end: that the vault has a new key does not say that the old one is gone.
    """
    ask = record.asked
    if ask is None or ask.full or last is None or last < ask.at:
        return ask
    return None


def with_ask(record: KeyRecord, ask: RotationAsk, *, running: bool) -> KeyRecord:
    """The record once someone has asked; the same one where that changes nothing.

    Args:
        record: What is known so far.
        ask: What is asked for.
        running: Whether a rotation of this key is on its way.
    """
    before = record.asked
    if ask.full:
        served = running and before is not None and before.full
    else:
        served = running or before is not None
    return record if served else record.model_copy(update={"asked": ask})


def _bytes(value: SecretStr) -> bytes:
    return value.get_secret_value().encode()


def _moment(text: str) -> datetime | None:
    """A time that was noted; None for what is none: people can write tags, too."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
