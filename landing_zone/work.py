"""What an operation is to do to a tenant: asked for by someone, kept on the tenant's record."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from landing_zone.intake.replies import Reply
from landing_zone.tenant_request import TenantRequest


class Kind(StrEnum):
    """Kinds of operations on a tenant.

    `UPGRADE` is an update to what the rules of today make of the same request; `ROLL_BACK` goes
    back to a plan that was applied before; `CLEAN_UP` tries again to take back what was left.
    """

    ONBOARD = "onboard"
    UPDATE = "update"
    UPGRADE = "upgrade"
    ROLL_BACK = "roll-back"
    SUSPEND = "suspend"
    RESUME = "resume"
    OFFBOARD = "offboard"
    CLEAN_UP = "clean-up"

    @property
    def action(self) -> str:
        """How the audit calls it, as `tenant.onboard`."""
        return f"tenant.{self.value}"


class Work(BaseModel):
    """What is to be done to a tenant, by its current operation or by the one after it.

    Attributes:
        kind: What kind of operation it is.
        actor: Who asked for it.
        also_asked: Others who asked for something that it holds, too.
        reason: Why, in the words of who asked.
        wanted: The request that is to hold then, for an update.
        allow_data_loss: Keys of the planned resources whose data may be lost.
        retain_days: Days that data is kept before it is deleted, for an offboarding.
        retain_until: When those are over, so that trying again does not begin them anew.
        exported: Where the data was exported to, as who asked says, for an offboarding.
        plan_hash: The plan to go back to, for a roll back.
        tries: How often in a row the same was tried before, by nobody's asking.
        fleet: The fleet upgrade that it is a part of; empty for none.
        reply: Who is to be told by message how it ends; None for nobody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Kind.ONBOARD
    actor: str = ""
    also_asked: tuple[str, ...] = ()
    reason: str = ""
    wanted: TenantRequest | None = None
    allow_data_loss: tuple[str, ...] = ()
    retain_days: int = 0
    retain_until: AwareDatetime | None = None
    exported: str = ""
    plan_hash: str = ""
    tries: int = 0
    fleet: str = ""
    reply: Reply | None = None


ONBOARDING = Work()
"""What a tenant is first asked for with."""
