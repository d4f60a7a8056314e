"""The pace of key rotations."""

from pydantic import BaseModel, ConfigDict, Field


class KeySettings(BaseModel):
    """The pace of key rotations.

    Attributes:
        settle_seconds: Time that the gateway is given to learn of a new key before the vault hands
            it out. A new key may be refused for up to ten minutes (learn:
            answers/questions/5922487); waiting costs nothing, as the other key works meanwhile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settle_seconds: float = Field(default=600.0, ge=0, le=86_400)
