"""What is known of a tenant's API key: who asked for what, when it was last turned, what is next.

None of it is secret: a key is named `primary` or `secondary`, never shown.
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from landing_zone.data_planes import KeyName


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RotationAsk(_Frozen):
    """Someone's wish that a tenant's key be rotated before it is due.

    Attributes:
        full: Whether both keys are to be made anew, as after a leak.
        grace_minutes: With `full`: how long the old key goes on working once the vault holds the
            new one.
        actor: Who asked.
        at: When.
    """

    full: bool = False
    grace_minutes: int = 0
    actor: str
    at: AwareDatetime


class KeyRecord(_Frozen):
    """A tenant's API key, as the registry keeps it.

    Attributes:
        key: Which one the vault has held since the last rotation; None before the first.
        rotated_at: When the vault was given it; None before the first rotation.
        rotations: How often that has been so.
        asked: What was asked for and is not done yet.
        failed_at: When a rotation failed, unless one has succeeded since.
        code: What kind of trouble it was.
        reason: The trouble, for a person.
        hint: What a person can do about it.
    """

    key: KeyName | None = None
    rotated_at: AwareDatetime | None = None
    rotations: int = 0
    asked: RotationAsk | None = None
    failed_at: AwareDatetime | None = None
    code: str = ""
    reason: str = ""
    hint: str = ""


class KeyPlace(_Frozen):
    """Where a tenant's key comes from and where it is kept.

    Attributes:
        subscription: ARM id of the subscription of API Management that has the two keys.
        vault: Name of the tenant's Key Vault.
        secret: Name of the secret in it.
    """

    subscription: str
    vault: str
    secret: str


class KeyTurn(_Frozen):
    """What one rotation has to do.

    Attributes:
        place: Where.
        renew: The key to be made anew and put into the vault; None when nothing is to be done.
        retire: The other key, to be made anew after the grace; None in an ordinary rotation.
        settle_seconds: Time that the gateway is given to learn of a new key.
        grace_seconds: Time that the clients are given to read the vault again.
        ask: What it answers; None for one that was due.
    """

    place: KeyPlace
    renew: KeyName | None = None
    retire: KeyName | None = None
    settle_seconds: float = Field(default=0.0, ge=0)
    grace_seconds: float = Field(default=0.0, ge=0)
    ask: RotationAsk | None = None
