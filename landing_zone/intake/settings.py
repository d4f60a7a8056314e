"""The pace of the intake."""

from pydantic import BaseModel, ConfigDict, Field


class IntakeSettings(BaseModel):
    """When a message that could not be handled yet comes again.

    Attributes:
        return_seconds: Wait before its first return to the queue; doubles from there.
        return_most_seconds: The longest such wait.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_seconds: float = Field(default=30.0, gt=0, le=3600)
    return_most_seconds: float = Field(default=600.0, gt=0, le=86_400)
