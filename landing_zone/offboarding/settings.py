"""How long an offboarding keeps data, and how often what is left is tried again."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MOST_DAYS: Final = 90


class OffboardSettings(BaseModel):
    """The bounds of offboarding.

    Attributes:
        retain_days: Days that data is kept where who asks says neither how long nor where it was
            exported to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    retain_days: int = Field(default=30, ge=0, le=MOST_DAYS)
