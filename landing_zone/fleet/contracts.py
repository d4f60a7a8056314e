"""What travels between the orchestration of a rollout and its activity."""

from pydantic import Field

from landing_zone.contracts import Contract


class FleetTurn(Contract):
    """Where an orchestration stands; all else is kept outside of it.

    Attributes:
        rollout_id: The rollout.
        idle: Looks in a row at which nothing had ended.
    """

    rollout_id: str
    idle: int = 0


class FleetStatus(Contract):
    """How a rollout stands, in few words: the same size for ten tenants and for ten thousand.

    Attributes:
        state: How it stands.
        ring: Name of the ring that is at work.
        tenants: How many are enrolled.
        counts: How many tenants have come to which state.
        under_way: How many are being upgraded or brought back.
        named: Some of those.
        cause: Why it was halted, or what is waited for.
    """

    state: str
    ring: str = ""
    tenants: int = 0
    counts: dict[str, int] = Field(default_factory=dict)
    under_way: int = 0
    named: tuple[str, ...] = ()
    cause: str = ""


class FleetStep(Contract):
    """What came of one look at a rollout.

    Attributes:
        over: Whether nothing is to be done until someone asks for it.
        wait: Seconds until the next look is worth it.
        moved: Whether a tenant has ended, or has been begun with.
        status: How the rollout stands.
    """

    over: bool = False
    wait: float = 0.0
    moved: bool = False
    status: FleetStatus
