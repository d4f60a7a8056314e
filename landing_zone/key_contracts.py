"""What travels between the rotation of a key and its activities: names of keys, never a key."""

from typing import Literal

from pydantic import AwareDatetime

from landing_zone.contracts import Contract
from landing_zone.data_planes import KeyName
from landing_zone.key_records import KeyPlace, KeyTurn

type RotationPhase = Literal[
    "looking", "renewing", "settling", "storing", "grace", "retiring", "ending"
]


class RotationRef(Contract):
    """One run of the orchestration that rotates a tenant's key.

    Attributes:
        tenant_id: The tenant.
        started_at: When the run began; None as long as only its orchestration knows.
    """

    tenant_id: str
    started_at: AwareDatetime | None = None


class KeyTask(Contract):
    """One call of an activity on one key.

    Attributes:
        tenant_id: The tenant.
        place: Where the key comes from and where it is kept.
        key: Which one.
    """

    tenant_id: str
    place: KeyPlace
    key: KeyName


class RotationEnd(Contract):
    """How a rotation ended.

    Attributes:
        run: Which one.
        turn: What it had to do; None when it ended before that was known.
        ok: Whether it did it.
        code: What kind of trouble, when there was any.
        reason: The trouble, for a person.
        hint: What a person can do about it.
    """

    run: RotationRef
    turn: KeyTurn | None = None
    ok: bool
    code: str = ""
    reason: str = ""
    hint: str = ""


class RotationStatus(Contract):
    """The custom status of a rotation, for people.

    Attributes:
        started_at: When it began.
        phase: What it is at.
        key: The key that it is about, once that is known.
        full: Whether both keys are made anew.
        until: End of the present wait, where there is one.
        cause: What is waited for.
    """

    started_at: AwareDatetime
    phase: RotationPhase
    key: KeyName | None = None
    full: bool = False
    until: AwareDatetime | None = None
    cause: str = ""
